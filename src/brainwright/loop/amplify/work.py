"""The causal test of features: record, fit, amplify, and ask on fresh activity what rose."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.emulator.features import FeaturePlan, SparseFeatures, fit_features, fvu, live
from brainwright.experiment import Step
from brainwright.experiment.trials import Trials
from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.tissue import CultureParameters

from ..evoke.dishes import SPARSE, EvokeDishes
from ..evoke.protocol import Writes
from ..evoke.trials import play_writes
from .cues import DIRECT_S, CueReadout, CueTask
from .scores import Rises, rises
from .targets import ARMS, OWN, SILENT, Known, drawn, writes_for

Arrays = dict[str, NDArray]
Share = Callable[..., None]
RECORD, FIT, SALINE = "record", "features", "saline"
# what a random draw is for
WRITE, KIND, TARGET, PERMUTE, ORDER = range(72, 77)
HELD_OUT = 0.2
"""Share of the recorded trials, the last ones, by which features and readout are judged."""
PARTS = ("encoder", "bias", "decoder", "centre", "mean", "sd")


@dataclass(frozen=True, eq=False)
class AmplifyWork:
    """Dishes, what is recorded of them, their features, and every arm's writes and answers.

    A third of the recorded trials are cues, a sixth silent, the rest random writes on electrodes of no cue.

    Attributes:
        seeds: of the dishes.
        n_trials: recorded.
        n_targets: live features of each dish that are to be raised, drawn at random.
        repeats: fresh trials for each.
        plan: of the autoencoders, one for each dish.
        parameters: of the dishes.
        window_s: in which features are read, after the pulses; one that begins before 3 ms holds artifacts.
        threads: that advance the dishes.
    """

    seeds: tuple[int, ...]
    n_trials: int = 1_500
    n_targets: int = 8
    repeats: int = 12
    plan: FeaturePlan = field(default_factory=lambda: FeaturePlan(n_features=48, k=4, batch=128))
    parameters: CultureParameters = SPARSE
    window_s: tuple[float, float] = DIRECT_S
    threads: int = 1

    @property
    def task(self) -> CueTask:
        """Of these dishes."""
        return CueTask.draw(self.seeds, window_s=self.window_s)

    @property
    def dishes(self) -> EvokeDishes:
        """As they were born."""
        return EvokeDishes(list(self.seeds), self.task.protocol, self.parameters, self.threads)

    def steps(self) -> Iterator[Step]:
        """All work in order; costs are hundreds of trials."""
        each = self.n_targets * self.repeats / 100
        yield Step(RECORD, self.record, self.n_trials / 100)
        yield Step(FIT, self.fit, 4.0)
        for arm in ARMS:
            yield Step(arm, partial(self.test, arm), each)
        yield Step(SALINE, self.saline, 0.2)

    def record(self, units: Units, share: Share) -> Arrays:
        """Cues, random writes and silence in random order, with plasticity off."""
        task, dishes = self.task, self.dishes
        cue = np.stack([self._kinds(rng, task.n_cues) for rng in dishes.each(KIND)])
        writes = np.zeros((*cue.shape, task.protocol.n_inputs), bool)
        for dish, rng in enumerate(dishes.each(WRITE)):
            for trial, which in enumerate(cue[dish]):
                if which >= 0:
                    writes[dish, trial] = task.cues[dish, which]
                elif which == -1:
                    free = np.flatnonzero(task.free[dish])
                    writes[dish, trial, rng.choice(free, task.protocol.n_pulses, replace=False)] = True
        culture = dishes.culture()
        heard = play_writes(culture, task.protocol, writes, share=share)
        arrays = {"cue": cue.astype(np.int8), "writes": writes, "counts": heard.counts.astype(np.uint8)}
        return arrays | with_prefix("state_", culture.snapshot())

    def fit(self, units: Units, share: Share) -> Arrays:
        """Features and readout are fitted to the first trials and judged by the last; targets are drawn, and
        every arm chooses its electrodes.
        """
        told, task, dishes = units.load(RECORD), self.task, self.dishes
        frames, cue = np.sqrt(told["counts"].astype(np.float32)), told["cue"]
        first = round((1 - HELD_OUT) * self.n_trials)
        features = fit_features(frames[:, :first], self.plan, self.seeds)
        late = features.encode(frames[:, first:])
        alive = live(features.encode(frames))
        readout = CueReadout.fit(frames[:, :first], cue[:, :first], task.n_cues)
        named, asked = readout.probabilities(frames[:, first:]).argmax(2), cue[:, first:]
        codes = features.encode(frames)
        targets = drawn(alive, self.n_targets, dishes.each(TARGET))
        chosen: dict[str, list[Writes]] = {arm: [] for arm in ARMS}
        for dish, rng in enumerate(dishes.each(PERMUTE)):
            known = Known(
                features.decoder[dish].numpy(), codes[dish, :first], frames[dish, :first],
                told["writes"][dish, :first], np.array(task.protocol.electrodes), task.free[dish],
            )  # fmt: skip
            own, other = targets.own[dish], targets.other[dish]
            arms = writes_for(known, own, other, task.protocol.n_pulses, rng)
            for arm, writes in arms.items():
                chosen[arm].append(writes)
        tuning = np.stack(
            [np.stack([codes[d, cue[d] == k].mean(0) for k in range(task.n_cues)]) for d in range(len(cue))]
        )
        right = np.array([(n == a)[a >= 0].mean() for n, a in zip(named, asked, strict=True)])
        arrays = {part: getattr(features, part).numpy() for part in PARTS}
        arrays |= {"own": targets.own, "other": targets.other, "alive": alive, "tuning": tuning}
        arrays |= {"code_sd": codes[:, :first].std(1), "fvu": fvu(frames[:, first:], features.decode(late))}
        arrays |= {"readout_weight": readout.weight, "readout_offset": readout.offset, "named": right}
        return arrays | with_prefix("write_", {arm: np.stack(w) for arm, w in chosen.items()})

    def test(self, arm: str, units: Units, share: Share) -> Arrays:
        """The writes of an arm, again and again, in random order, from the state after the recording."""
        writes = of_prefix("write_", units.load(FIT))[arm]
        culture = self.dishes.culture(of_prefix("state_", units.load(RECORD)))
        counts = self._played(culture, writes)
        charge = culture.ledger.totals()["charge_nC"] / (self.n_targets * self.repeats)
        return {"counts": counts, "charge_nC": charge}

    def saline(self, units: Units, share: Share) -> Arrays:
        """What dishes without cells are heard to say to own writes, in the window that counts."""
        writes = of_prefix("write_", units.load(FIT))[OWN]
        heard = play_writes(self.dishes.saline(), self.task.protocol, writes)
        return {"counts": heard.counts.sum((1, 2))}

    def features(self, units: Units) -> SparseFeatures:
        """Those that were fitted, a model for each dish."""
        told = units.load(FIT)
        parts = [torch.from_numpy(told[part]) for part in PARTS]
        return SparseFeatures(*parts, self.plan.k, self.plan.sizes)

    def rises(self, units: Units) -> dict[str, Rises]:
        """What rose in every arm, against silence."""
        told, features = units.load(FIT), self.features(units)
        readout = CueReadout(told["readout_weight"], told["readout_offset"])
        silent = units.load(SILENT)["counts"]
        return {
            arm: rises(
                units.load(arm)["counts"], silent, features, readout, told,
                of_prefix("write_", told)[arm], np.array(self.task.protocol.electrodes),
            )
            for arm in ARMS
        }  # fmt: skip

    def outcomes(self, units: Units) -> Trials:
        """Every arm by what rose, the mean over targets, [dish]."""
        told, shown = units.load(FIT), self.rises(units)
        judged = {"fvu": told["fvu"], "live": told["alive"].mean(1), "cues named": told["named"]}
        return Trials.of(
            {
                arm: {"charge_nC": units.load(arm)["charge_nC"]}
                | {name: values.mean(1) for name, values in rise._asdict().items()}
                | judged
                for arm, rise in shown.items()
            }
        )

    def _kinds(self, rng: np.random.Generator, n_cues: int) -> NDArray[np.int64]:
        """What each trial is: the number of a cue, -1 a random write, -2 silence."""
        third, sixth = self.n_trials // 3, self.n_trials // 6
        kinds = np.full(self.n_trials, -1)
        kinds[:third] = np.arange(third) % n_cues
        kinds[third : third + sixth] = -2
        return rng.permutation(kinds)

    def _played(self, culture, writes: Writes) -> NDArray[np.uint8]:
        """[dish, target, input] -> counts [dish, target, repeat, channel]."""
        n, dish = self.n_targets, np.arange(len(writes))[:, None]
        order = np.stack([rng.permutation(n * self.repeats) for rng in self.dishes.each(ORDER)])
        heard = play_writes(culture, self.task.protocol, writes[dish, order % n])
        made = np.empty(heard.counts.shape, np.uint8)
        made[dish, order] = heard.counts
        return made.reshape(len(writes), self.repeats, n, -1).swapaxes(1, 2)
