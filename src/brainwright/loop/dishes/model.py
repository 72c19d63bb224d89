"""Which emulator of a dish is fitted, and how."""

from dataclasses import dataclass, field

import torch

from brainwright.emulator import DishEmulators, PatchEmulator, fit_emulator, forecast_skill

from ..gradient_writer import FIRST_FIT_STEPS, GradientWriter
from ..kept import Kept
from ..layout import Layout
from ..present import LATE, Periods
from .dishes import Arrays


@dataclass(frozen=True)
class DishModel:
    """An emulator of dishes with what its fits need.

    Attributes:
        kind: the class.
        batch: moments that a step takes: what the time between two symbols allows.
        learning_rate: of its fits, and of the gradient steps unless they have a `step_rate` of their own.
        step_rate, fit_steps: as of `GradientWriter`, to take steps or fit away.
        seed: of its initial values and of the order of data.
        kept: first fits of its writers, and of those of models that were made of it by `replace`.
    """

    kind: type[PatchEmulator] | type[DishEmulators] = PatchEmulator
    batch: int = 64
    learning_rate: float = 1e-2
    seed: int = 0
    step_rate: float | None = None
    fit_steps: int = FIRST_FIT_STEPS
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)

    @classmethod
    def named(cls, name: str, seed: int = 0) -> "DishModel":
        """By name: "patch" (one hidden layer over two patches), or "latent" (latent diffusion).

        Raises:
            ValueError: another name.
        """
        if name not in ("patch", "latent"):
            raise ValueError(f"emulator: expected patch or latent, got {name!r}")
        return cls(seed=seed) if name == "patch" else cls(DishEmulators, 16, 3e-3, seed=seed)

    def writer(
        self, layout: Layout, channels: tuple[int, ...], gradient_steps: int, *, blind: bool = False
    ) -> GradientWriter:
        """A writer that fits this emulator and takes so many gradient (or blind) steps on it per symbol."""
        return GradientWriter(
            layout.n_symbols,
            layout.n_electrodes,
            channels,
            emulator=self.kind,
            gradient_steps=gradient_steps,
            learning_rate=self.learning_rate,
            step_rate=self.step_rate,
            fit_steps=self.fit_steps,
            blind=blind,
            batch=self.batch,
            seed=self.seed,
            kept=self.kept,
        )

    def skill(self, heard: Periods) -> Arrays:
        """Forecast skill on the last quarter of what was heard, fitted on the rest: bits per spike [dish] of
        the `emulator` and of the trivial forecasts `mean` and `persistence` (see `forecast_skill`).
        """
        counts, cut = torch.from_numpy(heard.counts[:, :, : LATE + 1]), len(heard) * 3 // 4
        emulator = self.kind(counts[:, :cut], seed=self.seed)
        options = {"learning_rate": self.learning_rate, "batch": self.batch, "seed": self.seed}
        fit_emulator(emulator, counts[:, :cut], steps=FIRST_FIT_STEPS, **options)
        return forecast_skill(emulator, counts[:, :cut], counts[:, cut:])
