"""One training as an experiment needs it: build, fit, count what diverged, judge, and say how the rule's
updates lie to the gradient.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainwright.evidence import Check
from brainwright.experiment.trials import Trials
from brainwright.learning import Alignment, Backpropagation, LearningRule
from brainwright.network import Network
from brainwright.objective import Batch, Classification, Objective

from .fit import Diverged, evaluate, fit
from .schedule import Schedule

LAST = 5
"""Epochs over which the alignment in the middle and at the end is averaged: one epoch's is that of one
batch.
"""

Judge = Callable[[Network, Batch], Mapping[str, float]]


@dataclass(frozen=True)
class Lesson:
    """What is to be learned, by which network, on which schedule.

    Attributes:
        network: seed → network, all initial values drawn from the seed.
        samples: seed → samples to train and to judge with.
        schedule: how long and how fast.
        objective: what to lower.
        unrolling: options of `unroll`.
        judge: (network, samples) → figures; the means of the objective's parts by default.
    """

    network: Callable[[int], Network]
    samples: Callable[[int], tuple[Batch, Batch]]
    schedule: Schedule = field(default_factory=Schedule)
    objective: Objective = field(default_factory=Classification)
    unrolling: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None


@dataclass(frozen=True, eq=False)
class Taught:
    """What came of a lesson.

    Attributes:
        network: as it is after training.
        metrics: figures of the judged samples, `train_accuracy` of the last epoch where the objective has
            one, `seconds`, `diverged` (0 or 1), and of a watched rule `cosine_middle` and `cosine_end`
            (hidden parameters) and `feedback_angle` (degrees between weights and feedback weights in the last
            epoch, mean over projections, where the rule keeps such).
        cosines: of the hidden parameters' update with the gradient, by epoch; empty where nobody watched.
    """

    network: Network
    metrics: dict[str, float]
    cosines: tuple[float, ...] = ()

    def course(self, n: int) -> dict[str, float]:
        """It returns the alignment at n moments of the training, as `cosine_0`, ...; nothing where nobody
        watched.
        """
        if not self.cosines:
            return {}
        moments = np.linspace(0, len(self.cosines) - 1, n).round().astype(int)
        return {f"cosine_{k}": self.cosines[moment] for k, moment in enumerate(moments)}


def teach(lesson: Lesson, seed: int, rule: LearningRule | None = None, *, watch: bool = False) -> Taught:
    """It trains one network. Initial values, order of samples and all that the rule draws follow from the
    seed.

    A training that diverges is judged by its last good parameters, and counted.

    Args:
        lesson: what to learn.
        seed: of everything.
        rule: how gradients are made; exact by default.
        watch: compare the rule's updates with the gradient, once an epoch.

    Raises:
        NetworkError: as `fit`, but for divergence.
    """
    rule = rule or Backpropagation()
    network = lesson.network(seed)
    samples, judged = lesson.samples(seed)
    alignment = Alignment(rule, lesson.objective, lesson.unrolling) if watch else None
    history: list[dict[str, float]] = []
    start, diverged = time.perf_counter(), 0.0
    try:
        fit(
            network,
            lesson.objective,
            samples,
            lesson.schedule,
            unrolling=lesson.unrolling,
            rule=rule,
            watch=alignment,
            seed=seed,
            progress=lambda _, row: history.append(dict(row)),
        )
    except Diverged:
        diverged = 1.0
    seconds = time.perf_counter() - start
    figures = lesson.judge(network, judged) if lesson.judge else _parts(lesson, network, judged)
    last = history[-1] if history else {}
    cosines = tuple(row["cosine"] for row in history if "cosine" in row)
    metrics = {**figures, "train_accuracy": last.get("train_accuracy", float("nan"))}
    metrics |= {"seconds": seconds, "diverged": diverged, **_middle_and_end(cosines), **_angle(last)}
    return Taught(network, metrics, cosines)


def none_diverged(trials: Trials, name: str = "no training run diverged") -> Check:
    """The check counts, by arm, the trainings whose metric `diverged` is 1."""
    lost = {arm: int(trials.values(arm, "diverged").sum()) for arm in trials.arms}
    detail = ", ".join(f"{arm}: {n}" for arm, n in lost.items() if n)
    return Check(name, not detail, detail or "none of them")


def _parts(lesson: Lesson, network: Network, judged: Batch) -> dict[str, float]:
    return evaluate(network, lesson.objective, judged, unrolling=lesson.unrolling)


def _angle(last: Mapping[str, float]) -> dict[str, float]:
    angles = [angle for name, angle in last.items() if name.startswith("weight angle")]
    return {"feedback_angle": float(np.mean(angles))} if angles else {}


def _middle_and_end(cosines: tuple[float, ...]) -> dict[str, float]:
    if not cosines:
        return {}
    middle = len(cosines) // 2
    around = cosines[max(0, middle - LAST // 2) : middle + LAST // 2 + 1]
    return {"cosine_middle": float(np.mean(around)), "cosine_end": float(np.mean(cosines[-LAST:]))}
