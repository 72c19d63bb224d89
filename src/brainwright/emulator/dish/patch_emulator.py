"""The first emulator: linear patches, one hidden layer of dynamics, Poisson decoding; one per dish."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .layers import DishLinear, generators

EARLY, LATE = 0, 1  # the patches of a symbol's period: the evoked response, and what follows it
CONTEXT = 3  # patches the dynamics sees: previous early, previous late, current early
_RATE_FLOOR = 1e-3
"""Added to mean rates before the logarithm: a channel that was silent starts at one spike in a thousand
periods.
"""


class PatchEmulator(nn.Module):
    """encode: counts -> latent patches; predict: context patches -> coming patches; decode: patches -> rates.

    A patch is one time window over all channels. Latents are z = tanh(W x + b) with
    x = (sqrt(count) - mean) / sd; the dynamics is one hidden tanh layer with a skip from its input; rates
    are exp(V z + log mean rate). Every array has a leading dish axis and every dish has its own weights.
    Larger emulators keep these three verbs and their shapes.

    Args:
        counts: recorded counts [dish, period, patch, channel], used for the normalisation only.
        n_latent: size of a latent patch.
        n_hidden: width of the dynamics.
        seed: initial weights, others in each dish.
    """

    mean: Tensor
    sd: Tensor
    log_rate: Tensor

    def __init__(
        self,
        counts: Float[Tensor, "dish period 2 channel"],
        n_latent: int = 24,
        n_hidden: int = 48,
        seed: int = 0,
    ):
        super().__init__()
        n_dishes, _, _, n_channels = counts.shape
        draws = generators(n_dishes, seed)
        self.n_latent, self.n_channels = n_latent, n_channels
        root = counts.sqrt()
        sd = root.std(dim=1, keepdim=True)
        self.register_buffer("mean", root.mean(dim=1, keepdim=True))
        self.register_buffer("sd", sd + 0.2)  # keeps nearly silent channels from being blown up
        self.register_buffer("log_rate", (counts.mean(dim=1, keepdim=True) + _RATE_FLOOR).log())
        self.encoders = nn.ModuleList(DishLinear(n_channels, n_latent, draws) for _ in range(2))
        self.decoders = nn.ModuleList(DishLinear(n_latent, n_channels, draws, 0.1) for _ in range(2))
        self.hidden = DishLinear(CONTEXT * n_latent, n_hidden, draws)
        self.output = DishLinear(n_hidden, 2 * n_latent, draws)

    def encode(self, counts: Float[Tensor, "dish period 2 channel"]) -> Float[Tensor, "dish period 2 latent"]:
        """Counts become latent patches."""
        x = (counts.sqrt() - self.mean) / self.sd
        return torch.stack([enc(x[:, :, i]).tanh() for i, enc in enumerate(self.encoders)], dim=2)

    def predict(
        self, context: Float[Tensor, "dish sample 3 latent"]
    ) -> Float[Tensor, "dish sample 2 latent"]:
        """Context (previous early, previous late, current early) becomes (next early, current late)."""
        hidden = self.hidden(context.flatten(2)).tanh()
        return self.output(hidden).unflatten(2, (2, self.n_latent)).tanh()

    def decode(
        self, patches: Float[Tensor, "dish sample 2 latent"]
    ) -> Float[Tensor, "dish sample 2 channel"]:
        """Latent patches (early, late) to expected counts: the rates of a Poisson law for each channel."""
        log_rate = torch.stack([dec(patches[:, :, i]) for i, dec in enumerate(self.decoders)], dim=2)
        # e^6 = 403 spikes in a window of tens of milliseconds, beyond any electrode
        return (log_rate + self.log_rate).clamp(max=6.0).exp()

    def latent_loss(
        self, patches: Float[Tensor, "dish period 2 latent"], generator: torch.Generator
    ) -> Float[Tensor, " dish"]:
        """There is no loss on latents: patches learn from the counts alone."""
        return torch.zeros(len(patches))

    def dynamics_parameters(self) -> list[nn.Parameter]:
        """Those that predict, which gradient steps of the loop improve."""
        return [*self.hidden.parameters(), *self.output.parameters()]


def contexts(patches: Float[Tensor, "dish period 2 latent"]) -> Float[Tensor, "dish sample 3 latent"]:
    """It returns contexts of all periods but the first: (previous early, previous late, current early)."""
    return torch.stack([patches[:, :-1, EARLY], patches[:, :-1, LATE], patches[:, 1:, EARLY]], dim=2)


def coming(counts: Float[Tensor, "dish period 2 channel"]) -> Float[Tensor, "dish sample 2 channel"]:
    """What follows each context: (early counts of the next period, late counts of the current one)."""
    return torch.stack([counts[:, 2:, EARLY], counts[:, 1:-1, LATE]], dim=2)
