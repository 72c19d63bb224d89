"""`fit`: a network, an objective and samples. The order of samples follows from the seed alone, so that arms
with the same seed see the same data in the same order.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.learning import Backpropagation, LearningRule, RuleState, groups
from brainwright.network import Network, NetworkError
from brainwright.objective import Batch, Objective

from .schedule import Schedule


class Diverged(NetworkError):
    """The loss or a gradient was not finite; the network holds the last good parameters."""


@dataclass(frozen=True)
class Fit:
    """What `fit` did; the network itself was trained in place."""

    history: list[dict[str, float]]
    """One row per epoch: `epoch` (from 1), means of the objective's parts over the epoch as `train_...`, and
    of the validation samples after it as `validation_...`.
    """
    best_epoch: int
    """Whose parameters the network holds: the last, or the one with the lowest validation loss."""
    state: RuleState
    """The state is the rule's, after the last update."""


def fit(
    network: Network,
    objective: Objective,
    samples: Batch,
    schedule: Schedule | None = None,
    *,
    unrolling: Mapping[str, Any] | None = None,
    validation: Batch | None = None,
    rule: LearningRule | None = None,
    state: RuleState | None = None,
    watch: Callable[[Network, Batch, RuleState], Mapping[str, float]] | None = None,
    seed: int = 0,
    progress: Callable[[float, Mapping[str, float]], None] | None = None,
) -> Fit:
    """Train a network in place.

    Args:
        network: with something that may train.
        objective: what to lower.
        samples: all of them; a pass over them in random order is an epoch.
        schedule: how long and how fast; see `Schedule` for the default.
        unrolling: options of `unroll`: steps, inject, checkpoint_every.
        validation: samples by whose loss the best epoch is chosen; that epoch's parameters are put back.
        rule: how gradients are made; by default they are exact (`Backpropagation`).
        state: of the rule, to go on from; a new one by default.
        watch: called with the first batch of each epoch, before its update, such as a `learning.Alignment`;
            what it returns is in the epoch's row.
        seed: of the order of the samples, and of the rule's state.
        progress: called after each epoch with the share done and the row of `history`.

    Raises:
        NetworkError: nothing to train, no samples, patience without validation, a rule that cannot teach
            this network, rates for groups that there are not.
        Diverged: a loss or a gradient that is not finite: says where, and the network holds the parameters
            of the last update whose loss was finite.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    schedule = schedule or Schedule()
    _check(parameters, samples, validation, schedule)
    unrolling, rule = unrolling or {}, rule or Backpropagation()
    state = rule.init(network, seed=seed) if state is None else state
    taught = [*parameters, *state.learned.values()]
    stepper = schedule.optimiser(_rated(groups(network, state), schedule.rates))
    update = Updater(taught, stepper, schedule.clip)
    course = schedule.course(stepper) if schedule.course else None
    generator = torch.Generator().manual_seed(seed)
    history: list[dict[str, float]] = []
    best, best_loss, kept = 0, float("inf"), _copied(parameters)
    for epoch in range(1, schedule.epochs + 1):
        order = torch.randperm(len(samples.inputs), generator=generator)
        losses, watched = [], {}
        for k, index in enumerate(order.split(schedule.batch)):
            part = Batch(samples.inputs[index], samples.targets[index])
            if watch is not None and k == 0:
                watched = watch(network, part, state)
            where = f"epoch {epoch}, batch {k + 1} of {-(-len(order) // schedule.batch)}"
            state, metrics = rule.update(network, part, objective, state, unrolling)
            update(metrics["loss"], where)
            losses.append((metrics, len(index)))
        if course is not None:
            course.step()
        row = {"epoch": float(epoch), **_means(losses, "train_"), **watched}
        if validation is not None:
            judged = evaluate(network, objective, validation, unrolling=unrolling, batch=schedule.batch)
            row |= {f"validation_{name}": value for name, value in judged.items()}
        history.append(row)
        if progress is not None:
            progress(epoch / schedule.epochs, row)
        if validation is None or row["validation_loss"] < best_loss:
            best, best_loss, kept = epoch, row.get("validation_loss", best_loss), _copied(parameters)
        elif schedule.patience is not None and epoch - best >= schedule.patience:
            break
    _put(parameters, kept)
    return Fit(history, best, state)


@torch.no_grad()
def evaluate(
    network: Network,
    objective: Objective,
    samples: Batch,
    *,
    unrolling: Mapping[str, Any] | None = None,
    batch: int = 512,
) -> dict[str, float]:
    """Means of the objective's parts over samples; `batch` at a time, which changes nothing but memory."""
    losses = []
    for inputs, targets in zip(samples.inputs.split(batch), samples.targets.split(batch), strict=True):
        part = Batch(inputs, targets)
        losses.append((objective.loss(network.unroll(inputs, **(unrolling or {})), part).parts, len(inputs)))
    return _means(losses, "")


class Updater:
    """One step along the gradients, with a way back."""

    def __init__(self, parameters: list, optimiser: torch.optim.Optimizer, clip: float | None):
        self.parameters, self.optimiser, self.clip = parameters, optimiser, clip
        self.good: list[Float[Tensor, ...]] = _copied(parameters)

    def __call__(self, loss: float, where: str) -> None:
        if not math.isfinite(loss):
            self._give_up(f"the loss is {loss}", where)
        norm = torch.nn.utils.clip_grad_norm_(
            self.parameters, float("inf") if self.clip is None else self.clip
        )
        if not torch.isfinite(norm):
            self._give_up(f"the norm of the gradient is {float(norm)}", where)
        self.good = _copied(self.parameters)
        self.optimiser.step()

    def _give_up(self, what: str, where: str) -> None:
        _put(self.parameters, self.good)
        raise Diverged(
            f"{what} in {where}: the network holds the last parameters with a finite loss; "
            "lower the learning rate, or scale the weights (SpectralRadius, FanIn)"
        )


def _check(parameters: list, samples: Batch, validation: Batch | None, schedule: Schedule) -> None:
    if not parameters:
        raise NetworkError(
            "nothing to train: every projection is frozen and no map is trained; "
            "compile with n_outputs= or another train mode"
        )
    if len(samples.inputs) != len(samples.targets) or not len(samples.inputs):
        raise NetworkError(
            f"expected as many targets as inputs, got {len(samples.inputs)} and {len(samples.targets)}"
        )
    if schedule.patience is not None and validation is None:
        raise ValueError("patience needs validation samples, by which the best epoch is known")


def _rated(parts: list[dict[str, Any]], rates: Mapping[str, float]) -> list[dict[str, Any]]:
    names = [group["name"] for group in parts]
    unknown = sorted(set(rates) - set(names))
    if unknown:
        raise ValueError(f"expected rates for groups of {', '.join(names)}, got {', '.join(unknown)}")
    return [{**group, "lr": rates[group["name"]]} if group["name"] in rates else group for group in parts]


def _means(losses: list[tuple[dict[str, float], int]], prefix: str) -> dict[str, float]:
    total = sum(n for _, n in losses)
    return {prefix + name: sum(parts[name] * n for parts, n in losses) / total for name in losses[0][0]}


def _copied(parameters: list) -> list[Tensor]:
    return [p.detach().clone() for p in parameters]


@torch.no_grad()
def _put(parameters: list, values: list[Tensor]) -> None:
    for p, value in zip(parameters, values, strict=True):
        p.copy_(value)
