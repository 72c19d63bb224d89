"""Tissue is asked by a readout that was fixed before, and not changed by being asked."""

import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import (
    AFTER,
    EARLY,
    LATE,
    STIMULUS,
    Answers,
    IdentityReadout,
    Layout,
    OracleWriter,
    Periods,
    Timing,
    ask,
    fix_readout,
    present,
    rate_hz,
    untaught_copy,
    write_precision,
)
from brainwright.tissue import CultureParameters, SimulatedCulture, usable_channels

K = 4
SMALL = CultureParameters(n_neurons=64)


def layout_of(seeds=(1, 2)):
    return Layout.random(list(seeds), K, usable_channels(), Timing())


def symbols(n, seed=0):
    return np.random.default_rng(seed).integers(0, K, (2, n))


@pytest.fixture(scope="module")
def culture():
    tissue = SimulatedCulture([1, 2], SMALL)
    present(tissue, layout_of(), symbols(20))
    return tissue


def test_asking_a_copy_leaves_the_tissue_and_the_synapses_of_the_copy_alone(culture):
    kept = culture.snapshot()
    copy = untaught_copy(culture)
    readout, _ = fix_readout(copy, layout_of(), symbols(60))
    ask(copy, layout_of(), readout, symbols(20))
    np.testing.assert_array_equal(copy.snapshot()["weight"], kept["weight"])
    for name, array in culture.snapshot().items():
        np.testing.assert_array_equal(array, kept[name])


def test_a_copy_used_again_is_the_copy_anew(culture):
    layout, once = layout_of(), untaught_copy(culture)
    first = present(once, layout, symbols(10)).counts
    again = untaught_copy(culture, once)
    assert again is once
    np.testing.assert_array_equal(present(again, layout, symbols(10)).counts, first)
    np.testing.assert_array_equal(present(untaught_copy(culture), layout, symbols(10)).counts, first)


def test_a_copy_has_the_drugs_of_the_culture(culture):
    blocked = SimulatedCulture([1, 2], SMALL, synapses=(0, 0))
    assert untaught_copy(blocked, untaught_copy(culture)).synapses == (0, 0)


@pytest.mark.parametrize(
    "other", [lambda: SimulatedCulture([1, 3], SMALL), lambda: SimulatedCulture([1, 2], SMALL, cells=False)]
)
def test_another_culture_is_no_copy(culture, other):
    with pytest.raises(ValueError, match="expected a copy of this culture"):
        untaught_copy(culture, other())


def test_a_culture_is_not_copied_into_itself(culture):
    with pytest.raises(ValueError, match="or itself"):
        untaught_copy(culture, culture)


def test_answers_are_those_of_the_fixed_readout():
    tissue, layout = Echo(), layout_of()
    readout, naive = fix_readout(tissue, layout, symbols(80))
    again = IdentityReadout.fit(naive, K)
    np.testing.assert_array_equal(again.weight, readout.weight)
    asked = ask(tissue, layout, readout, symbols(30, seed=1))
    np.testing.assert_array_equal(asked.decoded, readout.answers(asked.heard.counts[:, :, AFTER]))
    right = asked.decoded == (asked.heard.symbols + 1) % K
    np.testing.assert_allclose(asked.share((np.arange(K) + 1) % K), right.mean(1))


def test_a_readout_needs_every_symbol():
    with pytest.raises(ValueError, match="never presented"):
        fix_readout(Echo(), layout_of(), np.zeros((2, 20), np.int64))


def test_the_log_score_is_that_of_the_symbol_that_comes():
    """A readout that is blind gives every symbol 1 / K; one that names the next of a cycle gains by it."""
    shown = np.tile(np.arange(12) % K, (2, 1))
    counts = np.zeros((2, 12, 4, K), np.float32)
    counts[np.arange(2)[:, None], np.arange(12), AFTER, (shown + 1) % K] = 1.0
    heard = Periods(shown, shown, counts, shown[..., None])
    for gain in (0.0, 6.0):
        readout = IdentityReadout(np.tile(gain * np.eye(K), (2, 1, 1)), np.zeros((2, K)))
        likelihood = np.exp(gain / 3) / (np.exp(gain / 3) + K - 1)  # the temperature is 3
        score = Answers(heard, readout, readout.answers(counts[:, :, AFTER])).log_score_bits()
        np.testing.assert_allclose(score, np.log2(likelihood))


def test_the_precision_of_writes_counts_the_electrodes_of_the_wanted_symbol():
    layout, wanted = layout_of(), symbols(5)
    written = np.stack([layout.of(wanted[:, t]) for t in range(5)], axis=1)
    written[0, 0] = layout.electrodes[0, (wanted[0, 0] + 1) % K]
    written[1, 1] = -1
    counts = np.zeros((2, 5, 4, 64), np.float32)
    hits = write_precision(Periods(wanted, wanted, counts, written), layout)
    assert hits.shape == written.shape
    assert not hits[0, 0].any()
    assert not hits[1, 1].any()
    assert hits.sum() == 8 * written.shape[2]
    unwanted = Periods(wanted, np.full_like(wanted, -1), counts, written)
    assert not write_precision(unwanted, layout).any()


def test_the_rate_is_per_neuron_and_second():
    counts = np.zeros((2, 3, 4, 64), np.float32)
    counts[:, :, EARLY, 0], counts[:, :, LATE, 1], counts[:, :, (AFTER, STIMULUS)] = 6, 12, 99
    heard = Periods(*(np.zeros((2, 3), np.int64),) * 2, counts, np.zeros((2, 3, 1), np.int64))
    seconds = 0.006 + 0.066  # the early and the late window of a period
    np.testing.assert_allclose(rate_hz(heard, Timing(), 10), 18 / seconds / 10)


def test_no_direct_spike_and_no_artifact_falls_into_the_windows_that_are_read():
    layout = Layout.random([1, 2], 6, usable_channels(), Timing())
    shown = np.random.default_rng(0).integers(0, 6, (2, 40))
    for cells in (True, False):
        still = SimulatedCulture([1, 2], CultureParameters(kick_rate_hz=0), synapses=(0, 0), cells=cells)
        heard = present(still, layout, shown)
        assert heard.counts[:, :, EARLY].sum() > 0
        assert heard.counts[:, :, (LATE, AFTER)].sum() == 0
        written = present(still, layout, shown, OracleWriter(layout), targets=shown)
        assert written.counts[:, :, LATE].sum() == 0
