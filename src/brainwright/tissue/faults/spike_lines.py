"""A record of what was heard that survives a crash: one JSON line per piece, appended."""

import json
import os
from pathlib import Path

import numpy as np

from brainwright.signal import Recording

_PIECE_S = 0.02  # pieces are gathered to about this length


class SpikeLines:
    """It appends recordings; each line is handed to the system whole."""

    def __init__(self, path: Path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._parts: list[Recording] = []

    def append(self, heard: Recording) -> None:
        if self._parts and abs(self._parts[-1].stop_s - heard.start_s) > 1e-6:
            self._flush()  # a clock that jumped, a gap
        self._parts.append(heard)
        if self._parts[-1].stop_s - self._parts[0].start_s >= _PIECE_S:
            self._flush()

    def close(self) -> None:
        self._flush()
        os.close(self._file)

    def _flush(self) -> None:
        if not self._parts:
            return
        heard, self._parts = Recording.concatenate(self._parts), []
        line = json.dumps(
            {
                "shape": [heard.n_dishes, heard.n_channels],
                "span_s": [heard.start_s, heard.stop_s],
                "dish": heard.dish.tolist(),
                "channel": heard.channel.tolist(),
                "time_s": heard.time_s.tolist(),
            }
        )
        data = line.encode() + b"\n"
        if os.write(self._file, data) != len(data):
            raise OSError("the recording could not be written; is the disk full?")


def read_spike_lines(path: Path) -> list[Recording]:
    """It returns what is readable: every whole line; a torn last one is left out."""
    pieces = []
    for line in path.read_bytes().split(b"\n"):
        try:
            piece = json.loads(line)
        except ValueError:
            break
        pieces.append(
            Recording(
                np.array(piece["dish"], np.int32),
                np.array(piece["channel"], np.int32),
                np.array(piece["time_s"], np.float64),
                *piece["shape"],
                *piece["span_s"],
            )
        )
    return pieces
