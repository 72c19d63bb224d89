"""The CL1 adapter against a stand-in with the documented surface, and cl-sdk where it is there."""

import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standin_cl import ChannelQueueFull, Neurons, api, charge_pC

import brainwright
from brainwright.tissue import StimulusPlan, StimulusRefused, check_tissue
from brainwright.tissue.adapters import CL1, MissingPackage, cl1_limits
from brainwright.tissue.adapters.cl1 import UnknownStimulus

HAVE_SDK = sys.version_info >= (3, 12) and importlib.util.find_spec("cl") is not None
SRC = str(Path(brainwright.__file__).parents[1])


def device(**options) -> tuple[CL1, Neurons]:
    neurons = Neurons(**options)
    return CL1(neurons, api(neurons), host_clock=None), neurons


def test_it_keeps_the_contract():
    check_tissue(lambda: device()[0])
    check_tissue(lambda: device(now=123_456_789)[0])


def test_times_are_frames_of_the_device():
    """Spikes at frames become seconds; a pulse leaves in the first frame not before its time."""
    tissue, _ = device(now=50_000, spikes=[(50_000, 3), (50_249, 9), (50_250, 10)])
    heard = tissue.read(0.01)
    assert heard.time_s.tolist() == [2.0, 50_249 / 25_000]
    assert heard.channel.tolist() == [3, 9]
    requested = np.array([2.02, 2.0200001, 2.03999])
    receipt = tissue.write(StimulusPlan.biphasic([0] * 3, [1, 2, 3], requested))
    assert np.rint(receipt.scheduled_s * 25_000).tolist() == [50_500, 50_501, 51_000]
    tissue.read(0.1)
    table = tissue.ledger.table()
    assert np.rint(np.sort(table["delivered_s"]) * 25_000).tolist() == [50_500, 50_501, 51_000]
    assert (table["delivered_s"] >= table["requested_s"]).all()


def test_waveforms_arrive_as_widths_and_currents_in_turn():
    tissue, neurons = device()
    tissue.write(StimulusPlan.biphasic([0], [5], [0.001], current_uA=1.5, width_us=160))
    assert neurons.queue[0][2].parts == (160, -1.5, 160, 1.5)


@pytest.mark.parametrize("channel", [0, 4, 7, 56, 63])
def test_grounded_channels_are_forbidden(channel):
    tissue, neurons = device()
    with pytest.raises(StimulusRefused, match="not on the list"):
        tissue.write(StimulusPlan.biphasic([0], [channel], [0.1]))
    with pytest.raises(ValueError, match="grounded"):
        cl1_limits(channels=(channel, 9))
    assert neurons.queue == []


@pytest.mark.parametrize(
    ("current_uA", "width_us", "why"),
    [
        ([-3.1, 3.1], [20, 20], "current must not exceed 3.0"),
        ([-2.0, 2.0], [400, 400], "charge per phase"),
        ([-2.0, 0.5], [200, 200], "charge balanced"),
        ([-2.0, 0.0], [200, 200], "charge balanced"),
        ([-2.0, 2.0], [190, 190], "multiples of 20"),
        ([-1.0, 0.0, 1.0], [200, 200, 200], "opposite sign"),
        ([-1.0, -1.0, 2.0], [100, 100, 100], "opposite sign"),
        ([-1.0, 2.0, -2.0, 1.0], [100, 100, 100, 100], "change its direction twice"),
    ],
)
def test_what_the_device_would_accept_or_choke_on_is_refused_here(current_uA, width_us, why):
    tissue, neurons = device()
    plan = StimulusPlan([0], [9], [0.01], [current_uA], [width_us])
    with pytest.raises(StimulusRefused, match=why):
        tissue.write(plan)
    tissue.read(0.1)
    assert len(tissue.ledger.table()["dish"]) == 0
    assert neurons.last_run == -1


@pytest.mark.parametrize(
    "looser", [{"current_uA": 11.0}, {"phase_charge_nC": 4.0}, {"channel_interval_s": 0.002}]
)
def test_limits_may_be_tighter_than_the_device_but_not_looser(looser):
    with pytest.raises(ValueError, match="must"):
        cl1_limits(**looser)
    assert cl1_limits(current_uA=1.0).current_uA == 1.0


def test_a_stop_empties_both_queues():
    tissue, neurons = device()
    tissue.write(StimulusPlan.biphasic([0, 0], [5, 6], [0.01, 0.5]))
    assert len(neurons.queue) == 1  # the second waits here
    tissue.stop()
    tissue.stop()
    assert neurons.queue == []
    tissue.read(1.0)
    assert len(tissue.ledger.table()["dish"]) == 0
    tissue.write(StimulusPlan.biphasic([0], [5], [tissue.now_s()]))  # and it goes on


def test_a_pulse_that_left_before_the_stop_still_counts():
    tissue, neurons = device()
    tissue.write(StimulusPlan.biphasic([0], [5], [0.004]))
    neurons.advance(200)  # it is out at frame 100, while our program computes
    tissue.stop()
    tissue.read(0.01)
    table = tissue.ledger.table()
    assert table["channel"].tolist() == [5]
    assert np.rint(table["delivered_s"] * 25_000).tolist() == [100]
    too_soon = StimulusPlan.biphasic([0], [5], [tissue.now_s()])
    tissue.limits.check(too_soon.shifted(0.01), tissue.ledger, 0.0)


def test_leaving_the_device_interrupts_it_even_after_an_error(monkeypatch):
    neurons = Neurons()
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    monkeypatch.setitem(sys.modules, "cl", api(neurons))

    def crash() -> None:
        with CL1.open(accelerated=True) as tissue:
            tissue.write(StimulusPlan.biphasic([0, 0], [5, 6], [0.01, 0.5]))
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        crash()
    assert neurons.interrupts == 1
    assert neurons.queue == []


def test_a_process_holds_one_device(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    monkeypatch.setitem(sys.modules, "cl", api(Neurons()))
    again = pytest.raises(RuntimeError, match="one CL1 in a process")
    with CL1.open(accelerated=True), again, CL1.open(accelerated=True):
        pass
    with CL1.open(accelerated=True) as tissue:
        assert tissue.now_s() >= 0


def test_a_full_queue_stops_everything_and_is_not_hidden():
    tissue, neurons = device(capacity=2)
    with pytest.raises(ChannelQueueFull):
        tissue.write(StimulusPlan.biphasic([0] * 4, [5, 6, 8, 9], [0.01, 0.011, 0.012, 0.3]))
    assert neurons.interrupts == 1
    assert neurons.queue == []
    assert tissue.ledger.with_plan(StimulusPlan.biphasic([0], [5], [0.01]))[1].tolist() == [1]  # only itself


def test_plans_out_of_order_are_refused_before_the_device_sees_them():
    tissue, _ = device()
    tissue.write(StimulusPlan.biphasic([0], [5], [0.015]))
    with pytest.raises(StimulusRefused, match="write in order of time"):
        tissue.write(StimulusPlan.biphasic([0], [6], [0.010]))
    tissue.write(StimulusPlan.biphasic([0], [8], [0.9]))  # both wait here: the order is ours to make
    tissue.write(StimulusPlan.biphasic([0], [6], [0.5]))
    tissue.read(1.0)
    assert tissue.ledger.table()["channel"].tolist() == [5, 6, 8]


def test_late_pulses_are_dropped_and_no_longer_count():
    tissue, neurons = device()
    tissue.write(StimulusPlan.biphasic([0] * 3, [5, 5, 6], [0.1, 0.2, 0.3]))
    neurons.advance(25_000 * 11 // 100)  # the program was busy: 0.1 s is 10 ms ago
    tissue.read(0.5)
    assert tissue.dropped == 1
    table = tissue.ledger.table()
    assert np.round(table["delivered_s"], 6).tolist() == [0.2, 0.3]
    _, pulses = tissue.ledger.with_plan(StimulusPlan.biphasic([0], [9], [0.7]))
    assert pulses.tolist() == [3]


def test_a_device_that_back_dates_is_not_believed():
    """Its simulator stamps a pulse 80 us after the tick, however late the tick was."""
    host = {"s": 100.0}
    neurons = Neurons()
    tissue = CL1(neurons, api(neurons), host_clock=lambda: host["s"])
    tissue.read(0.01)
    host["s"] += 0.02  # the body takes 20 ms, the device's clock stands still
    tissue.write(StimulusPlan.biphasic([0], [5], [tissue.now_s()]))
    tissue.read(0.01)
    assert tissue.ledger.table()["delivered_s"] == pytest.approx([0.03])
    neurons.report = lambda frame, channel: [frame - 100]
    tissue.write(StimulusPlan.biphasic([0], [6], [tissue.now_s() + 0.005]))
    tissue.read(0.05)
    table = tissue.ledger.table()
    assert (table["delivered_s"] >= table["requested_s"]).all()


def test_a_stimulus_of_somebody_else_stops_everything():
    tissue, neurons = device(report=lambda frame, channel: [frame, frame + 200])
    tissue.write(StimulusPlan.biphasic([0, 0], [5, 8], [0.001, 0.8]))
    with pytest.raises(UnknownStimulus, match="channel 5"):
        tissue.read(0.1)
    assert neurons.interrupts == 1
    assert tissue.ledger.table()["channel"].tolist() == [5]


def test_pulses_between_two_reads_are_accounted():
    tissue, neurons = device()
    tissue.write(StimulusPlan.biphasic([0], [5], [0.004]))
    neurons.advance(5_000)
    heard = tissue.read(0.01)
    assert heard.start_s == 0.2
    assert tissue.ledger.table()["channel"].tolist() == [5]
    assert tissue.unreported == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([5, 6, 8]), st.floats(0, 0.3), st.floats(0.1, 2)), max_size=12))
def test_every_admitted_pulse_is_delivered_once_and_balanced(rows):
    tissue, neurons = device()
    sent, admitted = [], 0
    neurons.report = lambda frame, channel: sent.append(channel) or [frame]
    for channel, ahead_s, current_uA in rows:
        try:
            tissue.write(StimulusPlan.biphasic([0], [channel], [tissue.now_s() + ahead_s], current_uA))
            admitted += 1
        except StimulusRefused:
            pass
        assert all(abs(charge_pC(design)) < 1e-9 for *_, design in neurons.queue)
        tissue.read(0.01)
    tissue.read(0.5)
    assert len(tissue.ledger.table()["dish"]) == admitted == len(sent)
    assert tissue.dropped == tissue.unreported == 0


def test_an_old_python_is_told_before_the_wrong_release_is_found(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    with pytest.raises(MissingPackage, match=r"Python 3\.12 or later, this is 3\.11"), CL1.open():
        pass


def test_only_numpy_and_numba_are_needed():
    """A device's environment holds NumPy, numba and its SDK: every other package is refused here."""
    script = """
        import sys
        ALLOWED = {"numpy", "numba", "llvmlite", "brainwright"}
        class Refuse:
            def find_spec(self, name, path=None, target=None):
                top = name.split(".")[0]
                if top not in ALLOWED and top not in sys.stdlib_module_names and not top.startswith("_"):
                    raise ModuleNotFoundError(f"not here: {name}", name=name)
        sys.meta_path.insert(0, Refuse())
        import brainwright.tissue.adapters, brainwright.tissue.adapters.cl1_source
        from brainwright.tissue import SimulatedCulture, StimulusPlan
        culture = SimulatedCulture([1])
        culture.write(StimulusPlan.biphasic([0], [9], [0.01]))
        assert len(culture.read(0.1)) > 0
        from brainwright.tissue.adapters import Replay, load_recording
        try:
            from brainwright.tissue.adapters.optional import need
            need("pylsl", "lsl")
        except ImportError as error:
            assert "brainwright[lsl]" in str(error)
        found = {name.split(".")[0] for name in sys.modules}
        print(sorted(found & {"torch", "scipy", "pandas", "jaxtyping", "h5py", "pylsl"}))
    """
    environment = {**os.environ, "PYTHONPATH": SRC}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not HAVE_SDK, reason="cl-sdk is not installed (it needs Python 3.12)")
def test_the_sdk_itself_delivers_what_was_written(tmp_path):
    """In a process of its own, since the SDK takes over environment and garbage collection."""
    script = """
        import os
        os.environ |= {"CL_SDK_ACCELERATED_TIME": "1", "CL_SDK_VISUALISATION": "0", "CL_SDK_RANDOM_SEED": "1"}
        from brainwright.tissue import StimulusPlan
        from brainwright.tissue.adapters import CL1
        if __name__ == "__main__":
            with CL1.open(accelerated=True) as tissue:
                heard = tissue.read(2.0)
                assert 20 < len(heard) < 2000, len(heard)
                start = tissue.now_s()
                times = [start + 0.01, start + 0.01, start + 0.4]
                tissue.write(StimulusPlan.biphasic([0] * 3, [5, 9, 5], times))
                tissue.read(0.5)
                table = tissue.ledger.table()
                late = table["delivered_s"] - table["requested_s"]
                assert len(late) == 3 and (late >= -1e-9).all() and (late < 1e-4).all(), table
                tissue.write(StimulusPlan.biphasic([0], [9], [tissue.now_s() + 0.01]))
                tissue.stop()
                tissue.read(0.2)
                assert len(tissue.ledger.table()["dish"]) == 3
                print("well")
    """
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(script))
    environment = {**os.environ, "PYTHONPATH": SRC}
    done = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, check=False
    )
    assert "well" in done.stdout, done.stderr
