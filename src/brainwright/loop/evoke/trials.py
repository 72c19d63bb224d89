"""Trials: what was written, what was active before, what was answered."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.tissue import StimulusPlan, Tissue

from .protocol import EvokeError, Protocol, Writes

BLOCK = 50
"""Trials that are planned and read at a time: ten seconds of the default protocol."""
ON_GRID = 0.3
"""Share of the narrowest distance of slots by which a pulse may miss its slot and still be known."""


@dataclass(frozen=True, eq=False)
class EvokedTrials:
    """Trials of a batch of dishes.

    Attributes:
        writes: bool [dish, trial, input].
        before: counts in the window before each trial, [dish, trial, channel].
        counts: counts in the answer window, [dish, trial, channel].
    """

    writes: Writes
    before: NDArray[np.float32]
    counts: NDArray[np.float32]

    def __len__(self) -> int:
        return self.writes.shape[1]

    def first(self, n: int) -> "EvokedTrials":
        """The first `n` trials."""
        return EvokedTrials(*(getattr(self, field.name)[:, :n] for field in fields(self)))

    def arrays(self) -> dict[str, NDArray]:
        """All of it by name, small; `of_arrays` takes it back."""
        packed = {"writes": np.packbits(self.writes, axis=-1), "inputs": np.array(self.writes.shape[-1])}
        return packed | {name: getattr(self, name).astype(np.uint8) for name in ("before", "counts")}

    @classmethod
    def of_arrays(cls, arrays: dict[str, NDArray]) -> "EvokedTrials":
        """What `arrays` made."""
        writes = np.unpackbits(arrays["writes"], axis=-1, count=int(arrays["inputs"])).astype(bool)
        return cls(writes, *(arrays[name].astype(np.float32) for name in ("before", "counts")))


def play_writes(
    tissue: Tissue,
    protocol: Protocol,
    writes: Writes,
    conditions: NDArray[np.int64] | None = None,
    share: Callable[[float], None] = lambda _: None,
) -> EvokedTrials:
    """Stimulate tissue with writes, trial after trial, and count what it answers.

    Args:
        tissue: any; what is written must lie within its limits.
        protocol: of every trial.
        writes: [dish, trial, input].
        conditions: which volley comes before each trial, [dish, trial]; -1 for none.
        share: told the share that is done.

    Raises:
        StimulusRefused: a write outside the limits of the tissue.
    """
    parts, n = [], writes.shape[1]
    for first in range(0, n, BLOCK):
        rows = slice(first, min(n, first + BLOCK))
        start, here = tissue.now_s(), writes[:, rows]
        tissue.write(protocol.plan(here, start, None if conditions is None else conditions[:, rows]))
        heard = tissue.read(protocol.period_s * here.shape[1])
        begin = start + protocol.before_s + protocol.period_s * np.arange(here.shape[1])
        parts.append(counted(heard, np.tile(begin, (tissue.n_dishes, 1)), protocol))
        share(rows.stop / n)
    before, counts = (np.concatenate(column, axis=1) for column in zip(*parts, strict=True))
    return EvokedTrials(writes, before, counts)


def counted(
    heard: Recording, begin_s: NDArray[np.float64], protocol: Protocol
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Counts before and after the beginnings of trials: [dish, trial] -> twice [dish, trial, channel]."""
    shape = (*begin_s.shape, heard.n_channels)
    windows = ((-protocol.before_s, 0.0), protocol.window_s)
    made = []
    for start, stop in windows:
        total = np.zeros(shape, np.float32)
        for dish, own in enumerate(begin_s):
            here = heard.dish == dish
            time_s, channel = heard.time_s[here] + 1e-9, heard.channel[here]  # a ns: rounding of times
            trial = np.searchsorted(own + start, time_s, side="right") - 1
            inside = (trial >= 0) & (time_s < own[np.maximum(trial, 0)] + stop)
            np.add.at(total[dish], (trial[inside], channel[inside]), 1)
        made.append(total)
    return made[0], made[1]


def trials_of(
    recording: Recording,
    stimuli: StimulusPlan,
    protocol: Protocol,
    begin_s: NDArray[np.float64] | None = None,
) -> EvokedTrials:
    """The trials of a recording that was made while tissue was stimulated.

    Args:
        recording: spikes, on the clock of the stimuli.
        stimuli: the pulses that were delivered.
        protocol: its slots say which pulses belong together.
        begin_s: beginnings of the trials, rising, [trial], the same in all dishes; where None a pulse that
            comes later than the slots after the one before begins a trial, which is right only where every
            trial has a pulse in the first slot.

    Raises:
        EvokeError: pulses of other charge than the protocol's, on electrodes that it does not have, or
            between its slots; trials that overlap; dishes with different numbers of trials; no trial.
    """
    _check_pulses(stimuli, protocol)
    slots = np.array(protocol.slots_s)
    apart = np.diff(slots).min() if len(slots) > 1 else protocol.window_s[0]
    rows = []
    for dish in range(recording.n_dishes):
        mine = stimuli.dish == dish
        order = np.argsort(stimuli.time_s[mine], kind="stable")
        time_s, channel = stimuli.time_s[mine][order], stimuli.channel[mine][order]
        begin = _beginnings(time_s, slots[-1] + ON_GRID * apart) if begin_s is None else np.asarray(begin_s)
        _check_apart(begin, protocol)
        whole = (begin - protocol.before_s >= recording.start_s - 1e-9) & (
            begin + protocol.window_s[1] <= recording.stop_s + 1e-9
        )
        if not whole.any():
            raise EvokeError(
                f"expected trials within the recording ({recording.start_s:g} to {recording.stop_s:g} s), "
                f"got {len(begin)}, none there{_spanning(begin)}: are all times in seconds, on one clock?"
            )
        rows.append((begin[whole], _writes(time_s, channel, begin[whole], protocol, ON_GRID * apart)))
    numbers = {len(begin) for begin, _ in rows}
    if len(numbers) > 1 or not max(numbers):
        raise EvokeError(
            f"expected stimulated trials, as many in every dish, got {sorted(numbers)}: give one dish at a "
            "time (Recording.of_dish), or begin_s"
        )
    begins = np.stack([begin for begin, _ in rows])
    return EvokedTrials(np.stack([writes for _, writes in rows]), *counted(recording, begins, protocol))


def _check_pulses(stimuli: StimulusPlan, protocol: Protocol) -> None:
    charges = stimuli.phase_charge_nC
    if not np.allclose(charges, protocol.pulse_nC, rtol=0.01):
        raise EvokeError(
            f"expected pulses of {protocol.pulse_nC:g} nC, got {charges.min():g} to {charges.max():g}: a "
            "write is which pulses are given, all of one charge"
        )
    unknown = sorted(set(stimuli.channel.tolist()) - set(protocol.electrodes))
    if unknown:
        raise EvokeError(f"expected pulses on the electrodes of the protocol, got some on {unknown[:8]} too")


def _check_apart(begin_s: NDArray[np.float64], protocol: Protocol) -> None:
    """A trial that is counted twice, or within another, would be in what is fitted and in what judges it."""
    close = np.diff(begin_s) < protocol.window_s[1] - 1e-9
    if close.any():
        first = begin_s[int(close.argmax())]
        raise EvokeError(
            f"expected trials at least {protocol.window_s[1]:g} s apart, rising, got {int(close.sum())} that "
            f"begin sooner after the one before (the first after {first:.4f} s): name every trial once"
        )


def _spanning(begin_s: NDArray[np.float64]) -> str:
    return f" ({begin_s[0]:g} to {begin_s[-1]:g} s)" if len(begin_s) else ""


def _beginnings(time_s: NDArray[np.float64], within_s: float) -> NDArray[np.float64]:
    begins: list[float] = []
    for time in time_s:
        if not begins or time > begins[-1] + within_s:
            begins.append(float(time))
    return np.array(begins)


def _writes(
    time_s: NDArray[np.float64],
    channel: NDArray[np.int32],
    begin_s: NDArray[np.float64],
    protocol: Protocol,
    tolerance_s: float,
) -> Writes:
    """Which inputs carried a pulse in each trial, [trial, input]; pulses before and between trials are not
    looked at unless they come during its slots.
    """
    slots, column = np.array(protocol.slots_s), {c: i for i, c in enumerate(protocol.electrodes)}
    writes = np.zeros((len(begin_s), protocol.n_inputs), bool)
    trial = np.searchsorted(begin_s - tolerance_s, time_s, side="right") - 1
    after = time_s - begin_s[np.maximum(trial, 0)]
    during = (trial >= 0) & (after < protocol.window_s[1])
    off = np.abs(after[:, None] - slots[None])
    slot = off.argmin(1)
    stray = during & (off[np.arange(len(slot)), slot] > tolerance_s)
    if stray.any():
        i, at = int(np.argmax(stray)), ", ".join(f"{s:g}" for s in slots)
        raise EvokeError(
            f"expected pulses at {at} s after a trial's beginning, got one at "
            f"{after[i]:.4f} s (at {time_s[i]:.4f} s of the recording): give slots_s as they were, or begin_s"
        )
    place = np.array([column[int(c)] for c in channel], np.int64)
    writes[trial[during], slot[during] * protocol.n_electrodes + place[during]] = True
    return writes
