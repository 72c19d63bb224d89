"""Training: first encoder and decoder on masked activity, then the diffusion over their latents."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .emulator import Emulator
from .masks import Masks
from .noise import N_LEVELS, add_noise, velocity, velocity_weight

WARM_UP = 20
"""Updates in which the learning rate rises: Adam's estimates are rough in the first ones."""
EMA_DECAY = 0.99
"""Of the moving average of parameters: of the last hundred updates of some hundreds."""
N_VIEWS = 8
"""Masked readings of each trial that are made once, so that the diffusion trains without the encoder."""
CLIP = 1.0
"""Largest norm of a gradient, as in the reference trainings on Lorenz data."""


@dataclass(frozen=True)
class Plan:
    """How to train.

    Args:
        updates: of the optimiser. For 420 Lorenz trials 336 of batch 64 at a rate of 3e-3 were measured to
            suffice.
        batch: trials.
        learning_rate: after a warm-up; falls as half a cosine to 0.
        weight_decay: of AdamW; 1e-2 is that of the reference autoencoder (LDNS).
        seed: of batches, masks and noise.
    """

    updates: int = 500
    batch: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    seed: int = 0


class EarlyStop:
    """It ends a training once the moving average of parameters gets no better, and keeps the best.

    Args:
        loss: of the model with its present parameters, on data that it is not trained on.
        every: updates between two looks.
        patience: looks without a gain after which it ends.
    """

    def __init__(self, loss: Callable[[], float], every: int = 20, patience: int = 3):
        self.loss, self.every, self.patience = loss, every, patience
        self.least, self.best, self.since = math.inf, None, 0

    def is_over(self, update: int, parameters: list[nn.Parameter], average: list[Tensor]) -> bool:
        """It says whether to end, after this many updates."""
        if update % self.every:
            return False
        with torch.no_grad():
            present = [p.detach().clone() for p in parameters]
            _copy(average, parameters)
            loss = self.loss()
            _copy(present, parameters)
        if loss < self.least:
            self.least, self.best, self.since = loss, [mean.clone() for mean in average], 0
        else:
            self.since += 1
        return self.since >= self.patience


def _copy(values: list[Tensor], parameters: list[nn.Parameter]) -> None:
    for value, parameter in zip(values, parameters, strict=True):
        parameter.copy_(value)


Predictor = Callable[[Tensor, Tensor | None], Tensor]
"""What `fit_masked` trains: expected activity from activity with NaN, and the stimulus."""
Loss = Callable[[Tensor, Tensor], Tensor]


def poisson_loss(rate: Tensor, count: Tensor) -> Tensor:
    """-ln P(count | rate) but for a term without the rate, elementwise."""
    return rate - count * (rate + 1e-9).log()  # the floor of `evidence.scores`: a rate of 0 stays finite


def fit_masked(
    predict: Predictor,
    parameters: Iterable[nn.Parameter],
    activity: Float[Tensor, "trial time unit"],
    masks: Masks,
    plan: Plan,
    *,
    loss: Loss = poisson_loss,
    stimulus: Float[Tensor, "trial time channel"] | None = None,
    progress: Callable[[int, float], Any] | None = None,
    stop: EarlyStop | None = None,
) -> None:
    """Minimises the loss of the entries that were not shown (coordinated dropout, Keshtkaran & Pandarinath
    2019), so that nothing is gained by copying. Parameters end as their exponential moving average.

    Args:
        predict: activity with NaN, stimulus -> expected activity.
        parameters: those to train.
        activity: of training trials; NaN where it was never recorded.
        masks: what is shown.
        plan: updates, batch, rates.
        loss: elementwise, of expected and recorded activity.
        stimulus: of the same trials.
        progress: called with the update and its loss.
        stop: when to end before the plan does.
    """

    def batch_loss(rows: Tensor, generator: torch.Generator) -> Tensor:
        there = activity[rows]
        shown = masks.show(there, generator)
        wanted = shown.isnan() & ~there.isnan()
        predicted = predict(shown, None if stimulus is None else stimulus[rows])
        each = loss(predicted, there.nan_to_num())
        return torch.where(wanted, each, 0).sum() / wanted.sum().clamp(min=1)

    _descend(list(parameters), batch_loss, len(activity), plan, progress, stop)


def fit_autoencoder(
    emulator: Emulator,
    activity: Float[Tensor, "trial time unit"],
    masks: Masks,
    plan: Plan,
    *,
    stimulus: Float[Tensor, "trial time channel"] | None = None,
    progress: Callable[[int, float], Any] | None = None,
    stop: EarlyStop | None = None,
) -> None:
    """Trains whatever of encoder, decoder and units may train; arguments as in `fit_masked`.

    After `Emulator.for_units` these are the embeddings of the new units alone.
    """
    sd = emulator.units.sd
    emulator.train()
    fit_masked(
        emulator.predict,
        emulator.trainable(),
        activity,
        masks,
        plan,
        loss=poisson_loss if emulator.counts else lambda mean, x: ((mean - x) / sd).square(),
        stimulus=stimulus,
        progress=progress,
        stop=stop,
    )
    emulator.eval()


def fit_dynamics(
    emulator: Emulator,
    activity: Float[Tensor, "trial time unit"],
    masks: Masks,
    plan: Plan,
    *,
    stimulus: Float[Tensor, "trial time channel"] | None = None,
    progress: Callable[[int, float], Any] | None = None,
) -> None:
    """Trains the diffusion over the latents of a trained autoencoder, which stays as it is.

    Wanted are draws of the latents given the whole activity, from the evidence of a part of it. Half of the
    trials have one noise level for all frames, half one for each; half of the batches a causal mask.
    """
    emulator.eval()
    with torch.no_grad():
        wanted = wanted_latents(emulator, activity, masks, plan.seed, stimulus)
        evidences, shares = _views(emulator, activity, masks, plan.seed, stimulus)
        emulator.deviation_sd = (wanted - evidences).square().mean(
            (0, 1, 2, 3)
        ).sqrt() + 1e-3  # never 0: it divides

    def batch_loss(rows: Tensor, generator: torch.Generator) -> Tensor:
        driven = None if stimulus is None else stimulus[rows]
        view = torch.randint(N_VIEWS, rows.shape, generator=generator)
        evidence, seen = evidences[view, rows], shares[view, rows]
        clean = (wanted[view, rows] - evidence) / emulator.deviation_sd
        level = noise_levels(*clean.shape[:3], generator=generator)
        noise = torch.randn(clean.shape, generator=generator)
        causal = bool(torch.rand(1, generator=generator) < 0.5)
        noisy = add_noise(clean, noise, level)
        v = emulator.dynamics(noisy, level, evidence, seen, driven, causal)
        error = (v - velocity(clean, noise, level)).square().mean(-1)
        return (velocity_weight(level) * error).mean()

    emulator.dynamics.train()
    _descend(list(emulator.dynamics.parameters()), batch_loss, len(activity), plan, progress)
    emulator.eval()


def noise_levels(batch: int, time: int, group: int, *, generator: torch.Generator) -> Tensor:
    """It returns the levels [batch, time, group]: one for each token in the odd trials, one for all in the
    even ones.
    """
    each = torch.randint(1, N_LEVELS + 1, (batch, time, group), generator=generator)
    common = torch.randint(1, N_LEVELS + 1, (batch, 1, 1), generator=generator).expand_as(each)
    return torch.where((torch.arange(batch) % 2 == 0)[:, None, None], common, each)


def wanted_latents(
    emulator: Emulator, activity: Tensor, masks: Masks, seed: int, stimulus: Tensor | None
) -> Float[Tensor, "view trial time group latent"]:
    """Latents of the whole activity, standardised, each view a draw with the uncertainty that reading leaves.

    Counts of a trial do not determine its latents; a target that is a point would teach forecasts to be too
    sure. Half the difference between the encodings of two random halves of the entries has the covariance
    of the encoding of all of them (balanced half-samples, McCarthy 1969, Rev Int Stat Inst 37:239).
    Units that are never shown are not shown here either: their inward embeddings do not train.
    """
    generator = torch.Generator().manual_seed(seed + 1)
    activity = activity.clone()
    activity[:, :, list(masks.never)] = torch.nan
    whole = emulator.encode(activity, stimulus)
    # 1e-4: a latent that is not used is not divided by 0
    emulator.latent_mean, emulator.latent_sd = whole.mean((0, 1, 2)), whole.std((0, 1, 2)) + 1e-4
    drawn = []
    for _ in range(N_VIEWS):
        first = torch.rand(activity.shape, generator=generator) < 0.5
        of_first, of_rest = (
            emulator.encode(torch.where(half, activity, torch.nan), stimulus) for half in (first, ~first)
        )
        drawn.append(emulator.standardised(whole + (of_first - of_rest) / 2))
    return torch.stack(drawn)


def _views(
    emulator: Emulator, activity: Tensor, masks: Masks, seed: int, stimulus: Tensor | None
) -> tuple[Float[Tensor, "view trial time group latent"], Float[Tensor, "view trial time group"]]:
    """Evidence of each trial under several masks, and the share of units that each shows."""
    generator = torch.Generator().manual_seed(seed)
    evidences, shares = [], []
    for _ in range(N_VIEWS):
        shown = masks.show(activity, generator)
        evidences.append(emulator.standardised(emulator.encode(shown, stimulus)))
        shares.append(emulator.units.share_seen((~shown.isnan()).to(activity)))
    return torch.stack(evidences), torch.stack(shares)


def _descend(
    parameters: list[nn.Parameter],
    batch_loss: Callable[[Tensor, torch.Generator], Tensor],
    n_trials: int,
    plan: Plan,
    progress: Callable[[int, float], Any] | None,
    stop: EarlyStop | None = None,
) -> None:
    """AdamW with a warm-up, a half cosine and clipped gradients; the moving average is what remains."""
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, weight_decay=plan.weight_decay)
    average = [p.detach().clone() for p in parameters]
    batches = _batches(n_trials, plan.batch, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)  # dropout
        for update in range(plan.updates):
            fall = 0.5 * (1 + math.cos(math.pi * update / plan.updates))
            for group in optimiser.param_groups:
                group["lr"] = plan.learning_rate * min(1, (update + 1) / WARM_UP) * fall
            value = batch_loss(next(batches), generator)
            optimiser.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(parameters, CLIP)
            optimiser.step()
            # the average forgets the initial values at first: the usual ramp of moving averages
            keep = min(EMA_DECAY, (1 + update) / (10 + update))
            with torch.no_grad():
                for mean, parameter in zip(average, parameters, strict=True):
                    mean.lerp_(parameter, 1 - keep)
            if progress is not None:
                progress(update + 1, float(value.detach()))
            if stop is not None and stop.is_over(update + 1, parameters, average):
                break
    with torch.no_grad():
        _copy(average if stop is None or stop.best is None else stop.best, parameters)


def _batches(n: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Batches of shuffled rows without end; a pass drops what does not fill a batch."""
    size = min(size, n)
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n - n % size].split(size)
