"""The emulator: reads, smooths, fills in, forecasts and samples neural activity, and can be steered."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .dynamics import LatentDiffusion
from .encoder import Encoder
from .sampling import Schedule, sample_deviation
from .units import UnitEmbeddings

if TYPE_CHECKING:
    from .fitted import FittedEmulator

MAX_LOG_RATE = 7.0
"""1,097 events a bin, beyond any neuron: clipping log rates at 6 to 8 keeps exponentials finite."""
LATENT_LIMIT = 5.0
"""Standard deviations at which standardised latents are cut, so that outliers do not rule the diffusion."""
WIRING_FLOOR = 1e-2
"""Added to the wiring before the logarithm: groups without a connection keep a hundredth of the attention of
a connection of 1.
"""


@dataclass(frozen=True)
class Shape:
    """How large an emulator is. `size` is the dial: width 32 size, 2 size heads, size + 1 diffusion blocks.

    Args:
        size: 1 and up; 2 suits some tens of channels and minutes of data.
        n_latent: size of a latent patch.
        n_groups: spatial patches of a frame.
        n_stimuli: channels of a stimulus that is known at all times.
        likelihood: Poisson for counts, Gaussian for continuous signals.
        dropout: of encoder and dynamics.
    """

    size: int = 2
    n_latent: int = 8
    n_groups: int = 1
    n_stimuli: int = 0
    likelihood: Literal["poisson", "gaussian"] = "poisson"
    dropout: float = 0.2

    def __post_init__(self) -> None:
        for name, least in (("size", 1), ("n_latent", 1), ("n_groups", 1), ("n_stimuli", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"Shape: expected {name} of at least {least}, got {getattr(self, name)}")

    @property
    def width(self) -> int:
        """The width is that of tokens and unit embeddings."""
        return 32 * self.size

    @property
    def n_heads(self) -> int:
        """The number is that of attention heads."""
        return 2 * self.size


class Emulator(nn.Module):
    """Activity [batch, time, unit], NaN wherever it is missing, to latent patches and back.

    `encode` reads what there is (not causal: what is missing may lie before, between or after) and gives
    latent patches at all times; `decode` gives each unit's expected activity. So `predict` smooths, fills
    in and forecasts by one rule: the expected activity everywhere, given what was seen. `ensemble` draws
    from the distribution around it by diffusion in the latent space, `sample` without any observation.
    All verbs are differentiable with respect to parameters, activity and stimulus.

    Args:
        mean, sd: of each unit over training data, [unit].
        shape: sizes and kinds.
        group: of each unit (default: all in the first).
        wiring: how strongly group j reaches group i, [group, group]; biases spatial attention.
        seed: of the initial parameters.
    """

    latent_mean: Tensor
    latent_sd: Tensor
    deviation_sd: Tensor
    wiring: Tensor

    def __init__(
        self,
        mean: Float[Tensor, " unit"],
        sd: Float[Tensor, " unit"],
        shape: Shape | None = None,
        *,
        group: Int[Tensor, " unit"] | None = None,
        wiring: Float[Tensor, "group group"] | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.shape = shape = shape or Shape()
        group = torch.zeros(len(mean), dtype=torch.long) if group is None else group
        if len(group) and int(group.max()) >= shape.n_groups:
            raise ValueError(
                f"Emulator: expected groups below n_groups = {shape.n_groups}, got {int(group.max())}"
            )
        self.units = UnitEmbeddings(
            mean, sd, group, shape.n_groups, shape.width, torch.Generator().manual_seed(seed), self.counts
        )
        sizes = (shape.width, shape.n_heads)
        rest = (shape.n_latent, shape.n_groups, shape.n_stimuli, shape.dropout)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = Encoder(*sizes, shape.size, *rest)
            self.decoder = nn.Sequential(
                nn.Linear(shape.n_latent, shape.width), nn.GELU(), nn.Linear(shape.width, shape.width)
            )
            self.dynamics = LatentDiffusion(*sizes, shape.size + 1, *rest)
        self.wiring_gain = nn.Parameter(torch.tensor(1.0))
        self.register_buffer("wiring", torch.empty(0) if wiring is None else wiring.float())
        for name, value in (("latent_mean", 0.0), ("latent_sd", 1.0), ("deviation_sd", 1.0)):
            self.register_buffer(name, torch.full((shape.n_latent,), value))

    @classmethod
    def fit(cls, activity, **options) -> "FittedEmulator":
        """It fits an emulator to a recording in one call; see `fitted.fit_recording`.

        Args:
            activity: `brainwright.Activity`, such as `Activity.load(path)` gives.
            options: `n_seen`, `n_ahead`, `size`, `seed`, `progress`.

        Raises:
            EmulatorError: no `Activity`, such as a bare array, which does not say how wide its bins are.
        """
        from brainwright.datasets.activity import Activity

        from .fitted import EmulatorError, fit_recording

        if not isinstance(activity, Activity):
            raise EmulatorError(
                f"expected a brainwright.Activity, got {type(activity).__name__}; read a file by "
                "Activity.load, or make one: Activity(values [trial, bin, unit], bin_s, unit_names, counts)"
            )
        return fit_recording(activity, **options)

    @classmethod
    def load(cls, folder) -> "FittedEmulator":
        """It reads back what `FittedEmulator.save` wrote; `load_emulator` reads an emulator alone."""
        from .fitted import FittedEmulator

        return FittedEmulator.load(folder)

    @property
    def counts(self) -> bool:
        """Whether activity is counts (Poisson) or continuous (Gaussian)."""
        return self.shape.likelihood == "poisson"

    def encode(
        self,
        activity: Float[Tensor, "batch time unit"],
        stimulus: Float[Tensor, "batch time channel"] | None = None,
    ) -> Float[Tensor, "batch time group latent"]:
        """Latent patches at all times, from what was seen."""
        seen = self._seen(activity)
        known = torch.where(seen > 0, activity, 0)
        bias = self._bias(activity.shape[1])
        return self.encoder(self.units.enter(known, seen), self.units.share_seen(seen), stimulus, bias)

    def decode(self, latents: Float[Tensor, "*batch group latent"]) -> Float[Tensor, "*batch unit"]:
        """It returns the expected activity: counts per bin, or the mean of a continuous signal."""
        shown = self.units.show(self.decoder(latents))
        if self.counts:
            return shown.clamp(max=MAX_LOG_RATE).exp()
        return self.units.mean + self.units.sd * shown

    def predict(
        self,
        activity: Float[Tensor, "batch time unit"],
        stimulus: Float[Tensor, "batch time channel"] | None = None,
    ) -> Float[Tensor, "batch time unit"]:
        """It returns the expected activity of every unit at all times, seen or missing, in one pass."""
        return self.decode(self.encode(activity, stimulus))

    def ensemble(
        self,
        activity: Float[Tensor, "batch time unit"],
        n_members: int,
        *,
        stimulus: Float[Tensor, "batch time channel"] | None = None,
        schedule: Schedule | None = None,
        seed: int = 0,
        causal: bool = False,
    ) -> Float[Tensor, "member batch time unit"]:
        """Draws of the expected activity given what was seen: what smoothing or a forecast leaves open.

        The predictive law of an entry is the mixture of Poisson (or Gaussian) laws over the members.

        Args:
            activity: NaN where missing.
            n_members: draws.
            stimulus: known at all times.
            schedule: of the sampler (default: 8 steps, all frames at once).
            seed: of the draws.
            causal: whether a frame's deviation may depend on later frames.
        """
        repeated = activity.repeat(n_members, 1, 1)
        driven = None if stimulus is None else stimulus.repeat(n_members, 1, 1)
        latents = self.draw(repeated, stimulus=driven, schedule=schedule, seed=seed, causal=causal)
        return self.decode(latents).unflatten(0, (n_members, len(activity)))

    def draw(
        self,
        activity: Float[Tensor, "batch time unit"],
        *,
        stimulus: Float[Tensor, "batch time channel"] | None = None,
        known: Float[Tensor, "batch known group latent"] | None = None,
        schedule: Schedule | None = None,
        seed: int = 0,
        causal: bool = False,
    ) -> Float[Tensor, "batch time group latent"]:
        """One draw of the latent patches for each trial; the first `known` frames keep these latents."""
        evidence = self.standardised(self.encode(activity, stimulus))
        seen = self.units.share_seen(self._seen(activity))
        past = None
        if known is not None:
            past = (self.standardised(known) - evidence[:, : known.shape[1]]) / self.deviation_sd
        deviation = sample_deviation(
            self.dynamics, evidence, seen, stimulus, past, schedule or Schedule(), seed, causal
        )
        return (evidence + self.deviation_sd * deviation) * self.latent_sd + self.latent_mean

    def rollout(
        self,
        activity: Float[Tensor, "batch time unit"],
        n_frames: int,
        *,
        chunk: int = 10,
        schedule: Schedule | None = None,
        seed: int = 0,
    ) -> Float[Tensor, "batch frame unit"]:
        """Expected activity of `n_frames` frames to come, drawn chunk by chunk, each given what came before.

        The window slides: it keeps the length of `activity`, its past held by the latents that were read
        or drawn. With no stimulus; for one that is known use `ensemble` over its whole length.

        Args:
            activity: what was seen, at least as many frames as `chunk`.
            n_frames: to draw.
            chunk: frames drawn at once.
            schedule: of the sampler.
            seed: of the draws.
        """
        if self.shape.n_stimuli:
            raise ValueError("rollout: this emulator is driven by a stimulus; use `ensemble` with its course")
        if not 1 <= chunk <= activity.shape[1]:
            raise ValueError(f"rollout: expected a chunk of 1 to {activity.shape[1]} frames, got {chunk}")
        window, coming = activity, torch.full_like(activity[:, :chunk], torch.nan)
        known, drawn = self.encode(activity), []
        for part in range(-(-n_frames // chunk)):
            window = torch.cat([window[:, chunk:], coming], dim=1)
            known = known[:, chunk:]
            known = self.draw(window, known=known, schedule=schedule, seed=seed + part, causal=True)
            drawn.append(self.decode(known[:, -chunk:]))
        return torch.cat(drawn, dim=1)[:, :n_frames]

    def standardised(
        self, latents: Float[Tensor, "batch time group latent"]
    ) -> Float[Tensor, "batch time group latent"]:
        """It returns the latents with mean 0 and deviation 1 over training data, within 5 deviations."""
        return ((latents - self.latent_mean) / self.latent_sd).clamp(-LATENT_LIMIT, LATENT_LIMIT)

    def for_units(
        self,
        mean: Float[Tensor, " unit"],
        sd: Float[Tensor, " unit"],
        *,
        group: Int[Tensor, " unit"] | None = None,
        seed: int = 0,
    ) -> "Emulator":
        """It returns a copy for a recording of other units: their embeddings are new and train, the rest is
        frozen.
        """
        other = copy.deepcopy(self)
        for parameter in other.parameters():
            parameter.requires_grad_(False)
        group = torch.zeros(len(mean), dtype=torch.long) if group is None else group
        generator = torch.Generator().manual_seed(seed)
        other.units = UnitEmbeddings(
            mean, sd, group, self.shape.n_groups, self.shape.width, generator, self.counts
        )
        return other

    def trainable(self) -> Iterator[nn.Parameter]:
        """Parameters of encoder, decoder and units that train (not those of the dynamics)."""
        parts = (self.units, self.encoder, self.decoder)
        yield from (p for part in parts for p in part.parameters() if p.requires_grad)
        if self.wiring.numel():
            yield self.wiring_gain

    def _seen(self, activity: Float[Tensor, "batch time unit"]) -> Float[Tensor, "batch time unit"]:
        if activity.shape[-1] != len(self.units):
            raise ValueError(
                f"the emulator has {len(self.units)} units, got activity of {activity.shape[-1]}; "
                "give a missing unit NaN, or make embeddings for other units by `for_units`"
            )
        return (~activity.isnan()).to(activity.dtype)

    def _bias(self, frames: int) -> Float[Tensor, "token token"] | None:
        """It returns the gain × ln(floor + wiring) between groups, the same at all pairs of frames."""
        if not self.wiring.numel():
            return None
        return (self.wiring_gain * (WIRING_FLOOR + self.wiring).log()).repeat(frames, frames)
