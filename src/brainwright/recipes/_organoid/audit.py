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
FEWEST = 300  # trials of a full probe


def checks(experiment: "Experiment", naive: units.Unit, taught: units.Unit) -> list[dict[str, Any]]:
    """The audit of the adaptive arm's score."""
    symbols, successor = experiment.probe_symbols, experiment.stream.successor
    rng = np.random.default_rng([experiment.config.seed, 707])
    after, answers = taught["probe_after"], taught["answers"].astype(np.int64)

    def share(counts: NDArray[Any]) -> NDArray[np.float64]:
        return successor_share(experiment.readout.answers(counts), symbols, successor)

    shuffled = np.stack([row[rng.permutation(symbols.shape[1])] for row in answers])
    permuted = after[:, :, rng.permutation(after.shape[2])]
    chance = 1 / experiment.stream.k
    half = symbols.shape[1] // 2
    early = successor_share(answers[:, :half], symbols[:, :half], successor)
    late = successor_share(answers[:, half:], symbols[:, half:], successor)
    constant = experiment.stream.constant_level
    return [
        _at_most("decoder alone: no spikes at all", share(np.zeros_like(after)), constant),
        _equal(
            "shuffled: answers of other trials",
            successor_share(shuffled, symbols, successor),
            _by_marginals(answers, symbols, successor),
        ),
        _at_most("channels permuted", share(permuted), constant),
        _at_most("decoder fitted on random labels", _random_labels(experiment, naive, after, rng), constant),
        _equal("time blocks: first half of the probe against the second", early, late),
        _at_most("saline, after window: identity at chance", _identity(naive, "after", symbols), chance),
        _above("saline, stimulus window: artifact betrays it", _identity(naive, "stimulus", symbols), chance),
        _below("naive tissue does not answer with the successor already", naive["share"], taught["share"]),
    ]  # fmt: skip


def _by_marginals(
    answers: NDArray[np.int64], symbols: NDArray[np.int64], successor: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share expected when answers and symbols are independent, [dish]."""
    k = len(successor)
    given = np.stack([np.bincount(row, minlength=k) for row in answers]) / answers.shape[1]
    asked = np.stack([np.bincount(row, minlength=k) for row in successor[symbols]]) / symbols.shape[1]
    return (given * asked).sum(axis=1)


def _random_labels(
    experiment: "Experiment", naive: units.Unit, after: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The same decoder, calibrated with shuffled labels."""
    symbols = np.stack([rng.permutation(row) for row in naive["calibration_symbols"]])
    nothing = np.full((*symbols.shape, 0), -1)
    naive_periods = Periods(symbols, symbols, naive["calibration_counts"].astype(np.float32), nothing)
    readout = IdentityReadout.fit(naive_periods, experiment.stream.k)
    return successor_share(readout.answers(after), experiment.probe_symbols, experiment.stream.successor)


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


def _error(values: NDArray[np.float64]) -> float:
    """Standard error of the mean over dishes, at least the binomial error of `FEWEST` trials in each dish
    (with few dishes their spread says little)."""
    mean = float(np.clip(values.mean(), 0, 1))
    binomial = np.sqrt(mean * (1 - mean) / (FEWEST * len(values)))
    return float(max(values.std(ddof=1) / np.sqrt(len(values)), binomial))


def _at_most(name: str, values: NDArray[np.float64], level: float) -> dict[str, Any]:
    mean = float(values.mean())
    return _row(name, mean <= level + Z * _error(values) + 1e-9, f"{mean:.3f}, expected at most {level:.3f}")


def _above(name: str, values: NDArray[np.float64], level: float) -> dict[str, Any]:
    mean = float(values.mean())
    return _row(name, mean - Z * _error(values) > level, f"{mean:.3f}, expected above {level:.3f}")


def _below(name: str, values: NDArray[np.float64], level: NDArray[np.float64]) -> dict[str, Any]:
    mean, other = float(values.mean()), float(level.mean())
    return _row(name, mean + Z * _error(values) < other, f"{mean:.3f} before, {other:.3f} after")


def _equal(name: str, values: NDArray[np.float64], level: NDArray[np.float64]) -> dict[str, Any]:
    gap = values - level
    error = max(_error(gap), _error(values))
    detail = f"{float(values.mean()):.3f}, expected {float(level.mean()):.3f}"
    return _row(name, abs(float(gap.mean())) <= Z * error, detail)


def _row(name: str, holds: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "holds": bool(holds), "detail": detail}
