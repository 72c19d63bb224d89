"""What a host has heard and its controller has not read yet."""

import math
from collections import deque
from itertools import takewhile
from typing import Any

import numpy as np

from brainwright.signal import Recording
from brainwright.signal.clock import inside

KEPT_S = 60.0
"""How far a reader may fall behind what is heard."""


class Heard:
    """Recordings in the order of time, the last `KEPT_S` of them."""

    def __init__(self) -> None:
        self._parts: deque[Recording] = deque()
        self._dropped_to_s = -math.inf

    def clear(self) -> None:
        self._parts.clear()
        self._dropped_to_s = -math.inf

    def append(self, recording: Recording) -> None:
        self._parts.append(recording)
        if self._parts[0].stop_s < recording.stop_s - KEPT_S:
            self._dropped_to_s = self._parts.popleft().stop_s

    def holds(self, start_s: float) -> bool:
        """It tells whether nothing from `start_s` on was dropped."""
        return start_s >= self._dropped_to_s - 1e-9

    def piece(self, start_s: float, end_s: float) -> dict[str, Any]:
        """It returns the events of [start_s, end_s) as the wire carries them; forgets what lies before.

        A clock that runs fast leaves gaps between recordings, until it is found out; a piece may lie in one.
        """
        while self._parts and self._parts[0].stop_s <= start_s + 1e-9:
            self._parts.popleft()
        near = list(takewhile(lambda r: r.start_s < end_s, self._parts))
        dish, channel, time_s = (
            np.concatenate([getattr(r, name) for r in near] or [np.zeros(0)])
            for name in ("dish", "channel", "time_s")
        )
        within = inside(time_s, start_s, end_s)
        return {
            "start_s": start_s,
            "stop_s": end_s,
            "dish": dish[within].tolist(),
            "channel": channel[within].tolist(),
            "time_s": time_s[within].tolist(),
        }
