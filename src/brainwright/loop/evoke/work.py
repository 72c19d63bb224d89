"""Arms that shall evoke the same answers of the same dishes, as pieces of work that a run can resume."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brainwright.emulator.evoked.scale import LEAST_SD
from brainwright.experiment import Step
from brainwright.experiment.trials import Trials
from brainwright.runs import Units, of_prefix, with_prefix

from .choices import Chooser, choices, of_kinds
from .dishes import EvokeDishes
from .letters import letters
from .lookups import nearest
from .names import SEARCHES
from .protocol import Writes
from .scores import Wanted, corrected_r2, correlations, named
from .tissue_search import CrossEntropy, ThompsonBandit
from .trials import EvokedTrials, play_writes

Arrays = dict[str, NDArray]
Share = Callable[..., None]
RECORD, TARGETS, CHOICES = "record", "targets", "choices"
# what a random draw is for
WRITE, TARGET, ORDER, CONDITION, AMOUNT = range(40, 45)
CANDIDATES = 10
"""Nearest trials that are tried again for each target."""
SALINE_TRIALS = 20


@dataclass(frozen=True, eq=False)
class EvokeWork:
    """Dishes, their recording, targets, and every arm's writes and answers.

    Attributes:
        dishes: of all arms.
        n_trials: recorded; the models of record see them all, and so many trials each search has, all targets
            together.
        n_targets: answers that are wanted of each dish.
        repeats: trials of which a wanted answer is the mean, and as many test an arm.
        smooth: share of the trials that a smoothed lookup averages.
        searches: on the tissue.
        amounts: least and most pulses of a recorded write, where these vary; targets have the most.
        recorded: trials of the recording, where it has more than `n_trials` for models that see more.
        steps: of fitting a network.
        seed: of models.
    """

    dishes: EvokeDishes
    n_trials: int = 2_000
    n_targets: int = 16
    repeats: int = 10
    smooth: float = 0.12
    searches: Mapping[str, CrossEntropy | ThompsonBandit] = field(
        default_factory=lambda: dict(zip(SEARCHES, (CrossEntropy(), ThompsonBandit()), strict=True))
    )
    amounts: tuple[int, int] | None = None
    recorded: int = 0
    steps: int = 300
    seed: int = 0

    def record(self, units: Units, share: Share) -> Arrays:
        """One recording of random writes, for whatever will be wanted; and what saline detects."""
        dishes, protocol = self.dishes, self.dishes.protocol
        n, pulses = max(self.n_trials, self.recorded), None
        if self.amounts is not None:
            low, high = self.amounts
            pulses = [rng.integers(low, high + 1, n) for rng in dishes.each(AMOUNT)]
        writes = np.stack(
            [
                protocol.random((n,), rng, None if pulses is None else pulses[dish])
                for dish, rng in enumerate(dishes.each(WRITE))
            ]
        )
        conditions = self._conditions(n)
        culture = dishes.culture()
        heard = play_writes(culture, protocol, writes, conditions, lambda done: share(0.98 * done))
        few = writes[:, :SALINE_TRIALS]
        saline = play_writes(dishes.saline(), protocol, few, conditions[:, :SALINE_TRIALS])
        region = list(protocol.region)
        arrays = heard.arrays() | {"conditions": conditions.astype(np.int8)}
        arrays["saline"] = saline.counts[:, :, region].sum((1, 2))
        return arrays | with_prefix("state_", culture.snapshot())

    def targets(self, units: Units, share: Share) -> Arrays:
        """Answers to writes that no arm has seen: what can be reached is wanted."""
        dishes = self.dishes
        most = None if self.amounts is None else np.full(self.n_targets, self.amounts[1])
        writes = np.stack(
            [dishes.protocol.random((self.n_targets,), rng, most) for rng in dishes.each(TARGET)]
        )
        conditions = self._conditions(self.n_targets)
        culture = dishes.culture(of_prefix("state_", units.load(RECORD)))
        counts = self._played(culture, writes, conditions, self.repeats, TARGET)
        arrays = {
            "writes": writes,
            "counts": counts.astype(np.uint8),
            "conditions": conditions.astype(np.int8),
        }
        return arrays | with_prefix("state_", culture.snapshot())

    def choose(
        self, units: Units, share: Share, n_trials: int | None = None, kinds: tuple[str, ...] = ()
    ) -> Arrays:
        """Models are fitted, and everything that needs no more trials chooses its writes.

        Args:
            units: with the recording and the targets.
            share: told the share that is done.
            n_trials: that the models see.
            kinds: of models that choose beside the smoothed lookup; all arms by default.
        """
        recorded, targets = units.load(RECORD), units.load(TARGETS)
        heard = EvokedTrials.of_arrays(recorded).first(n_trials or self.n_trials)
        conditions = recorded["conditions"][:, : len(heard)]
        who = Chooser(self.dishes, self.smooth, self.seed, self.steps)
        if kinds:
            return of_kinds(who, heard, conditions, targets, kinds)
        return choices(who, heard, conditions, targets, share)

    def retry(self, units: Units, share: Share) -> Arrays:
        """Of the first half of the trials the nearest to each target are tried again, as often as the second
        half allows; the one whose mean answer is nearest is chosen.
        """
        recorded, targets = EvokedTrials.of_arrays(units.load(RECORD)), units.load(TARGETS)
        half = self.n_trials // 2
        scale, wanted = self.scale(units), self.wanted(units)
        best = nearest(self._answers(recorded.counts[:, :half], scale), wanted.mean, CANDIDATES)
        writes = recorded.writes[np.arange(len(best))[:, None, None], best]
        flat = writes.reshape(len(writes), -1, writes.shape[-1])
        again = max(2, half // flat.shape[1])
        conditions = np.repeat(targets["conditions"], CANDIDATES, axis=1)
        culture = self.dishes.culture(of_prefix("state_", targets))
        z = self._answers(self._played(culture, flat, conditions, again, ORDER + 10), scale).mean(2)
        far = np.square(z.reshape(*best.shape, -1) - wanted.mean[:, :, None]).sum(-1).argmin(-1)
        chosen = np.take_along_axis(writes, far[:, :, None, None], axis=2)[:, :, 0]
        return {"writes": chosen} | self._test(chosen, units, targets["conditions"])

    def search(self, name: str, units: Units, share: Share) -> Arrays:
        """A search on the tissue, with as many trials for all targets as were recorded."""
        targets, wanted, scale = units.load(TARGETS), self.wanted(units), self.scale(units)
        culture, each = self.dishes.culture(of_prefix("state_", targets)), self.n_trials // self.n_targets
        done = 0

        def ask(writes: Writes) -> NDArray[np.float64]:
            nonlocal done
            n = writes.shape[2]
            flat = writes.reshape(len(writes), -1, writes.shape[-1])
            conditions = np.repeat(targets["conditions"], n, axis=1)
            z = self._answers(self._played(culture, flat, conditions, 1, ORDER + 20 + done)[:, :, 0], scale)
            done += n
            share(0.9 * done / each)
            return np.square(z.reshape(*writes.shape[:3], -1) - wanted.mean[:, :, None]).sum(-1)

        shape = (*wanted.mean.shape[:2], self.dishes.protocol.n_inputs)
        k = self.dishes.protocol.n_pulses
        chosen = self.searches[name].search(ask, shape, k, each, self.seed)
        return {"writes": chosen} | self._test(chosen, units, targets["conditions"])

    def test(self, arm: str, units: Units, share: Share, chosen: str = CHOICES) -> Arrays:
        """The writes of an arm are given, in fresh trials of all targets in random order."""
        writes, conditions = units.load(chosen)[arm].astype(bool), units.load(TARGETS)["conditions"]
        if arm.startswith("letters/"):  # there are as many as there are letters, and no context
            conditions = np.full(writes.shape[:2], -1)
        return self._test(writes, units, conditions)

    def chosen_steps(
        self, kinds: tuple[str, ...], arms: Sequence[str], label: str = "", n_trials: int | None = None
    ) -> tuple[Step, ...]:
        """Models of some kinds choose, and are tested; without a label a task of its own is recorded first.
        Costs are hundreds of trials.
        """
        begin = () if label else (Step(RECORD, self.record, 20.0), Step(TARGETS, self.targets, 2.0))
        prefix = f"{label}/" if label else ""
        unit = f"{prefix}{CHOICES}"
        chosen = Step(unit, partial(self.choose, n_trials=n_trials, kinds=kinds), 15.0)
        return (
            *begin,
            chosen,
            *(Step(f"{prefix}{a}", partial(self.test, a, chosen=unit), 2.0) for a in arms),
        )

    def outcomes(self, arms: Sequence[str], units: Units) -> Trials:
        """How near every arm came."""
        return Trials.of({arm: self.scored(arm, units) for arm in arms})

    def scored(self, name: str, units: Units) -> Arrays:
        """How near the arm of a unit came, and what a write of it carried, by metric [dish]. Letters have no
        amounts: their R2 is what the best scale of the answer would explain, the square of the correlation.
        """
        unit = units.load(name)
        row = self.scores(unit, units, letter=name.startswith("letters/"))
        return {"R2": row["correlation"] ** 2} | row | {"charge_nC": unit["charge_nC"]}

    def scores(self, unit: Arrays, units: Units, letter: bool = False) -> Arrays:
        """How near an arm came, by metric [dish]."""
        z, wanted = self._answers(unit["counts"], self.scale(units)), self.wanted(units)
        if letter:
            drawn = np.broadcast_to(letters()[None], (len(z), *letters().shape))
            wanted = Wanted(drawn.astype(np.float64), np.zeros(drawn.shape[:2]))
        row = {"correlation": correlations(z.mean(2), wanted.mean).mean(1), "named": named(z, wanted.mean)}
        return row | ({} if letter else {"R2": corrected_r2(z, wanted)})

    def scale(self, units: Units) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and sd of the root counts of the recorded trials, [dish, 1, channel of the region] each: the
        units in which every arm is scored.
        """
        counts = units.load(RECORD)["counts"][:, : self.n_trials, list(self.dishes.protocol.region)]
        root = np.sqrt(counts.astype(np.float32))
        return root.mean(1, keepdims=True), np.maximum(root.std(1, ddof=1, keepdims=True), LEAST_SD)

    def drawn(self, name: str, units: Units, dish: int) -> NDArray[np.float32]:
        """Mean answers of one dish to an arm's writes, with mean 0 and variance 1 over channels, [target,
        channel].
        """
        z = self._answers(units.load(name)["counts"], self.scale(units))[dish].mean(1)
        return (z - z.mean(1, keepdims=True)) / np.maximum(z.std(1, keepdims=True), LEAST_SD)

    def wanted(self, units: Units) -> Wanted:
        """The targets, with the noise of their trials."""
        return Wanted.of(self._answers(units.load(TARGETS)["counts"], self.scale(units)))

    def _answers(
        self, counts: NDArray, scale: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Counts of all channels, or of the region's alone, [dish, ..., channel], as answers."""
        region = list(self.dishes.protocol.region)
        counts = counts if counts.shape[-1] == len(region) else counts[..., region]
        shape = (len(counts), *[1] * (counts.ndim - 2), len(region))
        mean, sd = (part.reshape(shape) for part in scale)
        return (np.sqrt(counts.astype(np.float32)) - mean) / sd

    def _test(self, writes: Writes, units: Units, conditions: NDArray) -> Arrays:
        culture = self.dishes.culture(of_prefix("state_", units.load(TARGETS)))
        counts = self._played(culture, writes, conditions, self.repeats, ORDER)
        charge = culture.ledger.totals()["charge_nC"] / (writes.shape[1] * self.repeats)
        return {"counts": counts.astype(np.uint8), "charge_nC": charge}

    def _played(
        self, culture, writes: Writes, conditions: NDArray, repeats: int, purpose: int
    ) -> NDArray[np.float32]:
        """Every write is given `repeats` times, all in random order: counts of the region, [dish, write,
        repeat, channel].
        """
        n, dish = writes.shape[1], np.arange(len(writes))[:, None]
        order = np.stack([rng.permutation(n * repeats) for rng in self.dishes.each(purpose)])
        which = order % n
        heard = play_writes(culture, self.dishes.protocol, writes[dish, which], conditions[dish, which])
        counts = heard.counts[:, :, list(self.dishes.protocol.region)]
        made = np.empty((len(writes), n * repeats, counts.shape[2]), np.float32)
        made[dish, order] = counts
        return made.reshape(len(writes), repeats, n, -1).swapaxes(1, 2)

    def _conditions(self, n: int) -> NDArray[np.int64]:
        """Which volley comes before each trial, as often each: [dish, n]; -1 where there are none."""
        kinds = len(self.dishes.protocol.conditions)
        if not kinds:
            return np.full((len(self.dishes.seeds), n), -1)
        drawn = np.arange(n) % kinds
        return np.stack([rng.permutation(drawn) for rng in self.dishes.each(CONDITION)])
