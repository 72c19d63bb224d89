"""A user's stimulated recording, from the file to a plan: NWB as pynwb writes it, NPZ of odd layouts."""

import datetime
from pathlib import Path

import numpy as np
import pytest

from brainwright.loop.evoke import EvokeError, Evoker, read_stimulated
from brainwright.loop.evoke.dishes import EvokeDishes, around_the_middle

TRIALS = 240
PROTOCOL = around_the_middle()


@pytest.fixture(scope="module")
def played():
    """A culture's spikes, the pulses that it was given, and when each trial began."""
    writes = PROTOCOL.random((1, TRIALS), np.random.default_rng(0))
    culture, plan = EvokeDishes([5000]).culture(), PROTOCOL.plan(writes, 0.0)
    culture.write(plan)
    heard = culture.read(TRIALS * PROTOCOL.period_s)
    return heard, plan, PROTOCOL.before_s + PROTOCOL.period_s * np.arange(TRIALS), writes


def npz(path: Path, played, **other) -> Path:
    heard, plan, begins, _ = played
    arrays = {"time_s": heard.time_s, "channel": heard.channel, "n_channels": 64, "stop_s": heard.stop_s}
    arrays |= {"stimulus_time_s": plan.time_s, "stimulus_channel": plan.channel, "trial_s": begins}
    np.savez(path, **(arrays | other))
    return path


def fitted(path: Path) -> Evoker:
    recording, stimuli, begins = read_stimulated(path)
    return Evoker.fit(recording, stimuli, PROTOCOL, begin_s=begins)


def asked(evoker: Evoker, culture_limits) -> np.ndarray:
    """What is predicted for a write that a recorded answer is wanted of, and a plan that the tissue takes."""
    target = np.clip(evoker.predict(PROTOCOL.random((1, 1), np.random.default_rng(3))), *evoker.reached)
    found = evoker.write_for(target.reshape(1, 1, -1), limits=culture_limits)
    assert found.plan(1.0).time_s.min() >= 1.0
    return found.predicted


def test_nwb_and_npz_of_one_recording_give_the_same_write(played, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    heard, plan, begins, _ = played
    file = pynwb.NWBFile("a culture", "1", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    for unit in range(64):
        spikes = heard.time_s[heard.channel == unit]
        file.add_unit(spike_times=spikes, obs_intervals=[[0.0, heard.stop_s]])
    table = pynwb.epoch.TimeIntervals(name="stimulation", description="pulses")
    table.add_column("electrode", "which")
    table.add_column("current_uA", "of a phase")  # and no width: the usual one
    for time_s, channel in zip(plan.time_s, plan.channel, strict=True):
        table.add_row(start_time=time_s, stop_time=time_s + 4e-4, electrode=int(channel), current_uA=2.0)
    file.add_stimulus(table)
    for begin in begins:
        file.add_trial(start_time=begin, stop_time=begin + 0.1)
    with pynwb.NWBHDF5IO(tmp_path / "own.nwb", "w") as io:
        io.write(file)
    limits = EvokeDishes([5000]).culture().limits
    evokers = [fitted(path) for path in (tmp_path / "own.nwb", npz(tmp_path / "own.npz", played))]
    np.testing.assert_array_equal(*(evoker.reliability for evoker in evokers))
    np.testing.assert_array_equal(*(asked(evoker, limits) for evoker in evokers))


def test_currents_of_an_nwb_table_are_read_without_widths(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    file = pynwb.NWBFile("made up", "1", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    file.add_unit(spike_times=[0.5, 1.5], obs_intervals=[[0.0, 5.0]])
    table = pynwb.epoch.TimeIntervals(name="stimulation", description="pulses")
    table.add_column("channel", "which")
    table.add_column("current_uA", "of a phase")
    table.add_row(start_time=1.0, stop_time=1.0004, channel=0, current_uA=1.0)
    file.add_stimulus(table)
    with pynwb.NWBHDF5IO(tmp_path / "own.nwb", "w") as io:
        io.write(file)
    charge = read_stimulated(tmp_path / "own.nwb")[1].phase_charge_nC
    assert charge.ravel().tolist() == [pytest.approx(0.2)]


def test_reliability_says_whether_there_is_anything_to_evoke(played, tmp_path):
    """Of 12 trials that no model saw, 300 numbers: without the stimuli their correlation is below .2."""
    writes, order = played[3], np.random.default_rng(1).permutation(TRIALS)
    assert fitted(npz(tmp_path / "own.npz", played)).reliability[0] > 0.2
    other = PROTOCOL.plan(writes[:, order], 0.0)
    wrong = npz(tmp_path / "wrong.npz", played, stimulus_time_s=other.time_s, stimulus_channel=other.channel)
    assert fitted(wrong).reliability[0] < 0.2


def test_the_order_of_pulses_and_the_sign_of_a_current_do_not_matter(played, tmp_path):
    _, plan, begins, _ = played
    mixed = np.random.default_rng(1).permutation(len(plan.time_s))
    odd = {"stimulus_time_s": plan.time_s[mixed], "stimulus_channel": plan.channel[mixed]}
    odd |= {"trial_s": begins[::-1, None], "stimulus_current_uA": -2.0}
    paths = npz(tmp_path / "own.npz", played), npz(tmp_path / "odd.npz", played, **odd)
    np.testing.assert_array_equal(*(fitted(path).reliability for path in paths))


def test_odd_layouts_are_refused_in_one_line(played, tmp_path):
    _, plan, begins, _ = played
    gap = np.where(np.arange(TRIALS) == 3, np.nan, begins)
    times = plan.time_s.astype(np.float64)
    wrong = {
        r"for every pulse, got times \(2160, 1\)": {"stimulus_time_s": times[:, None]},
        "a whole channel for every pulse": {"stimulus_channel": plan.channel.astype(float)},
        "none there .*in seconds, on one clock": {
            "stimulus_time_s": 1e3 * times,
            "trial_s": 1e3 * begins,
        },
        "finite numbers for times": {"stimulus_time_s": np.where(times == times[3], np.nan, times)},
        "expected trial_s in seconds": {"trial_s": gap},
        "in seconds, got <U": {"trial_s": begins.astype(str)},
        "finite numbers for current_uA .*got 7": {"stimulus_current_uA": np.ones(7)},
        "expected pulses of 0.4 nC, got 0.2 to 0.4": {
            "stimulus_current_uA": np.where(np.arange(len(times)) % 2, 2.0, 1.0)
        },
        "on the electrodes of the protocol": {"stimulus_channel": plan.channel + 1},
        "name every trial once": {"trial_s": np.repeat(begins, 2)},
        "expected pulses at 0, 0.005, 0.01 s after": {"trial_s": begins + 0.003},
        "expected 204 trials or more for 102 inputs": {"trial_s": begins[:50]},
    }
    for message, other in wrong.items():
        with pytest.raises(EvokeError, match=message) as caught:
            fitted(npz(tmp_path / "odd.npz", played, **other))
        assert "\n" not in str(caught.value)
