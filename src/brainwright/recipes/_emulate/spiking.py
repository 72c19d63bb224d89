"""One trial on LIF80: one-step prediction of spikes through free, true or rewired wiring."""

import time
from functools import cache

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls
from brainwright.datasets.suites.lif80 import LIF80, lif80, without_drive
from brainwright.emulator import SpikeResponse
from brainwright.emulator.spike_response import fit_spike_response
from brainwright.evidence.scores import bernoulli_bits_per_spike, weight_recovery

from .design import SHARES, Setup

WARM_UP = 500
"""Bins before the test block in which membranes and drive settle; not scored."""


@cache
def suite(n_bins: int) -> LIF80:
    """LIF80, made once per process."""
    return lif80(0, n_bins=n_bins)


def trial(setup: Setup, arm: str, seed: int, draw: int) -> dict[str, float]:
    """`arm` is a share of the data and a kind of model, such as "scarce/emulator"."""
    amount, kind = arm.split("/")
    data, own = suite(setup.spiking_bins), 1_000 * setup.seed + seed
    spikes = torch.from_numpy(data.spikes)
    train = spikes[: int(SHARES[amount] * data.n_train)]
    began = time.process_time()
    model = build(data, kind, train, own, draw)
    fit_spike_response(model, train, updates=setup.spiking_updates[amount], seed=own)
    start = max(0, data.n_train - WARM_UP)
    with torch.no_grad():
        log_hazard = model(spikes[None, start:])[0, data.n_train - start :]
    probability = -torch.expm1(-log_hazard.exp()).numpy()
    bits = bernoulli_bits_per_spike(probability, data.spikes[data.n_train :])
    weights = weight_recovery(model.weights.detach().numpy(), data.weights)
    spent = time.process_time() - began
    return {"bits": bits, "share": bits / oracle(setup)["oracle"], **weights, "cpu_s": spent}


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


def oracle(setup: Setup) -> dict[str, float]:
    """Bits per spike of the true probability, and of the true network without its hidden drive."""
    return _oracle(setup.spiking_bins)


@cache
def _oracle(n_bins: int) -> dict[str, float]:
    data = suite(n_bins)
    test = slice(data.n_train, None)
    spikes = data.spikes[test]
    return {
        "oracle": bernoulli_bits_per_spike(data.probability[test], spikes),
        "latent_free": bernoulli_bits_per_spike(without_drive(data)[test], spikes),
    }
