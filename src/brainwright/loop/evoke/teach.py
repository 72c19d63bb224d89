"""Teaching by evoking: a cue is paired with evoked patterns until the cue alone evokes the wanted one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.experiment import Step
from brainwright.experiment.trials import Trials
from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan

from .dishes import DENSE, EvokeDishes, around, middle
from .evoker import Evoker
from .lookups import nearest, smoothed
from .protocol import Protocol, Writes
from .scores import correlations
from .trials import counted, play_writes

Arrays = dict[str, NDArray]
CUES = 6
TAUGHT, TWIN, TABLE, SILENT, OTHERS, FROZEN = (
    "gradient, map A", "gradient, map B", "smoothed lookup, map A", "silent", "yoked", "frozen"
)  # fmt: skip
ARMS = (TAUGHT, TWIN, TABLE, SILENT, OTHERS, FROZEN)
"""`gradient`: the write that a model says evokes the wanted pattern, by map A or by its twin B, which gives
every cue another one; `smoothed lookup`: the same pattern's write without a model; `silent`: cues alone;
`yoked`: the writes of the next dish's lesson; `frozen`: plasticity off.
"""
LOOKUP_SHARE = 0.12
WRITE, CUE, MAP, ORDER, PROBE, PATTERN = range(60, 66)
CANDIDATES = 200
"""Predicted answers among which patterns are chosen that are least alike."""


@dataclass(eq=False)
class EvokeTeaching:
    """Cultures that are taught which of six patterns each of six cues shall evoke in a part never stimulated.

    Attributes:
        seeds, threads: of the cultures.
        seed: of the models.
        quick: a tiny lesson.
        parameters: of the cultures.
        cue_electrodes: of each cue; cues are disjoint.
        pairings: of cue and write.
        period_s: from one to the next.
        write_s: after the cue's pulses.
        probes: of every cue, before and after.
    """

    seeds: list[int]
    threads: int = 1
    seed: int = 0
    quick: bool = False
    parameters: CultureParameters = DENSE
    region: tuple[int, ...] = middle(4)
    cue_electrodes: int = 7
    n_pulses: int = 9
    recorded: int = 1_200
    pairings: int = 600
    period_s: float = 0.100
    write_s: float = 0.006
    probes: int = 12

    def __post_init__(self) -> None:
        if self.quick:
            self.recorded, self.pairings, self.probes = 120, 24, 3
        protocol = Protocol(
            electrodes=around(self.region),
            region=self.region,
            slots_s=(0.0,),
            n_pulses=self.n_pulses,
            window_s=(0.005, 0.015),
        )
        self.dishes = EvokeDishes(self.seeds, protocol, self.parameters, self.threads)

    @staticmethod
    def controls() -> tuple[str, ...]:
        """What the taught answers are compared with."""
        return (*ARMS[1:], "before")

    def steps(self) -> Iterator[Step]:
        """All work in order."""
        yield Step("record", self.record, 2.0)
        for arm in ARMS:
            yield Step(arm, lambda units, share, arm=arm: self.lesson(arm, units, share), 2.0)

    def record(self, units: Units, share: Callable[..., None]) -> Arrays:
        """Random writes; models; patterns, their writes, and what naive cues evoke."""
        dishes, protocol = self.dishes, self.dishes.protocol
        culture = dishes.culture()
        writes = np.stack([protocol.random((self.recorded,), rng) for rng in dishes.each(WRITE)])
        heard = play_writes(culture, protocol, writes)
        state = culture.snapshot()
        evoker = Evoker(heard, protocol, seed=self.seed)
        patterns = self._patterns(evoker)
        chosen = evoker.write_for(patterns, aim="pattern").writes
        z = evoker.standardised(heard.counts[:, :, list(self.region)])
        table = smoothed(writes, nearest(z, patterns, round(LOOKUP_SHARE * self.recorded)), self.n_pulses)
        cues = self._cues()
        naive = self._asked(dishes.culture(state), cues)
        root = np.sqrt(naive)
        # the decoder is fixed here: an answer is what differs from the naive answers to all cues
        arrays: Arrays = {"patterns": patterns, "chosen": chosen, "table": table, "cues": cues}
        arrays |= {"naive": naive.astype(np.uint8), "mean": root.mean((1, 2)), "sd": root.std((1, 2)) + 0.1}
        evoked = play_writes(dishes.culture(state), protocol, np.repeat(chosen, 5, axis=1)).counts
        shown = evoker.standardised(evoked[:, :, list(self.region)]).reshape(len(chosen), CUES, 5, -1).mean(2)
        arrays["evoked"] = correlations(shown, patterns)
        return arrays | with_prefix("state_", state)

    def lesson(self, arm: str, units: Units, share: Callable[..., None]) -> Arrays:
        """Pairings, then cues alone with plasticity off."""
        told = units.load("record")
        dishes, cues = self.dishes, told["cues"]
        culture = dishes.culture(of_prefix("state_", told), plasticity=arm != FROZEN)
        maps = self.maps()[1 if arm == TWIN else 0]
        writes = told["table" if arm == TABLE else "chosen"].astype(bool)
        writes = np.take_along_axis(writes, maps[:, :, None], axis=1)
        if arm == OTHERS:
            writes = np.roll(writes, 1, axis=0)
        order = np.stack([rng.integers(0, CUES, self.pairings) for rng in dishes.each(ORDER)])
        block = 50
        for first in range(0, self.pairings, block):
            self._pair(culture, cues, None if arm == SILENT else writes, order[:, first : first + block])
            share(0.9 * first / self.pairings)
        asked = dishes.culture(culture.snapshot())
        return {"counts": self._asked(asked, cues).astype(np.uint8)}

    def maps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which pattern each cue shall evoke, by A and by B: [dish, cue] each; B gives every cue another."""
        first = np.stack([rng.permutation(CUES) for rng in self.dishes.each(MAP)])
        return first, (first + 1) % CUES

    def outcomes(self, units: Units) -> Trials:
        """Share of a cue's answers that are the pattern of map A, and of map B, [dish]."""
        told = units.load("record")
        answers = {"before": told["naive"]} | {arm: units.load(arm)["counts"] for arm in ARMS}
        return Trials.of({arm: self.scores(told, counts) for arm, counts in answers.items()})

    def scores(self, told: Arrays, counts: NDArray) -> Arrays:
        """Answers [dish, cue, trial, channel], decoded."""
        z = np.sqrt(counts.astype(np.float64)) - told["mean"][:, None, None]
        z /= told["sd"][:, None, None]
        alike = correlations(z[:, :, :, None], told["patterns"][:, None, None].astype(np.float64))
        decoded = alike.argmax(-1)
        shares = [(decoded == which[:, :, None]).mean((1, 2)) for which in self.maps()]
        own = np.take_along_axis(alike.mean(2), self.maps()[0][:, :, None], axis=2)[..., 0].mean(1)
        return {"answers of map A": shares[0], "answers of map B": shares[1], "likeness": own}

    def _patterns(self, evoker: Evoker) -> NDArray[np.float32]:
        """Predicted answers to random writes that are least alike, [dish, pattern, channel]."""
        protocol = self.dishes.protocol
        tried = np.stack([protocol.random((CANDIDATES,), rng) for rng in self.dishes.each(PATTERN)])
        predicted, rows = evoker.predict(tried), []
        for own in predicted:
            alike = correlations(own[:, None], own[None])
            picked = [int(np.square(own).sum(1).argmax())]  # the strongest first
            while len(picked) < CUES:
                picked.append(int(alike[:, picked].max(1).argmin()))
            rows.append(own[picked])
        return np.stack(rows)

    def _cues(self) -> NDArray[np.int64]:
        """Channels of each cue, [dish, cue, electrode]."""
        ring, size = np.array(self.dishes.protocol.electrodes), self.cue_electrodes
        drawn = [rng.permutation(ring)[: CUES * size] for rng in self.dishes.each(CUE)]
        return np.stack(drawn).reshape(len(self.seeds), CUES, size)

    def _pair(
        self, culture: SimulatedCulture, cues: NDArray, writes: Writes | None, order: NDArray[np.int64]
    ) -> None:
        """Cues in a given order [dish, n], each followed by its write."""
        electrodes, start = np.array(self.dishes.protocol.electrodes), culture.now_s()
        dish, at = np.indices(order.shape)
        when = start + self.period_s * at
        plans = [StimulusPlan.biphasic(dish[..., None], cues[dish, order], when[..., None])]
        if writes is not None:
            d, n, place = np.nonzero(writes[dish, order])
            plans.append(StimulusPlan.biphasic(d, electrodes[place], when[d, n] + self.write_s))
        culture.write(StimulusPlan.join(plans))
        culture.read(self.period_s * order.shape[1])

    def _asked(self, culture: SimulatedCulture, cues: NDArray) -> NDArray[np.float32]:
        """Cues alone: counts of the region, [dish, cue, trial, channel]."""
        protocol, n = self.dishes.protocol, CUES * self.probes
        order = np.stack([rng.permutation(n) for rng in self.dishes.each(PROBE)])
        dish = np.arange(len(order))[:, None]
        start = culture.now_s()
        begin = start + protocol.before_s + protocol.period_s * np.arange(n)
        culture.write(StimulusPlan.biphasic(dish[..., None], cues[dish, order % CUES], begin[None, :, None]))
        heard = culture.read(protocol.period_s * n)
        _, counts = counted(heard, np.tile(begin, (len(order), 1)), protocol)
        made = np.empty((len(order), n, len(self.region)), np.float32)
        made[dish, order] = counts[:, :, list(self.region)]
        return made.reshape(len(order), self.probes, CUES, -1).swapaxes(1, 2)
