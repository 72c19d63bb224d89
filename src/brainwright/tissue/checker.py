"""The contract of `Tissue` as a test that anyone can run on an implementation of their own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .contract import Tissue, missing_parts
from .limits import StimulusLimits, StimulusRefused
from .plan import StimulusPlan

_SLACK_S = 1e-6
_MANY = 200_000  # pulses; a dose limit beyond this is not tried


class ContractBroken(AssertionError):
    """An implementation of `Tissue` does not do what the contract promises."""


def check_tissue(make: Callable[[], Tissue]) -> None:
    """It tries every promise of `Tissue` on fresh pieces of tissue.

    Not for living tissue: it writes up to the dose limit. Tissue without a channel that may stimulate
    (`limits.channels == ()`: a replay, a stream) is read-only: it must refuse every pulse.

    Args:
        make: returns a new, unused tissue each time it is called.

    Raises:
        ContractBroken: names the promise, what was expected and what came.

    Example:
        >>> from brainwright.tissue import SimulatedCulture
        >>> check_tissue(lambda: SimulatedCulture([1], cells=False))
    """
    first = make()
    _check_parts(first)
    reads = (_check_clock_and_reads, _check_bad_durations)
    writes = (
        _check_refusals,
        _check_delivery,
        _check_lateness,
        _check_stop,
        _check_queued_pulses_count,
        _check_dose_counts,
    )
    for check in (*reads, *(writes if first.limits.channels else (_check_read_only,))):
        check(make())


def _demand(holds: bool, promise: str) -> None:
    if not holds:
        raise ContractBroken(promise)


def _check_parts(tissue: Tissue) -> None:
    missing = missing_parts(tissue)
    _demand(not missing, f"Tissue: {type(tissue).__name__} lacks {', '.join(missing)}")
    _demand(tissue.n_dishes >= 1 and tissue.n_channels >= 1, "n_dishes and n_channels must be one or more")
    shape = (tissue.ledger.n_dishes, tissue.ledger.n_channels)
    _demand(shape == (tissue.n_dishes, tissue.n_channels), f"ledger: is for {shape} (dishes, channels)")
    channels = tissue.limits.channels
    inside = all(0 <= channel < tissue.n_channels for channel in channels)
    _demand(inside, "limits.channels: outside the array")
    _demand(_delivered(tissue) == 0, "ledger: fresh tissue has pulses in its ledger")


def _check_clock_and_reads(tissue: Tissue) -> None:
    stopped_s = tissue.now_s()
    for duration_s in (0.008, 0.072, 0.25, 0.001):
        before_s = tissue.now_s()
        recording = tissue.read(duration_s)
        after_s = tissue.now_s()
        _demand(
            after_s >= before_s + duration_s - _SLACK_S,
            f"now_s: rose by {after_s - before_s} s in read({duration_s})",
        )
        _demand(
            recording.start_s >= max(stopped_s, before_s) - _SLACK_S
            and recording.stop_s <= after_s + _SLACK_S,
            f"read: [{recording.start_s}, {recording.stop_s}) s lies outside the call, "
            f"{before_s} to {after_s} s",
        )
        _demand(
            abs(recording.duration_s - duration_s) <= _SLACK_S,
            f"read({duration_s}): the recording spans {recording.duration_s} s",
        )
        _demand(
            (recording.n_dishes, recording.n_channels) == (tissue.n_dishes, tissue.n_channels),
            f"read: a recording of {recording.n_dishes} dishes x {recording.n_channels} channels",
        )
        stopped_s = recording.stop_s


def _check_bad_durations(tissue: Tissue) -> None:
    for duration_s in (0.0, -1.0, float("nan"), float("inf"), -float("inf")):
        try:
            tissue.read(duration_s)
        except ValueError:
            continue
        raise ContractBroken(f"read({duration_s}): expected ValueError, got a recording")


def _check_read_only(tissue: Tissue) -> None:
    """Tissue that cannot be stimulated refuses every pulse, takes the empty plan, and may be stopped."""
    now = tissue.now_s() + 0.05
    for channel in (0, tissue.n_channels - 1):
        plan = _pulses(tissue.limits, 0, [channel], [now])
        _demand(_refuses(tissue, plan), f"write: read-only tissue accepted a pulse on channel {channel}")
    receipt = tissue.write(StimulusPlan.empty())
    _demand(receipt.charge_nC == 0 and len(receipt.scheduled_s) == 0, "Receipt: charge from an empty plan")
    tissue.stop()
    tissue.stop()
    tissue.read(0.1)
    _demand(_delivered(tissue) == 0, "ledger: read-only tissue has pulses in its ledger")


def _check_refusals(tissue: Tissue) -> None:
    """Each plan breaks one limit in its last pulse; the pulses before it are good."""
    now = tissue.now_s() + 0.05
    permitted = _plan(tissue, [tissue.limits.channels[0]], now)
    for reason, plan in _forbidden(tissue, now).items():
        for refused in (plan, StimulusPlan.join([permitted, plan])):
            _demand(_refuses(tissue, refused), f"write: accepted a plan that breaks a limit ({reason})")
    _demand(_delivered(tissue) == 0, "write: a refused plan is in the ledger")
    try:
        tissue.write(permitted)
    except StimulusRefused as error:
        raise ContractBroken(
            f"write: a refused plan left traces; afterwards a good one was refused: {error}"
        ) from error
    tissue.read(0.2)
    n = _delivered(tissue)
    _demand(n == permitted.n_pulses, f"write: {n} pulses delivered where {permitted.n_pulses} were admitted")


def _check_delivery(tissue: Tissue) -> None:
    """What is admitted comes into the ledger exactly once, not before its time, and stays as it is."""
    channels = tissue.limits.channels[: tissue.limits.simultaneous_channels]
    step_s = max(0.02, tissue.limits.channel_interval_s)
    expected = []
    for _ in range(3):
        plan = _plan(tissue, channels, tissue.now_s() + 0.01)
        plan = StimulusPlan.join([plan, plan.shifted(step_s)])
        receipt = tissue.write(plan)
        _demand(
            np.array_equal(receipt.requested_s, plan.time_s), "Receipt: requested_s is not what was asked for"
        )
        _demand(
            bool((receipt.scheduled_s >= plan.time_s - _SLACK_S).all()), "Receipt: pulses scheduled too early"
        )
        charge = plan.phase_charge_nC.sum()
        _demand(
            bool(np.isclose(receipt.charge_nC, charge)),
            f"Receipt: {receipt.charge_nC} nC where {charge} were asked for",
        )
        expected += _rows(plan.dish, plan.channel, plan.time_s)
        tissue.write(StimulusPlan.empty())
        before = tissue.ledger.table()
        tissue.read(0.03 + step_s)
        after = tissue.ledger.table()
        same = all(np.array_equal(after[name][: len(column)], column) for name, column in before.items())
        _demand(same, "ledger: rows changed; a ledger only grows")
    tissue.read(0.1)
    table = tissue.ledger.table()
    _demand(
        sorted(_rows(table["dish"], table["channel"], table["requested_s"])) == sorted(expected),
        f"ledger: {_delivered(tissue)} rows for {len(expected)} admitted pulses, or other pulses",
    )
    late_s = table["delivered_s"].astype(np.float64) - table["requested_s"].astype(np.float64)
    _demand(bool((late_s >= -_SLACK_S).all()), "ledger: a pulse was delivered before it was requested")


def _check_lateness(tissue: Tissue) -> None:
    now = tissue.now_s()
    tissue.write(_plan(tissue, tissue.limits.channels[:1], now + 0.5))
    tissue.read(0.05)
    _demand(_delivered(tissue) == 0, "ledger: holds a pulse whose time has not come")
    tissue.read(0.5)
    _demand(_delivered(tissue) == tissue.n_dishes, "ledger: lacks a pulse whose time has passed")


def _check_stop(tissue: Tissue) -> None:
    tissue.stop()
    first = tissue.limits.channels[:1]
    tissue.write(_plan(tissue, first, tissue.now_s() + 0.01))
    tissue.read(0.05)
    plan = _plan(tissue, first, tissue.now_s() + 0.1)
    tissue.write(plan)
    tissue.stop()
    tissue.stop()
    tissue.read(0.05)
    _demand(not _refuses(tissue, plan), "stop: cancelled pulses still count against the limits")
    tissue.stop()
    tissue.read(0.2)
    _demand(
        _delivered(tissue) == tissue.n_dishes,
        "stop: cancelled pulses were delivered, or delivered ones vanished",
    )


def _check_queued_pulses_count(tissue: Tissue) -> None:
    limits = tissue.limits
    later = tissue.now_s() + 0.1
    tissue.write(_plan(tissue, limits.channels[:1], later))
    too_soon = _plan(tissue, limits.channels[:1], later + limits.channel_interval_s / 2)
    _demand(_refuses(tissue, too_soon), "write: spacing does not count pulses that wait in the queue")
    many = limits.simultaneous_channels
    if len(limits.channels) > many:
        tissue.write(_plan(tissue, limits.channels[1:many], later))
        one_more = _plan(tissue, limits.channels[many : many + 1], later)
        _demand(_refuses(tissue, one_more), "write: simultaneous channels do not count pulses in the queue")


def _check_dose_counts(tissue: Tissue) -> None:
    """It fills a minute of dish 0 to its dose, in two queued plans; then one more pulse is too many."""
    limits, start = tissue.limits, tissue.now_s() + 0.1
    pulse = _plan(tissue, limits.channels[:1], start)
    by_charge = int(limits.charge_per_minute_nC * (1 + 1e-9) / pulse.phase_charge_nC[0])
    train = _train(limits, min(by_charge, limits.pulses_per_minute), start)
    if train is None:
        return
    half = train.n_pulses // 2
    for part in (train.take(slice(half)), train.take(slice(half, None))):
        try:
            tissue.write(part)
        except StimulusRefused as error:
            _demand(
                error.limit not in ("", "charge_per_minute_nC", "pulses_per_minute"),
                f"write: refused a dose within the limit of a minute: {error}",
            )
            return  # a safety envelope with a stricter limit of its own
    extra = _plan(tissue, limits.channels[:1], train.last_s + 2 * limits.channel_interval_s).take(slice(1))
    _demand(_refuses(tissue, extra), "write: the dose of a minute does not count pulses in the queue")
    tissue.stop()
    _demand(not _refuses(tissue, extra), "stop: cancelled pulses still count as dose")


def _train(limits: StimulusLimits, n: int, start_s: float) -> StimulusPlan | None:
    """It returns `n` pulses for dish 0 as dense as spacing allows, or None where they do not fit into half a
    minute.
    """
    used = min(len(limits.channels), limits.simultaneous_channels)
    rounds = -(-n // used)
    if n > _MANY or rounds * limits.channel_interval_s > 30.0:
        return None
    time_s = start_s + limits.channel_interval_s * np.repeat(np.arange(rounds), used)[:n]
    return _pulses(limits, 0, np.tile(limits.channels[:used], rounds)[:n], time_s)


def _forbidden(tissue: Tissue, time_s: float) -> dict[str, StimulusPlan]:
    """Plans that each break one limit."""
    limits = tissue.limits
    channel = limits.channels[-1]
    permitted = _plan(tissue, [channel], time_s).take(slice(1))
    current, width = permitted.current_uA[0], permitted.width_us[0]

    def wave(current_uA: ArrayLike, width_us: ArrayLike) -> StimulusPlan:
        return StimulusPlan(
            permitted.dish,
            permitted.channel,
            permitted.time_s,
            np.array([current_uA], np.float64),
            np.array([width_us], np.float64),
        )

    step = limits.width_step_us
    plans = {
        "past": permitted.shifted(-1.0),
        "channel beyond the array": _pulses(limits, 0, [tissue.n_channels], [time_s]),
        "negative channel": _pulses(limits, 0, [-1], [time_s]),
        "dish": _pulses(limits, tissue.n_dishes, [channel], [time_s]),
        "spacing": StimulusPlan.join([permitted, permitted.shifted(limits.channel_interval_s / 2)]),
        "current": wave([-1.1 * limits.current_uA, 1.1 * limits.current_uA], [step, step]),
        "charge": wave(current, width * np.ceil(2 * limits.largest_phase_nC / permitted.phase_charge_nC[0])),
        "charge balance": wave([current[0], 0.9 * current[1]], width),
        "single phase": wave([current[0], 0.0], width),
        "anodic first": wave(-current, width),
        "width": wave(current, width + 0.5 * step),
    }
    closed = sorted(set(range(tissue.n_channels)) - set(limits.channels))
    if closed:
        plans["channel list"] = _pulses(limits, 0, closed[:1], [time_s])
    many = limits.simultaneous_channels + 1
    if len(limits.channels) >= many:
        plans["simultaneous"] = _pulses(limits, 0, limits.channels[-many:], np.full(many, time_s))
    return plans


def _plan(tissue: Tissue, channels: ArrayLike, time_s: float) -> StimulusPlan:
    """It returns one harmless pulse on each channel of every dish."""
    return _pulses(tissue.limits, np.arange(tissue.n_dishes)[:, None], channels, time_s)


def _pulses(limits: StimulusLimits, dish: ArrayLike, channel: ArrayLike, time_s: ArrayLike) -> StimulusPlan:
    """It returns pulses of half the allowed charge and current at most."""
    width_us = limits.width_step_us * max(1, round(200 / limits.width_step_us))
    current_uA = 0.5 * min(limits.current_uA, limits.largest_phase_nC / width_us * 1e3)
    return StimulusPlan.biphasic(dish, channel, time_s, current_uA, width_us)


def _refuses(tissue: Tissue, plan: StimulusPlan) -> bool:
    try:
        tissue.write(plan)
    except StimulusRefused:
        return True
    return False


def _delivered(tissue: Tissue) -> int:
    return len(tissue.ledger.table()["dish"])


def _rows(dish: ArrayLike, channel: ArrayLike, time_s: ArrayLike) -> list[tuple[int, int, float]]:
    columns = (np.asarray(column).tolist() for column in (dish, channel, time_s))
    return [(int(d), int(c), float(t)) for d, c, t in zip(*columns, strict=True)]
