"""BrainFlow: its synthetic board where it is installed, and a scripted board for what can go wrong."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from brainwright.tissue import StimulusPlan, StimulusRefused, check_tissue
from brainwright.tissue.adapters import BrainFlowBoard, DeadChannels, MissingPackage
from brainwright.tissue.adapters import brainflow as adapter

pytestmark = pytest.mark.filterwarnings("ignore:pkg_resources is deprecated")
RATE_HZ = 1_000


def whether_it_loads() -> str:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            adapter._module().BoardShim.disable_board_logger()
    except MissingPackage as error:
        return str(error)
    return ""


WHY_NOT = whether_it_loads()


class Scripted:
    """A board that sends a given trace [sample, channel] at `actual_hz`, whatever it declares."""

    def __init__(self, trace: np.ndarray, actual_hz: float = RATE_HZ, stops_after: int | None = None):
        self.trace, self.actual_hz, self.taken = trace, actual_hz, 0
        self.most = len(trace) if stops_after is None else stops_after
        self.began = time.monotonic()

    def get_board_id(self):
        return 7

    def get_board_data_count(self):
        return min(self.most, int((time.monotonic() - self.began) * self.actual_hz)) - self.taken

    def get_board_data(self, n=None):
        n = self.get_board_data_count() if n is None else n
        part = self.trace[self.taken : self.taken + n]
        self.taken += len(part)
        return np.vstack([np.arange(len(part)), part.T])


@pytest.fixture
def scripted(monkeypatch):
    shim = SimpleNamespace(get_exg_channels=lambda _: [1, 2], get_sampling_rate=lambda _: RATE_HZ)
    monkeypatch.setattr(adapter, "_module", lambda: SimpleNamespace(BoardShim=shim))

    def make(seconds: float = 6.0, actual_hz: float = RATE_HZ, stops_after=None, dead=(), **options):
        random = np.random.default_rng(0)
        trace = random.normal(size=(round(seconds * RATE_HZ), 2))
        trace[1_500::100, 0] = -15
        trace[:, list(dead)] = 7.0
        return BrainFlowBoard(Scripted(trace, actual_hz, stops_after), **options)

    return make


def test_it_keeps_the_contract_of_read_only_tissue(scripted):
    check_tissue(scripted)


def test_spikes_come_at_their_samples(scripted):
    board = scripted(rate_tolerance=0.5)
    board.read(1.4)
    start_s = board.now_s()
    heard = board.read(0.5)
    assert heard.channel.tolist() == [0] * len(heard)
    first = np.ceil(max(1.5, heard.start_s) * 10 - 1e-6) / 10
    expected = np.arange(first, heard.stop_s - 1e-9, 0.1)
    offset = board._board.taken - board._taken  # samples that were sent before it was taken over
    assert heard.time_s == pytest.approx(expected - offset / RATE_HZ, abs=1e-9)
    assert heard.start_s >= start_s
    assert board.last_samples.shape == (500, 2)
    with pytest.raises(StimulusRefused, match="a BrainFlow board can be read"):
        board.write(StimulusPlan.biphasic([0], [0], [9.0]))


def test_a_channel_that_says_nothing_is_named(scripted):
    board = scripted(dead=[1])
    assert board.dead.tolist() == []
    with pytest.warns(DeadChannels, match="the board: 1 of 2 channels have no noise or no samples .*: 1$"):
        board.read(1.2)
    assert board.dead.tolist() == [1]


def test_a_wrong_rate_is_noticed(scripted):
    board = scripted(actual_hz=700, rate_after_s=0.5)
    with pytest.raises(adapter.WrongRate, match="declares 1000 samples/s and sends"):
        board.read(0.6)
    assert board.measured_rate_hz == pytest.approx(700, rel=0.05)


def test_a_board_that_falls_silent_is_noticed(scripted):
    board = scripted(stops_after=200, patience_s=0.2)
    with pytest.raises(ConnectionError, match=r"nothing for 0\.2 s after \d+ samples") as caught:
        board.read(1.0)
    before = board._board.taken - board._taken  # samples that were sent before it was taken over
    assert f"after {200 - before} samples" in str(caught.value)


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it loads")
def test_the_synthetic_board_is_read_and_released():
    with BrainFlowBoard.open(adapter.SYNTHETIC, rate_tolerance=0.3) as board:
        assert board.n_channels >= 16
        heard = board.read(1.5)
        assert heard.n_channels == board.n_channels
        assert board.last_samples.shape == (round(1.5 * board.rate_hz), board.n_channels)
        assert np.abs(board.last_samples).max() > 1
        assert board.measured_rate_hz == pytest.approx(board.rate_hz, rel=0.3)
    with BrainFlowBoard.open(adapter.SYNTHETIC) as board:  # it was released
        board.read(0.1)
    with pytest.raises(ConnectionError, match="was released"):
        board.read(0.1)


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it loads")
def test_a_declared_rate_that_is_not_the_board_s_is_noticed():
    opened = BrainFlowBoard.open(adapter.SYNTHETIC, rate_hz=500.0, rate_after_s=1.0)
    with opened as board, pytest.raises(adapter.WrongRate, match="declares 500"):
        board.read(0.6)
