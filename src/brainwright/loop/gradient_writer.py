"""The writer that descends a gradient: emulator, auxiliary maps, improved prediction, electrodes."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from brainwright.emulator import (
    AuxiliaryMaps,
    DishEmulators,
    PatchEmulator,
    contexts,
    fit_auxiliary,
    fit_emulator,
)
from brainwright.emulator.dish.adam import Adam

from .kept import Kept
from .present import EARLY, LATE, Moment, Periods
from .writers import NEARLY_SILENT

FIRST_FIT_STEPS, REFIT_STEPS = 200, 20
"""Steps of the first fit, from random weights, and of a refit, which goes on from fitted ones."""
BLIND_SD = 0.01
"""Of a blind step: the best of .01, .03 and .1 on dishes that are not reported."""


class GradientWriter:
    """Writes the state that an emulator, improved for the task, predicts for the coming symbol.

    The gradient is that of the task loss (cross-entropy of the wanted symbol under the frozen auxiliary
    decoder) with respect to the emulator's dynamics. A step sees the present moment and a random sample of
    what was heard before, so that one surprising symbol does not undo what was learned; steps are kept.

    Args:
        n_symbols, n_electrodes: size of the task and of a write.
        channels: channels that may stimulate.
        gradient_steps: steps per symbol (Adam); 0 is the `ungraded` control, which writes the emulator's own
            prediction.
        learning_rate: of fitting the emulator, and of these steps unless they have a `step_rate` of their
            own.
        step_rate: of the gradient steps; 0 takes them away and leaves all else.
        blind: no gradient is taken: a step is a random change of the emulator's dynamics that a dish keeps
            where the same loss falls, a search of equal budget.
        deaf: the contexts of its steps hold the task history and no response of the tissue.
        fit_steps: of the first fit; 0 leaves the emulator with its random weights.
        batch: moments per step, the present one among them; of a fit too where the emulator is a large one.
        maps_batch: periods per step of fitting the auxiliary maps; all of them by default, or `batch` where
            the emulator is a large one.
        emulator: `PatchEmulator`, or `DishEmulators` (latent diffusion).
        kept: first fits of writers that share it; equal ones are made once.
    """

    def __init__(
        self,
        n_symbols: int,
        n_electrodes: int,
        channels: tuple[int, ...],
        *,
        gradient_steps: int = 5,
        learning_rate: float = 0.01,
        step_rate: float | None = None,
        blind: bool = False,
        deaf: bool = False,
        fit_steps: int = FIRST_FIT_STEPS,
        batch: int = 64,
        maps_batch: int | None = None,
        seed: int = 0,
        emulator: type[PatchEmulator] | type[DishEmulators] = PatchEmulator,
        kept: Kept | None = None,
    ):
        self.n_symbols, self.n_electrodes = n_symbols, n_electrodes
        self.usable = np.array(channels)
        self.gradient_steps, self.learning_rate = gradient_steps, learning_rate
        self.step_rate, self.fit_steps = learning_rate if step_rate is None else step_rate, fit_steps
        self.batch, self.seed, self.make, self.blind = batch, seed, emulator, blind
        self.deaf, self._kept = deaf, kept
        self.maps_batch = maps_batch or (batch if emulator is DishEmulators else None)
        self._generator = torch.Generator().manual_seed(seed)
        self.fitted = False
        self.emulator_loss = float("nan")
        """Loss of the emulator at the end of its last fit."""

    def learn(self, heard: Periods, wanted: NDArray[np.float32] | None = None) -> None:
        """(b) fit or refit the emulator, then (c) the auxiliary maps through it, to what was heard next.

        What is wanted is known to the gradient steps alone: maps fitted to it would carry it into the
        forecast without a step.

        Args:
            heard: all periods so far.
            wanted: the probability with which each symbol is wanted after each period, [dish, period,
                symbol], where it is not `heard.targets` for sure.
        """
        counts = torch.from_numpy(heard.counts[:, :, : LATE + 1])
        symbols = torch.from_numpy(heard.symbols)
        targets = torch.from_numpy(heard.targets if wanted is None else wanted)
        first = partial(self._first_fit, counts, symbols)
        if self.fitted:
            self.emulator_loss = self._fit(
                self.emulator, self.maps, counts, symbols, REFIT_STEPS, REFIT_STEPS
            )
        elif self._kept is None:
            self.emulator, self.maps, self.emulator_loss = first()
        else:
            options = self.make, self.n_symbols, self.fit_steps, self.learning_rate, self.batch
            options += self.maps_batch, self.seed
            made = self._kept.of(first, counts.numpy(), symbols.numpy(), options)
            self.emulator, self.maps, self.emulator_loss = made
        self.fitted = True
        evoked = counts[:, :, EARLY]
        self._usual, self._spread = evoked.mean(1), evoked.std(1) + NEARLY_SILENT
        with torch.no_grad():
            past = contexts(self.emulator.encode(torch.zeros_like(counts) if self.deaf else counts))
            history = torch.stack([symbols[:, 1:], symbols[:, :-1]], dim=2)
            self._past, self._wanted = self.maps.with_task(past, history), targets[:, 1:]
        self._begin()

    def _first_fit(
        self, counts: Tensor, symbols: Tensor
    ) -> tuple[PatchEmulator | DishEmulators, AuxiliaryMaps, float]:
        emulator = self.make(counts, seed=self.seed)
        maps = AuxiliaryMaps(len(counts), self.n_symbols, emulator.n_latent, self.seed)
        return emulator, maps, self._fit(emulator, maps, counts, symbols, self.fit_steps, FIRST_FIT_STEPS)

    def _fit(
        self,
        emulator: PatchEmulator | DishEmulators,
        maps: AuxiliaryMaps,
        counts: Tensor,
        symbols: Tensor,
        steps: int,
        maps_steps: int,
    ) -> float:
        """Fits both for so many steps; returns the loss of the emulator."""
        told = {"learning_rate": self.learning_rate, "batch": self.batch, "seed": self.seed}
        loss = fit_emulator(emulator, counts, steps=steps, **told)
        fit_auxiliary(maps, emulator, counts, symbols, steps=maps_steps, batch=self.maps_batch)
        return loss

    def _begin(self) -> None:
        self._dynamics = self.emulator.dynamics_parameters()
        self._optimiser = Adam(self._dynamics, rate=self.step_rate)

    def state(self) -> dict[str, NDArray]:
        """What `learn` made, as arrays; `restore` takes it back, in this or another process."""
        parts = {f"emulator.{name}": value for name, value in self.emulator.state_dict().items()}
        parts |= {f"maps.{name}": value for name, value in self.maps.state_dict().items()}
        parts |= {"usual": self._usual, "spread": self._spread, "past": self._past, "wanted": self._wanted}
        return {name: value.numpy() for name, value in parts.items()}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Go on from a `state`; the optimiser starts anew, as after every `learn`."""
        parts = {name: torch.tensor(value) for name, value in state.items()}
        n_dishes, n_channels = parts["usual"].shape
        if not self.fitted:
            blank = torch.zeros(n_dishes, 2, LATE + 1, n_channels)
            self.emulator = self.make(blank, seed=self.seed)
            self.maps = AuxiliaryMaps(n_dishes, self.n_symbols, self.emulator.n_latent, self.seed)
        self.emulator.load_state_dict(_of("emulator.", parts))
        self.maps.load_state_dict(_of("maps.", parts))
        self._usual, self._spread = parts["usual"], parts["spread"]
        self._past, self._wanted = parts["past"], parts["wanted"]
        self.fitted = True
        self._begin()

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        """(d) improve the prediction for the wanted symbol, (e) choose electrodes that stand out in it."""
        predicted = self._predicted(moment, torch.from_numpy(moment.target))
        with torch.no_grad():
            rate = self.emulator.decode(predicted)[:, 0, EARLY]
        salience = ((rate - self._usual) / self._spread).numpy()[:, self.usable]
        chosen = np.argsort(-salience, axis=1, kind="stable")[:, : self.n_electrodes]
        return np.sort(self.usable[chosen], axis=1)

    def named(self, moment: Moment, wanted: NDArray[np.float32]) -> NDArray[np.float32]:
        """(d) improve the prediction for what is wanted with these probabilities [dish, symbol], and name it:
        log probability of every symbol under the auxiliary decoder, up to a constant, [dish, symbol].
        """
        predicted = self._predicted(moment, torch.from_numpy(wanted))
        with torch.no_grad():
            return self.maps.logits(predicted)[:, 0].numpy()

    def _predicted(self, moment: Moment, wanted: Tensor) -> Tensor:
        """The coming patches [dish, 1, 2, latent] as the improved emulator predicts them."""
        with torch.no_grad():
            context = self._context(moment)
        if self.gradient_steps:
            self._improve(context, wanted[:, None])
        with torch.no_grad():
            return self.emulator.predict(context)

    def _improve(self, context: Tensor, target: Tensor) -> None:
        """Steps on the emulator's dynamics go through the frozen auxiliary decoder; targets are symbols
        [dish, 1], or probabilities [dish, 1, symbol].
        """
        for _ in range(self.gradient_steps):
            pick = torch.randint(self._past.shape[1], (self.batch - 1,), generator=self._generator)
            seen = torch.cat([context, self._past[:, pick]], dim=1)
            goal = torch.cat([target, self._wanted[:, pick]], dim=1)
            if self.blind:
                self._try(seen, goal)
                continue
            self._optimiser.step(torch.autograd.grad(self._losses(seen, goal).sum(), self._dynamics))
        self._past = torch.cat([self._past, context], dim=1)
        self._wanted = torch.cat([self._wanted, target], dim=1)

    def _losses(self, seen: Tensor, goal: Tensor) -> Tensor:
        """Cross-entropy of the wanted symbols, the mean over moments, [dish]; -1 where nothing is wanted."""
        logits = self.maps.logits(self.emulator.predict(seen))
        each = cross_entropy(logits.flatten(0, 1), goal.flatten(0, 1), reduction="none", ignore_index=-1)
        return each.unflatten(0, goal.shape[:2]).mean(1)

    @torch.no_grad()
    def _try(self, seen: Tensor, goal: Tensor) -> None:
        """One random change of the dynamics, kept in the dishes in which the loss falls."""
        before, old = self._losses(seen, goal), [parameter.clone() for parameter in self._dynamics]
        for parameter in self._dynamics:
            parameter += BLIND_SD * torch.randn(parameter.shape, generator=self._generator)
        better = self._losses(seen, goal) < before
        for parameter, was in zip(self._dynamics, old, strict=True):  # [dish, ...] each
            there = better.reshape(-1, *[1] * (parameter.ndim - 1))
            parameter.copy_(torch.where(there, parameter, was))

    def _context(self, moment: Moment) -> Tensor:
        """It returns the context [dish, 1, 3, latent]: last period, response to the current symbol, task
        history.
        """
        before = torch.from_numpy(moment.previous)
        now = torch.from_numpy(np.stack([moment.early, np.zeros_like(moment.early)], axis=1))
        counts = torch.stack([before, now], dim=1)
        patches = self.emulator.encode(torch.zeros_like(counts) if self.deaf else counts)
        return self.maps.with_task(contexts(patches), torch.from_numpy(moment.history)[:, None])


def _of(prefix: str, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): part for name, part in parts.items() if name.startswith(prefix)}
