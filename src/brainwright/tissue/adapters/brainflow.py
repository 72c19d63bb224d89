"""Boards that BrainFlow drives (EEG, EMG, multi-electrode amplifiers) as tissue that can be read."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording

from ..contract import Receipt
from ..ledger import DoseLedger
from ..plan import StimulusPlan
from .detection import ThresholdDetector
from .optional import MissingPackage, need
from .read_only import READ_ONLY, refuse, valid_duration
from .sample_rate import SampleRate

SYNTHETIC = -1  # BrainFlow's number of its synthetic board


class WrongRate(RuntimeError):
    """A board does not send at the rate that it declares: every time computed from samples would be wrong."""


class BrainFlowBoard:
    """A streaming board as tissue: spikes detected in its exg channels, on the clock of its samples.

    The clock counts samples at the declared rate. The rate is measured against this machine's clock; where
    both differ by more than `rate_tolerance` after `rate_after_s`, or the board's counter passes over more
    packages than that, reads raise. Channels in which no spike can be found are in `dead`, and in a
    `DeadChannels` warning.

    Args:
        board: a `BoardShim` that streams.
        rows: rows of the board's data that are channels; default its exg rows.
        rate_hz: declared samples per second; default what BrainFlow says of the board.
        counter_row: row of the board's package numbers; `open` knows it.
        rate_tolerance: share by which the rate may be off: 0.005 makes 18 s an hour.
        patience_s: a read raises when no sample came for this long.

    Raises:
        MissingPackage: brainflow is not installed.
    """

    limits = READ_ONLY
    n_dishes = 1

    def __init__(
        self,
        board: Any,
        *,
        rows: list[int] | None = None,
        rate_hz: float | None = None,
        counter_row: int | None = None,
        threshold_sd: float = 5.0,
        rate_tolerance: float = 0.005,
        rate_after_s: float = 3.0,
        patience_s: float = 2.0,
    ):
        shim = _module().BoardShim
        board_id = board.get_board_id()
        self.rows = list(shim.get_exg_channels(board_id)) if rows is None else list(rows)
        self.rate_hz = float(shim.get_sampling_rate(board_id) if rate_hz is None else rate_hz)
        self.n_channels = len(self.rows)
        self.ledger = DoseLedger(1, self.n_channels)
        self.rate_tolerance, self.rate_after_s, self.patience_s = rate_tolerance, rate_after_s, patience_s
        self._board, self._taken, self._until_s = board, 0, 0.0
        self._rate, self._counter_row = SampleRate(self.rate_hz), counter_row
        self._detector = ThresholdDetector(
            self.n_channels, self.rate_hz, source="the board", threshold_sd=threshold_sd
        )
        self._held: tuple[NDArray[np.float64], NDArray[np.int32]] = (np.zeros(0), np.zeros(0, np.int32))
        self._voltages: list[NDArray[np.float64]] = []
        board.get_board_data()  # what came before is not ours
        self._began_s = time.monotonic()

    @classmethod
    @contextmanager
    def open(cls, board_id: int, parameters: Any = None, **options: Any) -> "Generator[BrainFlowBoard]":
        """It prepares a board, streams, and releases it at the end, whatever happens.

        Example:
            with BrainFlowBoard.open(SYNTHETIC) as board:
                recording = board.read(1.0)
        """
        module = _module()
        board = module.BoardShim(board_id, parameters or module.BrainFlowInputParams())
        board.prepare_session()
        tissue = None
        try:
            board.start_stream()
            options.setdefault("counter_row", _counter_row(module, board_id))
            tissue = cls(board, **options)
            yield tissue
        finally:
            board.release_session()  # stops the stream too
            if (
                tissue is not None
            ):  # BrainFlow releases again when the last reference goes: whoever has it then
                tissue._board = _Released()

    @property
    def dead(self) -> NDArray[np.int64]:
        """These channels cannot fire, [channel]; see `ThresholdDetector.dead`."""
        return self._detector.dead

    def now_s(self) -> float:
        return max(self._received() / self.rate_hz, self._until_s)

    @property
    def measured_rate_hz(self) -> float:
        """It is the number of samples received per second of this machine's clock, in the last minute."""
        self._received()
        return self._rate.measured_hz

    def read(self, duration_s: float) -> Recording:
        """It returns the spikes in the samples of [now, now + duration); the voltages are then in
        `last_samples`.

        Raises:
            WrongRate: declared and measured rate differ.
            ConnectionError: the board has stopped sending.
        """
        start_s = self.now_s()
        stop_s = start_s + valid_duration(duration_s)
        self._voltages = []
        self._take_until(
            int(np.ceil(stop_s * self.rate_hz - 1e-6)), int(np.ceil(start_s * self.rate_hz - 1e-6))
        )
        self._until_s = stop_s
        self._check_rate()
        time_s, channel = self._held
        early, due = time_s < start_s - 1e-7, time_s < stop_s - 1e-7
        self._held = (time_s[~due], channel[~due])
        now = due & ~early
        dish = np.zeros(int(now.sum()), np.int32)
        return Recording(dish, channel[now], time_s[now], 1, self.n_channels, start_s, stop_s)

    @property
    def last_samples(self) -> NDArray[np.float64]:
        """These are the voltages of the last read in microvolts, [sample, channel]."""
        return np.concatenate(self._voltages) if self._voltages else np.zeros((0, self.n_channels))

    def write(self, plan: StimulusPlan) -> Receipt:
        """It refuses every pulse with `StimulusRefused`."""
        return refuse(plan, "a BrainFlow board", self.now_s())

    def stop(self) -> None:
        """Nothing can be queued."""

    def _take_until(self, total: int, keep_from: int) -> None:
        """It takes samples from the board until `total` were taken; keeps the voltages from `keep_from`
        on.
        """
        heard_s = time.monotonic()
        while self._taken < total:
            ready = min(self._received() - self._taken, total - self._taken)
            if ready:
                rows = np.asarray(self._board.get_board_data(ready), np.float64)
                if self._counter_row is not None:
                    self._rate.counted(rows[self._counter_row])
                data = rows[self.rows].T
                at, channel = self._detector.detect(data, self._taken)
                self._voltages.append(data[max(0, keep_from - self._taken) :])
                self._taken += len(data)
                held_s, held = self._held
                self._held = np.append(held_s, at / self.rate_hz), np.append(held, channel)
                heard_s = time.monotonic()
            elif time.monotonic() - heard_s > self.patience_s:
                raise ConnectionError(
                    f"the board sent nothing for {self.patience_s} s after {self._taken} samples; "
                    "look at its cable and battery, then open it again"
                )
            else:
                time.sleep(min(0.02, max(0.5 / self.rate_hz, (total - self._taken) / self.rate_hz / 2)))

    def _received(self) -> int:
        """It counts the samples that have come, taken or not; their number and the time are noted."""
        received = self._taken + self._board.get_board_data_count()
        self._rate.heard(received, time.monotonic())
        return received

    def _check_rate(self) -> None:
        if time.monotonic() - self._began_s < self.rate_after_s:
            return
        wrong = self._rate.wrong(self.rate_tolerance)
        if wrong:
            raise WrongRate(f"{wrong}; give the true rate as rate_hz, or look for lost packets")


class _Released:
    """What stands in for a board that was released."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError("this board was released; open it again")


def _counter_row(module: Any, board_id: int) -> int | None:
    try:
        return int(module.BoardShim.get_package_num_channel(board_id))
    except module.BrainFlowError:  # a board without a counter
        return None


def _module() -> Any:
    """It returns `brainflow.board_shim`, with its C library loaded."""
    module = need("brainflow.board_shim", "brainflow")
    try:
        module.BoardShim.get_version()
    except (ImportError, OSError) as error:  # on Python 3.11 it looks for its library with pkg_resources
        raise MissingPackage(
            f"brainflow is there but does not load ({error}); before Python 3.12 it needs setuptools below "
            "81: pip install 'brainwright[brainflow]'"
        ) from error
    return module
