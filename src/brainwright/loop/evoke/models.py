"""Which model of what a write evokes is fitted, behind one verb."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from brainwright.emulator.evoked.dynamics import DynamicsResponse
from brainwright.emulator.evoked.latent import LatentResponse
from brainwright.emulator.evoked.ridge import RidgeResponse

KINDS = ("auto", "ridge", "ridge with the state", "ridge by amount", "network", "both", "latent")
NETWORK_FROM = 2_000
"""Trials below which a ridge is as good or better: 600 trials .59 against .54 to .58 for the network, 2,000
trials .68 and .65 to .68 (correlation with a new write's mean answer, dishes that are not reported).
"""


class ResponseModel(Protocol):
    """What a write evokes: anything that can be asked, and descended."""

    def predict(self, writes: Tensor, before: Tensor) -> Tensor:
        """Writes [dish, sample, input] and counts before [dish, sample, channel] become answers
        [member, dish, sample, answer].
        """
        ...


def fit_models(
    kind: str,
    writes: Tensor,
    before: Tensor,
    answers: Tensor,
    counts: Tensor,
    others: Tensor,
    n_slots: int,
    seed: int,
    steps: int = 300,
) -> Sequence[ResponseModel]:
    """Models that are asked together, each with one voice.

    Args:
        kind: "ridge"; "ridge with the state", in which what was active before adds to the answer; "ridge by
            amount", in which the number of pulses changes what each of them does; "network", small dynamics;
            "both" a ridge and a network; "latent", latent diffusion; "auto", a ridge below `NETWORK_FROM`
            trials and both from there on.
        writes, before, answers: [dish, trial, ...].
        counts: of which the answers are made, for a model of counts.
        others: answers in other channels, from which a network learns what state they are in.
        n_slots: of a write.
        seed: of initial weights and the order of data.
        steps: of fitting a network.

    Raises:
        ValueError: another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "auto":
        kind = "both" if writes.shape[1] >= NETWORK_FROM else "ridge"
    models: list[ResponseModel] = []
    if kind in ("network", "both"):
        told = writes, before, answers, others, n_slots
        models.append(DynamicsResponse.fit(*told, steps=steps, seed=seed))
    if kind in ("ridge", "both"):
        models.append(RidgeResponse.fit(writes, before, answers))
    if kind == "ridge with the state":
        models.append(RidgeResponse.fit(writes, before, answers, state=True))
    if kind == "ridge by amount":
        models.append(RidgeResponse.fit(writes, before, answers, amount=True))
    if kind == "latent":
        models.append(LatentResponse.fit(writes, counts, answers, seed=seed))
    return models


def expected(models: Sequence[ResponseModel], writes: Tensor, before: Tensor) -> Tensor:
    """The mean answer over models and their members, [dish, sample, answer]."""
    return torch.stack([model.predict(writes, before).mean(0) for model in models]).mean(0)
