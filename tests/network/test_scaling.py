"""Scaling against dense eigenvalues and definitions."""

import numpy as np
import pytest
import torch
from wirings import chain, small

from brainwright.connectome import Connectome
from brainwright.network import FanIn, NetworkError, Rate, Raw, SpectralRadius, compile, match_activity
from brainwright.network.compilation import wiring
from brainwright.network.scaling import activity, radius_of
from brainwright.network.synapses import Synapses


def dense(network):
    core = next(p for p in network.projections if isinstance(p, Synapses))
    return core.pattern.dense(core.values()).numpy()


def compiled(connectome=None, **options):
    return compile(connectome or small(), n_inputs=5, n_outputs=3, dtype=torch.float64, **options)


@pytest.mark.parametrize("n", [40, 260])
def test_the_spectral_radius_is_that_of_the_directed_matrix(n):
    network = compiled(small(n=n, n_edges=8 * n), scaling=SpectralRadius(0.95))
    assert np.abs(np.linalg.eigvals(dense(network))).max() == pytest.approx(0.95, rel=1e-6)
    report = network.provenance["scaling"]
    assert report["factor"] * report["radius_before"] == pytest.approx(0.95)
    symmetric = np.abs(np.linalg.eigvalsh(dense(network))).max()
    assert abs(symmetric - 0.95) > 0.05, "a symmetric solver must be wrong here, or this test shows nothing"


@pytest.mark.parametrize("n", [5, 500])
def test_an_acyclic_graph_has_no_radius_to_scale(n):
    pattern, weights, _ = wiring(chain(n))
    assert radius_of(pattern, weights) == 0.0
    with pytest.raises(NetworkError, match=r"no cycle.*use FanIn"):
        compiled(chain(n), scaling=SpectralRadius())


@pytest.mark.parametrize("n", [150, 400])
def test_a_ring_is_scaled_to_the_target(n):
    ring = np.zeros((n, n), int)
    ring[(np.arange(n) + 1) % n, np.arange(n)] = 1
    wiring_of_ring = Connectome.from_matrix(ring).with_pool("sensory", [0]).with_pool("output", [9])
    network = compiled(wiring_of_ring, signs="unsigned", scaling=SpectralRadius(0.9))
    weights = dense(network)
    np.testing.assert_allclose(weights[weights != 0], 0.9, rtol=1e-12)


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan"), float("inf")])
def test_a_target_that_is_no_radius_is_refused(target):
    with pytest.raises(NetworkError, match="finite spectral radius > 0"):
        compiled(scaling=SpectralRadius(target))


def test_fan_in_gives_every_cell_with_inputs_the_same():
    sums = np.abs(dense(compiled(scaling=FanIn(2.0)))).sum(1)
    assert np.allclose(sums[sums > 0], 2.0)


def test_raw_is_the_counts_and_exponents_keep_signs():
    connectome = small()
    counts = connectome.weights("given").toarray()
    np.testing.assert_allclose(dense(compiled(scaling=Raw(0.5))), counts * 0.5)
    roots = dense(compiled(exponent=0.5))
    np.testing.assert_allclose(roots, np.sign(counts) * np.sqrt(np.abs(counts)))


def test_activity_is_matched():
    how = Rate("tanh", form="rate")
    network = compiled(dynamics=how, scaling=SpectralRadius(0.5))
    other = compiled(small(seed=4), dynamics=how, scaling=FanIn(3.0))
    x = torch.randn(16, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    target = activity(network, x, steps=6)
    report = match_activity(other, target, x, steps=6)
    assert activity(other, x, steps=6) == pytest.approx(target, rel=1e-3)
    assert other.provenance["matched"] == report
    before = dense(other)
    with pytest.raises(NetworkError, match="no factor"):
        match_activity(other, 2.0, x, steps=6)  # tanh stays below 1
    np.testing.assert_allclose(dense(other), before)


def test_the_larva_has_the_radius_of_the_literature():
    try:
        larva = Connectome.load("larva/winding2023", kinds=("ad",))
    except (FileNotFoundError, TypeError):
        pytest.skip("the larva's files are not here")
    for autapses, radius in ((True, 105.97), (False, 105.96)):
        pattern, weights, dropped = wiring(larva, "unsigned", autapses)
        assert radius_of(pattern, weights) == pytest.approx(radius, abs=0.006)
        assert dropped == (0 if autapses else 27)
