"""The noise levels of diffusion: how much of a latent is left at each, and the forms of what is predicted."""

import math

from jaxtyping import Float, Int
from torch import Tensor

N_LEVELS = 1_000
"""Level 0 is clean, level 1,000 noise alone."""
MAX_SNR = 5.0
"""Of min-SNR weights, as recommended by Hang et al. 2023."""
_OFFSET = 0.008
"""Of the cosine schedule, as chosen by Nichol & Dhariwal 2021: keeps the first levels from having no noise.
"""


def signal_share(level: Int[Tensor, "*token"]) -> Float[Tensor, "*token"]:
    """abar, the share of variance that is signal: the cosine schedule of Nichol & Dhariwal 2021."""
    phase = (level / N_LEVELS + _OFFSET) / (1 + _OFFSET) * (math.pi / 2)
    start = math.cos(_OFFSET / (1 + _OFFSET) * math.pi / 2) ** 2
    # 1e-5: the last level is noise alone but for a share that still has a finite log ratio
    return (phase.cos().square() / start).clamp(1e-5, 1.0)


def add_noise(
    clean: Float[Tensor, "*token latent"],
    noise: Float[Tensor, "*token latent"],
    level: Int[Tensor, "*#token"],
) -> Float[Tensor, "*token latent"]:
    """sqrt(abar) clean + sqrt(1 - abar) noise, each token at its own level."""
    share = signal_share(level)[..., None]
    return share.sqrt() * clean + (1 - share).sqrt() * noise


def velocity(
    clean: Float[Tensor, "*token latent"],
    noise: Float[Tensor, "*token latent"],
    level: Int[Tensor, "*#token"],
) -> Float[Tensor, "*token latent"]:
    """v = sqrt(abar) noise - sqrt(1 - abar) clean (Salimans & Ho 2022): well scaled at every level."""
    share = signal_share(level)[..., None]
    return share.sqrt() * noise - (1 - share).sqrt() * clean


def clean_from_velocity(
    noisy: Float[Tensor, "*token latent"], v: Float[Tensor, "*token latent"], level: Int[Tensor, "*#token"]
) -> Float[Tensor, "*token latent"]:
    """sqrt(abar) noisy - sqrt(1 - abar) v."""
    share = signal_share(level)[..., None]
    return share.sqrt() * noisy - (1 - share).sqrt() * v


def velocity_weight(level: Int[Tensor, "*token"]) -> Float[Tensor, "*token"]:
    """min(snr, 5) / (snr + 1): min-SNR weights (Hang et al. 2023, arXiv 2303.09556) for a predicted v."""
    share = signal_share(level)
    # 1e-8: a clean token has no noise; the weight is cut at `MAX_SNR` anyway
    snr = share / (1 - share).clamp(min=1e-8)
    return snr.clamp(max=MAX_SNR) / (snr + 1)
