"""Fit an emulator to recorded periods."""

import torch
from jaxtyping import Float
from torch import Tensor

from .adam import Adam
from .dish_emulators import DishEmulators
from .patch_emulator import PatchEmulator, coming, contexts

INPUT_DROPOUT = 0.1
"""Share of counts that are hidden from the emulator while it is fitted."""


def poisson_nll(rate: Tensor, count: Tensor) -> Tensor:
    """-log P(count | rate) up to the term that does not depend on the rate, elementwise."""
    return rate - count * rate.log()


def fit_emulator(
    emulator: PatchEmulator | DishEmulators,
    counts: Float[Tensor, "dish period 2 channel"],
    *,
    steps: int = 150,
    learning_rate: float = 0.01,
    weight_decay: float = 1e-3,
    batch: int = 64,
    seed: int = 0,
) -> float:
    """Minimise the Poisson loss of the coming counts plus that of reconstructing the present ones.

    Context counts are dropped at random (`INPUT_DROPOUT`) so that no single channel is relied on.
    Warm start: call again with more data to refit. Minibatches of `batch` periods where there are more.

    Returns:
        The loss of the last step, mean over dishes; NaN without a step.

    Raises:
        ValueError: fewer than four periods.
    """
    n = counts.shape[1]
    if n < 4:
        raise ValueError(f"fit_emulator needs at least four recorded periods, got {n}: record for longer")
    generator = torch.Generator().manual_seed(seed)
    parameters = list(emulator.parameters())
    optimiser = Adam(parameters, rate=learning_rate, weight_decay=weight_decay)
    target, last = coming(counts), float("nan")
    for step in range(steps):
        optimiser.rate = learning_rate * (1 - step / steps)
        start = int(torch.randint(max(1, n - batch), (1,), generator=generator))
        here = slice(start, min(n, start + batch))
        seen = counts[:, here]
        # the same counts in all dishes: what is drawn must not depend on how many there are
        keep = (torch.rand(seen.shape[1:], generator=generator) > INPUT_DROPOUT).float()
        patches = emulator.encode(seen * keep)
        rates = emulator.decode(emulator.predict(contexts(patches)[:, :-1]))
        loss = poisson_nll(rates, target[:, here][:, : rates.shape[1]]).mean((1, 2, 3))
        loss = loss + poisson_nll(emulator.decode(patches), seen).mean((1, 2, 3))
        loss = loss + emulator.latent_loss(patches, generator)
        optimiser.step(torch.autograd.grad(loss.sum(), parameters, allow_unused=True))
        if step == steps - 1:
            last = float(loss.detach().mean())
    return last
