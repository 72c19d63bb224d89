"""Electrodes, amplifier and synapses against their closed forms."""

import numpy as np
import pytest
from scipy import stats

from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels
from brainwright.tissue.culture.electrodes import strength

# No background and no synapses: every spike is a direct one.
SILENT = CultureParameters(n_neurons=256, kick_rate_hz=0.0, recruitment_slope=0.15)
BLOCK = (0.0, 0.0)


def direct_spikes(current_uA, width_us, n_pulses=400, parameters=SILENT, channels=(27,)):
    """Number of direct spikes per cell [cell] in response to pulses every 20 ms."""
    culture = SimulatedCulture([5], parameters, synapses=BLOCK)
    times = 0.02 * np.arange(n_pulses)[:, None]
    culture.write(StimulusPlan.biphasic(0, channels, times, current_uA, width_us))
    _, cells = culture.read_cells(0.02 * n_pulses + 0.02)
    return np.bincount(cells[cells >= 0], minlength=parameters.n_neurons), culture


@pytest.mark.parametrize("channels", [(27,), (18, 19, 26)])
def test_recruitment_follows_its_sigmoid(channels):
    n, p = 400, SILENT
    spikes, culture = direct_spikes(2.0, 200.0, n, channels=channels)
    wiring = culture.wirings[0]
    reach = wiring.gain[list(channels)].sum(axis=0)

    def misfit(slope):
        chance = 1 / (1 + np.exp(-(reach - wiring.threshold) / slope))
        usable = (chance > 0.02) & (chance < 0.98)
        chi2 = ((spikes - n * chance) ** 2 / (n * chance * (1 - chance)))[usable].sum()
        return stats.chi2.sf(chi2, usable.sum()), usable.sum()

    agreement, n_cells = misfit(p.recruitment_slope)
    assert n_cells > 30
    assert agreement > 1e-3
    assert misfit(1.15 * p.recruitment_slope)[0] < 1e-6  # the test can tell another curve


def test_direct_spikes_come_within_the_latency_window():
    p = CultureParameters(n_neurons=256, kick_rate_hz=0.0)
    culture = SimulatedCulture([5], p, synapses=BLOCK)
    culture.write(StimulusPlan.biphasic(0, usable_channels()[:20], 0.1, 2.5))
    recording, cells = culture.read_cells(0.3)
    late_ms = np.rint((recording.time_s[cells >= 0] - 0.1) * 1e3)
    assert len(late_ms) > 20
    first, stop = p.direct_latency_s * 1e3, (p.direct_latency_s + p.direct_latency_spread_s) * 1e3
    assert set(late_ms) == set(np.arange(first, stop))


def test_strength_duration_is_lapicques():
    """Current on the curve I = rheobase / (1 - exp(-w / chronaxie)) recruits alike at every width."""
    p = CultureParameters(kick_rate_hz=0.0, recruitment_slope=0.05)
    rheobase = 1.5 * (1 - np.exp(-200.0 / p.chronaxie_us))

    def recruited(current_uA, width_us):
        return direct_spikes(current_uA, width_us, parameters=p, channels=(9, 13, 27, 30, 45, 50))[0].sum()

    reference = recruited(1.5, 200.0)
    assert reference > 2000
    for width_us in (100.0, 300.0):
        current_uA = rheobase / (1 - np.exp(-width_us / p.chronaxie_us))
        assert recruited(current_uA, width_us) == pytest.approx(reference, rel=0.03)
    assert recruited(1.5, 100.0) < 0.7 * reference  # same current, shorter: weaker


def test_strength_of_the_reference_pulse_is_one():
    p = CultureParameters()
    plan = StimulusPlan.biphasic(0, [1, 2], 0.0, p.reference_current_uA, p.reference_width_us)
    np.testing.assert_allclose(strength(plan, p), 1.0)
    gap = StimulusPlan(plan.dish[:1], plan.channel[:1], plan.time_s[:1], np.array([[-1.0, 0, 0.5]]),
                       np.array([[200.0, 40, 400]]))  # fmt: skip
    np.testing.assert_allclose(strength(gap, p), 0.5)  # the cathodic phase counts, with its own width


def test_depression_follows_its_closed_form():
    """The second of two volleys T apart arrives with 1 - U exp(-T / tau) of the first."""
    p = CultureParameters(
        n_neurons=128, kick_rate_hz=0.0, threshold_mV=1e6, direct_latency_spread_s=0.0, recruitment_slope=1e-6
    )  # only direct spikes, the same cells at every pulse
    for interval_s in (0.06, 0.2, 0.5):
        culture = SimulatedCulture([2], p, plasticity=False)
        culture.write(StimulusPlan.biphasic(0, usable_channels()[10:20], [[0.01], [0.01 + interval_s]]))
        culture.read(0.01)
        arrived = []
        for _ in range(2):
            culture.read(p.direct_latency_s + 0.02)
            arrived.append(culture.snapshot()["excitation"][0])
            culture.read(interval_s - p.direct_latency_s - 0.02)
        got = arrived[0] > 1e-3
        left = np.exp(-interval_s / p.tau_excitation_s) * arrived[0]  # of the first volley
        expected = 1 - p.depression_use * np.exp(-interval_s / p.tau_depression_s)
        assert got.sum() > 50
        np.testing.assert_allclose((arrived[1] - left)[got] / arrived[0][got], expected, rtol=1e-6)


def test_synaptic_block_stops_transmission_and_nothing_else():
    driven = CultureParameters(n_neurons=128, threshold_mV=20.0)
    open_, blocked = (
        SimulatedCulture([2], driven, synapses=s, plasticity=False) for s in ((1.0, 1.0), BLOCK)
    )
    for culture in (open_, blocked):
        culture.write(StimulusPlan.biphasic(0, usable_channels()[10:20], 0.0))
        culture.read(0.012)
    assert open_.snapshot()["inhibition"].max() > 0
    assert blocked.snapshot()["inhibition"].max() == 0
    assert (blocked.snapshot()["last_spike"] >= 0).any()


def lags_ms(parameters=None, **condition):
    """Time since the latest pulse of every detection, and its cell."""
    culture = SimulatedCulture([4, 5], parameters or CultureParameters(), **condition)
    times = 0.1 + 0.1 * np.arange(20)[:, None]
    culture.write(StimulusPlan.biphasic([[[0]], [[1]]], usable_channels()[5:13], times, 3.0))
    recording, cells = culture.read_cells(2.5)
    late = recording.time_s[:, None] - times[:, 0]
    return np.rint(np.where(late >= -1e-9, late, np.inf).min(axis=1) * 1e3), cells, recording


def test_saline_shows_artifacts_of_a_few_milliseconds_and_nothing_else():
    late_ms, cells, recording = lags_ms(cells=False)
    assert (cells == -1).all()
    assert recording.counts()[:, list(usable_channels()[5:13])].min() >= 20  # every pulse, after blanking
    assert late_ms.max() <= 5
    assert late_ms.min() >= 1


def test_the_artifact_reaches_neighbours_and_dies_with_distance():
    _, _, recording = lags_ms(cells=False)
    counts = recording.counts().sum(axis=0).reshape(8, 8)
    assert counts[:2].min() > 0
    assert counts[4:].sum() == 0


def test_blanking_hides_detections_and_leaves_the_tissue_alone():
    seen = []
    for blanking_s in (0.0, 0.001, 0.004, 0.02):
        late_ms, cells, recording = lags_ms(CultureParameters(blanking_s=blanking_s))
        assert not (late_ms < blanking_s * 1e3).any()
        assert ((cells == -1).any()) == (blanking_s < 0.003)
        spikes = (cells >= 0) & (late_ms >= 20)
        seen.append(list(zip(recording.time_s[spikes], cells[spikes], strict=True)))
        assert len(seen[-1]) > 50
    assert all(spikes == seen[0] for spikes in seen)
    assert (
        lags_ms(CultureParameters(blanking_s=0.0))[0] == 0
    ).any()  # without blanking the pulse itself is seen


def test_spikes_are_detected_on_the_nearest_electrode_and_after_the_refractory_period():
    p = CultureParameters(kick_rate_hz=950.0, kick_mV=60.0)
    culture = SimulatedCulture([6], p, synapses=BLOCK)
    recording, cells = culture.read_cells(2.0)
    assert len(cells) > 200 * p.n_neurons * 2  # close to the most that is possible
    assert np.array_equal(recording.channel, culture.wirings[0].channel[cells])
    order = np.lexsort((recording.time_s, cells))
    gap = np.diff(recording.time_s[order])[np.diff(cells[order]) == 0]
    assert gap.min() == pytest.approx(p.refractory_s + p.dt_s)


def test_a_free_membrane_fires_at_the_rate_of_its_equation():
    """Cells without synapses under background kicks: rate against the same equation in plain NumPy."""
    p = CultureParameters(kick_rate_hz=60.0)
    recording = SimulatedCulture([1, 2], p, synapses=BLOCK).read(20.0)
    rng = np.random.default_rng(0)
    n = 4 * p.n_neurons
    v, current, quiet, spikes = np.zeros(n), np.zeros(n), np.zeros(n), 0
    for _ in range(20_000):
        current = (current + p.kick_mV * (rng.random(n) < p.kick_rate_hz * p.dt_s)) * np.exp(
            -p.dt_s / p.tau_excitation_s
        )
        v = np.where(quiet > 0, 0.0, v * np.exp(-p.dt_s / p.tau_membrane_s) + current)
        fired = v >= p.threshold_mV
        spikes += fired.sum()
        v[fired], quiet = 0.0, np.where(fired, round(p.refractory_s / p.dt_s), quiet - 1)
    expected = spikes / n / 20
    got = len(recording) / 2 / p.n_neurons / 20
    assert expected > 1
    assert got == pytest.approx(expected, rel=0.03)
