"""The scoring grid: how good the answers to every family of questions are, on anyone's table."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from . import routes
from .exact import Exact, Ising
from .families import HELD_OUT, SHARES, TRAINED, Bernoulli, Family, asked_by, given_by
from .model import CHAINS, AnySubset
from .variables import AnySubsetError

GRID: Mapping[str, Family] = {
    **{name: family for name, family in TRAINED.items() if name != "Bernoulli"},
    **{f"Bernoulli {share:g}": Bernoulli(share) for share in SHARES},
    **HELD_OUT,
}
BINS = 10
"""Of predicted probabilities, in the calibration of discrete variables."""
FOLDS = 5
TOLD_APART = 400
"""Rows of each kind that a classifier is given to tell drawn from real; more make no finer figure than the
.02 of their sampling error worthwhile.
"""


@dataclass(frozen=True)
class Asked:
    """A family's questions about the rows of a test table: masks bool [row, variable]."""

    given: Tensor
    asked: Tensor

    @property
    def n(self) -> int:
        """How many values are asked for."""
        return int(self.asked.sum())


def questions(codes: Tensor, name: str, family: Family, seed: int) -> Asked:
    """One question for each row; missing values are neither given nor asked for.

    Raises AnySubsetError as `given_by` does, or where nothing is left.
    """
    generator = torch.Generator().manual_seed(seed)
    mask = given_by(name, family, len(codes), codes.shape[1], generator)
    known = ~codes.isnan()
    asked = asked_by(family, mask) & known
    if not bool(asked.any()):
        raise AnySubsetError(f"family {name!r}: nothing that is asked for is known in these rows")
    return Asked(mask & known, asked)


def score_grid(
    model: AnySubset,
    table: "pd.DataFrame | np.ndarray",
    *,
    families: Mapping[str, Family] | None = None,
    held_out: tuple[str, ...] = tuple(HELD_OUT),
    exact: Exact | None = None,
    sampled_rows: int = 0,
    sweeps: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """It asks one question of each family about every row, on every route.

    Columns, in nats per variable asked unless said otherwise (continuous variables in their own units):

    - `chained`: minus log score of all that is asked, jointly, along a random order.
    - `one pass`: minus log score of each variable alone. Its distance to the joint one is the total
      correlation of what is asked, which no training of one pass removes: compare it with exact *marginals*.
    - `order gap`: mean |difference| of the joint log score by two orders.
    - `calibration`: of one pass; the largest distance of predicted and actual frequencies (Kolmogorov, of the
      probability integral transform) of continuous variables, the mean one over bins of discrete ones.
    - `C2ST`: how well rows with what was drawn (chained) are told from real ones, 0.5 is best (Lopez-Paz &
      Oquab 2017; logistic regression on values and their products, cross-validated).
    - `chained ms`, `one pass ms`, `chained passes`: per row, time and evaluations of the network.
    - with `exact`: `chain gap` (chained less the exact joint), `marginal gap` (one pass less exact
      marginals), `total correlation` (exact marginals less the exact joint).
    - with `sampled_rows`: `sampled` and `sampled one pass`, the score of each variable alone by Gibbs and by
      one pass on so many rows, and `sampled ms`, `sampled passes`.

    Args:
        model: fitted.
        table: rows that it has not seen.
        families: `GRID` where None.
        held_out: names of those that were not taught; a column says so.
        exact: the truth, where it is known.
        sampled_rows: asked on the route "sampled" as well.
        sweeps: of its chains.
        seed: of masks, orders and draws.

    Returns: a row per family.
    """
    codes = model.variables.encode(table)
    rows = []
    for name, family in (GRID if families is None else families).items():
        asked = questions(codes, name, family, seed)
        row: dict[str, float] = {"asked": asked.n / len(codes)}
        row |= _scores(model, codes, asked, seed)
        if exact is not None:
            row |= _gaps(model, codes, asked, row, exact)
        row |= {
            "calibration": calibration(model, codes, asked),
            "C2ST": told_apart(model, codes, asked, seed),
        }
        if sampled_rows:
            row |= _sampled(model, codes, asked, min(sampled_rows, len(codes)), sweeps, seed)
        rows.append({"family": name, "held out": name in held_out, **row})
    return pd.DataFrame(rows)


Answer = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(values of 0 and 1, which are given) → probability of 1, each [row, variable]."""


def marginal_error(
    truth: Ising, rows: np.ndarray, family: Family, answer: Answer, seed: int
) -> tuple[float, float]:
    """Mean |probability - enumeration| of the spins that a family asks for, and milliseconds per row.

    Args:
        truth: what the rows are of.
        rows: spins of -1 and 1, [row, spin].
        family: of questions, one for each row.
        answer: whoever answers.
        seed: of the masks.
    """
    generator = torch.Generator().manual_seed(seed)
    given = given_by("family", family, *rows.shape, generator).numpy()
    start = time.perf_counter()
    chance = answer((rows + 1) / 2, given)
    spent = time.perf_counter() - start
    error = np.abs(chance - truth.probabilities(rows, given))[~given].mean()
    return float(error), 1e3 * spent / len(rows)


def given_nothing(model: AnySubset, table: "pd.DataFrame | np.ndarray", seed: int = 0) -> float:
    """The floor of `one pass` in `score_grid` with the same seed, mean over `GRID`: the same variables are
    asked for, and nothing is given.
    """
    codes = model.variables.encode(table)
    nothing = torch.zeros(codes.shape, dtype=torch.bool)
    score = routes.one_pass(model.network, model.heads, codes, nothing)
    floors = []
    for name, family in GRID.items():
        q = questions(codes, name, family, seed)
        floors.append(-float((score * q.asked).sum() + model.log_units(q.asked).sum()) / q.n)
    return float(np.mean(floors))


def _scores(model: AnySubset, codes: Tensor, q: Asked, seed: int) -> dict[str, float]:
    units = float(model.log_units(q.asked).sum())
    start = time.perf_counter()
    alone = float((routes.one_pass(model.network, model.heads, codes, q.given) * q.asked).sum())
    passed = time.perf_counter()
    chain, _ = model.log_score(codes, q.given, q.asked, "chained", seed=seed)
    chained = time.perf_counter()
    again, _ = model.log_score(codes, q.given, q.asked, "chained", seed=seed + 1)
    per_ms = 1e3 / len(codes)
    return {
        "chained": -(float(chain.sum()) + units) / q.n,
        "one pass": -(alone + units) / q.n,
        "order gap": float((chain - again).abs().sum()) / q.n,
        "one pass ms": (passed - start) * per_ms,
        "chained ms": (chained - passed) * per_ms,
        "chained passes": q.n / len(codes),
    }


def _gaps(model: AnySubset, codes: Tensor, q: Asked, row: dict[str, float], exact: Exact) -> dict[str, float]:
    if bool(codes.isnan().any()):
        raise AnySubsetError("exact conditionals are of rows without NaN")
    values = np.asarray(model.variables.decode(codes, range(model.heads.n)), float)
    given, asked = q.given.numpy(), q.asked.numpy()
    joint = -exact.log_prob(values, given, asked).sum() / q.n
    alone = -(exact.marginals(values, given) * asked).sum() / q.n
    return {
        "chain gap": row["chained"] - joint,
        "marginal gap": row["one pass"] - alone,
        "total correlation": alone - joint,
    }


@torch.no_grad()
def calibration(model: AnySubset, codes: Tensor, q: Asked) -> float:
    """See `score_grid`; the mean over the kinds of variables that are there."""
    heads, params = model.heads, model.network(codes, q.given)
    parts = []
    if len(heads.continuous):
        below = heads.below(params, codes)[q.asked[:, heads.continuous]].double().numpy()
        if len(below):
            even = (np.arange(len(below)) + 0.5) / len(below)
            parts.append(float(np.abs(np.sort(below) - even).max()))
    discrete = torch.cat([heads.binary, heads.categorical])
    if len(discrete):
        chance, came_true = [], []
        for level in range(max(2, heads.most)):
            at = torch.full_like(codes, float(level))
            # a level that a variable lacks is not asked about
            has = torch.tensor([level < len(model.variables.each[k].levels) for k in discrete.tolist()])
            asked = q.asked[:, discrete] & has
            score = heads.log_prob(params, at.clamp_max(level if level < 2 else heads.most - 1))
            chance.append(score[:, discrete].exp()[asked])
            came_true.append((codes[:, discrete] == level)[asked])
        parts.append(_bins_error(torch.cat(chance).numpy(), torch.cat(came_true).numpy()))
    return float(np.mean(parts)) if parts else float("nan")


def _bins_error(chance: np.ndarray, came_true: np.ndarray) -> float:
    """Mean over values of |frequency - probability| of their bin (expected calibration error)."""
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    distance = np.bincount(place, came_true - chance.astype(float), BINS)
    return float(np.abs(distance).sum() / max(counts.sum(), 1))


def told_apart(model: AnySubset, codes: Tensor, q: Asked, seed: int) -> float:
    """See `score_grid`; rows with missing values are left out, NaN where fewer than 50 remain."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    whole = (~codes.isnan().any(1)).nonzero()[:TOLD_APART, 0]
    if len(whole) < 50:
        return float("nan")
    # what is neither given nor asked for would be told apart by being there
    free = q.given[whole] | q.asked[whole]
    real = torch.where(free, codes[whole], torch.zeros(()))
    drawn = model.draw(codes[whole], q.given[whole], "chained", seed=seed, asked=q.asked[whole])
    drawn = torch.where(free, drawn.nan_to_num(), torch.zeros(()))
    rows = torch.cat([real, drawn]).double().numpy()
    labels = np.repeat([0, 1], len(whole))
    pairs = PolynomialFeatures(2, include_bias=False)
    told = make_pipeline(pairs, StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    return float(cross_val_score(told, rows, labels, cv=FOLDS).mean())


def _sampled(
    model: AnySubset, codes: Tensor, q: Asked, rows: int, sweeps: int, seed: int
) -> dict[str, float]:
    values, given, asked = codes[:rows], q.given[:rows], q.asked[:rows]
    generator = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    sampled = routes.gibbs_marginals(model.network, model.heads, values, given, sweeps, CHAINS, generator)
    spent = time.perf_counter() - start
    alone = routes.one_pass(model.network, model.heads, values, given)
    units, n = float(model.log_units(asked).sum()), max(int(asked.sum()), 1)
    return {
        "sampled": -(float(sampled[asked].sum()) + units) / n,
        "sampled one pass": -(float(alone[asked].sum()) + units) / n,
        "sampled ms": 1e3 * spent / rows,
        "sampled passes": CHAINS * sweeps * float((~given).sum()) / rows,
    }
