"""Lets hosted tissue live on, in virtual or in wall time, and keeps what it says for who reads."""

import time
from collections.abc import Callable
from typing import Any, Literal

from brainwright.signal import Recording

from ..guarded import Guarded
from .heard import Heard

Clock = Literal["virtual", "wall", "device"]
_RESET_S = 1.0  # a clock that jumped so far is that of a device which was switched on again
_CATCH_UP_S = 0.05  # most of the wall clock that is caught up at once


class Listening:
    """It reads the tissue when time has passed, and hands every piece to a recorder.

    Args:
        guarded: the tissue.
        clock: see `Host`.
        step_s: pieces in which it is read on "wall" and "device".
        on_heard: is given every piece; where it fails stimulation ends.
    """

    def __init__(
        self, guarded: Guarded, clock: Clock, step_s: float, on_heard: Callable[[Recording], None] | None
    ):
        self.guarded, self.clock, self.step_s, self.on_heard = guarded, clock, step_s, on_heard
        self._heard = Heard()
        self.to_s = guarded.now_s()
        """End of what was heard, in tissue seconds."""
        self.begin()

    def begin(self) -> None:
        """The tissue's clock and the wall's run together from here on."""
        self._zero_s = time.monotonic() - self.guarded.now_s()

    def present_s(self) -> float:
        """It is now, in tissue seconds."""
        return self.to_s if self.clock == "virtual" else time.monotonic() - self._zero_s

    def patience_s(self, most_s: float) -> float:
        """It tells how long nothing need be read, at most `most_s`."""
        if self.clock == "device":
            return 0.0
        if self.clock == "virtual":
            return most_s
        return min(most_s, max(0.0, self._zero_s + self.to_s + self.step_s - time.monotonic()))

    def live_on(self, *, keep: bool) -> Exception | None:
        """It reads what the tissue said since; late pulses were dropped by the lease, never delivered late.

        Args:
            keep: whether anybody will read it.

        Returns:
            the error of the tissue or the recorder, where there was one: what was kept is then lost.
        """
        steps = 1
        if self.clock == "wall":
            behind_s = time.monotonic() - self._zero_s - self.to_s
            steps = min(round(_CATCH_UP_S / self.step_s), int(behind_s / self.step_s + 1e-6))
        if steps <= 0:
            return None
        duration_s = steps * self.step_s
        try:
            recording = self.guarded.read(duration_s)
            self._record(recording)
        except Exception as error:  # the tissue is stopped; whoever reads is told
            self._heard.clear()
            self.to_s = self._resync(duration_s)
            return error
        if abs(recording.start_s - self.to_s) > _RESET_S:
            self._zero_s = time.monotonic() - recording.stop_s
        self.to_s = recording.stop_s
        if keep:
            self._heard.append(recording)
        else:
            self._heard.clear()
        return None

    def read(self, duration_s: float) -> None:
        """It lets virtual time pass. Raises what the tissue and the recorder raise."""
        recording = self.guarded.read(duration_s)
        self.to_s = recording.stop_s
        self._heard.clear()
        self._heard.append(recording)
        self._record(recording)

    def holds(self, start_s: float) -> bool:
        """It tells whether everything from `start_s` on is still kept."""
        return self._heard.holds(start_s)

    def piece(self, start_s: float, end_s: float) -> dict[str, Any]:
        """It returns what was heard in [start_s, end_s), as the wire carries it; forgets what lies before."""
        return self._heard.piece(start_s, end_s)

    def _record(self, recording: Recording) -> None:
        """Nothing is stimulated that cannot be recorded."""
        if self.on_heard is None:
            return
        try:
            self.on_heard(recording)
        except BaseException as error:
            self.guarded.disarm(f"the recording could not be written: {type(error).__name__}: {error}")
            raise

    def _resync(self, duration_s: float) -> float:
        """It returns where the tissue stands after an error, so that its clock and the wall's run together
        again.
        """
        try:
            now_s = self.guarded.now_s()
        except Exception:  # a device that is off has no clock; it is asked again after the next piece
            now_s = self.to_s + duration_s
        self._zero_s = time.monotonic() - now_s
        return now_s
