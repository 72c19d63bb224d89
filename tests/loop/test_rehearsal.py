"""A rehearsed tick leaves no trace: not in the tissue, not on disk, not in what the loop does."""

import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import rehearsal, run_ticks
from brainwright.tissue import Paced, SimulatedCulture, StimulusPlan, StimulusRefused, WallClock


class Pulses:
    """Pulses one channel at the deadline and remembers what it was told."""

    def __init__(self, channel):
        self.channel, self.ticks = channel, []

    def decide(self, tick):
        self.ticks.append(tick)
        return StimulusPlan.biphasic(0, self.channel, tick.due_s + 0.001)


@pytest.mark.parametrize("recorded", [False, True])
def test_the_tissue_is_neither_read_nor_written(recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tissue = SimulatedCulture([1])
    controller = Pulses(tissue.limits.channels[0])
    rehearse = rehearsal(tissue, controller, recorded=recorded)
    for _ in range(10_000 if recorded else 3):  # more than a recorder holds in memory
        rehearse()
    assert tissue.now_s() == 0
    assert tissue.ledger.n_delivered == 0
    assert not list(tmp_path.iterdir())
    heard = controller.ticks[-1].heard
    assert heard.n_channels == tissue.n_channels
    assert len(heard)
    assert heard.stop_s == pytest.approx(controller.ticks[-1].due_s)


def test_a_controller_that_breaks_a_limit_shows_it_in_rehearsal():
    tissue = SimulatedCulture([1])
    forbidden = next(c for c in range(tissue.n_channels) if c not in tissue.limits.channels)
    with pytest.raises(StimulusRefused):
        rehearsal(tissue, Pulses(forbidden))()


def test_a_rehearsed_loop_hears_all_that_is_said():
    tissue = Echo(n_dishes=1)
    heard = []

    class Listener:
        def decide(self, tick):
            heard.append((tick.heard.start_s, tick.heard.stop_s))

    paced = Paced(tissue, WallClock(0.001, rehearsal(tissue)))
    log = run_ticks(paced, Listener(), period_s=0.003, n_ticks=20, present_s=paced.present_s)
    assert (log.late_s > -1e-9).all()
    starts, stops = np.array(heard).T
    assert starts[0] == 0
    assert starts[1:] == pytest.approx(stops[:-1])
