"""What is compared with what, fixed before the run; settings found on validation data with other seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config

UNTRAINED = ("mean", "persistence", "smoothing_glm", "pca_glm", "lagged_glm", "attainable")
"""Arms of LZ40 without random initial values; `attainable` is the library smoother."""
TRAINED = ("transformer", "bi_gru", "emulator")
SPIKING = ("glm", "masked_glm", "null_glm", "no_latent", "null", "emulator")
"""Arms of LIF80: coupled GLMs without reset, of free, true and rewired wiring; the emulator's spike response
without its latents, on rewired wiring, and whole."""
NULLS = ("null_glm", "null")
SHARES = {"all": 1.0, "scarce": 0.05}
GATES = {
    "co_bps": 0.92,
    "log_rate_r2": 0.90,
    "fp_bps": 0.66,
    "pit_low": 0.85,
    "pit_high": 0.95,
    "lif_all": 0.80,
    "lif_scarce": 0.64,
    "null_sd": 3.0,
    "gap": 0.70,
}


@dataclass(frozen=True)
class Setup:
    """All that results depend on."""

    seed: int
    seeds: tuple[int, ...]
    draws: int
    sessions: int
    updates: int
    diffusion_updates: int
    members: int
    library: int
    spiking_updates: dict[str, int]
    spiking_bins: int
    network_updates: int
    quick: bool


def setup_of(config: "Config") -> Setup:
    """Fills in what follows from `quick`."""
    quick = config.quick
    return Setup(
        seed=config.seed,
        seeds=tuple(range(2 if quick else config.seeds)),
        draws=2 if quick else config.draws,
        sessions=0 if quick else config.sessions,
        updates=20 if quick else 700,
        diffusion_updates=15 if quick else 500,
        members=2 if quick else 8,
        library=2_000 if quick else 120_000,
        spiking_updates={"all": 4, "scarce": 4} if quick else {"all": 400, "scarce": 200},
        spiking_bins=4_500 if quick else 40_000,
        network_updates=10 if quick else 500,
        quick=quick,
    )
