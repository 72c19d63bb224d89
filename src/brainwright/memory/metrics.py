"""What is kept of what was learned: matrices R[i, j], the score on context j after learning context i."""

import numpy as np
from jaxtyping import Float

from .errors import RecallError


def summary(
    scores: Float[np.ndarray, "after context"], untrained: Float[np.ndarray, " context"] | None = None
) -> dict[str, float]:
    """Figures of one course through T contexts. Scores may be accuracies, R², bits per spike or returns.

    Args:
        scores: R[i, j], of context j after learning context i; what was not measured is NaN.
        untrained: scores before anything was learned, for forward transfer.

    Returns:
        `average`: mean over contexts at the end.
        `backward transfer`: mean over i < T of R[T, i] - R[i, i] (Lopez-Paz & Ranzato 2017).
        `forgetting from best`: mean over j < T of max over l < T of R[l, j] less R[T, j] (Chaudhry et al.
            2018, as Mammoth has it).
        `forgetting from first`: mean over j < T of R[j, j] less R[T, j] (as Avalanche has it): minus the
            backward transfer.
        `learning accuracy`: mean of R[i, i].
        `anytime average`: mean over i of the mean over j <= i of R[i, j].
        `forward transfer`: mean over i >= 2 of R[i - 1, i] less the untrained score, where that is given.

    Raises:
        RecallError: no square matrix, or nothing at its end.
    """
    scores = np.asarray(scores, float)
    t = len(scores)
    if scores.shape != (t, t) or t < 1 or np.isnan(scores[-1]).any():
        raise RecallError(f"expected scores [context, context] with a full last row, got {scores.shape}")
    last, first = scores[-1], np.diagonal(scores)
    seen = [scores[i, : i + 1].mean() for i in range(t)]
    figures = {
        "average": last.mean(),
        "learning accuracy": first.mean(),
        "anytime average": np.mean(seen),
    }
    if t > 1:
        best = np.array([np.nanmax(scores[j : t - 1, j]) for j in range(t - 1)])
        figures |= {
            "backward transfer": (last - first)[:-1].mean(),
            "forgetting from best": (best - last[:-1]).mean(),
            "forgetting from first": (first - last)[:-1].mean(),
        }
        if untrained is not None:
            ahead = np.diagonal(scores, 1) - np.asarray(untrained)[1:]
            figures["forward transfer"] = ahead.mean()
    return {name: float(value) for name, value in figures.items()}


def intransigence(learned: float, joint: float) -> float:
    """How much less a context is learned than by a network that learns all at once (Chaudhry et al. 2018)."""
    return joint - learned


def stability_gap(
    before: Float[np.ndarray, " context"], during: Float[np.ndarray, "moment context"]
) -> float:
    """How far scores of earlier contexts fall at worst while the next is learned: the mean over contexts of
    the score before less the least during (De Lange et al. 2023, arXiv:2205.13452). 0 for one that never
    falls.
    """
    least = np.minimum(np.asarray(during, float).min(0), before)
    return float(np.mean(np.asarray(before, float) - least))
