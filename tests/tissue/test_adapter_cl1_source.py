"""The simulated culture as data source of cl-sdk's simulator: directly, and through it where installed."""

import importlib.util
import os
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import brainwright
from brainwright.tissue.adapters.cl1_source import NOISE_UV, SPIKE_UV, UV_PER_UNIT, CultureSource

HAVE_SDK = sys.version_info >= (3, 12) and importlib.util.find_spec("cl") is not None


def source(seed: int = 3, **options) -> CultureSource:
    return CultureSource(seed, batch=SimpleNamespace, spike=SimpleNamespace, **options)


def stim(frame: int, channel: int, current_uA: float = 2.0, balance: float = 1.0) -> SimpleNamespace:
    currents = (-current_uA, balance * current_uA)
    return SimpleNamespace(
        timestamp=frame, channel=channel, phase_durations_us=(200, 200), phase_currents_uA=currents
    )


def spikes_of(batches) -> list[tuple[int, int]]:
    return [(s.timestamp, s.channel) for batch in batches for s in batch.spikes]


def test_batches_do_not_depend_on_how_they_are_cut():
    """Spikes are the same; each lies in its batch, in order."""
    whole = source().read(0, 50_000)
    cut = source()
    parts = [cut.read(i, 1_250) for i in range(0, 50_000, 1_250)]
    assert len(spikes_of([whole])) > 50
    first = [(a // 25, b) for a, b in spikes_of([whole])]
    assert sorted(first) == sorted((a // 25, b) for a, b in spikes_of(parts))
    for i, part in enumerate(parts):
        times = [s.timestamp for s in part.spikes]
        assert times == sorted(times)
        assert all(i * 1_250 <= t < (i + 1) * 1_250 for t in times)
        assert part.frames.shape == (1_250, 64)
        assert part.frames.dtype == np.int16


def test_odd_batches_lose_nothing():
    cut, whole = source(), source()
    edges = [0, 7, 8, 33, 1_000, 12_345, 25_000]
    parts = [cut.read(a, b - a) for a, b in pairwise(edges)]
    steps = [(t // 25, c) for t, c in spikes_of([whole.read(0, 25_000)])]
    assert sorted((t // 25, c) for t, c in spikes_of(parts)) == sorted(steps)


def test_frames_are_noise_with_a_trough_at_each_spike():
    batch = source().read(0, 50_000)
    uV = batch.frames.astype(float) * UV_PER_UNIT
    assert np.median(np.abs(uV)) / 0.6745 == pytest.approx(NOISE_UV, rel=0.02)
    troughs = [uV[s.timestamp : s.timestamp + 15, s.channel].min() for s in batch.spikes]
    assert np.median(troughs) == pytest.approx(SPIKE_UV, abs=10)


def test_stimuli_evoke_spikes_and_teach_nothing_when_frozen():
    def answers(stimulated: bool) -> float:
        culture, counts = source(plasticity=False), []
        culture.read(0, 2_500)
        for k in range(1, 21):
            if stimulated:
                culture.on_stims([stim(2_500 * k, c) for c in (9, 10, 11, 18, 19, 20)])
            batch = culture.read(2_500 * k, 2_500)
            counts.append(sum(2_500 * k + 50 <= s.timestamp < 2_500 * k + 500 for s in batch.spikes))
        return float(np.mean(counts))

    assert answers(True) > 10 * answers(False) + 5


def test_what_the_culture_must_not_be_told_is_refused_aloud():
    """The simulator accepts monophasic pulses and grounded channels; the culture does not."""
    culture = source()
    culture.read(0, 250)
    with pytest.warns(UserWarning, match="refused a stimulus.*charge balanced"):
        culture.on_stim(stim(300, 9, balance=0.0))
    with pytest.warns(UserWarning, match="not on the list"):
        culture.on_stim(stim(300, 4))
    culture.read(250, 250)
    assert culture.refused == 2
    assert len(culture.culture.ledger.table()["dish"]) == 0


def test_living_tissue_cannot_be_wound_back():
    culture = source()
    culture.read(0, 250)
    with pytest.raises(ValueError, match="no going back"):
        culture.read(100, 250)


@pytest.mark.skipif(not HAVE_SDK, reason="cl-sdk is not installed (it needs Python 3.12)")
def test_a_program_for_the_sdk_runs_on_the_culture(tmp_path):
    script = """
        import os
        os.environ |= {"CL_SDK_ACCELERATED_TIME": "1", "CL_SDK_VISUALISATION": "0"}
        import cl, cl.sim, numpy as np
        from brainwright.tissue.adapters.cl1_source import metadata

        def session(stimulate):
            source = "brainwright.tissue.adapters.cl1_source:make"
            cl.sim.set_simulator_data_source(source, {"seed": 3}, metadata())
            spikes, stims = [], []
            with cl.open() as neurons:
                for tick in neurons.loop(ticks_per_second=20, stop_after_seconds=2):
                    spikes += [(s.timestamp, s.channel) for s in tick.analysis.spikes]
                    stims += [s.timestamp for s in tick.analysis.stims]
                    if stimulate:
                        design = cl.StimDesign(200, -2.0, 200, 2.0)
                        neurons.stim(cl.ChannelSet(9, 10, 11, 18, 19, 20), design)
            return spikes, stims

        if __name__ == "__main__":
            first, again = session(False), session(False)
            assert first == again and len(first[0]) > 50
            spikes, stims = session(True)
            at = np.array([t for t, _ in spikes])
            after = [((at >= t + 50) & (at < t + 500)).sum() for t in np.unique(stims)]
            assert np.mean(after) > 10, np.mean(after)
            print("well")
    """
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(script))
    environment = {**os.environ, "PYTHONPATH": str(Path(brainwright.__file__).parents[1])}
    command = [sys.executable, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "well" in done.stdout, done.stderr
