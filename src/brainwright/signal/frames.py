"""Spike counts in windows of time: what an emulator sees and a decoder reads."""

from dataclasses import dataclass

import numpy as np

from brainwright.signal.clock import TOLERANCE_S, is_within
from brainwright.signal.native import native
from brainwright.signal.recording import Recording


@dataclass(frozen=True, eq=False)
class Frames:
    """Counts of events per dish, frame and channel, with the window of each frame."""

    counts: np.ndarray
    """Events, int64 [dish, frame, channel]."""
    windows_s: np.ndarray
    """Start and stop of each frame in seconds, float64 [frame, 2]; frames may be disjoint or overlap."""

    def __post_init__(self) -> None:
        windows = _windows(self.windows_s)
        object.__setattr__(self, "counts", native(self.counts))
        if np.ndim(self.counts) != 3 or self.counts.shape[1] != len(windows):
            raise ValueError(
                f"Frames: expected counts of shape [dish, {len(windows)}, channel], "
                f"got {np.shape(self.counts)}"
            )
        object.__setattr__(self, "windows_s", windows)

    @property
    def duration_s(self) -> np.ndarray:
        """Length of each frame in seconds, float64 [frame]."""
        return self.windows_s[:, 1] - self.windows_s[:, 0]

    def rate_hz(self) -> np.ndarray:
        """Counts divided by the length of their frame, float64 [dish, frame, channel]."""
        return self.counts / self.duration_s[None, :, None]


def bin_counts(recording: Recording, windows_s: np.ndarray) -> Frames:
    """Counts a recording's events in windows [start, stop).

    An event at the start of a window counts, one at its stop does not, also when either was rounded.

    Args:
        recording: the events.
        windows_s: start and stop in seconds on the recording's clock, [window, 2]; in any order, may be
            disjoint or overlap, each inside the recording.

    Returns:
        Frames with counts [dish, window, channel].

    Raises:
        ValueError: windows of the wrong shape, empty, or outside the recorded interval.
    """
    windows = _windows(windows_s)
    if not is_within(windows.min(), windows.max(), recording.start_s, recording.stop_s):
        raise ValueError(
            f"bin_counts: expected windows in [{recording.start_s}, {recording.stop_s}) s, "
            f"got {windows.min()} to {windows.max()} s; record longer or move the windows"
        )
    order = np.argsort(windows[:, 0], kind="stable")
    sorted_windows = windows[order]
    if (sorted_windows[1:, 0] < sorted_windows[:-1, 1] - TOLERANCE_S).any():
        parts = [_count(recording, windows[i : i + 1]) for i in range(len(windows))]
        return Frames(np.concatenate(parts, axis=1), windows)
    counts = np.empty((recording.n_dishes, len(windows), recording.n_channels), np.int64)
    counts[:, order] = _count(recording, sorted_windows)
    return Frames(counts, windows)


def edges_to_windows(edges_s: np.ndarray) -> np.ndarray:
    """Turns n + 1 rising edges in seconds into n adjoining windows [n, 2]."""
    edges = np.asarray(edges_s, np.float64)
    if edges.ndim != 1 or len(edges) < 2:
        raise ValueError(f"edges_to_windows: expected at least two edges in one row, got shape {edges.shape}")
    return np.column_stack([edges[:-1], edges[1:]])


def _count(recording: Recording, windows: np.ndarray) -> np.ndarray:
    """Counts for windows sorted by start that do not overlap, int64 [dish, window, channel]."""
    time_s = recording.time_s + TOLERANCE_S
    window = np.searchsorted(windows[:, 0], time_s, side="right") - 1
    keep = (window >= 0) & (time_s < windows[np.maximum(window, 0), 1])
    n_dishes, n_windows, n_channels = recording.n_dishes, len(windows), recording.n_channels
    flat = (recording.dish[keep].astype(np.int64) * n_windows + window[keep]) * n_channels
    flat += recording.channel[keep]
    shape = (n_dishes, n_windows, n_channels)
    return np.bincount(flat, minlength=n_dishes * n_windows * n_channels).reshape(shape)


def _windows(windows_s: np.ndarray) -> np.ndarray:
    windows = np.array(windows_s, np.float64)
    if windows.ndim != 2 or windows.shape[1] != 2 or len(windows) == 0:
        raise ValueError(f"expected windows_s of shape [window, 2] with at least one, got {windows.shape}")
    if not np.isfinite(windows).all() or (windows[:, 1] <= windows[:, 0]).any():
        raise ValueError("expected every window to have finite start < stop, in seconds")
    windows.flags.writeable = False
    return windows
