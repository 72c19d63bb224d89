"""Networks trained once over all recordings of a set, side by side; each unit that two share is one unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..baselines import BiGRU, PlainTransformer
from ..emulator import Emulator, Shape
from ..history import Stack, fit_stack
from ..masks import Masks
from ..question import Question
from ..training import EarlyStop, Plan, fit_autoencoder, fit_masked, poisson_loss
from .linear import OWN_PENALTY, own_history
from .task import Pool

NETWORKS = ("bi_gru", "transformer", "emulator")
BASELINES: dict[str, type[nn.Module]] = {"bi_gru": BiGRU, "transformer": PlainTransformer}
BATCH = 32
"""Windows of an update."""
AT_ONCE = 128
"""Windows predicted at a time: bounds the memory, changes no figure."""
NO_BIAS = 1 - 1e-3
"""A mean at which the baselines' output starts at ln 1 = 0."""
Forecaster = Callable[[Question, np.ndarray], np.ndarray]
"""(recording, windows) → expected activity, [window, bin, unit]."""


@dataclass(frozen=True)
class Size:
    """Of the emulator, and how long everything is trained; found on validation blocks with other seeds.

    Attributes:
        updates, network_updates, dynamics_updates: of the emulator's encoder and decoder, of the baselines,
            of the emulator's latent dynamics.
        size, n_latent: of the emulator (`Shape`).
        entries, units: shares of what was seen that are hidden in training (`Masks`).
        stride: bins from one training window of a long recording to the next.
    """

    updates: int = 200
    network_updates: int = 200
    size: int = 2
    n_latent: int = 8
    entries: float = 0.2
    units: float = 0.2
    stride: int = 4
    dynamics_updates: int = 150


@dataclass(frozen=True, eq=False)
class Fitted:
    """A network that was fitted to the recordings of a pool.

    Attributes:
        pool: the recordings.
        expected: its activity in all bins, seen or not.
        layered: its forecast beside each unit's own history, [window, ahead, unit].
        stack: how the two are weighted.
        emulator: the model itself, where it is the emulator.
    """

    pool: Pool
    expected: Forecaster
    layered: Forecaster
    stack: Stack
    emulator: Emulator | None = None

    def alone(self, question: Question, windows: np.ndarray) -> np.ndarray:
        """It returns the network's forecast without own history, [window, ahead, unit]."""
        return question.coming(self.expected(question, windows))


def fit_network(
    pool: Pool,
    kind: str,
    size: Size,
    seed: int,
    *,
    stop_early: bool = False,
    progress: Callable[[int, float], Any] | None = None,
) -> Fitted:
    """It returns a network of `NETWORKS` on all training windows of a pool, then weighted with own history.

    A bottleneck of latents holds what units have in common and loses what is each one's own.

    Args:
        pool: recordings of like windows.
        kind: "bi_gru", "transformer" or "emulator".
        size: of the emulator, and how long everything is trained.
        seed: of initial values, batches and masks.
        stop_early: end once the emulator's forecast of validation windows gets no better.
        progress: called with the emulator's update and its loss.
    """
    options = {"stop_early": stop_early, "progress": progress}
    emulator = fit_emulator(pool, size, seed, **options) if kind == "emulator" else None
    predict = _baseline(pool, size, kind, seed) if emulator is None else emulator.predict
    expected = partial(_expected, predict, pool)
    return Fitted(pool, expected, *with_history(pool.questions, expected), emulator)


def fit_emulator(
    pool: Pool,
    size: Size,
    seed: int,
    *,
    stop_early: bool = False,
    progress: Callable[[int, float], Any] | None = None,
) -> Emulator:
    """It returns an emulator with its encoder and decoder trained, its latent dynamics not; see
    `fit_network`.
    """
    windows, counts = torch.from_numpy(pool.train()), pool.counts
    mean = _mean(pool)
    shape = Shape(size.size, size.n_latent, likelihood="poisson" if counts else "gaussian")
    model = Emulator(mean, mean.sqrt() if counts else torch.ones_like(mean), shape, seed=seed)
    stop = EarlyStop(partial(_missed, model, pool)) if stop_early else None
    plan = Plan(size.updates, BATCH, seed=seed)
    fit_autoencoder(model, windows, masks(pool, size), plan, progress=progress, stop=stop)
    return model


def _missed(model: Emulator, pool: Pool) -> float:
    """Mean loss of the forecasts of validation windows."""
    training, total, n = model.training, 0.0, 0
    model.eval()
    for question in pool.questions:
        expected = question.coming(_expected(model.predict, pool, question, question.validation))
        rate, came = (torch.from_numpy(x) for x in (expected, question.coming(question.validation)))
        each = poisson_loss(rate, came) if pool.counts else (rate - came).square()
        total, n = total + float(each.nansum()), n + int((~came.isnan()).sum())
    model.train(training)
    return total / max(n, 1)


def _baseline(pool: Pool, size: Size, kind: str, seed: int) -> Callable[..., Tensor]:
    """It returns a baseline's prediction. A continuous signal is the logarithm of its positive output."""
    windows, counts = torch.from_numpy(pool.train()), pool.counts
    mean = _mean(pool)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BASELINES[kind](mean if counts else torch.full_like(mean, NO_BIAS))

    def predict(activity: Tensor, stimulus: Tensor | None = None) -> Tensor:
        rate = model(activity, stimulus)
        return rate if counts else rate.log()

    model.train()
    # learning rate, weight decay and masks of the reference trainings of such baselines
    plan = Plan(size.network_updates, BATCH, 3e-3, 1e-3, seed)
    loss = poisson_loss if counts else lambda expected, x: (expected - x).square()
    shown = Masks(entries=0.125, units=0.0, shortest=pool.n_ahead, longest=pool.n_ahead)
    fit_masked(predict, model.parameters(), windows, shown, plan, loss=loss)
    model.eval()
    return predict


def masks(pool: Pool, size: Size) -> Masks:
    """The forecast always, and parts of what was seen."""
    return Masks(entries=size.entries, units=size.units, shortest=pool.n_ahead, longest=pool.n_ahead)


def _mean(pool: Pool) -> Tensor:
    return torch.from_numpy(np.nanmean(pool.train(), axis=(0, 1)))


def _expected(
    predict: Callable[..., Tensor], pool: Pool, question: Question, windows: np.ndarray
) -> np.ndarray:
    wide, columns = pool.spread(question, question.seen(windows)), pool.columns[question.name]
    with torch.no_grad():
        parts = [predict(part, None).numpy() for part in torch.from_numpy(wide).split(AT_ONCE)]
    return np.concatenate(parts)[:, :, columns]


def with_history(questions: Sequence[Question], expected: Forecaster) -> tuple[Forecaster, Stack]:
    """It returns a network's forecast with each unit's own history, weighted for each horizon on validation
    windows.
    """
    history = {question.name: own_history(question, OWN_PENALTY) for question in questions}

    def members(question: Question, windows: np.ndarray) -> list[np.ndarray]:
        alone = question.coming(expected(question, windows))
        return [history[question.name](question.seen(windows)), alone]

    rows = [members(question, question.validation) for question in questions]
    points = [_flat([row[k] for row in rows]) for k in range(2)]
    coming = _flat([question.coming(question.validation) for question in questions])
    stack = fit_stack(points, coming, counts=questions[0].counts)
    return lambda question, windows: stack.forecast(members(question, windows)), stack


def _flat(parts: list[np.ndarray]) -> np.ndarray:
    """It returns the recordings of different units as one, [window and unit, horizon, 1]."""
    return np.concatenate([x.transpose(0, 2, 1).reshape(-1, x.shape[1], 1) for x in parts])
