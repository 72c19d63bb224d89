"""`predict_next`: a network with an embedding learns to predict the next patch of streams."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.datasets.streams import Patches
from brainwright.learning import groups
from brainwright.network import Network, embedding_of
from brainwright.objective import Batch, collapse
from brainwright.objective.next_embedding import Past, Weights, recording

from ..fit import Updater
from .arms import Arm


@dataclass(frozen=True)
class Course:
    """How long and how fast: Adam with some updates to warm up and a rate that falls to a twentieth.

    Attributes:
        updates: of the weights, each by one batch of streams drawn anew.
        batch: streams.
        rate: highest learning rate.
        warm_up: updates in which the rate rises.
        clip: largest norm of the gradient of all parameters together.
    """

    updates: int = 250
    batch: int = 64
    rate: float = 3e-3
    warm_up: int = 20
    clip: float = 1.0

    def share(self, update: int) -> float:
        """The learning rate at an update, as a share of the highest."""
        rising = min(1.0, (update + 1) / max(1, self.warm_up))
        falling = 0.05 + 0.95 * (1 + math.cos(math.pi * update / max(1, self.updates))) / 2
        return rising * falling


@dataclass(frozen=True)
class PredictedNext:
    """What came of it; the network was trained in place."""

    history: list[dict[str, float]]
    """One row per update: the objective's parts."""
    first: Weights
    """The embedding that the network began with, beside which its spread is judged."""


def predict_next(
    network: Network,
    streams: Patches,
    arm: Arm | None = None,
    course: Course | None = None,
    *,
    hold: int = 1,
    seed: int = 0,
    progress: Callable[[float, Mapping[str, float]], None] | None = None,
) -> PredictedNext:
    """Train a network in place to predict the embedding of the next patch.

    Args:
        network: embeds its input (`network.embedded`); any dynamics, any wiring. Where the arm keeps the
            embedding or all weights as they are, they count as frozen afterwards too.
        streams: to train on.
        arm: how targets are made and which rule teaches; a stop-gradient by default.
        course: how long and how fast.
        hold: steps of the network for each patch.
        seed: of the order of the streams and of the rule's state.
        progress: called after each update with the share done and its row of `history`.

    Raises:
        NetworkError: a network without an embedding, an embedding that is constant over these streams (said
            before anything is trained), a rule that cannot teach this network.
        Diverged: a loss or gradient that is not finite.
    """
    arm, course = arm or Arm(), course or Course()
    cells = embedding_of(network)
    patches, valid = tensors_of(streams)
    first = Weights.of(cells)
    collapse.check_embedding(first.embed(patches, valid)[valid > 0])
    _freeze(network, arm)
    if not arm.network:
        return PredictedNext([], first)
    more = [name for name in network.populations if name not in (network.input, network.output)]
    unrolling = recording(hold, *(more if arm.kind == "layers" else ()))
    objective = arm.objective(hold)
    state = arm.rule.init(network, seed=seed)
    taught = [*(p for p in network.parameters() if p.requires_grad), *state.learned.values()]
    stepper = torch.optim.Adam(groups(network, state), lr=course.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(stepper, course.share)
    update = Updater(taught, stepper, course.clip)
    generator = torch.Generator().manual_seed(seed)
    past: Past = (first,)
    history: list[dict[str, float]] = []
    for k in range(course.updates):
        index = torch.randint(len(patches), (course.batch,), generator=generator)
        shown, there = patches[index], valid[index]
        if arm.spoiled == "order":
            shown = in_any_order(shown, there, generator)
        targets = past[0].embed(shown, there)
        if arm.spoiled == "targets":
            targets = targets.roll(1, 0)  # streams of a batch were drawn, so the next one is any other
        batch = Batch(shown, targets)
        state, metrics = arm.rule.update(network, batch, objective, state, unrolling)
        update(metrics["loss"], f"update {k + 1} of {course.updates}")
        falling.step()
        past = arm.teacher.after(past, cells)
        history.append(dict(metrics))
        if progress is not None:
            progress((k + 1) / course.updates, history[-1])
    return PredictedNext(history, first)


@torch.no_grad()
def seen(
    network: Network, streams: Patches, *, hold: int = 1, read: str = "cells", batch: int = 256
) -> tuple[collapse.Streams, Tensor]:
    """(embeddings and predictions, readout of a population at the end of each patch [stream, patch, cell]).

    Args:
        network: embeds its input.
        streams: to show it.
        hold: steps for each patch.
        read: the population.
        batch: streams at a time, which changes nothing but memory.
    """
    patches, valid = tensors_of(streams)
    cells = embedding_of(network)
    how = {**recording(hold, read), "record_as": "readout"}
    made, states = [], []
    for part in patches.split(batch):
        shown = network.unroll(part, **how)
        made.append(shown.outputs[:, hold - 1 :: hold])
        states.append(shown.recorded[read][:, hold - 1 :: hold])
    streams_seen = collapse.Streams(patches, valid, cells.embed(patches), torch.cat(made))
    return streams_seen, torch.cat(states)


def in_any_order(
    patches: Float[Tensor, "stream patch value"],
    valid: Float[Tensor, "stream patch"],
    generator: torch.Generator,
) -> Float[Tensor, "stream patch value"]:
    """The patches of every stream in an order of its own; what fills a stream up stays at its end."""
    keys = torch.rand(valid.shape, generator=generator) - valid  # valid ones are all below the others
    return patches.gather(1, keys.argsort(1)[..., None].expand_as(patches))


def tensors_of(streams: Patches) -> tuple[Tensor, Tensor]:
    """(patches, which of them are valid)."""
    return torch.from_numpy(streams.values), torch.from_numpy(streams.valid)


def _freeze(network: Network, arm: Arm) -> None:
    """It keeps what an arm does not train as it is."""
    kept = network if not arm.network else embedding_of(network) if not arm.embedding else None
    if kept is not None:
        kept.requires_grad_(False)
