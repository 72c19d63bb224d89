"""Units that were not seen, from those that were, in the same bin: for samples that do not follow one another
in time, so that there is nothing to forecast.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import nn

from brainwright.datasets.activity import Activity
from brainwright.evidence.scores import bits_per_spike

from ..baselines import fit_glm
from ..emulator import Emulator, Shape
from ..masks import Masks
from ..training import Plan, fit_autoencoder, fit_masked
from .networks import BASELINES
from .task import SHARES

UNSEEN_MODELS = ("mean", "lagged", "pca", "bi_gru", "transformer", "emulator")
EVERY = 4
"""Each fourth unit is never seen."""
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
N_COMPONENTS = 10
BATCH = 64


@dataclass(frozen=True, eq=False)
class Samples:
    """Counts of one bin, split, and which units are never seen."""

    train: Float[np.ndarray, "train unit"]
    validation: Float[np.ndarray, "validation unit"]
    test: Float[np.ndarray, "test unit"]
    hidden: Bool[np.ndarray, " unit"]

    @classmethod
    def of(cls, whole: Activity) -> "Samples":
        """Training, validation and test in the order of recording, of trials of one bin."""
        edges = np.round(np.cumsum(SHARES) * len(whole.values)).astype(int)
        parts = np.split(whole.values[:, 0], edges[:2])
        return cls(*parts, np.arange(whole.values.shape[2]) % EVERY == EVERY - 1)


def co_smoothing(whole: Activity, model: str, *, seed: int = 0, updates: int = 300) -> float:
    """co-bps: bits per spike of the unseen units over their means, on test samples (Pei et al. 2021).

    Args:
        whole: counts [sample, 1, unit].
        model: of `UNSEEN_MODELS`: "lagged" is a Poisson regression on all seen units, "pca" one on their
            principal components.
        seed: of a network.
        updates: of a network.
    """
    data = Samples.of(whole)
    if model == "mean":
        level = data.train[:, data.hidden].mean(0)
        rates = np.broadcast_to(level, (len(data.test), data.hidden.sum()))
    elif model in ("lagged", "pca"):
        rates = _regressed(data, components=model == "pca")
    else:
        rates = _network(data, model, seed, updates)
    return bits_per_spike(rates, data.test[:, data.hidden])


def _regressed(data: Samples, *, components: bool) -> np.ndarray:
    """Poisson regression on all seen units, or on principal components of their square roots."""
    root = np.sqrt(data.train[:, ~data.hidden])
    centre = root.mean(0)
    axes = np.linalg.svd(root - centre, full_matrices=False)[2][:N_COMPONENTS].T

    def features(x: np.ndarray) -> np.ndarray:
        seen = np.sqrt(x[:, ~data.hidden])
        return (seen - centre) @ axes if components else seen

    wanted = data.validation[:, data.hidden]
    models = [fit_glm(features(data.train), data.train[:, data.hidden], penalty) for penalty in PENALTIES]
    best = max(models, key=lambda model: bits_per_spike(model.rates(features(data.validation)), wanted))
    return best.rates(features(data.test))


def _network(data: Samples, kind: str, seed: int, updates: int) -> np.ndarray:
    counts = torch.from_numpy(data.train[:, None])
    mean = counts.mean((0, 1))
    never = tuple(np.flatnonzero(data.hidden).tolist())
    masks = Masks(entries=0.2, units=0.2, shortest=0, longest=0, never=never)
    plan = Plan(updates, BATCH, 3e-3, 1e-2, seed)
    predict: Callable[..., torch.Tensor]
    if kind == "emulator":
        model = Emulator(mean, mean.sqrt(), Shape(size=1), seed=seed)
        fit_autoencoder(model, counts, masks, plan)
        predict = model.predict
    else:
        predict = _baseline(kind, counts, mean, masks, plan)
    shown = torch.from_numpy(np.where(data.hidden, np.nan, data.test)[:, None].astype(np.float32))
    with torch.no_grad():
        return predict(shown, None).numpy()[:, 0, data.hidden]


def _baseline(kind: str, counts: torch.Tensor, mean: torch.Tensor, masks: Masks, plan: Plan) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        network = BASELINES[kind](mean)
    network.train()
    fit_masked(network, network.parameters(), counts, masks, plan)
    network.eval()
    return network
