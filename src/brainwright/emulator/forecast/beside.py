"""Anyone's recordings forecast beside every baseline, each scored on blocks that no model was fitted to."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..question import Question
from .linear import LINEAR, searched
from .networks import NETWORKS, Fitted, Size, fit_network
from .task import Pool, score

Scores = dict[str, float]
"""`skill@RECORDING`, `skill` (the mean over recordings) and `skill_at_1`, ... (at each horizon); of networks
`plain` (alone) and `history` (beside own history) likewise.
"""


def beside_baselines(
    questions: Sequence[Question],
    models: Iterable[str] = (*LINEAR, *NETWORKS),
    *,
    size: Size | None = None,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Forecasts recordings with the emulator and with all that it has to beat.

    Args:
        questions: recordings of one kind with windows of one length, as `by_time` or `by_trial` cut them.
        models: names from `LINEAR` (fitted to each recording) and `NETWORKS` (fitted to all at once).
        size: of the networks, and how long they are trained.
        seed: of the networks' initial values, batches and masks.

    Returns:
        Model → recording → score on the test windows: of counts bits per spike over each unit's mean, of a
        continuous signal skill over the mean of what was seen.

    Raises:
        ValueError: an unknown model, or recordings whose windows differ.
    """
    wanted = list(models)
    if unknown := set(wanted) - {*LINEAR, *NETWORKS}:
        raise ValueError(f"expected models of {', '.join([*LINEAR, *NETWORKS])}, got {', '.join(unknown)}")
    if len({(question.n_seen, question.n_bins, question.counts) for question in questions}) != 1:
        raise ValueError(
            "expected recordings with windows of one length and activity of one kind, got others"
        )
    pool = Pool.of(questions)
    scores = {
        model: linear_scores(questions, model)
        if model in LINEAR
        else network_scores(fit_network(pool, model, size or Size(), seed))
        for model in wanted
    }
    return {model: {q.name: row[f"skill@{q.name}"] for q in questions} for model, row in scores.items()}


def linear_scores(questions: Sequence[Question], model: str) -> Scores:
    """Scores of a baseline of `LINEAR`, fitted to each recording by itself."""
    scores: Scores = {}
    for question in questions:
        forecast = searched(question, model)(question.seen(question.test))
        scores |= _of_horizons(question, forecast, "skill", question.test)
    return _averaged(scores)


def network_scores(fitted: Fitted) -> Scores:
    """Scores of a network alone ("plain") and beside own history; "skill" is the one that does better on the
    validation windows, whose scores are there too.
    """
    scores: Scores = {}
    for question in fitted.pool.questions:
        for part, windows in (("", question.test), ("validation_", question.validation)):
            scores |= _of_horizons(question, fitted.alone(question, windows), f"{part}plain", windows)
            scores |= _of_horizons(question, fitted.layered(question, windows), f"{part}history", windows)
    scores = _averaged(scores)
    chosen = max(("plain", "history"), key=lambda kind: scores[f"validation_{kind}"])
    scores |= {key.replace(chosen, "skill", 1): v for key, v in scores.items() if key.startswith(chosen)}
    weights = fitted.stack.weights
    return scores | {"weight_first": float(weights[0, 1]), "weight_last": float(weights[-1, 1])}


def _of_horizons(question: Question, forecast: np.ndarray, metric: str, windows: np.ndarray) -> Scores:
    """Over all horizons, and at each."""
    coming, counts = question.coming(windows), question.counts
    scores = {f"{metric}@{question.name}": score(forecast, coming, counts=counts)}
    for h in range(question.n_ahead):
        at = score(forecast[:, h : h + 1], coming[:, h : h + 1], counts=counts)
        scores[f"{metric}_at_{h + 1}@{question.name}"] = at
    return scores


def _averaged(scores: Scores) -> Scores:
    """Each metric's mean over recordings; single horizons are kept as means alone."""
    groups: dict[str, list[float]] = {}
    for key, value in scores.items():
        groups.setdefault(key.split("@")[0], []).append(value)
    kept = {key: value for key, value in scores.items() if "_at_" not in key}
    return kept | {key: float(np.mean(values)) for key, values in groups.items()}
