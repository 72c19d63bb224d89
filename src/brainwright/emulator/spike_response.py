"""One-step prediction of spikes from the known past, through wiring: membranes, and a shared hidden drive."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import softplus

CEILING = 1.0986  # log hazard 3: a spike in 95 % of such bins


class SpikeResponse(nn.Module):
    """Escape-noise neurons (Gerstner & Kistler 2002, ch. 5) joined by a connectome, plus latent drive.

    v_t = leak v_{t-1} (1 - reset s_{t-1}) + W s_{t-1}
    u_t = decay u_{t-1} + K (s_{t-1} - p_{t-1})          (a filter driven by what surprised the model)
    p_t = 1 - exp(-h), ln h = min(v_t + B u_t + level, ln 3)

    W_ij = A_ij sign_j softplus(theta_ij): the mask says which synapses may exist, the sign of the sender is
    kept (Dale). Without `sign` weights are free; without `mask` all pairs but self-pairs are joined.

    Args:
        level: each unit's spike probability in training data, [unit].
        mask: synapses that may exist [post, pre].
        sign: +1 or -1 of each sender.
        n_latent: dimensions of the drive, 0 for none.
        membrane: leak and reset per unit; without, an exponential kernel without reset (a plain coupled GLM).
        seed: of the initial values.
    """

    mask: Tensor
    sign: Tensor

    def __init__(
        self,
        level: Float[Tensor, " unit"],
        mask: Bool[Tensor, "unit unit"] | None = None,
        sign: Float[Tensor, " unit"] | None = None,
        n_latent: int = 2,
        membrane: bool = True,
        seed: int = 0,
    ):
        super().__init__()
        n = len(level)
        generator = torch.Generator().manual_seed(seed)
        if mask is None:
            mask = ~torch.eye(n, dtype=torch.bool)
        self.register_buffer("mask", mask.float())
        self.register_buffer("sign", torch.zeros(n) if sign is None else sign.float())
        self.dale = sign is not None
        start = 0.0 if sign is None else -1.0
        self.theta = nn.Parameter(start + 0.05 * torch.randn(n, n, generator=generator))
        hazard = -torch.log1p(-level.clamp(1e-3, 0.9))
        self.level = nn.Parameter(hazard.log())
        self.leak = nn.Parameter(torch.full((n,), 1.4))  # sigmoid: 0.8
        self.reset = nn.Parameter(torch.full((n,), 2.0 if membrane else -20.0), requires_grad=membrane)
        self.decay = nn.Parameter(torch.full((n_latent,), 3.0))  # sigmoid: 0.95
        self.gain = nn.Parameter(0.05 * torch.randn(n, n_latent, generator=generator))
        self.loading = nn.Parameter(0.05 * torch.randn(n_latent, n, generator=generator))

    @property
    def weights(self) -> Float[Tensor, "post pre"]:
        """Coupling in units of log hazard."""
        free = softplus(self.theta) * self.sign if self.dale else self.theta
        return self.mask * free

    def forward(self, spikes: Float[Tensor, "batch time unit"]) -> Float[Tensor, "batch time unit"]:
        """Log hazard of each bin given the bins before it, [batch, time, unit]; starts from rest."""
        arriving = spikes @ self.weights.mT
        leak, reset, decay = self.leak.sigmoid(), self.reset.sigmoid(), self.decay.sigmoid()
        v = torch.zeros_like(spikes[:, 0])
        u = torch.zeros(len(spikes), len(decay), dtype=spikes.dtype, device=spikes.device)
        found = []
        for t, s in enumerate(spikes.unbind(1)):
            log_hazard = (v + u @ self.loading + self.level).clamp(max=CEILING)
            found.append(log_hazard)
            surprise = s + torch.expm1(-log_hazard.exp())
            u = decay * u + surprise @ self.gain
            v = leak * v * (1 - reset * s) + arriving[:, t]
        return torch.stack(found, dim=1)


def spike_probability(
    model: SpikeResponse, spikes: Float[Tensor, "time unit"], *, first: int, warm_up: int = 500
) -> Float[np.ndarray, "bin unit"]:
    """Probability of a spike in every bin from `first` on, given all bins before it.

    Args:
        model: fitted.
        spikes: 0 or 1.
        first: bin that is asked first.
        warm_up: bins before it in which membranes and drive settle.
    """
    start = max(0, first - warm_up)
    with torch.no_grad():
        log_hazard = model(spikes[None, start:])[0, first - start :]
    return -torch.expm1(-log_hazard.exp()).numpy()


def spike_nll(log_hazard: Tensor, spike: Tensor) -> Tensor:
    """-ln P(spike) with P(1) = 1 - exp(-exp(log hazard)), elementwise."""
    hazard = log_hazard.exp()
    return -(spike * torch.log(-torch.expm1(-hazard) + 1e-9) - (1 - spike) * hazard)


def fit_spike_response(
    model: SpikeResponse,
    spikes: Float[Tensor, "time unit"],
    *,
    updates: int = 400,
    learning_rate: float = 0.03,
    window: int = 150,
    burn_in: int = 50,
    batch: int = 64,
    seed: int = 0,
) -> None:
    """Maximises the likelihood of each bin given those before it, on windows drawn from one long recording.

    Args:
        model: fitted in place.
        spikes: 0 or 1, training bins alone.
        updates: of Adam, its rate falling as half a cosine to 0.
        learning_rate: at the start.
        window: bins; membranes and drive start from rest.
        burn_in: first bins of a window, not scored.
        batch: windows, at most two for each that fits into the recording.
        seed: of the windows.

    Raises:
        ValueError: a recording not longer than a window.
    """
    n = len(spikes)
    if n <= window:
        raise ValueError(f"fit_spike_response: expected more than {window} bins, got {n}; shorten the window")
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    size = max(1, min(batch, 2 * (n // window)))
    for update in range(updates):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * 0.5 * (1 + math.cos(math.pi * update / updates))
        starts = torch.randint(n - window + 1, (size,), generator=generator)
        seen = torch.stack([spikes[start : start + window] for start in starts.tolist()])
        loss = spike_nll(model(seen), seen)[:, burn_in:].mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
