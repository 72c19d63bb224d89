"""Let the tissue hear symbols, and write to it before the next one comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording, bin_counts
from brainwright.tissue import MISS_POLICIES, DeadlineMissed, MissPolicy, StimulusRefused, Tissue

from .layout import Layout
from .ticks import PASSING

PATIENCE = 100
"""Periods in a row that may be missed: 8 s of the default timing, after which nothing will mend itself."""
EARLY, LATE, AFTER, STIMULUS = 0, 1, 2, 3  # windows of a period, in the order of `Periods.counts`
PeriodDone = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Periods:
    """What was presented and heard: symbols [dish, period], counts [dish, period, window, channel].

    `targets` [dish, period] is the symbol wanted after each (-1 where none was given); `written`
    [dish, period, electrode] are the channels of each write, -1 where nothing was written.
    """

    symbols: NDArray[np.int64]
    targets: NDArray[np.int64]
    counts: NDArray[np.float32]
    written: NDArray[np.int64]

    def __len__(self) -> int:
        return self.symbols.shape[1]

    def followed_by(self, more: "Periods") -> "Periods":
        return Periods(
            *(np.concatenate([getattr(self, f.name), getattr(more, f.name)], axis=1) for f in fields(self))
        )


@dataclass(frozen=True, eq=False)
class Moment:
    """What a writer knows when it must decide: at the write time of a period.

    `history` [dish, 2] is (current, previous) symbol; `target` [dish] the one wanted next, known in training;
    `previous` [dish, 2, channel] the last period's early and late counts; `early` [dish, channel] the
    response to the current symbol; `after` [dish, channel] the answer, where the timing has it first.
    """

    history: NDArray[np.int64]
    target: NDArray[np.int64]
    previous: NDArray[np.float32]
    early: NDArray[np.float32]
    after: NDArray[np.float32] | None = None


class Writer(Protocol):
    """Decides what to write. `learn` is called before the first write and at every refit."""

    def learn(self, heard: Periods) -> None: ...

    def channels(self, moment: Moment) -> NDArray[np.int64] | None:
        """It returns the channels to pulse, [dish, electrode], or None for silence; -1 leaves a pulse out."""
        ...


def present(
    tissue: Tissue,
    layout: Layout,
    symbols: NDArray[np.int64],
    writer: Writer | None = None,
    *,
    targets: NDArray[np.int64] | None = None,
    before: Periods | None = None,
    on_period: PeriodDone | None = None,
    miss: MissPolicy = "skip",
    renew: Callable[[], None] | None = None,
) -> Periods:
    """Present symbols [dish, period]; where a writer is given, write within each period.

    In virtual time nothing comes late. In wall time (`Paced` tissue, hardware) a symbol whose moment has gone
    by, or that comes while a seizure guard has paused writing, is not presented: the period is listened to,
    and the symbol comes with the next one, so that periods stay on their grid. A write that comes too late is
    dropped: its row of `written` is -1. With `miss` "degrade" the writer is not asked in the first period
    after a missed one; with "abort" the first symbol or write that comes too late stops the tissue.

    Args:
        targets: the symbol wanted after each, [dish, period]; a writer needs them.
        before: what went before, so that the first moment has a past.
        on_period: called with the number of periods done.
        renew: called before each symbol and each write: `Guarded.renew`, with a lease longer than a period.

    Raises:
        DeadlineMissed: a late symbol or write under `abort`, or `PATIENCE` symbols in a row that came late.
        ValueError: an unknown policy.
    """
    if miss not in MISS_POLICIES:
        raise ValueError(f"miss: expected one of {', '.join(MISS_POLICIES)}, got {miss!r}")
    timing = layout.timing
    first = {EARLY: timing.early_s, STIMULUS: timing.stimulus_s}
    second = {LATE: timing.late_s}
    (first if timing.answers_first else second)[AFTER] = timing.after_s
    n_dishes, n = symbols.shape
    wanted = np.full_like(symbols, -1) if targets is None else targets
    counts = np.zeros((n_dishes, n, 4, tissue.n_channels), np.float32)
    written = np.full((n_dishes, n, layout.n_electrodes), -1, np.int64)
    previous = before.counts[:, -1, :2] if before is not None else np.zeros_like(counts[:, 0, :2])
    last = before.symbols[:, -1] if before is not None else symbols[:, 0]
    for t in range(n):
        start, in_time = _say(tissue, layout, layout.of(symbols[:, t]), miss, renew)
        _count(tissue.read(timing.write_at_s), start, first, counts[:, t])
        if writer is not None and (in_time or miss != "degrade"):
            history = np.stack([symbols[:, t], last], axis=1)
            if renew is not None:
                renew()
            answer = counts[:, t, AFTER] if timing.answers_first else None
            chosen = writer.channels(Moment(history, wanted[:, t], previous, counts[:, t, EARLY], answer))
            if chosen is not None and _write(tissue, layout, chosen, start + timing.write_at_s, miss):
                written[:, t] = chosen
        _count(tissue.read(timing.period_s - timing.write_at_s), start, second, counts[:, t])
        previous, last = counts[:, t, :2], symbols[:, t]
        if on_period is not None:
            on_period(t + 1)
    return Periods(symbols, wanted, counts, written)


def _count(
    heard: Recording,
    start_s: float,
    windows: Mapping[int, tuple[float, float]],
    into: NDArray[np.float32],
) -> None:
    """Counts what was heard in windows that begin with a symbol, into [dish, window, channel]."""
    into[:, list(windows)] = bin_counts(heard, np.array(list(windows.values())) + start_s).counts


def _say(
    tissue: Tissue,
    layout: Layout,
    electrodes: NDArray[np.int64],
    miss: MissPolicy,
    renew: Callable[[], None] | None,
) -> tuple[float, bool]:
    """Write a symbol at the start of the first period in time: its start, whether it was the first tried."""
    for missed in range(PATIENCE):
        if renew is not None:
            renew()
        start = tissue.now_s()
        if _write(tissue, layout, electrodes, start, miss):
            return start, missed == 0
        tissue.read(layout.timing.period_s)
    tissue.stop()
    raise DeadlineMissed(
        f"{PATIENCE} periods of {layout.timing.period_s} s in a row began too late, or while writing was "
        "paused: the tissue or the writer needs longer than a period (use fewer dishes or a quicker writer), "
        "or the tissue is not calm. It was stopped."
    )


def _write(
    tissue: Tissue, layout: Layout, electrodes: NDArray[np.int64], time_s: float, miss: MissPolicy
) -> bool:
    """Write unless it is too late, or writing is paused; returns whether it was written."""
    try:
        tissue.write(layout.plan(electrodes, time_s))
    except StimulusRefused as refusal:
        if refusal.limit not in PASSING:
            raise
        if miss == "abort":
            tissue.stop()
            raise DeadlineMissed(str(refusal)) from refusal
        return False
    return True
