"""Amortised inference from an energy alone, against enumeration."""

import numpy as np
import pytest
import torch

from brainwright.objective.any_subset import AnySubset, AnySubsetError, Ising, check_any_subset
from brainwright.objective.any_subset.delta import (
    Separated,
    amortised,
    delta_loss,
    learned_density,
    separators,
)
from brainwright.objective.any_subset.families import all_but_one, comb, past_to_future
from brainwright.objective.any_subset.grid import marginal_error
from brainwright.objective.any_subset.training import Plan


@pytest.fixture(scope="module")
def lattice():
    truth = Ising.lattice(2, 3, seed=0)
    return truth, torch.from_numpy(truth.coupling != 0)


@pytest.fixture(scope="module")
def model(lattice):
    truth, graph = lattice
    return amortised(truth.log_density, graph, width=32, plan=Plan(500, 64, 5e-3))


def test_no_row_is_needed_to_come_near_enumeration(lattice, model):
    truth, _ = lattice
    rows = truth.sample(100, np.random.default_rng(1))
    for family in (all_but_one, comb, past_to_future):
        # the bound of the experiment is .02, after twice as many updates
        assert marginal_error(truth, rows, family, model.chances, 0)[0] < 0.03
    assert model.losses[-50:].mean() < 0.02 * model.losses[:10].mean()
    check_any_subset(model, rows)


def test_the_log_density_is_that_of_enumeration_up_to_a_constant(lattice):
    truth, _ = lattice
    left = truth.log_density(torch.from_numpy((truth.states + 1) / 2)).numpy() - truth.log_weights
    np.testing.assert_allclose(left, left[0], atol=1e-9)


def test_separators_are_what_the_walk_meets_first():
    """A line of five: beyond a given one, nothing counts."""
    line = torch.diag(torch.ones(4), 1).bool()
    line = line | line.T
    given = torch.tensor([[True, True, False, True, True]])
    assert separators(line, given, torch.tensor([2])).tolist() == [[False, True, False, True, False]]
    far = torch.tensor([[True, False, False, False, False]])
    assert separators(line, far, torch.tensor([4])).tolist() == [[True, False, False, False, False]]


def test_the_loss_is_zero_for_exact_conditionals_alone(lattice):
    """A sampler that looks its conditionals up in the enumeration meets every constraint; a denser or another
    density does not.
    """
    truth, graph = lattice

    class LooksUp(Separated):
        def score(self, values, seen, place):
            rows, given = 2 * values.numpy() - 1, seen.numpy()
            alone = truth.marginals(rows, given)[np.arange(len(rows)), place.numpy()]
            return torch.from_numpy(alone).float()

    heads = AnySubset.fit(truth.sample(50, np.random.default_rng(0)), updates=1).heads
    network = LooksUp(heads, graph)
    rows = torch.from_numpy((truth.states[::3] + 1) / 2).float()
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(rows.shape, generator=generator).argsort(1)
    place = torch.randint(6, (len(rows),), generator=generator)
    assert float(delta_loss(network, truth.log_density, rows, order, place)) < 1e-8
    other = Ising(0.5 * truth.coupling, truth.field)
    assert float(delta_loss(network, other.log_density, rows, order, place)) > 1e-2


def test_an_energy_that_was_learned_from_rows_will_do(lattice):
    truth, graph = lattice
    rows = truth.sample(20_000, np.random.default_rng(2))
    alone = {"all but one": all_but_one}
    local = AnySubset.fit(rows, network="blankets", families=alone, updates=300, batch=512)
    density = learned_density(local)
    states = torch.from_numpy((truth.states + 1) / 2).float()
    left = density(states).numpy() - truth.log_weights
    # twelve sums of couplings and fields, each learned within a few hundredths
    assert np.average((left - np.average(left, weights=np.exp(truth.log_weights))) ** 2) < 0.4**2
    with pytest.raises(AnySubsetError, match='network="blankets"'):
        learned_density(AnySubset.fit(rows[:50], updates=1))
    with pytest.raises(AnySubsetError, match="symmetric graph"):
        amortised(truth.log_density, graph.triu())
