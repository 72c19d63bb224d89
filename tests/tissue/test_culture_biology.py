"""Signatures of living tissue, measured through the electrodes: pairing order, homeostasis, rates."""

import numpy as np
import pytest

from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels

SEEDS = range(100, 110)
N = len(SEEDS)
# The rate is fixed here, so that the protocol does not change with the default.
PARAMETERS = CultureParameters(learning_rate=0.01)
ROWS = np.arange(N)[:, None]
_CHANNELS = np.stack([np.random.default_rng(seed).permutation(usable_channels())[:16] for seed in SEEDS])
A, B = _CHANNELS[:, :8], _CHANNELS[:, 8:]  # two groups of electrodes, [dish, 8]


def evoked(culture, trials=50):
    """Spikes of group B 8-30 ms after a pulse on group A, less those 308-330 ms after, per trial [dish].

    Synapses are frozen, and the window begins after the last direct spike and the artifact.
    """
    was, culture.plasticity = culture.plasticity, False
    total = np.zeros(N)
    for _ in range(trials):
        start = culture.now_s()
        culture.write(StimulusPlan.biphasic(ROWS, A, start))
        recording = culture.read(0.4)
        in_b = (recording.channel[:, None] == B[recording.dish]).any(axis=1)
        late = recording.time_s - start + 1e-9
        sign = ((late >= 0.008) & (late < 0.030)) * 1 - ((late >= 0.308) & (late < 0.330))
        total += np.bincount(recording.dish[in_b], weights=sign[in_b], minlength=N)
    culture.plasticity = was
    return total / trials


def train(culture, lag_s, pairs=60):
    """Pulses on A and `lag_s()` [dish] later on B (negative: before), every 400 ms; None is rest."""
    for _ in range(pairs):
        if lag_s is not None:
            lag = lag_s()[:, None]
            on_a = StimulusPlan.biphasic(ROWS, A, culture.now_s() + np.maximum(0, -lag))
            on_b = StimulusPlan.biphasic(ROWS, B, culture.now_s() + np.maximum(0, lag))
            culture.write(StimulusPlan.join([on_a, on_b]))
        culture.read(0.4)


def change(start, lag_s, **condition):
    """Change of B's evoked response by training from a snapshot, [dish]; and the charge delivered."""
    culture = SimulatedCulture(SEEDS, PARAMETERS, **condition)
    culture.restore(start)
    before = evoked(culture)
    train(culture, lag_s)
    delivered = culture.ledger.totals()["charge_nC"]
    return evoked(culture) - before, delivered


def dz(difference):
    """Paired effect size: mean over standard deviation of the differences over dishes."""
    return difference.mean() / difference.std(ddof=1)


def forward():
    return np.full(N, 0.008)


def backward():
    return np.full(N, -0.008)


@pytest.fixture(scope="module")
def naive():
    culture = SimulatedCulture(SEEDS, PARAMETERS)
    culture.read(2.0)
    return culture.snapshot()


@pytest.fixture(scope="module")
def paired(naive):
    return change(naive, forward)


def test_pairing_raises_the_response_and_a_charge_matched_sham_does_not(naive, paired):
    random = np.random.default_rng(3)
    sham, sham_charge = change(naive, lambda: random.uniform(0.05, 0.35, N))
    pair, charge = paired
    np.testing.assert_allclose(sham_charge, charge)
    assert pair.mean() > 2
    assert (pair > sham).all()
    assert dz(pair - sham) > 1.2
    assert abs(sham.mean()) < 0.25 * pair.mean()


def test_without_plasticity_nothing_changes(naive, paired):
    frozen, charge = change(naive, forward, plasticity=False)
    np.testing.assert_allclose(charge, paired[1])
    assert dz(paired[0] - frozen) > 1.2
    assert abs(frozen.mean()) < 0.05 * paired[0].mean()


def test_reversed_order_lowers_the_response(naive):
    """From a paired culture (a naive response is near its floor): reversal against rest of equal length."""
    culture = SimulatedCulture(SEEDS, PARAMETERS)
    culture.restore(naive)
    train(culture, forward)
    taught = culture.snapshot()
    reverse, _ = change(taught, backward)
    rest, _ = change(taught, None)
    assert reverse.mean() < -2
    assert (reverse < 0).all()
    assert dz(reverse - rest) < -1.0
    assert abs(rest.mean()) < 0.4 * abs(reverse.mean())


def test_synaptic_block_prevents_learning_and_washes_out(naive):
    culture = SimulatedCulture(SEEDS, PARAMETERS, synapses=(0.0, 0.0))
    culture.restore(naive)
    assert abs(evoked(culture).mean()) < 0.1  # nothing of a direct spike or an artifact lies in the window
    train(culture, forward)
    culture.synapses = (1.0, 1.0)
    culture.read(2.0)
    after = evoked(culture)
    before = evoked(_restored(naive))
    assert before.mean() > 0.1
    assert abs((after - before).mean()) < 0.5


def _restored(snapshot):
    culture = SimulatedCulture(SEEDS, PARAMETERS)
    culture.restore(snapshot)
    return culture


def symbols(culture, seconds, rng, n_symbols=6):
    """Teaching-like stimulation: a symbol of 8 electrodes every 80 ms and a write of 8 others 8 ms later."""
    patterns = rng.permutation(usable_channels())[: 8 * n_symbols].reshape(n_symbols, 8)
    while seconds > 0:
        block_s = min(20.0, seconds)
        start = culture.now_s() + 0.08 * np.arange(round(block_s / 0.08))
        symbol = rng.integers(n_symbols, size=(culture.n_dishes, start.size))
        successor = (symbol + 1) % n_symbols
        rows = np.arange(culture.n_dishes)[:, None, None]
        heard = StimulusPlan.biphasic(rows, patterns[symbol], start[:, None])
        written = StimulusPlan.biphasic(rows, patterns[successor], start[:, None] + 0.008)
        culture.write(StimulusPlan.join([heard, written]))
        yield culture.read_cells(block_s)
        seconds -= block_s


def assert_weights_in_bounds(culture):
    """Weights in [0, w_max]; the summed input of each cell as at birth (exact right after scaling)."""
    p = culture.parameters
    for dish, wiring in enumerate(culture.wirings):
        pre, post, weight = culture.weights(dish)
        plastic = (pre < p.n_excitatory) & (post < p.n_excitatory)
        assert np.isfinite(weight).all()
        assert weight.min() >= 0
        assert weight[plastic].max() <= p.weight_max_mV
        assert np.array_equal(weight[~plastic], wiring.weight[~plastic])
        now, birth = (np.bincount(post[plastic], w[plastic]) for w in (weight, wiring.weight))
        capped = np.bincount(post[plastic], weight[plastic] >= 0.99 * p.weight_max_mV) > 0
        np.testing.assert_allclose(now[~capped], birth[~capped], rtol=1e-9)
        np.testing.assert_allclose(now, birth, rtol=0.05)


def rate_hz(culture, seconds=60.0):
    """Spontaneous rate per neuron, [dish]."""
    return culture.read(seconds).counts().sum(axis=1) / seconds / culture.parameters.n_neurons


def test_rates_are_those_of_a_culture_before_during_and_after_teaching():
    culture = SimulatedCulture([1, 2, 3, 4], CultureParameters())
    before = rate_hz(culture)
    cells = np.concatenate([c for _, c in symbols(culture, 60.0, np.random.default_rng(0))])
    during = (cells >= 0).sum() / 60 / culture.n_dishes / culture.parameters.n_neurons
    after = rate_hz(culture)
    for rate in (before, after):
        assert (rate >= 0.5).all()
        assert (rate <= 10).all()
    assert 0.5 <= during <= 10


@pytest.mark.parametrize("driven", [False, True], ids=["spontaneous", "driven"])
def test_ten_minutes_bring_no_drift_beyond_bounds(driven):
    culture = SimulatedCulture([11, 12], CultureParameters())
    rates = []
    for block in range(5):
        if driven:
            for _ in symbols(culture, 100.0, np.random.default_rng(block)):
                pass
        rates.append(rate_hz(culture, 20.0 if driven else 120.0))
        assert_weights_in_bounds(culture)
    assert culture.now_s() == pytest.approx(600.0)
    assert np.isfinite(rates).all()
    assert np.min(rates) >= 0.5
    assert np.max(rates) <= 10
    state = culture.snapshot()
    assert all(np.isfinite(state[name]).all() for name in ("v", "excitation", "inhibition", "resource"))
    assert 0 <= state["resource"].min() <= state["resource"].max() <= 1


def test_scaling_is_what_keeps_the_summed_input():
    """Without normalisation the bounds test above would fail: it can tell."""
    culture = SimulatedCulture([11], CultureParameters(scaling_interval_s=1e4, learning_rate=0.01))
    for _ in symbols(culture, 60.0, np.random.default_rng(0)):
        pass
    with pytest.raises(AssertionError):
        assert_weights_in_bounds(culture)
