"""Units that were not seen, from those that were, in the same 45 ms: the BCI session, which has no order."""

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.activity import Activity
from brainwright.emulator import Emulator, Masks, Plan, Shape, fit_autoencoder
from brainwright.emulator.baselines import BiGRU, PlainTransformer, fit_glm
from brainwright.emulator.training import fit_masked
from brainwright.evidence.scores import bits_per_spike

from .tasks import SHARES

EVERY = 4
"""Each fourth unit is never seen."""
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
N_COMPONENTS = 10
UPDATES = 300
MODELS = ("mean", "lagged", "pca", "bi_gru", "transformer", "emulator")


def split(whole: Activity) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training, validation and test samples [sample, unit], in the order of recording within each angle."""
    n = len(whole.values)
    edges = np.round(np.cumsum(SHARES) * n).astype(int)
    first, second, third = np.split(whole.values[:, 0], edges[:2])
    return first, second, third


def trial(stages: dict[str, Activity], arm: str, seed: int, updates: int = UPDATES) -> dict[str, float]:
    """co-bps of each stage, of a model trained on that stage."""
    found = {}
    for name, whole in stages.items():
        train, validation, test = split(whole)
        hidden = np.arange(train.shape[1]) % EVERY == EVERY - 1
        rates = rates_of(arm, train, validation, test, hidden, seed, updates)
        found[f"skill@{name}"] = bits_per_spike(rates, test[:, hidden])
    return {"skill": float(np.mean(list(found.values()))), **found}


def rates_of(
    arm: str,
    train: Float[np.ndarray, "sample unit"],
    validation: Float[np.ndarray, "sample unit"],
    test: Float[np.ndarray, "sample unit"],
    hidden: np.ndarray,
    seed: int,
    updates: int,
) -> np.ndarray:
    """Expected counts of the hidden units."""
    if arm == "mean":
        return np.broadcast_to(train[:, hidden].mean(0), (len(test), hidden.sum()))
    if arm in ("lagged", "pca"):
        return _regressed(arm, train, validation, test, hidden)
    return _network(arm, train, test, hidden, seed, updates)


def _regressed(arm: str, train, validation, test, hidden) -> np.ndarray:
    """Poisson regression on all seen units, or on principal components of their square roots."""
    root = np.sqrt(train[:, ~hidden])
    centre = root.mean(0)
    axes = np.linalg.svd(root - centre, full_matrices=False)[2][:N_COMPONENTS].T

    def features(x: np.ndarray) -> np.ndarray:
        seen = np.sqrt(x[:, ~hidden])
        return seen if arm == "lagged" else (seen - centre) @ axes

    models = [fit_glm(features(train), train[:, hidden], penalty) for penalty in PENALTIES]
    best = max(models, key=lambda m: bits_per_spike(m.rates(features(validation)), validation[:, hidden]))
    return best.rates(features(test))


def _network(arm: str, train, test, hidden, seed: int, updates: int) -> np.ndarray:
    counts = torch.from_numpy(train[:, None])
    mean = counts.mean((0, 1))
    never = tuple(np.flatnonzero(hidden).tolist())
    masks = Masks(entries=0.2, units=0.2, shortest=0, longest=0, never=never)
    plan = Plan(updates, 64, 3e-3, 1e-2, seed)
    if arm == "emulator":
        model = Emulator(mean, mean.sqrt(), Shape(size=1), seed=seed)
        fit_autoencoder(model, counts, masks, plan)
        predict = model.predict
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            predict = {"bi_gru": BiGRU, "transformer": PlainTransformer}[arm](mean)
        predict.train()
        fit_masked(predict, predict.parameters(), counts, masks, plan)
        predict.eval()
    shown = torch.from_numpy(np.where(hidden, np.nan, test)[:, None].astype(np.float32))
    with torch.no_grad():
        return predict(shown, None).numpy()[:, 0, hidden]
