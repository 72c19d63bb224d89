"""One trial on LIF80: one-step prediction of spikes through free, true or rewired wiring."""

import time
from functools import cache

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls
from brainwright.datasets.suites.lif80 import LIF80, lif80, oracle_bits
from brainwright.emulator import SpikeResponse, fit_spike_response, spike_probability
from brainwright.evidence.scores import bernoulli_bits_per_spike, weight_recovery

from .budget import Budget

SHARES = {"all": 1.0, "scarce": 0.05}
"""Of the training data."""
SPIKING = ("glm", "masked_glm", "null_glm", "no_latent", "null", "emulator")
"""Coupled GLMs without reset, of free, true and rewired wiring; the emulator's spike response without its
latents, on rewired wiring, and whole.
"""
NULLS = ("null_glm", "null")
"""Arms of which several wirings are drawn, each trained once."""


@cache
def suite(n_bins: int) -> LIF80:
    """LIF80, made once per process."""
    return lif80(0, n_bins=n_bins)


@cache
def oracle(n_bins: int) -> dict[str, float]:
    """What can be reached, in bits per spike."""
    return oracle_bits(suite(n_bins))


def trial(budget: Budget, offset: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """`arm` is a share of the data and a kind of model, such as "scarce/emulator"."""
    amount, kind = arm.split("/")
    data = suite(budget.spiking_bins)
    spikes = torch.from_numpy(data.spikes)
    train = spikes[: int(SHARES[amount] * data.n_train)]
    began = time.process_time()
    model = build(data, kind, train, offset + seed, draw)
    fit_spike_response(model, train, updates=budget.spiking_updates[amount], seed=offset + seed)
    probability = spike_probability(model, spikes, first=data.n_train)
    bits = bernoulli_bits_per_spike(probability, data.spikes[data.n_train :])
    weights = weight_recovery(model.weights.detach().numpy(), data.weights)
    spent = time.process_time() - began
    return {"bits": bits, "share": bits / oracle(budget.spiking_bins)["oracle"], **weights, "cpu_s": spent}


def build(data: LIF80, kind: str, train: torch.Tensor, seed: int, draw: int) -> SpikeResponse:
    """The model of an arm."""
    plain = kind.endswith("glm")
    matrix = rewired(data, draw) if kind.startswith("null") else data.adjacency
    return SpikeResponse(
        train.mean(0),
        None if kind == "glm" else torch.from_numpy(matrix),
        None if plain else torch.from_numpy(data.sign).float(),
        n_latent=0 if plain or kind == "no_latent" else 2,
        membrane=not plain,
        seed=seed,
    )


def rewired(data: LIF80, draw: int) -> np.ndarray:
    """Another wiring with every in- and out-degree kept, bool [post, pre]."""
    wiring = Connectome.from_matrix(data.adjacency.astype(np.int64))
    return nulls.degree_preserving(wiring, seed=draw).weights(signs=None).toarray() > 0
