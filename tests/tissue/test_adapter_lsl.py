"""LabStreamingLayer: outlets in this process, read back through the network stack of this machine."""

import threading
import time
import uuid

import numpy as np
import pytest

from brainwright.tissue import SimulatedCulture, StimulusPlan, StimulusRefused, check_tissue

try:
    import pylsl
except (ImportError, RuntimeError) as error:  # RuntimeError: no liblsl
    pytest.skip(f"pylsl does not load: {error}", allow_module_level=True)

from brainwright.tissue.adapters import DeadChannels, LslInlet, LslOutlet


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def culture() -> SimulatedCulture:
    return SimulatedCulture([1, 2])


def test_what_is_sent_arrives_with_its_times(name, culture):
    outlet = LslOutlet(culture, name)
    with LslInlet(name) as inlet:
        assert (inlet.n_dishes, inlet.n_channels) == (2, 64)
        said = culture.read(0.5)
        outlet.clock_offset_s = pylsl.local_clock() + 0.05 - said.start_s
        outlet.send(said)
        heard = inlet.read(0.8)
        assert len(said) > 10
        assert inlet.late_events == 0
        order = np.lexsort((said.channel, said.dish, said.time_s))
        back = np.lexsort((heard.channel, heard.dish, heard.time_s))
        assert heard.dish[back].tolist() == said.dish[order].tolist()
        assert heard.channel[back].tolist() == said.channel[order].tolist()
        sent_s = said.time_s[order] + outlet.clock_offset_s
        assert heard.time_s[back] == pytest.approx(sent_s, abs=2e-3)  # clock correction within one machine
        assert abs(inlet.clock_correction_s) < 2e-3


def test_times_of_another_clock_are_corrected(name, culture, monkeypatch):
    """The correction that the inlet estimates is added to what the sender stamped."""
    outlet = LslOutlet(culture, name)
    with LslInlet(name) as inlet:
        plain = inlet._inlet.pull_chunk
        shifted = []

        def pull(**options):
            samples, stamps = plain(**options)
            shifted.extend(stamps)
            return samples, stamps

        monkeypatch.setattr(inlet._inlet, "pull_chunk", pull)
        at = pylsl.local_clock() + 0.05
        outlet._outlet.push_sample([0, 5], at)
        assert inlet.read(0.2).channel.tolist() == [5]
        assert shifted == pytest.approx([at + inlet.clock_correction_s], abs=2e-3)


def test_it_keeps_the_contract_of_read_only_tissue(name, culture):
    outlet = LslOutlet(culture, name)
    check_tissue(lambda: LslInlet(name, settle_s=0.01))
    with LslInlet(name) as inlet, pytest.raises(StimulusRefused, match=f"stream '{name}' can be read"):
        inlet.write(StimulusPlan.biphasic([0], [9], [inlet.now_s() + 1]))
    assert outlet._outlet.have_consumers() in (True, False)  # kept alive until here


def test_voltages_are_detected_at_their_times(name):
    rate_hz = 1_000
    info = pylsl.StreamInfo(name, "EEG", 3, rate_hz, pylsl.cf_float32, name)
    outlet = pylsl.StreamOutlet(info)
    with LslInlet(name) as inlet:
        random = np.random.default_rng(1)
        trace = random.normal(size=(1_800, 3)).astype(np.float32)
        trace[:, 2] = 0.0
        trace[1_500, 0] = trace[1_600, 1] = -20
        began = pylsl.local_clock()

        def play() -> None:
            for i in range(0, len(trace), 20):
                time.sleep(max(0.0, began + (i + 20) / rate_hz - pylsl.local_clock()))
                outlet.push_chunk(trace[i : i + 20].tolist(), began + (i + 19) / rate_hz)

        player = threading.Thread(target=play)
        player.start()
        with pytest.warns(DeadChannels, match=f"stream '{name}': 1 of 3 channels have no noise .*: 2$"):
            heard = [inlet.read(0.1) for _ in range(20)]
        player.join()
        assert inlet.dead.tolist() == [2]
        time_s = np.concatenate([part.time_s for part in heard])
        channel = np.concatenate([part.channel for part in heard])
        assert sorted(channel.tolist()) == [0, 1]
        assert np.sort(time_s) - began == pytest.approx([1.5, 1.6], abs=0.03)


def test_delivered_pulses_are_sent_with_their_charge(name, culture):
    outlet = LslOutlet(culture, name, stimuli=True)
    found = pylsl.resolve_byprop("name", name, timeout=5.0)
    inlet = pylsl.StreamInlet(found[0], recover=False)
    inlet.open_stream(timeout=5.0)
    culture.write(StimulusPlan.biphasic([0, 1], [9, 11], [0.01, 0.02], current_uA=2.0, width_us=200))
    culture.read(0.1)
    assert outlet.send_delivered(culture.ledger) == 2
    assert outlet.send_delivered(culture.ledger) == 0  # each once
    rows, stamps = [], []
    deadline = time.monotonic() + 5
    while len(rows) < 2 and time.monotonic() < deadline:
        more, at = inlet.pull_chunk(timeout=0.1)
        rows, stamps = rows + list(more), stamps + list(at)
    assert [list(row) for row in rows] == [[0, 9, 0.4], [1, 11, 0.4]]
    assert np.diff(stamps) == pytest.approx([0.01])
    with pytest.raises(ValueError, match="sends stimuli"):
        outlet.send(culture.read(0.1))


def test_a_stream_that_ends_or_is_not_there_is_an_error(name, culture):
    with pytest.raises(ConnectionError, match="no stream 'nobody-sends-this'"):
        LslInlet("nobody-sends-this", wait_s=0.3)
    outlet = LslOutlet(culture, name)
    inlet = LslInlet(name)
    del outlet
    time.sleep(0.5)
    with pytest.raises(ConnectionError, match="ended"):
        inlet.read(3.0)


def test_streams_that_are_no_events_are_refused(name):
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, pylsl.cf_string, name))
    with pytest.raises(ValueError, match="expected events as whole numbers"):
        LslInlet(name)
    del outlet
    silent = f"{name}-2"
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(silent, "Spikes", 1, 0, pylsl.cf_int32, silent))
    with pytest.raises(ValueError, match="give n_channels"):
        LslInlet(silent)
    with LslInlet(silent, n_channels=8) as inlet:
        outlet.push_sample([3], pylsl.local_clock() + 0.05)
        assert inlet.read(0.2).channel.tolist() == [3]
        outlet.push_sample([8], pylsl.local_clock() + 0.05)
        with pytest.raises(ValueError, match="channel < n_channels = 8"):
            inlet.read(0.2)
    del outlet
