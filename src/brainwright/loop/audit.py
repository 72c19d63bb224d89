"""Decoder-leak audit: could the score come from anything but what the tissue learned?

Each check feeds the scoring something that holds no learned answer and asks for the level expected then,
within three standard errors over dishes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence import Check

from .present import Periods
from .readout import IdentityReadout, successor_share

Z = 3.0
"""Standard errors: eight checks of a sound run then all hold in about 99 of 100 runs."""
DRAWS = 20
"""Permutations that are averaged, so that one lucky draw says nothing."""
ROUNDING = 1e-9
"""A share that equals its level exactly may miss it by the order of a sum."""


@dataclass(frozen=True, eq=False)
class Saline:
    """Counts heard from dishes without cells in the same probe, [dish, trial, channel]: artifacts alone, in
    the window that is read and in that of the stimulus.
    """

    after: NDArray[np.integer]
    stimulus: NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Probed:
    """A probe with random symbols and what was read from it.

    Attributes:
        symbols: presented, int64 [dish, trial].
        successor: the answer that is right, [symbol].
        after: counts in the window that is read, of the taught tissue, [dish, trial, channel].
        answers: what was decoded from them, [dish, trial].
        naive_answers: the same of the tissue before it was taught.
    """

    symbols: NDArray[np.int64]
    successor: NDArray[np.int64]
    after: NDArray[np.integer]
    answers: NDArray[np.int64]
    naive_answers: NDArray[np.int64]

    def share(self, answers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of answers that are the successor, [dish]."""
        return successor_share(answers, self.symbols, self.successor)

    def by_marginals(self, answers: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share expected when answers and symbols are independent, whatever both favour, [dish]."""
        k = len(self.successor)
        given = np.stack([np.bincount(row, minlength=k) for row in answers]) / answers.shape[1]
        asked = np.stack([np.bincount(row, minlength=k) for row in self.successor[self.symbols]])
        return (given * (asked / self.symbols.shape[1])).sum(axis=1)


def audit_decoder(
    readout: IdentityReadout,
    probed: Probed,
    calibration: Periods,
    saline: Saline,
    *,
    constant: float,
    rng: np.random.Generator,
) -> list[Check]:
    """Checks the score of a readout that should know nothing of what is taught.

    Args:
        readout: fixed before teaching.
        probed: the probe whose score is claimed.
        calibration: what the readout was fitted to.
        saline: the same probe without cells.
        constant: share that the best constant answer reaches.
        rng: of the permutations.

    Returns:
        Eight checks: no spikes at all; answers of other trials; permuted channels; a readout fitted on random
        labels; the two halves of the probe; saline in the window that is read (nothing must betray the
        symbol) and in that of the stimulus (where the artifact must); and naive tissue.
    """
    symbols, after, answers = probed.symbols, probed.after, probed.answers
    n_dishes, n = symbols.shape
    k, half = len(probed.successor), n // 2
    # the draws in this order: the figures of earlier runs depend on it
    shuffled = [np.stack([row[rng.permutation(n)] for row in answers])]
    permuted = [readout.answers(after[:, :, rng.permutation(after.shape[2])]) for _ in range(DRAWS)]
    guessed = [_random_labels(calibration, k, rng).answers(after) for _ in range(DRAWS)]
    early, late = (
        successor_share(answers[:, part], symbols[:, part], probed.successor)
        for part in (slice(half), slice(half, None))
    )
    best, chance = np.full(n_dishes, constant), np.full(n_dishes, 1 / k)
    other = (probed.naive_answers != symbols).mean(axis=1) / (k - 1)
    identity = {"after": _identity(saline.after, symbols), "stimulus": _identity(saline.stimulus, symbols)}
    return [
        _at_most(
            "decoder alone: no spikes at all", probed.share(readout.answers(np.zeros_like(after))), best, n
        ),
        _unrelated("shuffled: answers of other trials", probed, shuffled),
        _unrelated("channels permuted", probed, permuted),
        _unrelated("decoder fitted on random labels", probed, guessed),
        _equal("time blocks: first half of the probe against the second", early, late, half / 2),
        _at_most("saline, after window: identity at chance", identity["after"], chance, half),
        _above("saline, stimulus window: artifact betrays it", identity["stimulus"], chance, half),
        _at_most(
            "naive tissue: the successor as often as any other", probed.share(probed.naive_answers), other, n
        ),
    ]


def _unrelated(name: str, probed: Probed, given: Iterable[NDArray[np.int64]]) -> Check:
    """Answers that cannot know the symbol: the level of independence, whatever they favour."""
    share = np.mean([probed.share(answers) for answers in given], axis=0)
    level = np.mean([probed.by_marginals(answers) for answers in given], axis=0)
    return _at_most(name, share, level, probed.symbols.shape[1])


def _random_labels(calibration: Periods, k: int, rng: np.random.Generator) -> IdentityReadout:
    """The same decoder, calibrated with shuffled labels."""
    symbols = np.stack([rng.permutation(row) for row in calibration.symbols])
    return IdentityReadout.fit(Periods(symbols, symbols, calibration.counts, calibration.written), k)


def _identity(counts: NDArray[np.integer], symbols: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of symbols that a nearest-mean decoder names from counts [dish, trial, channel]; fitted on the
    first half of the probe, scored on the second, [dish].
    """
    half, shares = symbols.shape[1] // 2, []
    for row, labels in zip(counts.astype(np.float64), symbols, strict=True):
        known = np.unique(labels[:half])
        means = np.stack([row[:half][labels[:half] == k].mean(axis=0) for k in known])
        distance = ((row[half:, None] - means[None]) ** 2).sum(axis=2)
        # ties (an empty window) are broken at random, not in favour of the first symbol
        jitter = np.random.default_rng(0).random(distance.shape) * 1e-9
        shares.append((known[(distance + jitter).argmin(axis=1)] == labels[half:]).mean())
    return np.array(shares)


def _error(gap: NDArray[np.float64], level: NDArray[np.float64], trials: float) -> float:
    """Standard error of a mean gap over dishes, at least the binomial error of `trials` in each dish: with
    few dishes their spread says little.
    """
    p = float(np.clip(level.mean(), 0, 1))
    binomial = np.sqrt(p * (1 - p) / (trials * len(gap)))
    return float(max(gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else 0.0, binomial))


def _at_most(name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float) -> Check:
    gap = values - level
    holds = gap.mean() <= Z * _error(gap, level, trials) + ROUNDING
    return Check(name, bool(holds), f"{values.mean():.3f}, expected at most {level.mean():.3f}")


def _above(name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float) -> Check:
    gap = values - level
    holds = gap.mean() > Z * _error(gap, level, trials)
    return Check(name, bool(holds), f"{values.mean():.3f}, expected above {level.mean():.3f}")


def _equal(name: str, values: NDArray[np.float64], level: NDArray[np.float64], trials: float) -> Check:
    gap = values - level
    holds = abs(gap.mean()) <= Z * _error(gap, level, trials)
    return Check(name, bool(holds), f"{values.mean():.3f}, expected {level.mean():.3f}")
