"""A baseline's settings, searched on validation windows."""

from collections.abc import Callable

import numpy as np

from ..question import Question

Predict = Callable[[np.ndarray], np.ndarray]
"""Counts [trial, bin, unit], NaN where missing, to expected counts of the same shape."""


def search(
    question: Question, fit: Callable[..., Predict], settings: list[dict[str, float]]
) -> tuple[Predict, dict[str, float]]:
    """The fit with the best sum of co-bps and fp-bps on the validation windows, and its settings.

    Raises:
        ValueError: no setting has a finite score.
    """
    best, chosen, top = None, {}, -np.inf
    hidden = question.seen(question.validation)
    for setting in settings:
        predict = fit(question, **setting)
        value = sum(question.scores(predict(hidden), question.validation).values())
        if value > top:
            best, chosen, top = predict, setting, value
    if best is None:
        raise ValueError("search: expected at least one setting with a finite score, got none")
    return best, chosen
