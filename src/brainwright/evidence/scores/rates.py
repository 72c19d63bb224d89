"""How well predicted rates agree with known rates, and what can be decoded from them."""

import numpy as np

from brainwright.evidence.scores.variance import NothingVaries, pearson, scored, varying

LOG_RATE_FLOOR = 1e-4
"""Least rate, in events a bin, whose logarithm is judged: one event in ten thousand bins cannot be told from
none.
"""
RIDGES, FOLDS = np.logspace(-4, 0, 9), 5
"""Penalties and folds of the Neural Latents Benchmark (Pei et al. 2021), whose figures are to be comparable.
"""


def log_rate_r2(rate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """1 - SSE / SST of ln(max(rate, 1e-4)) for each unit that varies, [unit]; report mean and median.

    On raw rates a few sharp peaks decide; on log rates the whole course does. Units whose true rate is
    constant are left out, with the warning `LeftOut`.

    Args:
        rate, truth: [..., unit].

    Raises:
        ValueError: another shape; no unit varies (`NothingVaries`).
    """
    predicted, true = (_log(x) for x in (rate, truth))
    if predicted.shape != true.shape:
        raise ValueError(f"expected rates of the shape of the truth, {true.shape}, got {predicted.shape}")
    return _r2(predicted, true, "log_rate_r2", "units")


def r2(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """1 - SSE / SST of each column that varies over the rows without NaN, [column].

    Columns whose truth is constant are left out, with the warning `LeftOut`.

    Args:
        predicted, truth: [row, column].

    Raises:
        NothingVaries: no column varies.
    """
    here = np.isfinite(truth).all(1)
    return _r2(np.asarray(predicted, np.float64)[here], np.asarray(truth, np.float64)[here], "r2", "columns")


def decoding_r2(
    train_rates: np.ndarray,
    train_behaviour: np.ndarray,
    test_rates: np.ndarray,
    test_behaviour: np.ndarray,
) -> float:
    """It returns the R² of behaviour decoded from rates by ridge regression, averaged over its columns.

    The penalty is chosen among logspace(-4, 0, 9) by 5-fold cross-validation on training rows; rows with
    NaN behaviour are dropped (Pei et al. 2021, arXiv 2109.04463). Columns that do not vary in the test rows
    are left out, with the warning `LeftOut`; in the choice of the penalty, those that do not vary in a fold.

    Args:
        train_rates, test_rates: [row, unit], trials and bins flattened.
        train_behaviour, test_behaviour: [row, column].

    Raises:
        ValueError: fewer training rows than folds; no column varies in the test rows (`NothingVaries`).
    """
    x, y = _rows(train_rates, train_behaviour)
    if len(x) < FOLDS:
        raise ValueError(f"decoding_r2: expected at least {FOLDS} training rows without NaN, got {len(x)}")
    folds = np.array_split(np.arange(len(x)), FOLDS)
    scores = np.zeros(len(RIDGES))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(x)), fold)
        moving = varying(y[fold])
        if not moving.any():
            continue
        for i, predicted in enumerate(_ridge(x[rest], y[rest], x[fold], RIDGES)):
            scores[i] += _explained(predicted, y[fold], moving).mean()
    best = RIDGES[scores.argmax()]
    x_test, y_test = _rows(test_rates, test_behaviour)
    predicted = _ridge(x, y, x_test, np.array([best]))[0]
    return float(_r2(predicted, y_test, "decoding_r2", "columns").mean())


def psth_r2(
    rates: np.ndarray, conditions: list[np.ndarray], psth: np.ndarray, shift: np.ndarray | None = None
) -> float:
    """It returns the R² of mean rates per condition against true ones, conditions one after another, averaged
    over units.

    Units whose true rate is constant are left out, with the warning `LeftOut`.

    Args:
        rates: [trial, bin, unit].
        conditions: the trials of each condition.
        psth: true rates [condition, bin, unit]; rows with NaN are dropped.
        shift: bins by which each trial was moved and is moved back, [trial]; missing ends become NaN.

    Raises:
        ValueError: another number of conditions; no unit varies (`NothingVaries`).
    """
    if len(conditions) != len(psth):
        raise ValueError(f"expected trials of {len(psth)} conditions, got those of {len(conditions)}")
    moved = (
        rates if shift is None else np.stack([_shift(r, int(s)) for r, s in zip(rates, shift, strict=True)])
    )
    means = []
    for trials in conditions:
        here = np.isfinite(moved[trials])
        n = here.sum(0)
        total = np.where(here, moved[trials], 0).sum(0)
        means.append(np.where(n > 0, total / np.maximum(n, 1), np.nan))
    predicted, true = np.concatenate(means), np.concatenate(list(psth))
    keep = np.isfinite(true).all(1) & np.isfinite(predicted).all(1)
    return float(_r2(predicted[keep], true[keep], "psth_r2", "units").mean())


def timing_correlation(
    rates: np.ndarray, period: np.ndarray, interval: np.ndarray, condition: np.ndarray
) -> float:
    """It returns the mean over conditions of Pearson's r between a trial's neural speed and the interval it
    produced.

    Speed is the mean norm of successive rate differences within the trial's period. Conditions in which speed
    or interval does not vary are left out, with the warning `LeftOut`.

    Args:
        rates: [trial, bin, unit].
        period: first bin and end of each trial's period, [trial, 2].
        interval: produced interval [trial].
        condition: rows that label a trial's condition, [trial, column].

    Raises:
        ValueError: a period of fewer than two bins; no condition varies (`NothingVaries`).
    """
    if (np.diff(period, axis=1) < 2).any():
        raise ValueError("timing_correlation: expected periods of two bins or more: a speed is a difference")
    speed = np.array(
        [
            np.linalg.norm(np.diff(rate[a:b], axis=0), axis=1).mean()
            for rate, (a, b) in zip(rates, period, strict=True)
        ]
    )
    correlations = []
    for label in np.unique(condition, axis=0):
        here = (condition == label).all(1)
        correlations.append(pearson(speed[here], interval[here]))
    kept = scored(np.array([r is not None for r in correlations]), "timing_correlation", "conditions")
    return float(np.mean([r for r, here in zip(correlations, kept, strict=True) if here]))


def mapped_onto(paths: np.ndarray, truth: np.ndarray, n_fit: int) -> tuple[np.ndarray, float]:
    """It returns the latent paths under the least-squares affine map onto true states, fitted on the first
    bins, and its R² there (all coordinates as one).

    Args:
        paths: [trial, bin, latent].
        truth: [trial, bin, coordinate].
        n_fit: bins that the map is fitted on.
    """
    design = np.concatenate([paths, np.ones((*paths.shape[:2], 1))], axis=2)
    x, y = (part[:, :n_fit].reshape(-1, part.shape[2]) for part in (design, truth))
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    error, total = np.square(x @ weights - y).sum(), np.square(y - y.mean(0)).sum()
    return design @ weights, float(1 - error / total)


def weight_recovery(fitted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """It returns Pearson's r of fitted and true weights over the true edges, and over all pairs but
    self-pairs.

    The second flatters a model whose absent edges are 0 by construction: quote the first.

    Args:
        fitted, truth: [post, pre].

    Raises:
        NothingVaries: fitted or true weights are all the same.
    """
    off = ~np.eye(len(truth), dtype=bool)
    where = {"true_edges": off & (truth != 0), "off_diagonal": off}
    correlations = {name: pearson(fitted[pairs], truth[pairs]) for name, pairs in where.items()}
    for name, r in correlations.items():
        if r is None:
            raise NothingVaries(f"weight_recovery: weights that do not vary over {name} have no r")
    return {name: r for name, r in correlations.items() if r is not None}


def _log(rate: np.ndarray) -> np.ndarray:
    rate = np.asarray(rate, np.float64)
    return np.log(np.maximum(rate, LOG_RATE_FLOOR)).reshape(-1, rate.shape[-1])


def _r2(predicted: np.ndarray, truth: np.ndarray, score: str, what: str) -> np.ndarray:
    """The scores are those of the columns that vary, [column]."""
    return _explained(predicted, truth, scored(varying(truth), score, what))


def _explained(predicted: np.ndarray, truth: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The share of variance explained of the columns that are kept; sums run over whole arrays, since a
    selection has another layout and would be rounded in another order.
    """
    error = np.square(predicted - truth).sum(0)
    return 1 - error[kept] / np.square(truth - truth.mean(0)).sum(0)[kept]


def _rows(rates: np.ndarray, behaviour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    here = np.isfinite(behaviour).all(1)
    return np.asarray(rates, np.float64)[here], np.asarray(behaviour, np.float64)[here]


def _ridge(x: np.ndarray, y: np.ndarray, at: np.ndarray, penalties: np.ndarray) -> list[np.ndarray]:
    """It returns the predictions at new rows for each penalty, with an unpenalised intercept."""
    x_mean, y_mean = x.mean(0), y.mean(0)
    values, vectors = np.linalg.eigh((x - x_mean).T @ (x - x_mean))
    projected = vectors.T @ ((x - x_mean).T @ (y - y_mean))
    rows = (at - x_mean) @ vectors
    return [rows @ (projected / (values + a)[:, None]) + y_mean for a in penalties]


def _shift(rate: np.ndarray, bins: int) -> np.ndarray:
    """`rate` moved by `bins` to later ones, NaN where nothing is known."""
    out = np.full(rate.shape, np.nan)
    if bins >= 0:
        out[bins:] = rate[: len(rate) - bins]
    else:
        out[:bins] = rate[-bins:]
    return out
