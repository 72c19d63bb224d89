"""Whether a board sends at the rate that it declares: by when samples come, and by its package counter."""

from collections import deque

import numpy as np
from numpy.typing import ArrayLike

BUCKET_S = 0.25  # of the samples of such a stretch those count that were least late
WINDOW_S = 60.0  # the rate is that of the last minute: a fault is not diluted by hours that were well
ENDS_S = 2.0  # the least late sample of so long at either end is on time, but for
LATENESS_S = 0.01  # so much, on a busy machine


class SampleRate:
    """It measures the rate of arrival. Packages come in bursts and are looked for now and then, so that most
    samples are late; the least late of each stretch lie on a line whose slope is the rate.
    """

    def __init__(self, declared_hz: float):
        self.declared_hz = declared_hz
        self.lost = self.seen = 0
        """Packages that the counter passed over, and that came."""
        self._marks: deque[tuple[float, int]] = deque(maxlen=round(WINDOW_S / BUCKET_S))
        self._counter: float | None = None
        self._step = np.inf

    def heard(self, received: int, now_s: float) -> None:
        """It is told that so many samples have come by now."""
        if self._marks and int(self._marks[-1][0] / BUCKET_S) == int(now_s / BUCKET_S):
            if self._lead((now_s, received)) <= self._lead(self._marks[-1]):
                return
            self._marks.pop()
        self._marks.append((now_s, received))

    def counted(self, numbers: ArrayLike) -> None:
        """It takes the package numbers of the next samples: several samples may share one; a fall is a new
        round.
        """
        values = np.asarray(numbers, np.float64)
        known = values if self._counter is None else np.append(self._counter, values)
        if not len(values):
            return
        steps = np.diff(known)
        ahead = steps[steps > 0]
        self._step = float(ahead.min(initial=self._step))
        self.seen += len(ahead)
        self.lost += int((ahead / self._step - 1).sum())
        self._counter = float(values[-1])

    @property
    def measured_hz(self) -> float:
        """It is the number of samples per second of this machine's clock; the declared rate before there is
        anything to go by.
        """
        (first_s, before), (last_s, after) = self._ends()
        return (after - before) / (last_s - first_s) if last_s > first_s else self.declared_hz

    @property
    def measured_s(self) -> float:
        """It is the time over which the rate was measured."""
        (first_s, _), (last_s, _) = self._ends()
        return last_s - first_s

    def _ends(self) -> tuple[tuple[float, int], tuple[float, int]]:
        """It returns the least late samples at the beginning and at the end: when, and how many had come."""
        if not self._marks:
            return (0.0, 0), (0.0, 0)
        first_s, last_s = self._marks[0][0], self._marks[-1][0]
        width_s = min(ENDS_S, (last_s - first_s) / 3)
        early = [mark for mark in self._marks if mark[0] <= first_s + width_s]
        late = [mark for mark in self._marks if mark[0] >= last_s - width_s]
        return max(early, key=self._lead), max(late, key=self._lead)

    def wrong(self, tolerance: float) -> str | None:
        """It tells what is wrong, where the rate differs by more than `tolerance` and what can be
        measured.
        """
        if self.lost > tolerance * (self.lost + self.seen):
            return f"the board lost {self.lost} of {self.lost + self.seen} packages, by its own counter"
        if self.measured_s <= 0:
            return None
        if abs(self.measured_hz / self.declared_hz - 1) > tolerance + LATENESS_S / self.measured_s:
            return f"the board declares {self.declared_hz:g} samples/s and sends {self.measured_hz:.4g}"
        return None

    def _lead(self, mark: tuple[float, int]) -> float:
        """It returns the samples ahead of the declared rate: the most where they were least late."""
        return mark[1] - self.declared_hz * mark[0]
