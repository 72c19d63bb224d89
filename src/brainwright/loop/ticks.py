"""`run_ticks`: read, decide, write on a grid of absolute deadlines, in virtual or in wall time."""

import contextlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.tissue import (
    MISS_POLICIES,
    DeadlineMissed,
    MissPolicy,
    StimulusPlan,
    StimulusRefused,
    Tissue,
)

from .punctual.quiet_memory import quiet_memory
from .punctual.short_slices import short_slices
from .tick_log import ADMITTED, DECIDED, DUE, ENTERED, LEFT, MISSED, REQUESTED, SCHEDULED, TickLog

PASSING = ("lateness", "activity")  # limits that refuse a good plan at a bad moment


class Tick(NamedTuple):
    """What a controller is told: which tick, its deadline and lateness in seconds, and what was heard."""

    index: int
    due_s: float
    late_s: float
    heard: Recording


class Controller(Protocol):
    """Decides what to write. What it does must fit into a period; training runs beside it."""

    def decide(self, tick: Tick) -> StimulusPlan | None: ...


class CheapController(Controller, Protocol):
    """A controller with a cheaper answer for late ticks, for the policy `degrade`."""

    def decide_cheaply(self, tick: Tick) -> StimulusPlan | None: ...


def run_ticks(
    tissue: Tissue,
    controller: Controller,
    *,
    period_s: float,
    n_ticks: int,
    present_s: Callable[[], float] | None = None,
    miss: MissPolicy = "skip",
    renew: Callable[[], None] | None = None,
    on_tick: Callable[[int, NDArray[np.float64], int], None] | None = None,
) -> TickLog:
    """Read, decide and write at t_k = t_0 + (k + 1) T, k = 0 .. n_ticks - 1.

    A tick reads up to its deadline, asks the controller, and writes its plan. One that is entered a period
    or more late is missed. What becomes of it is `miss`: `skip` leaves the decision out, and the next tick
    in time gets what was heard meanwhile as well; `degrade` asks `controller.decide_cheaply`; `abort` stops
    the tissue and raises. A plan that comes too late for its moment, or while a seizure guard has paused
    writing, is dropped, and its tick has no `admitted_s`; a plan outside any other limit is an error of the
    controller. Whatever ends the loop early, the tissue is stopped. The garbage collector is off meanwhile
    (`quiet_memory`), and in wall time the kernel is asked for short turns (`short_slices`).

    Args:
        tissue: in virtual time any; in wall time one that keeps time itself (hardware), or `Paced`.
        controller: called once per tick.
        present_s: what the clock shows, in tissue seconds, by which lateness is told: in wall time that of
            the `Paced` tissue; None: `tissue.now_s`, right in virtual time and where that is a running clock.

        renew: called at every tick: `Guarded.renew`, which keeps the tissue armed while the loop is alive.
        on_tick: told of every tick that is over, within the body of the next one: its index, row and line of
            the log. `Recorder.tick` streams them to the run folder.

    Returns:
        The times of every tick. In virtual time they are as reproducible as everything else.

    Raises:
        DeadlineMissed: under the policy `abort`.
        StimulusRefused: a plan outside the limits.
        ValueError: a period that is not positive, an unknown policy, `degrade` for a controller that
            cannot, or a simulated tissue that runs ahead of the clock because it is not paced.
    """
    _check(controller, period_s, n_ticks, miss)
    log = TickLog.empty(n_ticks, period_s)
    try:
        with quiet_memory(), short_slices() if present_s else contextlib.nullcontext():
            tick_by_tick(tissue, controller, present_s or tissue.now_s, miss, log, renew, on_tick or nobody)
    except BaseException:
        tissue.stop()
        raise
    log.find_deliveries(tissue.ledger)
    return log


def tick_by_tick(
    tissue: Tissue,
    controller: Controller,
    present_s: Callable[[], float],
    miss: MissPolicy,
    log: TickLog,
    renew: Callable[[], None] | None,
    on_tick: Callable[[int, NDArray[np.float64], int], None],
) -> None:
    """The loop of `run_ticks`, without its precautions; fills `log`."""
    rows, lines, period_s, n_channels = log.rows, log.line, log.period_s, tissue.n_channels
    decide = controller.decide
    decide_late = getattr(controller, "decide_cheaply", decide)
    behind_s = present_s() - tissue.now_s()
    if behind_s >= period_s:
        tissue.read(behind_s)  # said before the start
    start_s = tissue.now_s()
    unheard: list[Recording] = []
    for k, row in enumerate(rows):
        due_s = start_s + (k + 1) * period_s
        left_s = due_s - tissue.now_s()
        heard = tissue.read(left_s) if left_s > 0 else None  # a device may be past it already
        entered_s = present_s()
        late_s = entered_s - due_s
        if renew is not None:
            renew()
        if k:
            on_tick(k - 1, rows[k - 1], lines[k - 1])
        row[DUE] = due_s
        row[ENTERED] = entered_s if heard is not None else np.nan
        row[MISSED] = 0.0
        # a paced tick cannot be entered early, so half a period early is no jitter: the tissue runs unpaced
        if k == 0 and late_s < -0.5 * period_s:
            raise ValueError(
                f"expected tissue that keeps pace with the clock, got one {-late_s:.4f} s ahead after one "
                f"tick of {period_s} s: wrap simulated tissue, tissue = Paced(simulated, clock), and give "
                "present_s=tissue.present_s"
            )
        missed = heard is None or late_s >= period_s
        if missed:
            row[MISSED] = 1.0
            if miss == "abort":
                raise DeadlineMissed(
                    f"tick {k} was entered {1e3 * late_s:.1f} ms after its deadline, "
                    f"the period is {1e3 * period_s:.1f} ms; the tissue was stopped"
                )
            if miss == "skip" or heard is None:
                unheard += [heard] if heard is not None else []
                continue
        if unheard:
            heard = _joined([*unheard, heard])
            unheard.clear()
        tick = Tick(k, due_s, late_s, heard)
        plan = decide_late(tick) if missed else decide(tick)
        row[DECIDED] = present_s()
        if plan is not None and plan.n_pulses:
            row[REQUESTED] = plan.time_s[0]
            try:
                receipt = tissue.write(plan)
            except StimulusRefused as refusal:  # a request without admission in the log
                if refusal.limit not in PASSING:
                    raise
            else:
                row[ADMITTED] = receipt.admitted_s
                row[SCHEDULED] = receipt.scheduled_s[0]
                lines[k] = plan.dish[0] * n_channels + plan.channel[0]
        row[LEFT] = present_s()
    on_tick(len(rows) - 1, rows[-1], lines[-1])


def nobody(index: int, row: NDArray[np.float64], line: int) -> None:
    """The tick is over and nobody is told."""


def _joined(parts: list[Recording]) -> Recording:
    """What was heard without a gap up to the end of the last part."""
    first = len(parts) - 1
    # 1e-7 s is below a step of any tissue, above the rounding of seconds in a session of days
    while first and abs(parts[first].start_s - parts[first - 1].stop_s) < 1e-7:
        first -= 1
    return Recording.concatenate(parts[first:])


def _check(controller: Controller, period_s: float, n_ticks: int, miss: str) -> None:
    if not 0 < period_s < float("inf") or n_ticks < 1:
        raise ValueError(f"expected period_s above zero and n_ticks of 1 or more, got {period_s}, {n_ticks}")
    if miss not in MISS_POLICIES:
        raise ValueError(f"miss: expected one of {', '.join(MISS_POLICIES)}, got {miss!r}")
    if miss == "degrade" and not callable(getattr(controller, "decide_cheaply", None)):
        raise ValueError(
            f"miss 'degrade' needs a controller with decide_cheaply, {type(controller).__name__} has none; "
            "give it one, or choose 'skip'"
        )
