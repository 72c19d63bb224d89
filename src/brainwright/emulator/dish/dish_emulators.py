"""The latent-diffusion emulator behind the three verbs of the closed loop, one for each dish."""

import copy
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..emulator import Emulator, Shape
from ..noise import N_LEVELS, add_noise, clean_from_velocity, signal_share, velocity, velocity_weight
from .patch_emulator import EARLY, LATE

COMING = 3
"""Of six patches (previous early, previous late, current early; current late, next early, next late), those
to come."""


class DishEmulators(nn.Module):
    """`Emulator`s of many dishes as one: encode counts to patches, predict the coming ones, decode to rates.

    A frame is a symbol's period, its two groups the early and the late window, so a patch is the emulator's
    own latent patch. Each is read by itself, with everything else missing, since the loop has to predict
    before the period ends. The coming patches are what the diffusion transformer makes, in `chain` steps, of
    pure noise (its mean, 0) beside the known patches at level 0: after one step, its expected value given
    them. Every array has a leading dish axis, and no weight is shared between dishes.

    Args:
        counts: recorded counts [dish, period, window, channel], for levels and scales only.
        n_latent: size of a latent patch.
        size: the dial of `Shape`.
        seed: initial weights, the same in all dishes.
        chain: steps from noise to the coming patches; gradients go through all of them.
    """

    def __init__(
        self,
        counts: Float[Tensor, "dish period 2 channel"],
        n_latent: int = 24,
        size: int = 1,
        seed: int = 0,
        chain: int = 1,
    ):
        super().__init__()
        if chain < 1:
            raise ValueError(f"chain: expected at least one step from noise to patches, got {chain}")
        self.n_latent, self.n_channels, self.chain = n_latent, counts.shape[-1], chain
        shape = Shape(size=size, n_latent=n_latent, n_groups=2, dropout=0.0)
        group = torch.arange(2).repeat_interleave(self.n_channels)
        mean = counts.mean(1).flatten(1)
        emulators = [
            Emulator(mean_of_dish, mean_of_dish.sqrt() + 0.2, shape, group=group, seed=seed)
            for mean_of_dish in mean
        ]
        parameters, buffers = stack_module_state(list(emulators))
        for name, value in parameters.items():
            self.register_parameter(_flat(name), nn.Parameter(value.detach().clone()))
        for name, value in buffers.items():
            self.register_buffer(_flat(name), value)
        self._names = tuple(parameters), tuple(buffers)
        # in a list: none of its parts is ours
        self._skeleton = [_Verbs(copy.deepcopy(emulators[0]).to("meta"))]

    def encode(self, counts: Float[Tensor, "dish period 2 channel"]) -> Float[Tensor, "dish period 2 latent"]:
        """Counts become latent patches, each from its own window alone."""
        alone = torch.full((*counts.shape[:2], 2, *counts.shape[2:]), torch.nan)
        alone[:, :, EARLY, EARLY], alone[:, :, LATE, LATE] = counts[:, :, EARLY], counts[:, :, LATE]
        dishes, periods = counts.shape[:2]
        z = self._call(
            "encode", alone.reshape(dishes, periods * 2, 1, -1)
        )  # [dish, sample, 1, group, latent]
        z = z.unflatten(1, (periods, 2))[:, :, :, 0]
        return torch.stack([z[:, :, EARLY, EARLY], z[:, :, LATE, LATE]], dim=2).tanh()

    def predict(
        self, context: Float[Tensor, "dish sample 3 latent"]
    ) -> Float[Tensor, "dish sample 2 latent"]:
        """Context (previous early, previous late, current early) becomes (next early, current late)."""
        coming = torch.zeros_like(context)
        levels = torch.linspace(N_LEVELS, 0, self.chain + 1).round().long()
        for now, then in pairwise(levels):
            level = torch.cat([torch.zeros(COMING, dtype=torch.long), now.expand(COMING)])
            v = self._diffuse(torch.cat([context, coming], dim=2), level)[:, :, COMING:]
            if now == N_LEVELS:  # no signal is left there
                clean, noise = -v, coming
            else:
                clean, share = clean_from_velocity(coming, v, now), signal_share(now)
                noise = (coming - share.sqrt() * clean) / (1 - share).sqrt()
            coming = clean if then == 0 else add_noise(clean, noise, then)
        return coming[:, :, [1, 0]]

    def decode(
        self, patches: Float[Tensor, "dish sample 2 latent"]
    ) -> Float[Tensor, "dish sample 2 channel"]:
        """Latent patches (early, late) become expected counts."""
        return self._call("decode", patches).unflatten(-1, (2, self.n_channels))

    def latent_loss(
        self, patches: Float[Tensor, "dish period 2 latent"], generator: torch.Generator
    ) -> Float[Tensor, " dish"]:
        """The loss is that of diffusion forcing over three periods in a row: each of their six patches at a
        noise level of its own, drawn anew at every step.
        """
        clean = torch.stack([patches[:, :-2], patches[:, 1:-1], patches[:, 2:]], dim=2).flatten(2, 3).detach()
        level = torch.randint(1, N_LEVELS + 1, (2 * COMING,), generator=generator)
        each = level.expand(clean.shape[:3])
        noise = torch.randn(clean.shape[1:], generator=generator).expand(clean.shape)
        error = self._diffuse(add_noise(clean, noise, each), level) - velocity(clean, noise, each)
        return (velocity_weight(each) * error.square().mean(-1)).mean((1, 2))

    def dynamics_parameters(self) -> list[nn.Parameter]:
        """The parameters are those of the diffusion transformer, which gradient steps of the loop improve."""
        return [p for name, p in self.named_parameters() if name.startswith("dynamics")]

    def _diffuse(self, noisy: Tensor, level: Tensor) -> Tensor:
        """It returns the velocities of six patches in the order of time, at their levels [6]."""
        levels = level.reshape(1, 1, 3, 2).expand(len(noisy), 1, 3, 2)
        return self._call("diffuse", noisy.unflatten(2, (3, 2)), levels).flatten(2, 3)

    def _call(self, verb: str, *inputs: Tensor) -> Tensor:
        parameters, buffers = ({n: getattr(self, _flat(n)) for n in names} for names in self._names)
        verbs = self._skeleton[0]

        def of_dish(values, fixed, *x):
            held = {f"emulator.{name}": value for name, value in (values | fixed).items()}
            return functional_call(verbs, held, (verb, *x))

        with sdpa_kernel(SDPBackend.MATH):  # the fused kernel would go through the dishes one by one
            return vmap(of_dish)(parameters, buffers, *inputs)


class _Verbs(nn.Module):
    """An emulator whose verbs can be called by `functional_call`."""

    def __init__(self, emulator: Emulator):
        super().__init__()
        self.emulator = emulator

    def forward(self, verb: str, x: Tensor, level: Tensor | None = None) -> Tensor:
        """x: activity, patches, or noisy patches."""
        if verb == "encode":
            return self.emulator.encode(x)
        if verb == "decode":
            return self.emulator.decode(x)
        return self.emulator.dynamics(x, level, torch.zeros_like(x), torch.zeros_like(x[..., 0]))


def _flat(name: str) -> str:
    return name.replace(".", "__")
