"""Auxiliary maps between the emulator's latents and a task over K symbols; the emulator stays fixed."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from .adam import Adam
from .dish_emulators import DishEmulators
from .layers import DishLinear, generators
from .patch_emulator import EARLY, PatchEmulator, contexts

SURE = 0.99
"""Probability with which a centre is named for its own symbol; see `fit_decoder`."""
HISTORY = 2  # symbols the encoder sees: the current one and the one before


class AuxiliaryMaps(nn.Module):
    """Encoder: task history -> a latent patch, added to the current early patch of the context (linear).
    Decoder: predicted early patch z -> distribution over the next symbol, softmax_k(-|z - c_k|^2 / 2 s^2),
    the posterior of Gaussian classes with centres c_k (mean encoded response to symbol k) and one
    spread s. Unlike a free linear decoder, its gradient points to where the responses really lie, so a
    prediction improved through it is still a state of the tissue.
    """

    centres: Tensor
    spread: Tensor

    def __init__(self, n_dishes: int, n_symbols: int, n_latent: int, seed: int = 0):
        super().__init__()
        self.n_symbols = n_symbols
        self.encoder = DishLinear(HISTORY * n_symbols, n_latent, generators(n_dishes, seed), 0.1)
        self.register_buffer("centres", torch.zeros(n_dishes, n_symbols, n_latent))
        self.register_buffer("spread", torch.ones(n_dishes, 1, 1))

    def with_task(
        self, context: Float[Tensor, "dish sample 3 latent"], history: Int[Tensor, "dish sample 2"]
    ) -> Float[Tensor, "dish sample 3 latent"]:
        """Add the encoded task history to the current early patch."""
        code = one_hot(history, self.n_symbols).float().flatten(2)
        return torch.cat([context[:, :, :2], context[:, :, 2:] + self.encoder(code)[:, :, None]], dim=2)

    def logits(self, predicted: Float[Tensor, "dish sample 2 latent"]) -> Float[Tensor, "dish sample symbol"]:
        """It returns the log probability of the next symbol (up to a constant) from the predicted early
        patch.
        """
        z, centres = predicted[:, :, EARLY], self.centres
        return (z @ centres.mT - centres.square().sum(2)[:, None] / 2) / self.spread.square()


def fit_decoder(
    maps: AuxiliaryMaps,
    patches: Float[Tensor, "dish period 2 latent"],
    symbols: Int[Tensor, "dish period"],
) -> None:
    """Centres of the encoded responses in closed form; a symbol never heard keeps the mean.

    The spread is set so that a centre is named with probability `SURE`: to be named surely, a
    prediction must lie near the centre, not merely on the right side of a boundary.
    """
    early = patches[:, :, EARLY]
    member = one_hot(symbols, maps.n_symbols).float()
    heard = member.sum(1)[:, :, None]
    overall = early.mean(1, keepdim=True)
    maps.centres = torch.where(heard > 0, member.mT @ early / heard.clamp(min=1), overall)
    k = maps.n_symbols
    apart = (maps.centres[:, :, None] - maps.centres[:, None]).square().sum(3).sum((1, 2)) / (k * (k - 1))
    odds = SURE / (1 - SURE) * (k - 1)
    maps.spread = (apart / (2 * np.log(odds))).sqrt()[:, None, None] + 1e-6  # centres that fall together


def fit_auxiliary(
    maps: AuxiliaryMaps,
    emulator: PatchEmulator | DishEmulators,
    counts: Float[Tensor, "dish period 2 channel"],
    symbols: Int[Tensor, "dish period"],
    *,
    steps: int = 150,
    learning_rate: float = 0.02,
    weight_decay: float = 1e-2,
    batch: int | None = None,
    seed: int = 0,
) -> None:
    """Fit the decoder to encoded responses, then the encoder, through the fixed emulator and decoder, to the
    symbol that was heard next.

    `batch` periods a step, drawn at random by `seed`, or all of them.
    """
    with torch.no_grad():
        patches = emulator.encode(counts)
        fit_decoder(maps, patches, symbols)
    context = contexts(patches)[:, :-1]  # of the last period the next symbol is not known
    history, target = torch.stack([symbols[:, 1:-1], symbols[:, :-2]], dim=2), symbols[:, 2:]
    parameters = list(maps.parameters())
    optimiser = Adam(parameters, rate=learning_rate, weight_decay=weight_decay)
    generator, n = torch.Generator().manual_seed(seed), target.shape[1]
    for step in range(steps):
        optimiser.rate = learning_rate * (1 - step / steps)
        rows = slice(None) if batch is None else torch.randperm(n, generator=generator)[:batch]
        logits = maps.logits(emulator.predict(maps.with_task(context[:, rows], history[:, rows])))
        loss = cross_entropy(logits.flatten(0, 1), target[:, rows].flatten()) * len(counts)
        optimiser.step(torch.autograd.grad(loss, parameters))
