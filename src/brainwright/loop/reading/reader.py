"""A simulated reader: a culture that hears a text word by word, each word at its own time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, Tissue, usable_channels

from ..evoke.dishes import SPARSE
from .words import ReadText

BLOCK = 400
"""Words that are planned and read at a time: one to two minutes."""
SIGNAL = 0.7
"""Share of a word's pulses that are its own: see `docs/text.md` for how it was set."""
GAP_S = 0.1
"""Before the first word of a block: nothing of it lies outside what is recorded."""


@dataclass(frozen=True)
class Timing:
    """How a word reaches the tissue, and how long the eye stays.

    Attributes:
        slots_s: times of its pulses after its onset.
        n_pulses: of a word, and of a write.
        windows_s: early (the answer, behind the last pulse's direct spikes) and late, after the onset.
        base_s, per_letter_s, spread_s: a word is looked at for base + letters x per_letter, and an
            exponential rest with mean `spread_s` (eyes of adult readers stay 200 to 250 ms on a word: Rayner
            1998, Psychol Bull 124:372).
    """

    slots_s: tuple[float, ...] = (0.0, 0.005, 0.010)
    n_pulses: int = 9
    windows_s: tuple[tuple[float, float], ...] = ((0.015, 0.035), (0.035, 0.085))
    base_s: float = 0.13
    per_letter_s: float = 0.01
    spread_s: float = 0.03

    def onsets(self, words: Sequence[str], rng: np.random.Generator) -> Float[np.ndarray, " word"]:
        """When each word begins, from 0."""
        stay = self.base_s + self.per_letter_s * np.array([len(word) for word in words])
        stay = np.maximum(stay + rng.exponential(self.spread_s, len(words)), self.windows_s[-1][1])
        return np.concatenate([[0.0], np.cumsum(stay)[:-1]])


@dataclass(eq=False)
class Readers:
    """Cultures that hear through every second electrode and can be written to through all of them.

    Attributes:
        seeds: of the cultures; a dish is the same whatever other dishes there are.
        words: that they know; each is heard as a pattern of pulses of its own, in every dish another.
        signal: share of a word's pulses that are its own at a hearing, the others random: 0 is noise, 1 a
            perfect sense.
        timing: of words.
        parameters: of the cultures.
        threads: that advance them.
    """

    seeds: Sequence[int]
    words: Sequence[str]
    signal: float = SIGNAL
    timing: Timing = field(default_factory=Timing)
    parameters: CultureParameters = SPARSE
    threads: int = 1

    def __post_init__(self) -> None:
        usable = usable_channels()
        self.senses, self.writers = usable[::2], usable
        n_inputs = len(self.timing.slots_s) * len(self.senses)
        rows = []
        for seed in self.seeds:
            rng = np.random.default_rng([seed, 1])
            rank = rng.random((len(self.words), n_inputs)).argsort(1).argsort(1)
            rows.append(rank < self.timing.n_pulses)
        self.codes: Bool[np.ndarray, "dish word input"] = np.stack(rows)
        self._number = {word: k for k, word in enumerate(self.words)}

    @property
    def n_write_inputs(self) -> int:
        """Slots x electrodes of a write."""
        return len(self.timing.slots_s) * len(self.writers)

    def culture(self, *, cells: bool = True) -> SimulatedCulture:
        """The dishes as they were born, without plasticity; without cells only artifacts are detected."""
        return SimulatedCulture(
            self.seeds, self.parameters, plasticity=False, cells=cells, threads=self.threads
        )

    def read(
        self, tissue: Tissue, texts: Sequence[str], seed: int, *, signal: float | None = None
    ) -> ReadText:
        """The texts are read once, each word at its own time; times and noise follow from `seed`."""
        words = [word for text in texts for word in text.split()]
        number = np.array([self._number[word] for word in words])
        onset_s = self.timing.onsets(words, np.random.default_rng([seed, 2]))
        heard = self.heard(number, seed, self.signal if signal is None else signal)
        recording, onset_s = self.play(tissue, heard, onset_s, self.senses)
        return ReadText(tuple(texts), recording, onset_s)

    def heard(
        self, number: Int[np.ndarray, " word"], seed: int, signal: float
    ) -> Bool[np.ndarray, "dish word input"]:
        """The pulses of each hearing: those of the word, each kept with probability `signal` or moved."""
        rows = []
        for dish, codes in zip(self.seeds, self.codes, strict=True):
            rng = np.random.default_rng([dish, 3, seed])
            own = codes[number]
            kept = own & (rng.random(own.shape) < signal)
            score = np.where(kept, 2.0, np.where(own, -1.0, 0.0)) + rng.random(own.shape)
            rows.append((-score).argsort(1).argsort(1) < self.timing.n_pulses)
        return np.stack(rows)

    def play(
        self,
        tissue: Tissue,
        pulses: Bool[np.ndarray, "dish word input"],
        onset_s: Float[np.ndarray, " word"],
        electrodes: tuple[int, ...],
    ) -> tuple[Recording, Float[np.ndarray, " word"]]:
        """Patterns one after another, in blocks; the recording, and the onsets on its clock."""
        parts, times = [], []
        after = max(self.timing.windows_s[-1][1], self.timing.base_s)
        for first in range(0, len(onset_s), BLOCK):
            rows = slice(first, min(len(onset_s), first + BLOCK))
            here = onset_s[rows] - onset_s[first] + tissue.now_s() + GAP_S
            tissue.write(self._plan(pulses[:, rows], here, electrodes))
            parts.append(tissue.read(here[-1] + after - tissue.now_s()))
            times.append(here)
        return Recording.concatenate(parts), np.concatenate(times)

    def _plan(
        self, pulses: NDArray[np.bool_], onset_s: NDArray[np.float64], electrodes: tuple[int, ...]
    ) -> StimulusPlan:
        dish, word, at = np.nonzero(pulses)
        slot, place = np.divmod(at, len(electrodes))
        time_s = onset_s[word] + np.array(self.timing.slots_s)[slot]
        return StimulusPlan.biphasic(dish, np.array(electrodes)[place], time_s, 2.0, 200.0)
