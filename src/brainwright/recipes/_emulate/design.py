"""What is compared with what, fixed before the run; settings found on validation data with other seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config

SEEDLESS = ("mean", "persistence", "smoothing_glm", "pca_glm", "lagged_glm", "untrained", "attainable")
"""Arms of LZ40 that run once: `untrained`, an emulator with its initial values, controls calibration;
`attainable` is the library smoother."""
TRAINED = ("transformer", "bi_gru", "emulator")
SPIKING = ("glm", "masked_glm", "null_glm", "no_latent", "null", "emulator")
"""Arms of LIF80: coupled GLMs without reset, of free, true and rewired wiring; the emulator's spike response
without its latents, on rewired wiring, and whole."""
NULLS = ("null_glm", "null")
"""Arms of which several wirings are drawn, each trained once; two suffice with all data: no gate asks."""
SHARES = {"all": 1.0, "scarce": 0.05}
GATES: dict[str, Any] = {
    "co_bps": 0.92,
    "log_rate_r2": 0.90,
    "fp_bps": 0.66,
    "covered": (0.85, 0.95),
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
    draws: dict[str, int]
    sessions: int
    updates: int
    diffusion_updates: int
    members: int
    steps: int
    oracle_members: int
    library: int
    spiking_updates: dict[str, int]
    spiking_bins: int
    network_updates: dict[str, int]
    quick: bool


def setup_of(config: "Config") -> Setup:
    """Fills in what follows from `quick`."""
    quick = config.quick
    return Setup(
        seed=config.seed,
        seeds=tuple(range(2 if quick else config.seeds)),
        draws={"all": 2, "scarce": 2 if quick else config.draws},
        sessions=0 if quick else config.sessions,
        updates=10 if quick else 1_000,
        diffusion_updates=8 if quick else 2_000,
        members=2 if quick else 24,
        steps=2 if quick else 16,
        oracle_members=4 if quick else 64,
        library=2_000 if quick else 120_000,
        spiking_updates={"all": 4, "scarce": 4} if quick else {"all": 300, "scarce": 200},
        spiking_bins=4_500 if quick else 40_000,
        network_updates={"bi_gru": 4, "transformer": 4} if quick else {"bi_gru": 500, "transformer": 1_500},
        quick=quick,
    )
