"""Where and when: which electrodes stand for which symbol in each dish, and the timing of a period."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import StimulusPlan

MAP = 303
"""A stream of random numbers of its own for maps, apart from others of the same seed."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One symbol's period. Windows are seconds after the symbol, [start, stop).

    `early` holds the spikes that the symbol's own pulses force, and the end of their artifact; `after`
    begins behind the slowest of them and is what the probe decodes; `late` is the state carried to the next
    period, behind the direct spikes of a write; `stimulus` overlaps the artifact and is read for the audit
    alone. Windows before the write end with it, since it depends on them; so does `after` where what is
    written depends on what the tissue has answered (`answers_first`).
    """

    period_s: float = 0.080
    write_at_s: float = 0.008
    early_s: tuple[float, float] = (0.002, 0.008)
    after_s: tuple[float, float] = (0.008, 0.030)
    late_s: tuple[float, float] = (0.014, 0.080)
    stimulus_s: tuple[float, float] = (0.0, 0.008)

    def __post_init__(self) -> None:
        ends = (self.early_s[1], self.write_at_s, self.after_s[1], self.late_s[1])
        # 1e-9: a nanosecond, far below a step of any tissue and far above the rounding of such sums
        if max(ends) > self.period_s + 1e-9:
            raise ValueError(f"windows must end within the period of {self.period_s} s, got ends {ends}")
        if max(self.early_s[1], self.stimulus_s[1]) > self.write_at_s + 1e-9:
            raise ValueError("early and stimulus windows must end before the write, which depends on them")
        for name in ("after_s", "late_s"):
            start, stop = getattr(self, name)
            if start < self.write_at_s - 1e-9 and stop > self.write_at_s + 1e-9:
                raise ValueError(
                    f"{name}: expected a window before or after the write at {self.write_at_s} s, "
                    f"got {start} to {stop} s"
                )

    @property
    def answers_first(self) -> bool:
        """It says whether the answer to a symbol is over when the write comes."""
        return self.after_s[1] <= self.write_at_s + 1e-9


@dataclass(frozen=True, eq=False)
class Layout:
    """The electrodes of every symbol, [dish, symbol, electrode], and the pulse that they carry.

    Where symbols have different numbers of electrodes the rows of the smaller ones end in -1, which is no
    electrode.
    """

    electrodes: NDArray[np.int64]
    timing: Timing
    current_uA: float = 2.0
    width_us: float = 200.0
    """Of each phase; 2 uA for 200 us are .4 nC, the default pulse of `StimulusPlan.biphasic`."""

    @classmethod
    def random(
        cls,
        seeds: list[int],
        n_symbols: int,
        channels: tuple[int, ...],
        timing: Timing,
        n_electrodes: int | None = None,
    ) -> "Layout":
        """Disjoint random electrode sets, a map of its own for each dish.

        Raises:
            ValueError: not enough channels for the symbols.
        """
        each = n_electrodes or len(channels) // n_symbols
        if each < 1 or each * n_symbols > len(channels):
            raise ValueError(
                f"{n_symbols} symbols of {each} electrodes need {each * n_symbols} channels, "
                f"got {len(channels)}"
            )
        maps = [
            np.random.default_rng([seed, MAP])
            .permutation(channels)[: each * n_symbols]
            .reshape(n_symbols, each)
            for seed in seeds
        ]
        return cls(np.stack(maps), timing)

    @classmethod
    def of_sizes(
        cls, seeds: list[int], sizes: Sequence[int], channels: tuple[int, ...], timing: Timing
    ) -> "Layout":
        """Disjoint random electrode sets of given sizes, a map of its own for each dish.

        Raises:
            ValueError: a symbol without electrodes, or not enough channels.
        """
        if not sizes or min(sizes) < 1 or sum(sizes) > len(channels):
            raise ValueError(
                f"sizes: expected at least one electrode for each symbol and at most {len(channels)} in all, "
                f"got {tuple(sizes)}"
            )
        electrodes = np.full((len(seeds), len(sizes), max(sizes)), -1)
        for own, seed in zip(electrodes, seeds, strict=True):
            drawn = np.random.default_rng([seed, MAP]).permutation(channels)[: sum(sizes)]
            for row, part in zip(own, np.split(drawn, np.cumsum(sizes)[:-1]), strict=True):
                row[: len(part)] = part
        return cls(electrodes, timing)

    @property
    def n_dishes(self) -> int:
        return self.electrodes.shape[0]

    @property
    def n_symbols(self) -> int:
        return self.electrodes.shape[1]

    @property
    def n_electrodes(self) -> int:
        """The number is that of the electrodes of one symbol (the largest), and of one write."""
        return self.electrodes.shape[2]

    def of(self, symbols: NDArray[np.int64]) -> NDArray[np.int64]:
        """It returns the electrodes of one symbol per dish: [dish] -> [dish, electrode]."""
        return self.electrodes[np.arange(self.n_dishes), symbols]

    def plan(self, channels: NDArray[np.int64], time_s: float) -> StimulusPlan:
        """It returns one pulse on each of `channels` [dish, electrode] at `time_s`; -1 is no channel."""
        dish, place = np.nonzero(channels >= 0)
        return StimulusPlan.biphasic(dish, channels[dish, place], time_s, self.current_uA, self.width_us)


def symbol_of(electrodes: NDArray[np.int64], n_channels: int) -> NDArray[np.int64]:
    """The symbol that each channel stands for, -1 for none: [..., symbol, electrode] -> [..., channel]."""
    *dishes, k, each = electrodes.shape
    owner = np.full((*dishes, n_channels + 1), -1)  # the last is written by -1, which is no electrode
    flat = electrodes.reshape(*dishes, k * each)
    np.put_along_axis(owner, flat, np.broadcast_to(np.repeat(np.arange(k), each), flat.shape), -1)
    return owner[..., :-1]
