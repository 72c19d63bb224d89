"""Decoder-leak audit: could the score come from anything but what the tissue learned?

Each check feeds the scoring pipeline something that holds no learned answer and asks for the level expected
then, within three standard errors over dishes.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainwright.loop import IdentityReadout, Periods, successor_share

from . import units

if TYPE_CHECKING:
    from .experiment import Experiment

Z = 3.0
DRAWS = 20  # permutations that are averaged, so that one lucky draw says nothing


def checks(experiment: "Experiment", naive: units.Unit, taught: units.Unit) -> list[dict[str, Any]]:
    """The audit of the adaptive arm's score."""
    symbols, successor = experiment.probe_symbols, experiment.stream.successor
    rng = np.random.default_rng([experiment.config.seed, 707])
    after, answers = taught["probe_after"], taught["answers"].astype(np.int64)
    n, k = symbols.shape[1], experiment.stream.k
    half = n // 2

    def unrelated(name: str, given: list[NDArray[np.int64]]) -> dict[str, Any]:
        """Answers that cannot know the symbol: the level of independence, whatever they favour."""
        share = np.mean([successor_share(a, symbols, successor) for a in given], axis=0)
        return _at_most(
            name, share, np.mean([_by_marginals(a, symbols, successor) for a in given], axis=0), n
        )

    shuffled = np.stack([row[rng.permutation(n)] for row in answers])
    permuted = [
        experiment.readout.answers(after[:, :, rng.permutation(after.shape[2])]) for _ in range(DRAWS)
    ]
    guessed = [_random_labels(experiment, naive, rng).answers(after) for _ in range(DRAWS)]
    alone = successor_share(experiment.readout.answers(np.zeros_like(after)), symbols, successor)
    early = successor_share(answers[:, :half], symbols[:, :half], successor)
    late = successor_share(answers[:, half:], symbols[:, half:], successor)
    chance, constant = (np.full(len(symbols), level) for level in (1 / k, experiment.stream.constant_level))
    saline = {window: _identity(naive, window, symbols) for window in ("after", "stimulus")}
    other = (naive["answers"] != symbols).mean(axis=1) / (k - 1)
    return [
        _at_most("decoder alone: no spikes at all", alone, constant, n),
        unrelated("shuffled: answers of other trials", [shuffled]),
        unrelated("channels permuted", permuted),
        unrelated("decoder fitted on random labels", guessed),
        _equal("time blocks: first half of the probe against the second", early, late, half / 2),
        _at_most("saline, after window: identity at chance", saline["after"], chance, half),
        _above("saline, stimulus window: artifact betrays it", saline["stimulus"], chance, half),
        _at_most("naive tissue: the successor as often as any other", naive["share"], other, n),
    ]


def _by_marginals(
    answers: NDArray[np.int64], symbols: NDArray[np.int64], successor: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share expected when answers and symbols are independent, [dish]."""
    k = len(successor)
    given = np.stack([np.bincount(row, minlength=k) for row in answers]) / answers.shape[1]
    asked = np.stack([np.bincount(row, minlength=k) for row in successor[symbols]]) / symbols.shape[1]
    return (given * asked).sum(axis=1)


def _random_labels(experiment: "Experiment", naive: units.Unit, rng: np.random.Generator) -> IdentityReadout:
    """The same decoder, calibrated with shuffled labels."""
    symbols = np.stack([rng.permutation(row) for row in naive["calibration_symbols"]])
    nothing = np.full((*symbols.shape, 0), -1)
    naive_periods = Periods(symbols, symbols, naive["calibration_counts"].astype(np.float32), nothing)
    return IdentityReadout.fit(naive_periods, experiment.stream.k)


def _identity(naive: units.Unit, window: str, symbols: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of symbols that a nearest-mean decoder names from a dish of saline; fitted on the first half of
    the probe, scored on the second, [dish]."""
    counts, half = naive[f"saline_probe_{window}"].astype(np.float64), symbols.shape[1] // 2
    shares = []
    for row, labels in zip(counts, symbols, strict=True):
        known = np.unique(labels[:half])
        means = np.stack([row[:half][labels[:half] == k].mean(axis=0) for k in known])
        distance = ((row[half:, None] - means[None]) ** 2).sum(axis=2)
        # ties (an empty window) are broken at random, not in favour of the first symbol
        jitter = np.random.default_rng(0).random(distance.shape) * 1e-9
        shares.append((known[(distance + jitter).argmin(axis=1)] == labels[half:]).mean())
    return np.array(shares)


def _error(gap: NDArray[np.float64], level: NDArray[np.float64], trials: float) -> float:
    """Standard error of a mean gap over dishes, at least the binomial error of `trials` in each dish (with
    few dishes their spread says little)."""
    p = float(np.clip(level.mean(), 0, 1))
    binomial = np.sqrt(p * (1 - p) / (trials * len(gap)))
    return float(max(gap.std(ddof=1) / np.sqrt(len(gap)), binomial))


def _at_most(
    name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float
) -> dict[str, Any]:
    gap = values - level
    holds = gap.mean() <= Z * _error(gap, level, trials) + 1e-9
    return _row(name, holds, f"{values.mean():.3f}, expected at most {level.mean():.3f}")


def _above(
    name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float
) -> dict[str, Any]:
    gap = values - level
    holds = gap.mean() > Z * _error(gap, level, trials)
    return _row(name, holds, f"{values.mean():.3f}, expected above {level.mean():.3f}")


def _equal(
    name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float
) -> dict[str, Any]:
    gap = values - level
    holds = abs(gap.mean()) <= Z * _error(gap, level, trials)
    return _row(name, holds, f"{values.mean():.3f}, expected {level.mean():.3f}")


def _row(name: str, holds: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "holds": bool(holds), "detail": detail}
