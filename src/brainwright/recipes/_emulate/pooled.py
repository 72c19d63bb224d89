"""Networks trained once over all recordings of a set, side by side; each unit that two share is one unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from brainwright.emulator import Emulator, Masks, Plan, Shape, fit_autoencoder
from brainwright.emulator.baselines import BiGRU, PlainTransformer
from brainwright.emulator.history import Stack, fit_stack
from brainwright.emulator.training import fit_masked, poisson_loss

from .forecasters import OWN_PENALTY, own_history
from .tasks import Pool, Task

BATCH = 32
AT_ONCE = 128
NO_BIAS = 1 - 1e-3
"""A mean at which the baselines' output starts at ln 1 = 0."""
Activity = Callable[[Task, np.ndarray], np.ndarray]
"""(recording, windows) → expected activity in all bins, [window, bin, unit]."""


@dataclass(frozen=True)
class Size:
    """Of the emulator, and how long everything is trained; found on validation blocks with other seeds."""

    updates: int
    network_updates: int
    size: int = 2
    n_latent: int = 8
    entries: float = 0.2
    units: float = 0.2
    stride: int = 4


def emulator(pool: Pool, size: Size, seed: int) -> tuple[Emulator, Activity]:
    """The emulator, and what it expects in all bins given the seen ones."""
    windows, counts = torch.from_numpy(pool.train()), pool.tasks[0].counts
    mean = torch.from_numpy(np.nanmean(pool.train(), axis=(0, 1)))
    shape = Shape(size.size, size.n_latent, likelihood="poisson" if counts else "gaussian")
    model = Emulator(mean, mean.sqrt() if counts else torch.ones_like(mean), shape, seed=seed)
    fit_autoencoder(model, windows, masks(pool, size), Plan(size.updates, BATCH, seed=seed))
    return model, partial(_expected, model.predict, pool)


def network(pool: Pool, size: Size, kind: str, seed: int) -> Activity:
    """A baseline: "bi_gru" or "transformer". A continuous signal is the logarithm of its positive output."""
    windows, counts = torch.from_numpy(pool.train()), pool.tasks[0].counts
    mean = torch.from_numpy(np.nanmean(pool.train(), axis=(0, 1)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make = {"bi_gru": BiGRU, "transformer": PlainTransformer}[kind]
        model: nn.Module = make(mean if counts else torch.full_like(mean, NO_BIAS))

    def predict(activity: Tensor, stimulus: Tensor | None = None) -> Tensor:
        found = model(activity, stimulus)
        return found if counts else found.log()

    model.train()
    plan = Plan(size.network_updates, BATCH, 3e-3, 1e-3, seed)
    loss = poisson_loss if counts else lambda found, x: (found - x).square()
    ahead = pool.tasks[0].n_ahead
    shown = Masks(entries=0.125, units=0.0, shortest=ahead, longest=ahead)
    fit_masked(predict, model.parameters(), windows, shown, plan, loss=loss)
    model.eval()
    return partial(_expected, predict, pool)


def masks(pool: Pool, size: Size) -> Masks:
    """The forecast always, and parts of what was seen."""
    ahead = pool.tasks[0].n_ahead
    return Masks(entries=size.entries, units=size.units, shortest=ahead, longest=ahead)


def _expected(predict: Callable[..., Tensor], pool: Pool, task: Task, windows: np.ndarray) -> np.ndarray:
    wide, columns = pool.spread(task, task.seen(windows)), pool.columns[task.name]
    with torch.no_grad():
        parts = [predict(part, None).numpy() for part in torch.from_numpy(wide).split(AT_ONCE)]
    return np.concatenate(parts)[:, :, columns]


def with_history(
    tasks: Sequence[Task], expected: Activity
) -> tuple[Callable[[Task, np.ndarray], np.ndarray], Stack]:
    """A network's forecast beside each unit's own history, weighted for each horizon on validation windows.

    A bottleneck of latents holds what units have in common and loses what is each one's own.
    """
    own = {task.name: own_history(task, OWN_PENALTY) for task in tasks}

    def members(task: Task, windows: np.ndarray) -> list[np.ndarray]:
        return [own[task.name](task.seen(windows)), expected(task, windows)[:, task.n_seen :]]

    rows = [members(task, task.validation) for task in tasks]
    points = [_flat([row[k] for row in rows]) for k in range(2)]
    coming = _flat([task.validation[:, task.n_seen :] for task in tasks])
    stack = fit_stack(points, coming, counts=tasks[0].counts)
    return lambda task, windows: stack.forecast(members(task, windows)), stack


def _flat(parts: list[np.ndarray]) -> np.ndarray:
    """Recordings of different units as one, [window and unit, horizon, 1]."""
    return np.concatenate([x.transpose(0, 2, 1).reshape(-1, x.shape[1], 1) for x in parts])
