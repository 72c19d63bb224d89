"""Any subset from any subset: against closed forms, over every network, and what is refused."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import multivariate_normal

from brainwright.connectome import Connectome
from brainwright.network import SpectralRadius, Train, compile
from brainwright.objective import AnySubset, check_any_subset
from brainwright.objective.any_subset import (
    HELD_OUT,
    MLP,
    TRAINED,
    AnySubsetError,
    Blankets,
    Compiled,
    Gaussian,
    Heads,
    Ising,
    Settling,
    Variables,
    fit_together,
    groups,
)
from brainwright.objective.any_subset.delta import Separated
from brainwright.objective.any_subset.families import SHARES, Bernoulli, given_by


def mixed(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Two continuous variables, a binary and a categorical one that hang together, one in ten missing."""
    rng = np.random.default_rng(seed)
    a = rng.normal(3, 2, rows)
    table = pd.DataFrame({"a": a, "b": a + rng.normal(0, 1, rows), "up": a > 3})
    table["class"] = np.array(["low", "middle", "high"])[np.digitize(a, [2, 4])]
    table["up"] = table["up"].astype(object)
    return table.mask(rng.random(table.shape) < 0.1)


def wired(heads: Heads) -> torch.nn.Module:
    rng = np.random.default_rng(0)
    wiring = Connectome.from_matrix(rng.poisson(1.0, (20, 20)))
    wiring = wiring.with_pool("sensory", wiring.ids[:10]).with_pool("output", wiring.ids[10:])
    sizes = {"n_inputs": heads.entry + heads.n, "n_outputs": heads.width}
    return Compiled(
        heads,
        compile(wiring, "rate", train=Train("edge"), signs="unsigned", scaling=SpectralRadius(0.9), **sizes),
    )


RING = torch.eye(4).roll(1, 0) + torch.eye(4).roll(-1, 0)
MODELS = {
    "mlp": "mlp",
    "transformer": "transformer",
    "settling": "settling",
    "settling on a graph": partial(Settling, graph=RING),
    "blankets": partial(Blankets, graph=RING),
    "separated": partial(Separated, graph=RING),
    "diffusion": "diffusion",
    "connectome": wired,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_network_keeps_the_contract(name):
    table = mixed()
    model = AnySubset.fit(table, network=MODELS[name], updates=60, batch=64)
    assert model.losses[-10:].mean() < model.losses[:10].mean()
    check_any_subset(model, table.head(20))


def test_kinds_are_seen_and_values_come_back():
    table = mixed()
    variables = Variables.of(table)
    assert [v.kind for v in variables.each] == ["continuous", "continuous", "binary", "categorical"]
    back = variables.decode(variables.encode(table.dropna()), range(4))
    np.testing.assert_allclose(back["a"], table.dropna()["a"], atol=1e-6)
    assert back["class"].tolist() == table.dropna()["class"].tolist()
    assert [v.kind for v in Variables.of(np.array([[0, 1.5, 3], [1, 2, 4], [1, 2.5, 5]])).each] == [
        "binary",
        "continuous",
        "continuous",
    ]
    assert Variables.of(np.array([[0.0, 1], [1, 2], [2, 3]]), {0: "categorical"}).each[0].levels == (0, 1, 2)


def test_a_fit_comes_near_the_exact_gaussian_in_every_family():
    gaussian = Gaussian.factors(6, 2, seed=0)
    model = AnySubset.fit(
        gaussian.sample(5000, np.random.default_rng(1)), network="settling", updates=500, batch=128
    )
    rows = gaussian.sample(400, np.random.default_rng(2))
    codes = model.variables.encode(rows)
    for name, family in {**TRAINED, **HELD_OUT}.items():
        given = given_by(name, family, len(rows), 6, torch.Generator().manual_seed(0))
        score, kind = model.log_score(codes, given, ~given)
        exact = gaussian.log_prob(rows, given.numpy(), ~given.numpy())
        ours = (score + model.log_units(~given)).numpy()
        assert kind in ("exact", "estimate")
        # the bound of the whole experiment, .05, on a fit of a tenth of its length
        assert (exact - ours).sum() / (~given).sum() < 0.05, name


def test_log_prob_is_in_the_units_of_the_data_and_says_what_it_is():
    rng = np.random.default_rng(0)
    rows = rng.normal(10, 5, (4000, 2))
    model = AnySubset.fit(rows, network="settling", updates=300)
    at = {0: np.array([5.0, 10.0, 15.0])}
    wanted = multivariate_normal(10, 25).logpdf(at[0])
    np.testing.assert_allclose(model.log_prob(at).value, wanted, atol=0.1)
    both = {0: 10.0, 1: 10.0}
    assert model.log_prob(both).kind == "exact"
    assert model.log_prob(both, orders=3).kind == "bound"
    assert model.log_prob(both, route="amortised").kind == "estimate"
    sampled = model.log_prob(both, route="sampled", sweeps=3)
    assert sampled.kind == "estimate"
    np.testing.assert_allclose(sampled.value, 2 * multivariate_normal(10, 25).logpdf(10), atol=0.2)
    drawn = model.sample({0: 12.0}, [1], 2000, route="sampled", sweeps=3)
    assert drawn.mean() == pytest.approx(10, abs=0.6)
    assert drawn.std() == pytest.approx(5, abs=0.5)


def test_draws_bear_names_and_missing_values_are_filled():
    table = mixed()
    model = AnySubset.fit(table, updates=30)
    drawn = model.sample({"a": 5.0, "up": np.nan}, ["class", "b"], 7)
    assert list(drawn.columns) == ["class", "b"]
    assert set(drawn["class"]) <= {"low", "middle", "high"}
    filled = model.fill_in(table)
    assert not filled.isna().any().any()
    there = table.notna()
    assert (filled["class"] == table["class"])[there["class"]].all()


def test_exact_models_agree_with_independent_authorities():
    gaussian = Gaussian.factors(5, 2, seed=3)
    rows = gaussian.sample(3, np.random.default_rng(0))
    given = np.tile([True, False, True, False, False], (3, 1))
    asked = np.tile([False, True, False, False, True], (3, 1))
    both = given | asked

    def density(mask: np.ndarray) -> np.ndarray:
        return multivariate_normal(np.zeros(mask.sum()), gaussian.covariance[np.ix_(mask, mask)]).logpdf(
            rows[:, mask]
        )

    np.testing.assert_allclose(gaussian.log_prob(rows, given, asked), density(both[0]) - density(given[0]))
    alone = np.tile([False, True, False, False, False], (3, 1))
    np.testing.assert_allclose(
        gaussian.marginals(rows, given)[:, 1], gaussian.log_prob(rows, given, alone), rtol=1e-9
    )

    spins = Ising(np.array([[0, 0.7], [0.7, 0]]), np.array([0.2, -0.4]))
    # two spins by hand: given s0, s1 has the field J s0 + h1
    up = spins.probabilities(np.array([[1.0, 1.0], [-1.0, 1.0]]), np.array([[True, False]] * 2))[:, 1]
    np.testing.assert_allclose(up, 1 / (1 + np.exp(-2 * np.array([0.7 - 0.4, -0.7 - 0.4]))))
    assert np.exp(spins.log_weights).sum() == pytest.approx(1)


def test_masks_give_something_and_ask_for_something():
    generator = torch.Generator().manual_seed(0)
    for family in (*TRAINED.values(), *HELD_OUT.values(), *map(Bernoulli, SHARES)):
        for n in (2, 5):
            given = given_by("f", family, 200, n, generator)
            assert given.any(1).all()
            assert (~given).any(1).all()
    assert given_by("f", groups("abc", "b"), 2, 3, generator).tolist() == [[False, True, False]] * 2


def test_what_cannot_be_answered_is_refused():
    table = mixed()
    model = AnySubset.fit(table, updates=2)
    for call, words in (
        (lambda: model.sample({"a": 1.0}, ["a"]), "asked for what is given: a"),
        (lambda: model.log_prob({"a": 1.0}, {"a": 2.0}), "asked for what is given: a"),
        (lambda: model.sample({"a": "much"}, ["b"]), "'a' is continuous, got much: types must be those"),
        (lambda: model.sample({"class": "lowest"}, ["b"]), "levels .*, got lowest: types and levels"),
        (lambda: model.sample({"c": 1.0}, ["b"]), "no variable 'c': there are a, b, up, class"),
        (lambda: model.sample({"a": 1.0}, ["b"], route="exact"), "route: expected one of amortised"),
        (lambda: AnySubset.fit(table.assign(b=np.nan)), "'b' is all NaN: leave it out"),
        (lambda: AnySubset.fit(table.assign(b=1.0)), "'b' never varies|two levels|2 to 64 levels, got 1"),
        (lambda: AnySubset.fit(table[["a"]]), "two variables or more"),
        (lambda: AnySubset.fit(np.zeros(3)), r"a table \[row, variable\]"),
        (lambda: AnySubset.fit(table, network="forest"), "network: expected one of mlp"),
        (
            lambda: given_by("none", lambda m, n, g: torch.zeros(m, n, dtype=bool), 3, 4, torch.Generator()),
            "family 'none' has rows without an observed variable",
        ),
    ):
        with pytest.raises(AnySubsetError, match=words):
            call()


def test_the_checker_finds_a_network_that_looks_at_what_it_is_not_given():
    class Peeks(torch.nn.Module):
        def __init__(self, heads):
            super().__init__()
            self.layer = torch.nn.Linear(heads.n, heads.width)

        def forward(self, values, given):
            return self.layer(values.nan_to_num())

    model = AnySubset.fit(mixed(), network=Peeks, updates=20)
    with pytest.raises(AnySubsetError, match="what is not given changes the answer"):
        check_any_subset(model, mixed().head(10))


def test_models_fitted_together_are_those_fitted_one_by_one():
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4)) for rows in (90, 120)]
    tables[1][::7, 2] = np.nan
    options = {"network": partial(MLP, width=6, depth=1), "components": 2, "updates": 12, "batch": 16}
    together = fit_together(tables, seeds=[3, 4], **options)
    for table, seed, model in zip(tables, (3, 4), together, strict=True):
        alone = AnySubset.fit(table, seed=seed, **options)
        np.testing.assert_allclose(model.losses, alone.losses, rtol=1e-4)
        for name, weight in alone.network.state_dict().items():
            torch.testing.assert_close(model.network.state_dict()[name], weight, rtol=1e-3, atol=1e-5)
    with pytest.raises(AnySubsetError, match="as many continuous variables in each"):
        fit_together([tables[0], tables[1][:, :3]], seeds=[0, 1], network=MLP)
