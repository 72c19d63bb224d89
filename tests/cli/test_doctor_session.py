"""`brainwright doctor RUN` makes a recording readable, verifies the ledger, and tells what it found."""

import h5py
import numpy as np
import pytest

from brainwright.cli import main
from brainwright.loop import run_ticks
from brainwright.report import latency
from brainwright.tissue import (
    Chain,
    CultureParameters,
    Guarded,
    Paced,
    SimulatedCulture,
    StimulusPlan,
    WallClock,
)
from brainwright.tissue.recording import FOLDER, Recorded, Recorder
from brainwright.tissue.recording.segments import segments


@pytest.fixture
def run(tmp_path):
    """A guarded and recorded second of saline with twenty pulses."""
    chain = Chain(tmp_path / "ledger.jsonl", anchor=tmp_path / "provenance.json")
    guarded = Guarded(SimulatedCulture([1], CultureParameters(n_neurons=32), cells=False), ledger=chain)
    with guarded, Recorder(tmp_path, 1, 64) as recorder:
        tissue = Recorded(guarded, recorder)
        guarded.arm(0.5)
        for _ in range(10):
            tissue.write(StimulusPlan.biphasic(0, [3, 9], tissue.now_s() + 0.01))
            tissue.read(0.1)
            guarded.renew()
    return tmp_path


def test_a_whole_session_is_well(run, capsys):
    assert main(["doctor", str(run)]) == 0
    said = capsys.readouterr().out
    assert "1.000 s of tissue time" in said
    assert "20 delivered" in said
    assert "20 of 20 admitted pulses delivered" in said
    assert "chain intact" in said
    assert "as provenance.json says" in said
    assert "ended: done" in said
    with h5py.File(run / "session.h5") as file:
        assert len(file["deliveries/delivered_s"]) == 20


def test_a_torn_end_is_told_and_the_rest_is_saved(run, capsys):
    (path,) = segments(run / FOLDER)
    path.write_bytes(path.read_bytes()[:-30])
    assert main(["doctor", str(run)]) == 1  # it does not say how it ended
    said = capsys.readouterr().out
    assert "LOOK  the recording ended: cut off" in said
    assert "belong to no whole block" in said
    assert "chain intact" in said
    assert (run / "session.h5").is_file()


def test_a_changed_ledger_is_seen(run, capsys):
    path = run / "ledger.jsonl"
    path.write_text(path.read_text().replace('"channel":[3,9]', '"channel":[3,8]', 1))
    assert main(["doctor", str(run)]) == 1
    said = capsys.readouterr().out
    assert "NOT intact" in said
    assert "hash does not fit" in said


def test_a_ledger_that_was_written_anew_is_seen_by_what_the_run_kept(run, capsys):
    (run / "ledger.jsonl").unlink()
    tissue = SimulatedCulture([1], CultureParameters(n_neurons=32), cells=False)
    Guarded(tissue, ledger=Chain(run / "ledger.jsonl")).close()  # intact, and of nothing that was delivered
    assert main(["doctor", str(run)]) == 1
    assert "expected the anchor" in capsys.readouterr().out
    (run / "provenance.json").write_text('{"ledgers": 7}')
    assert main(["doctor", str(run)]) == 1
    assert "expected 'ledgers' as names with hashes, got 7" in capsys.readouterr().out


def test_damage_in_the_middle_is_no_stop(run, capsys):
    (path,) = segments(run / FOLDER)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"BWB1", 0, data.rindex(b"BWB1"))
    data[at + 40] ^= 1
    path.write_bytes(data)
    assert main(["doctor", str(run)]) == 1
    assert "LOOK  1 blocks of the recording are lost" in capsys.readouterr().out


def test_a_folder_that_holds_no_recording_says_so(tmp_path, capsys):
    (tmp_path / FOLDER).mkdir()
    assert main(["doctor", str(tmp_path)]) == 1
    assert "no readable header" in capsys.readouterr().out


class Pulses:
    """A pulse at every fifth tick, as soon as may be."""

    def __init__(self, tissue):
        self.tissue = tissue

    def decide(self, tick):
        if tick.index % 5 == 0:
            return StimulusPlan.biphasic(0, [3, 9], self.tissue.now_s() + 0.005)
        return None


def test_a_session_in_wall_time_from_the_loop_to_the_report(tmp_path, capsys):
    culture = SimulatedCulture([1], CultureParameters(n_neurons=32), cells=False)
    culture.read(0.001)  # compile
    chain, clock = Chain(tmp_path / "ledger.jsonl"), WallClock()
    with Guarded(culture, ledger=chain, clock=clock.now_s) as guarded, Recorder(tmp_path, 1, 64) as recorder:
        paced = Paced(guarded, clock, max_late_s=1.0)
        tissue = Recorded(paced, recorder, paced.present_s)
        guarded.arm(5.0)
        log = run_ticks(
            tissue, Pulses(tissue), period_s=0.02, n_ticks=30,
            present_s=paced.present_s, renew=guarded.renew, on_tick=recorder.tick,
        )  # fmt: skip
        tissue.read(0.1)
    assert main(["doctor", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "12 of 12 admitted pulses delivered" in said
    with h5py.File(tmp_path / "session.h5") as file:
        ticks = {name: column[()] for name, column in file["ticks"].items()}
    assert np.array_equal(ticks["due_s"], log.column("due_s"))
    assert np.array_equal(ticks["delivered_s"][::5], log.column("delivered_s")[::5])
    assert np.isfinite(ticks["delivered_s"]).sum() == 6
    assert "30 ticks of 20 ms" in latency(tmp_path)[0].caption
