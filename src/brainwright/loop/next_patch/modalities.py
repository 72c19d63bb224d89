"""Two modules, one that sees digits and one that hears them: does one gain across at the cost of within?"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from brainwright.datasets.streams import Patches, Split, same_class
from brainwright.network import Network, embedded, embedding_of, recurrent
from brainwright.objective import Batch, collapse
from brainwright.objective.next_embedding import NextEmbedding, Weights, cosine, recording

from .boards import BOARDS
from .predict_next import Course, predict_next, seen, tensors_of

DIMENSION, CELLS = 32, 96
PAIRS = {"train": 1_000, "test": 300}
"""Pairs of an image and a sound of one digit; sounds are of other speakers in the test."""
COURSE = Course(120, 32, 3e-3)
"""Of each module alone, and again of both together."""
ACROSS = "across alone"
SHARES: dict[str, tuple[float, float]] = {
    "within alone": (1.0, 0.0),
    "within and across": (1.0, 1.0),
    ACROSS: (0.0, 1.0),
}
"""Arm → weights of the loss within a modality and across them, while both are trained together."""
SENSES = ("seen", "heard")
FIRED = "at the others' cost"


@dataclass(frozen=True, eq=False)
class Module:
    """One sense.

    Attributes:
        network: predicts its own stream.
        across: foretells the mean embedding of the other sense from the last state.
    """

    network: Network
    across: nn.Linear


def paired(seed: int) -> tuple[Split, Split]:
    """Images of digits as streams, and sounds of the same digits, pair by pair."""
    wholes, chosen = [BOARDS[name].split(seed) for name in ("digits", "spoken")], []
    for part, n in PAIRS.items():
        sides: list[Patches] = [getattr(whole, part) for whole in wholes]
        index = same_class(sides[0].labels, sides[1].labels, n, seed)
        chosen.append([side.chosen(own) for side, own in zip(sides, index, strict=True)])
    image, sound = zip(*chosen, strict=True)
    return Split(*image), Split(*sound)


def together(updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Both modules learn to predict their own streams first, then go on together as the arm says. Of each the
    losses "within" and "across" and the decoded skill before and after on pairs that are held out, and
    "at the others' cost", the share of the two modules of which the guard says that they gained across while
    they lost within.
    """
    splits = paired(seed)
    course = Course(updates, COURSE.batch, COURSE.rate)
    generator = torch.Generator().manual_seed(seed)
    modules = [_module(split, course, seed + k) for k, split in enumerate(splits)]
    for module in modules:
        bound = CELLS**-0.5
        nn.init.uniform_(module.across.weight, -bound, bound, generator=generator)
    before = losses(modules, splits)
    _train(modules, splits, SHARES[arm], course, generator)
    after = losses(modules, splits)
    fired = [collapse.at_the_others_cost(*pair) for pair in zip(before, after, strict=True)]
    figures = {FIRED: float(np.mean(fired))}
    for sense, early, late, said in zip(SENSES, before, after, fired, strict=True):
        figures[f"{sense}, fired"] = float(said)
        for name in early:
            figures |= {f"{sense}, {name} before": early[name], f"{sense}, {name} after": late[name]}
    return figures


@torch.no_grad()
def losses(modules: list[Module], splits: tuple[Split, Split]) -> list[dict[str, float]]:
    """For each module on its test streams: "within", 1 - cosine to the next embedding; "across", 1 - cosine
    to the mean embedding of the other's stream; and its decoded skill.
    """
    shown, rows = [], []
    for module, split in zip(modules, splits, strict=True):
        train, _ = seen(module.network, split.train)
        shown.append((train, *seen(module.network, split.test)))
    for k, module in enumerate(modules):
        train, test, states = shown[k]
        other = shown[1 - k][1]
        like = cosine(test.prediction[:, :-1], test.embedding[:, 1:])
        within = 1 - float((like * test.weights).sum() / test.weights.sum())
        made = module.across(_last(states, test.valid))
        across = 1 - float(cosine(made, _mean(other.embedding, other.valid)).mean())
        skill = collapse.decoded_skill(train, test)["decoded skill"]
        rows.append({"within": within, "across": across, "decoded skill": skill})
    return rows


def _module(split: Split, course: Course, seed: int) -> Module:
    core = recurrent(DIMENSION, CELLS, DIMENSION, seed=seed)
    network = embedded(core, split.train.values.shape[2], seed=seed)
    predict_next(network, split.train, course=course, seed=seed)
    return Module(network, nn.Linear(CELLS, DIMENSION, bias=False))


def _train(
    modules: list[Module],
    splits: tuple[Split, Split],
    shares: tuple[float, float],
    course: Course,
    generator: torch.Generator,
) -> None:
    """The gradient of the loss across flows into both modules, embeddings included: they may agree on what is
    easy.
    """
    parameters = [p for m in modules for p in (*m.network.parameters(), *m.across.parameters())]
    stepper = torch.optim.Adam(parameters, lr=course.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(stepper, course.share)
    sides = [tensors_of(split.train) for split in splits]
    for _ in range(course.updates):
        index = torch.randint(len(sides[0][0]), (course.batch,), generator=generator)
        total = _loss(modules, [(patches[index], valid[index]) for patches, valid in sides], shares)
        stepper.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(parameters, course.clip)
        stepper.step()
        falling.step()


def _loss(
    modules: list[Module], sides: list[tuple[Tensor, Tensor]], shares: tuple[float, float]
) -> Float[Tensor, ""]:
    within, total = NextEmbedding(), torch.zeros(())
    states, means = [], []
    for module, (patches, valid) in zip(modules, sides, strict=True):
        shown = module.network.unroll(patches, **recording(1, "cells"))
        targets = Weights.of(embedding_of(module.network)).embed(patches, valid)
        total = total + shares[0] * within.loss(shown, Batch(patches, targets)).total
        states.append(_last(shown.recorded["cells"], valid))
        means.append(_mean(shown.recorded["input"], valid))
    for k, module in enumerate(modules):
        total = total - shares[1] * cosine(module.across(states[k]), means[1 - k]).mean()
    return total


def _last(
    states: Float[Tensor, "stream patch n"], valid: Float[Tensor, "stream patch"]
) -> Float[Tensor, "stream n"]:
    return states[torch.arange(len(states)), valid.sum(1).long() - 1]


def _mean(
    values: Float[Tensor, "stream patch n"], valid: Float[Tensor, "stream patch"]
) -> Float[Tensor, "stream n"]:
    return (values * valid[..., None]).sum(1) / valid.sum(1, keepdim=True)
