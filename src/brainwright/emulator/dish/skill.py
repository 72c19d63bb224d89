"""How well an emulator forecasts held-out frames, beside the trivial forecasts."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .dish_emulators import DishEmulators
from .patch_emulator import EARLY, PatchEmulator, coming, contexts

_FLOOR = 1e-3
_RATE_FLOOR = 1e-9  # as in `evidence.scores`: a rate of 0 where a spike came would be infinitely wrong


def gain_over_training_mean(
    rate: Float[Tensor, "dish sample channel"],
    count: Float[Tensor, "dish sample channel"],
    null: Float[Tensor, "dish #sample channel"],
) -> Float[Tensor, " dish"]:
    """Poisson log-likelihood gain over the null rates, in bits per observed spike, per dish.

    Source: Pei et al. 2021 (Neural Latents Benchmark), with the null rates taken from training data. Rates of
    0 count as 1e-9, and a dish without a spike as one with one: its gain stays finite.
    """
    rate, null = rate.clamp(min=_RATE_FLOOR), null.clamp(min=_RATE_FLOOR)
    nll = (rate - count * rate.log()).sum((1, 2))
    null = null.expand_as(count)
    nll_null = (null - count * null.log()).sum((1, 2))
    return (nll_null - nll) / (np.log(2) * count.sum((1, 2)).clamp(min=1))


def forecast_skill(
    emulator: PatchEmulator | DishEmulators,
    training: Float[Tensor, "dish period 2 channel"],
    held_out: Float[Tensor, "dish later 2 channel"],
) -> dict[str, np.ndarray]:
    """Bits per spike of the next evoked response on held-out periods, [dish] each.

    `mean`: mean rate of the training data (zero by definition); `persistence`: the current evoked
    response, mixed with the mean rate by the weight that is best on the training data; `emulator`.
    """
    null = training[:, :, EARLY].mean(1, keepdim=True) + _FLOOR
    target = coming(held_out)[:, :, EARLY]
    with torch.no_grad():
        predicted = emulator.predict(contexts(emulator.encode(held_out))[:, :-1])
        rate = emulator.decode(predicted)[:, :, EARLY]
    mixes = torch.linspace(0, 1, 21)[:-1]
    before, after = training[:, 1:-1, EARLY], training[:, 2:, EARLY]
    gains = torch.stack([gain_over_training_mean(a * before + (1 - a) * null, after, null) for a in mixes])
    best = mixes[gains.argmax(0)][:, None, None]
    persistence = best * held_out[:, 1:-1, EARLY] + (1 - best) * null
    return {
        "mean": np.zeros(len(null)),
        "persistence": gain_over_training_mean(persistence, target, null).numpy(),
        "emulator": gain_over_training_mean(rate, target, null).numpy(),
    }
