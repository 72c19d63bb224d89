"""Reverse diffusion and mixtures, against closed forms."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from brainwright.objective.any_subset import AnySubset, AnySubsetError, Gaussian, Mixture
from brainwright.objective.any_subset.diffusion import steps_down
from brainwright.objective.any_subset.families import Groups, all_but_one, comb
from brainwright.objective.any_subset.known_draws import told_by_forest


def two_lumps(rows: int, seed: int) -> np.ndarray:
    """Two variables that are both high or both low: which of them, one pass cannot know, and a third says
    nothing of it.
    """
    rng = np.random.default_rng(seed)
    lumps = rng.choice([-2.0, 2.0], (rows, 1)) + 0.5 * rng.normal(size=(rows, 2))
    return np.concatenate([lumps, rng.normal(size=(rows, 1))], 1)


@pytest.fixture(scope="module")
def model():
    asked = {"by the third": Groups((2,)), "one": all_but_one}
    return AnySubset.fit(two_lumps(3000, 0), network="diffusion", families=asked, updates=400, batch=128)


def test_the_levels_lead_from_noise_to_values_as_the_forward_process_does():
    """q(z_s | x) = integral of q(z_s | z_t, x) q(z_t | x): means alpha_s x, variances 1 - alpha_s^2."""
    steps = list(steps_down(7))
    assert steps[0].alpha == 0
    assert steps[-1].next_alpha == 1
    for step in steps:
        mean = step.keep * step.alpha + step.pull
        variance = step.keep**2 * (1 - step.alpha**2) + step.noise**2
        assert mean == pytest.approx(step.next_alpha)
        assert variance == pytest.approx(1 - step.next_alpha**2, abs=1e-12)
    assert [a.next_alpha for a in steps[:-1]] == [b.alpha for b in steps[1:]]


def test_draws_are_joint_where_one_pass_draws_each_alone(model):
    pairs = model.sample({2: 0.3}, n=2000, route="diffused", sweeps=20)
    alone = model.sample({2: 0.3}, n=2000, route="amortised")
    assert (np.sign(pairs[:, 0]) == np.sign(pairs[:, 1])).mean() > 0.95
    assert (np.sign(alone[:, 0]) == np.sign(alone[:, 1])).mean() == pytest.approx(0.5, abs=0.05)
    given = model.sample({0: 2.0, 2: 0.3}, [1], 500, route="diffused", sweeps=20)
    assert (given > 0).mean() > 0.95
    real = two_lumps(500, 1)[:, :2]
    # half of them lie where nothing is: three in four can be told at best, by an endless forest
    assert told_by_forest(real, alone[:500], 0, 10) > 0.65
    assert told_by_forest(real, pairs[:500], 0, 10) < 0.6


def test_one_step_is_the_one_pass_and_more_steps_bound_the_truth_from_below(model):
    rows = two_lumps(400, 2)
    codes = model.variables.encode(rows)
    given = torch.tensor([False, False, True]).repeat(400, 1)

    def lost(route: str, sweeps: int = 1, orders: int = 1) -> float:
        score, kind = model.log_score(codes, given, ~given, route, sweeps=sweeps, orders=orders)
        assert kind == ("bound" if route == "diffused" else "estimate")
        return wanted - float((score + model.log_units(~given)).double().mean())

    parts = [Gaussian(np.array([m, m, 0]), np.diag([0.25, 0.25, 1])) for m in (-2.0, 2.0)]
    wanted = Mixture(parts).log_prob(rows, given.numpy(), ~given.numpy()).mean()
    assert lost("diffused") == pytest.approx(lost("amortised"), abs=1e-5)
    # what one pass cannot know is whether both are high or both low: log 2, beside what is not yet learned
    assert lost("amortised") == pytest.approx(np.log(2), abs=0.2)
    assert -0.05 < lost("diffused", 10) < lost("amortised") - 0.3
    assert lost("diffused", 10, orders=8) < lost("diffused", 10), "inside the logarithm the mean is tighter"


def test_levels_are_shown_one_after_another():
    """Two spins that agree, and a third variable: absorbing diffusion needs the second step to know it."""
    rng = np.random.default_rng(0)
    up = rng.integers(0, 2, 2000)
    table = np.stack([up, up, up + 0.3 * rng.normal(size=2000)], 1)
    model = AnySubset.fit(table, network="diffusion", updates=300, batch=128)
    drawn = model.sample(n=1000, route="diffused", sweeps=16)
    assert (drawn[:, 0] == drawn[:, 1]).mean() > 0.85  # 1/2 where each is drawn alone
    score = model.log_prob({0: up[:200], 1: up[:200]}, route="diffused", sweeps=16, orders=4)
    assert score.value.mean() == pytest.approx(np.log(0.5), abs=0.25)


def test_other_networks_say_what_reverse_diffusion_needs():
    model = AnySubset.fit(two_lumps(50, 0), updates=1)
    with pytest.raises(AnySubsetError, match=r"got 'diffused': fit\(\.\.\., network=\"diffusion\"\)"):
        model.sample({2: 1.0}, [1], route="diffused")


def test_a_mixture_s_conditionals_agree_with_quadrature_and_a_gaussian():
    moons = Mixture.moons(3, seed=0)
    rows = moons.sample(4, np.random.default_rng(1))
    given = np.tile([True, False, True], (4, 1))
    alone = moons.marginals(rows, given)
    grid = np.linspace(-12, 12, 4001)
    for k, row in enumerate(rows):
        many = np.tile(row, (len(grid), 1))
        many[:, 1] = grid
        joint = np.zeros(len(grid))
        for part in moons.parts:  # an independent way: densities of whole rows, normalised by a sum
            root = np.linalg.cholesky(part.covariance)
            z = np.linalg.solve(root, (many - part.mean).T)
            joint += norm.pdf(z).prod(0) / np.diag(root).prod()
        density = joint / (joint.sum() * (grid[1] - grid[0]))
        assert np.exp(alone[k, 1]) == pytest.approx(np.interp(row[1], grid, density), rel=1e-3)
        below = density[grid < row[1]].sum() * (grid[1] - grid[0])
        assert moons.below(rows, given)[k, 1] == pytest.approx(below, abs=5e-3)
    assert (alone[given] == 0).all()

    single = Gaussian.factors(4, 2, seed=3)
    rows = single.sample(5, np.random.default_rng(2))
    given = comb(5, 4, torch.Generator().manual_seed(0)).numpy()
    same = Mixture([single, single], np.array([0.3, 0.7]))
    np.testing.assert_allclose(same.log_prob(rows, given, ~given), single.log_prob(rows, given, ~given))
    np.testing.assert_allclose(same.marginals(rows, given), single.marginals(rows, given), atol=1e-12)
