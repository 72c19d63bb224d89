"""Cells of a recording as variables: any of them from any others, now and a little later."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float

from brainwright.connectome import Connectome, nulls
from brainwright.datasets.activity import Activity
from brainwright.objective.any_subset import AnySubset, Bernoulli, Family, Gaussian, Groups, Settling
from brainwright.objective.any_subset.families import TRAINED
from brainwright.objective.any_subset.grid import Asked, questions
from brainwright.objective.any_subset.variables import Kind

from ..emulator import Emulator, Shape
from ..masks import Masks
from ..training import Plan, fit_autoencoder

MOST_COUNT = 3
"""Counts above are set to it: each count is a level, and higher ones are rare in bins as short as these."""
VALIDATION = 0.25
"""Share of the training rows, their last ones, on which penalties are chosen."""
PENALTIES = (1e-3, 1e-2, 0.1, 0.3, 1.0)
"""Of Gaussian and ridge, shares of each variance."""
UNSEEN = 2
"""Every second cell is one of those that are asked for together."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of one recording, cut into what is taught and one held-out block of time.

    Attributes:
        train, test: [row, variable]; with `lag` the cells now, then the same cells later.
        names: of the cells.
        counts: whether values are counts, cut off at `MOST_COUNT`.
        lag: bins between now and later; 0 where rows do not follow one another, and there is no later.
    """

    train: Float[np.ndarray, "train variable"]
    test: Float[np.ndarray, "test variable"]
    names: tuple[str, ...]
    counts: bool
    lag: int

    @classmethod
    def of(
        cls,
        whole: Activity,
        n: int,
        block: int,
        blocks: int,
        lag: int = 2,
        only: tuple[str, ...] | None = None,
    ) -> "Cells":
        """The `n` cells that vary most (counts: that are active most), or `only` those, with block number
        `block` of `blocks` held out and `lag` bins left out around it.
        """
        values = whole.values.reshape(-1, whole.values.shape[2]).astype(np.float64)
        lag = lag if whole.values.shape[1] > lag else 0
        values = np.minimum(values, MOST_COUNT) if whole.counts else values
        edges = np.linspace(0, len(values), blocks + 1).astype(int)
        start, stop = edges[block], edges[block + 1]
        # by what is taught alone; rows with missing values are left out
        outside = np.r_[0 : max(start - lag, 0), min(stop + lag, len(values)) : len(values)]
        spread = np.nanstd(values[outside], axis=0)
        if only is None:
            kept = np.sort(np.argsort(-spread, kind="stable")[: min(n, int((spread > 0).sum()))])
        else:
            kept = np.array([whole.unit_names.index(name) for name in only])
        parts = (values[: max(start - lag, 0)], values[stop + lag :], values[start:stop])
        before, after, test = (_beside_later(part[:, kept], lag) for part in parts)
        names = tuple(whole.unit_names[k] for k in kept)
        return cls(np.concatenate([before, after]), test, names, whole.counts, lag)

    @property
    def families(self) -> Mapping[str, Family]:
        """Questions that a physiologist asks; those about time where there is time."""
        n, times = len(self.names), 2 if self.lag else 1
        hidden = [k + n * t for t in range(times) for k in range(1, n, UNSEEN)]
        seen = [k for k in range(n * times) if k not in hidden]
        asked: dict[str, Family] = {"unseen cells": Groups(tuple(seen)), "Bernoulli 0.5": Bernoulli(0.5)}
        if self.lag:
            now, later = tuple(range(n)), tuple(range(n, 2 * n))
            asked |= {"past to future": Groups(now), "future to past": Groups(later)}
        return asked

    @cached_property
    def kinds(self) -> Mapping[int, Kind]:
        """Counts are levels."""
        many = [len(np.unique(column)) > 2 for column in self.train.T]
        levels: dict[int, Kind] = {k: "categorical" for k, more in enumerate(many) if more}
        return levels if self.counts else {}

    def questions(self, name: str) -> Asked:
        """The same of every model."""
        return questions(torch.from_numpy(self.test).float(), name, self.families[name], seed=0)


def named_cells(whole: Activity, wiring: Connectome, n: int, seed: int) -> Cells:
    """At most `n` cells that a wiring names, drawn by the seed; the last half of the time is held out."""
    there = sorted(set(whole.unit_names) & set(wiring.ids))
    names = sorted(np.random.default_rng(seed).permutation(there)[:n].tolist())
    return Cells.of(whole, 0, 1, 2, only=tuple(names))


MODELS = ("gaussian", "ridge", "autoencoder", "mlp", "settling")


def explained(cells: Cells, model: str, *, seed: int = 0, updates: int = 600) -> dict[str, float]:
    """R2 of what is asked for, over each variable's mean in training: of every family, and as `R2` their
    mean. For networks with a distribution also `nats`: the log score of one pass, mean over families.

    Args:
        cells: of a recording.
        model: "gaussian" (closed-form conditional, penalty by log score), "ridge" (penalty by squared error
            for each family), "autoencoder" (the masked one of an `Emulator`), "mlp", "settling".
        seed: of a network.
        updates: of a network.
    """
    scores: dict[str, float] = {}
    if model in ("gaussian", "ridge"):
        predict = _linear(cells, by_family=model == "ridge")
    elif model == "autoencoder":
        predict = _autoencoder(cells, seed, updates)
    else:
        return explained_by(cells, fitted(cells, model, seed, updates))
    for name in cells.families:
        q = cells.questions(name)
        scores[name] = _r2(cells, predict(name, cells.test, q.given.numpy()), q)
    return {"R2": float(np.mean(list(scores.values()))), **scores}


def fitted(cells: Cells, network, seed: int, updates: int) -> AnySubset:
    """An any-subset network of the cells; it is also taught the questions that are asked."""
    families = {**TRAINED, **cells.families}
    return AnySubset.fit(
        cells.train,
        network=network,
        kinds=cells.kinds,
        components=1,
        families=families,
        updates=updates,
        batch=128,
        seed=seed,
    )


def explained_by(cells: Cells, model: AnySubset) -> dict[str, float]:
    """As `explained`, of a network that is fitted."""
    scores, nats = {}, []
    levels = [np.array(v.levels or (0.0,), float) for v in model.variables.each]
    for name in cells.families:
        q = cells.questions(name)
        codes = torch.from_numpy(np.stack([_code(model, k, cells.test[:, k]) for k in range(len(levels))], 1))
        with torch.no_grad():
            params = model.network(codes.nan_to_num(), q.given)
            mean = model.heads.mean(params).double().numpy()
            score = model.heads.log_prob(params, codes)
        nats.append(float((score * q.asked).sum() + model.log_units(q.asked).sum()) / q.n)
        values = [
            np.interp(mean[:, k], np.arange(len(own)), own) if v.levels else v.value(mean[:, k])
            for k, (v, own) in enumerate(zip(model.variables.each, levels, strict=True))
        ]
        scores[name] = _r2(cells, np.stack(values, 1), q)
    return {"R2": float(np.mean(list(scores.values()))), "nats": float(np.mean(nats)), **scores}


def wired_graph(
    wiring: Connectome, names: tuple[str, ...], lag: int, draw: int | None
) -> Bool[np.ndarray, "v v"]:
    """Which variable reads which: a cell those that synapse onto it (in a rewired graph with the same degrees
    where `draw` is given), now and later, and each cell its own other time.

    Chemical synapses alone: rewiring keeps their number, but not how many pairs answer each other, so that
    undirected neighbours would be more in the rewired graphs.
    """
    small = wiring.of_kind("chemical").subset(list(names)).without_autapses()
    small = small if draw is None else nulls.degree_preserving(small, seed=draw)
    place = {name: k for k, name in enumerate(names)}
    order = np.array([place[name] for name in small.ids])
    joined = np.zeros((len(names), len(names)), bool)
    joined[order[small.edges.post], order[small.edges.pre]] = True
    times = 2 if lag else 1
    return np.tile(joined | np.eye(len(names), dtype=bool), (times, times))


def explained_on(cells: Cells, graph: np.ndarray, *, seed: int = 0, updates: int = 250) -> dict[str, float]:
    """As `explained`, of a settling network whose edges are those of a graph."""
    graph_ = torch.from_numpy(graph)
    return explained_by(cells, fitted(cells, lambda heads: Settling(heads, graph_), seed, updates))


def _beside_later(values: np.ndarray, lag: int) -> np.ndarray:
    rows = np.concatenate([values[:-lag], values[lag:]], axis=1) if lag else values
    return rows[np.isfinite(rows).all(1)]


def _code(model: AnySubset, place: int, values: np.ndarray) -> np.ndarray:
    """A count that was never taught is the nearest that was."""
    variable = model.variables.each[place]
    if variable.levels:
        known = np.array(variable.levels, float)
        values = known[np.abs(values[:, None] - known).argmin(1)]
    return variable.code(values).astype(np.float32)


def _r2(cells: Cells, predicted: np.ndarray, q: Asked) -> float:
    asked = q.asked.numpy()
    # in units of each variable's own deviation, so that no loud cell decides
    sd = cells.train.std(0)
    left = np.square((predicted - cells.test) / sd)[asked].sum()
    floor = np.square((cells.train.mean(0) - cells.test) / sd)[asked].sum()
    return float(1 - left / floor)


def _linear(cells: Cells, *, by_family: bool):
    """Conditional means of a Gaussian; see `explained`."""
    cut = int((1 - VALIDATION) * len(cells.train))
    fit, check = cells.train[:cut], cells.train[cut:]
    models = {penalty: Gaussian.fit(fit, penalty) for penalty in PENALTIES}
    losses: dict[str, np.ndarray] = {}
    for name, family in cells.families.items():
        q = questions(torch.from_numpy(check).float(), name, family, seed=1)
        given, asked = q.given.numpy(), q.asked.numpy()
        if by_family:
            left = [np.square(_means(m, check, given) - check)[asked].sum() for m in models.values()]
        else:
            left = [-(m.marginals(check, given) * asked).sum() / asked.sum() for m in models.values()]
        losses[name] = np.array(left)
    together = np.sum(list(losses.values()), axis=0)
    best = {name: PENALTIES[int((own if by_family else together).argmin())] for name, own in losses.items()}

    def predict(name: str, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        return _means(Gaussian.fit(cells.train, best[name]), values, given)

    return predict


def _means(model: Gaussian, values: np.ndarray, given: np.ndarray) -> np.ndarray:
    out = np.array(values, float)
    kinds, place = np.unique(given, axis=0, return_inverse=True)
    for k, mask in enumerate(kinds):
        rows = place.ravel() == k
        out[rows] = model.conditional(values[rows], mask)[0]
    return out


def _autoencoder(cells: Cells, seed: int, updates: int):
    """The masked autoencoder of an emulator, one bin a trial."""
    counts = torch.from_numpy(cells.train[:, None]).float()
    mean, sd = counts.mean((0, 1)), counts.std((0, 1))
    shape = Shape(size=1, likelihood="poisson" if cells.counts else "gaussian")
    model = Emulator(mean, mean.sqrt() if cells.counts else sd, shape, seed=seed)
    masks = Masks(entries=0.5, units=0.5, shortest=0, longest=0)
    fit_autoencoder(model, counts, masks, Plan(updates, 128, 3e-3, 1e-2, seed))

    def predict(name: str, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        shown = torch.from_numpy(np.where(given, values, np.nan)[:, None]).float()
        with torch.no_grad():
            return model.predict(shown, None)[:, 0].double().numpy()

    return predict
