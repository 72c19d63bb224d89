"""Contexts one after another, and what a method knows after each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..errors import RecallError
from ..metrics import stability_gap, summary
from .contract import Method
from .underflow import tiny_is_zero
from .weights import Draws

ORDER = 1_000_003
"""Added to a seed for the order of samples, so that it is not that of the initial values."""
MOMENTS = 11
"""Of every context, at which earlier ones are asked for: before it begins, after one batch, and so on."""
FEW = 300
"""Test samples of a context that are asked then."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of a context to learn from and to ask about.

    Raises:
        RecallError: none of either, or not one class for each.
    """

    inputs: Float[Tensor, "train feature"]
    targets: Int[Tensor, " train"]
    test_inputs: Float[Tensor, "test feature"]
    test_targets: Int[Tensor, " test"]

    def __post_init__(self) -> None:
        if not len(self.inputs) or not len(self.test_inputs):
            raise RecallError("a context without samples: expected some to learn from and some to ask about")
        if len(self.inputs) != len(self.targets) or len(self.test_inputs) != len(self.test_targets):
            raise RecallError("expected one class for each sample")


@dataclass(frozen=True, eq=False)
class Course:
    """What came of it.

    Attributes:
        scores: accuracy [seed, after, context]; contexts to come are asked too.
        during: accuracy [seed, context learned, moment, context asked] on a few samples, the first moment
            before the context began; NaN where a context was not learned yet, and after the last moment
            where there are few batches.
        updates: steps of the optimiser.
        kept_bytes: at the end.
    """

    scores: Float[np.ndarray, "seed after context"]
    during: Float[np.ndarray, "seed learned moment asked"]
    updates: int
    kept_bytes: int


@tiny_is_zero()
def taken(method: Method, contexts: Sequence[Samples], *, iterations: int = 2000, batch: int = 128) -> Course:
    """A method goes through contexts; the order of samples follows from each seed.

    Args:
        method: new.
        contexts: at least one.
        iterations: batches of each context.
        batch: samples of each, per seed.

    Raises:
        RecallError: no contexts.
    """
    if not contexts:
        raise RecallError("expected at least one context")
    seeds = method.setting.seeds
    order = Draws([seed + ORDER for seed in seeds])
    n, t = len(seeds), len(contexts)
    scores, during = np.full((n, t, t), np.nan), np.full((n, t, MOMENTS, t), np.nan)
    moments = np.unique(np.geomspace(1, iterations, MOMENTS - 1).round().astype(int)).tolist()
    for k, context in enumerate(contexts):
        inputs, targets = context.inputs, context.targets
        if method.all_so_far:
            inputs = torch.cat([own.inputs for own in contexts[: k + 1]])
            targets = torch.cat([own.targets for own in contexts[: k + 1]])
        if k:
            during[:, k, 0, :k] = _asked(method, contexts[:k], FEW)
        for i in range(1, iterations + 1):
            rows = order.below(len(inputs), batch)
            method.observe(inputs[rows], targets[rows])
            if k and i in moments:
                during[:, k, 1 + moments.index(i), :k] = _asked(method, contexts[:k], FEW)
        method.end_of_context()
        scores[:, k] = _asked(method, contexts, None)
    return Course(scores, during, method.updates, method.kept_bytes)


def figures(course: Course) -> list[dict[str, float]]:
    """For each seed what `metrics.summary` says, the mean stability gap, updates, and kB kept."""
    rows = []
    for scores, during in zip(course.scores, course.during, strict=True):
        row = summary(scores)
        gaps = []
        for k in range(1, len(scores)):
            moments = during[k][~np.isnan(during[k][:, 0])][:, :k]
            gaps.append(stability_gap(moments[0], moments))
        row |= {"stability gap": float(np.mean(gaps))} if gaps else {}
        row |= {f"context {k + 1}": float(score) for k, score in enumerate(scores[-1])}
        rows.append(row | {"updates": float(course.updates), "kB": course.kept_bytes / 1000})
    return rows


def _asked(method: Method, contexts: Sequence[Samples], few: int | None) -> np.ndarray:
    """Accuracy [seed, context]."""
    columns = []
    for k, own in enumerate(contexts):
        inputs, targets = own.test_inputs[:few], own.test_targets[:few]
        context = k if method.setting.scenario == "task" else None
        hits = [(method.scores(part, context).argmax(-1)) for part in inputs.split(2000)]
        columns.append((torch.cat(hits, 1) == targets).float().mean(1).numpy())
    return np.stack(columns, axis=1)
