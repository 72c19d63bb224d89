"""How near a network comes to truths whose every conditional is known, and what a night of sleep adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch

from brainwright.experiment.trials import Trial, Trials

from .exact import Gaussian, Ising
from .families import HELD_OUT, TRAINED, Bernoulli, Family, all_but_one, comb
from .grid import GRID, Answer, given_nothing, marginal_error, score_grid
from .model import AnySubset
from .networks import Make
from .sleep import NIGHT, REHEARSED, SINGLE, answered, asleep
from .spiking import SpikingSampler

NIGHTS = ("distilled", "without sampling", "remembered only", "comb masks on data")
"""Half of the rows of an update: sampled answers; answers of the one pass itself; remembered rows;
remembered rows with the masks of the day's queries.
"""
FAMILIES: Mapping[str, Family] = {
    **{name: family for name, family in GRID.items() if not isinstance(family, Bernoulli)},
    "Bernoulli": Bernoulli(),
}
CURVE_SWEEPS = (0, 1, 2, 5, 10, 40)
CURVE_UPDATES = (250, 500, 1_000, 2_000, 4_000)
"""What is taught, and what is sampled, in `teaching_or_sampling`."""


@dataclass(frozen=True)
class Size:
    """How much of everything.

    Attributes:
        rows: that a network is taught.
        test: that it is asked about.
        share: of all updates and sampling steps that is done; below 1 to see that all works.
        day: queries of a day, before a night.
    """

    rows: int = 20_000
    test: int = 1_000
    share: float = 1.0
    day: int = 400

    def of(self, number: int) -> int:
        """A share of updates or steps, at least one."""
        return max(1, round(self.share * number))


def gaussian_grid(network: str | Make, updates: int, seed: int, size: Size | None = None) -> dict[str, float]:
    """`score_grid` of a network on a Gaussian of 16 variables drawn by the seed, as "family: column"; and the
    largest `chain gap` of all families, and of those held out.
    """
    size = size or Size()
    truth, rng = Gaussian.factors(seed=seed), np.random.default_rng(seed + 1)
    model = AnySubset.fit(truth.sample(size.rows, rng), network=network, updates=size.of(updates), seed=seed)
    grid = score_grid(model, truth.sample(size.test, rng), exact=truth, seed=seed).set_index("family")
    gaps = grid["chain gap"]
    worst = {"worst chain gap": gaps.max(), "worst chain gap, held out": gaps[list(HELD_OUT)].max()}
    return {**worst, **flat(grid)}


def flat(grid) -> dict[str, float]:
    """A grid by family as "family: column"."""
    return {f"{name}: {c}": float(grid[c][name]) for name in grid.index for c in grid if c != "held out"}


def joined(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Figures of several arms as "arm/metric"."""
    return {f"{arm}/{metric}": value for arm, row in rows.items() for metric, value in row.items()}


def apart(trials: Trials) -> Trials:
    """It undoes `joined` in every trial: each arm has its own."""
    rows: dict[Trial, dict[str, float]] = {}
    for one, metrics in trials.metrics.items():
        for key, value in metrics.items():
            arm, metric = key.split("/", 1)
            rows.setdefault(one._replace(arm=arm), {})[metric] = value
    return Trials(rows)


def by_seed(trials: Trials) -> Trials:
    """A trial is of several seeds at once, as "seed/metric": here each has its own."""
    rows: dict[Trial, dict[str, float]] = {}
    for one, metrics in trials.metrics.items():
        for key, value in metrics.items():
            seed, metric = key.split("/", 1)
            rows.setdefault(one._replace(seed=int(seed)), {})[metric] = value
    return Trials(rows)


def spin_errors(
    network: str | Make, updates: int, seed: int, size: Size | None = None, sweeps: int = 60
) -> dict[str, dict[str, float]]:
    """Distance from enumeration of twelve spins drawn by the seed: "one pass", "sampled" → figures."""
    truth, rows, test = _spins(seed, size := size or Size())
    model = AnySubset.fit(rows, network=network, updates=size.of(updates), seed=seed)
    routes = {"one pass": 0, "sampled": size.of(sweeps)}
    answers = {name: partial(model.chances, sweeps=n, seed=seed) for name, n in routes.items()}
    return {name: spin_rows_errors(truth, test, answer, seed) for name, answer in answers.items()}


def spike_errors(seed: int, size: Size | None = None, seconds: float = 2.0) -> dict[str, float]:
    """The same of spiking cells whose couplings each cell has learned from what it sees of the others."""
    truth, rows, test = _spins(seed, size := size or Size())
    alone = {"all but one": all_but_one}
    model = AnySubset.fit(
        rows, network="blankets", families=alone, updates=size.of(1_000), batch=512, seed=seed
    )
    sampler = SpikingSampler.of(model)
    return spin_rows_errors(
        truth, test, partial(sampler.probabilities, seconds=size.share * seconds, seed=seed), seed
    )


def teaching_or_sampling(
    network: str | Make, seed: int, size: Size | None = None
) -> dict[str, dict[str, float]]:
    """Error on combs, which were not taught, of one pass over updates, and over sweeps of Gibbs sampling in
    the network that had the second fewest updates; as figures of one arm, "mlp".
    """
    truth, rows, test = _spins(seed, size := size or Size())
    scores = {}
    for updates in CURVE_UPDATES:
        model = AnySubset.fit(rows, network=network, updates=size.of(updates), seed=seed)
        scores[f"updates {updates}"] = marginal_error(truth, test, comb, model.chances, seed)[0]
        for sweeps in CURVE_SWEEPS if updates == CURVE_UPDATES[1] else ():
            answer = partial(model.chances, sweeps=sweeps, seed=seed)
            scores[f"sweeps {sweeps}"] = marginal_error(truth, test, comb, answer, seed)[0]
    return {"mlp": {"minus error": -scores[f"updates {CURVE_UPDATES[-1]}"], **scores}}


def nights(
    network: str | Make, updates: int, seed: int, size: Size | None = None
) -> dict[str, dict[str, float]]:
    """One day and its four nights, `NIGHTS` → figures. The day's queries are combs about twelve spins, which
    were not taught; one pass is judged on fresh ones. All nights have equal updates and begin alike:
    remembered rows are rehearsed, so that sampling asks better single-site conditionals.

    Figures: `before` and `after`, the distances from enumeration; `gap closed`, 1 - after / before; `old
    families, worse by`, how much the distance grew in the taught family that lost most.
    """
    truth, rows, test = _spins(seed, size := size or Size())
    model = AnySubset.fit(rows, network=network, updates=size.of(updates), seed=seed)
    rng, generator = np.random.default_rng(seed + 2), torch.Generator().manual_seed(seed)
    queries = model.variables.encode(truth.sample(size.day, rng))
    memory = model.variables.encode(rows)
    masks = comb(len(queries), model.heads.n, generator)
    first, second = (replace(p, updates=size.of(p.updates), seed=seed) for p in (REHEARSED, NIGHT))
    rested = asleep(model, None, memory, families=SINGLE, plan=first)
    rows_of = {
        "distilled": answered(rested, queries, masks, sweeps=size.of(20), seed=seed),
        "without sampling": answered(rested, queries, masks, sweeps=0, seed=seed),
        "remembered only": None,
        "comb masks on data": (memory, comb(len(memory), model.heads.n, generator)),
    }

    def errors(of: AnySubset) -> dict[str, float]:
        asked = {"fresh": comb, **TRAINED}
        return {name: marginal_error(truth, test, f, of.chances, seed)[0] for name, f in asked.items()}

    before, figures = errors(model), {}
    for night in NIGHTS:
        after = errors(asleep(rested, rows_of[night], memory, plan=second))
        figures[night] = {
            "gap closed": 1 - after["fresh"] / before["fresh"],
            "old families, worse by": max(after[name] - before[name] for name in TRAINED),
            "before": before["fresh"],
            "after": after["fresh"],
        }
    return figures


def own_table(table: pd.DataFrame, network: str | None, updates: int, seed: int) -> dict[str, float]:
    """`score_grid` of a network on a fifth of a table's rows, held out by the seed, as "family: column", and
    `log score`, the mean over families of one pass; of no network, that of one that is given nothing.
    """
    test, train = np.split(np.random.default_rng(seed).permutation(len(table)), [len(table) // 5])
    model = AnySubset.fit(table.iloc[train], network=network or "mlp", updates=updates, seed=seed)
    if network is None:
        return {"log score": -given_nothing(model, table.iloc[test], seed)}
    grid = score_grid(model, table.iloc[test], seed=seed).set_index("family")
    return {"log score": -float(grid["one pass"].mean()), **flat(grid)}


def _spins(seed: int, size: Size) -> tuple[Ising, np.ndarray, np.ndarray]:
    truth, rng = Ising.drawn(seed=seed), np.random.default_rng(seed + 1)
    return truth, truth.sample(size.rows, rng), truth.sample(size.test, rng)


def spin_rows_errors(truth: Ising, test: np.ndarray, answer: Answer, seed: int) -> dict[str, float]:
    """Distance of answers from enumeration: of every family, the worst, their mean, and, with a minus, the
    mean of those held out; and milliseconds a row.
    """
    both = {name: marginal_error(truth, test, family, answer, seed) for name, family in FAMILIES.items()}
    errors = {name: error for name, (error, _) in both.items()}
    return {
        "minus error, held out": -float(np.mean([errors[name] for name in HELD_OUT])),
        "mean error": float(np.mean(list(errors.values()))),
        "worst error": max(errors.values()),
        "ms": float(np.mean([ms for _, ms in both.values()])),
        **errors,
    }
