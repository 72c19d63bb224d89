"""Thought assessors: from learned context they predict what the innate circuits are about to do.

For channel k with ground truth s, override flag o, gate m and delay d:

    z(t)   = o(t) s(t) + (1 - o(t)) (r(t) + γ y(t))      what steering broadcasts
    target = z(t + d), held fixed
    y(t)  <- one step of the predictor towards the target where m(t) is 1

With r = 0 and γ = 1 this is the long-term predictor of Byrnes (2022, "Intro to brain-like AGI safety", post
5); where o is 0 it is TD(0) (Sutton 1988), so that the value function is one channel among the others.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .errors import SteeringError
from .predictors import Delta, Predictor

Mode = Literal["override", "defer"]
MODES: tuple[Mode, ...] = ("override", "defer")


@dataclass(frozen=True, eq=False)
class Moments:
    """What came in, moment by moment, in trials that do not know of one another.

    Attributes:
        context: learned features [world, trial, time, feature].
        truth: of the innate circuits [world, trial, time, channel]; read only where they override.
        override: where a circuit replaces the prediction [world, trial, time, channel].
        gate: where the prediction of that moment may learn; everywhere where None.
        reward: r, added where nothing overrides; 0 where None.

    Raises:
        SteeringError: shapes that do not fit, values that are not finite.
    """

    context: Float[Tensor, "world trial time feature"]
    truth: Float[Tensor, "world trial time channel"]
    override: Bool[Tensor, "world trial time channel"]
    gate: Bool[Tensor, "world trial time channel"] | None = None
    reward: Float[Tensor, "world trial time channel"] | None = None

    def __post_init__(self) -> None:
        if self.context.ndim != 4 or self.truth.ndim != 4:
            raise SteeringError(
                "Moments: expected context [world, trial, time, feature] and truth [world, trial, time, "
                f"channel], got {tuple(self.context.shape)} and {tuple(self.truth.shape)}"
            )
        for name in ("truth", "override", "gate", "reward"):
            part = getattr(self, name)
            if part is None:
                continue
            if part.shape[:3] != self.context.shape[:3] or part.shape != self.truth.shape:
                raise SteeringError(
                    f"Moments: expected {name} as {(*self.context.shape[:3], 'channel')}, like truth and "
                    f"context, got {tuple(part.shape)}"
                )
            if name in ("override", "gate") and part.dtype != torch.bool:
                raise SteeringError(f"Moments: expected {name} as bool, got {part.dtype}")
        if not bool(self.context.isfinite().all()) or not bool(self.truth[self.override].isfinite().all()):
            raise SteeringError("Moments: expected finite contexts, and truths where they override, got NaN")
        if self.reward is not None and not bool(self.reward.isfinite().all()):
            raise SteeringError("Moments: expected finite rewards, got NaN")

    @property
    def open(self) -> Bool[Tensor, "world trial time channel"]:
        """The gate, open where none was given."""
        return torch.ones_like(self.override) if self.gate is None else self.gate


@dataclass(frozen=True, eq=False)
class Broadcast:
    """What an assessor says, and what steering makes of it, each [world, trial, time, channel]."""

    said: Tensor
    acted_on: Tensor


@dataclass(frozen=True)
class Assessors:
    """K predictors side by side, for many worlds at once.

    Attributes:
        channels: their names.
        mode: of each, or of all. In "defer" a moment that nothing overrides is taught by what the predictor
            itself says d steps later; in "override" it teaches nothing.
        predictor: what learns.
        delay: d, steps.
        discount: γ of each, or of all.
        unanchored: what happens where no open moment of a channel is ever followed by an override, so that
            nothing but itself teaches it: "refuse" or "warn".

    Raises:
        SteeringError: options that do not fit the channels.

    Example:
        >>> assessors = Assessors(("flinch",), mode="override")
        >>> context, truth = torch.ones(1, 50, 2, 1), torch.ones(1, 50, 2, 1)
        >>> state = assessors.learn(Moments(context, truth, torch.ones(1, 50, 2, 1, dtype=torch.bool)))
        >>> round(float(assessors.read(state, context)[0, 0, 0, 0]), 3)
        1.0
    """

    channels: tuple[str, ...]
    mode: Mode | tuple[Mode, ...] = "defer"
    predictor: Predictor = field(default_factory=Delta)
    delay: int = 1
    discount: float | tuple[float, ...] = 1.0
    unanchored: Literal["refuse", "warn"] = "refuse"

    def __post_init__(self) -> None:
        if not self.channels or len(set(self.channels)) != len(self.channels):
            raise SteeringError(f"Assessors: expected distinct channels, got {self.channels}")
        if self.delay < 1:
            raise SteeringError(f"Assessors: expected a delay of 1 step or more, got {self.delay}")
        for name, given in (("modes", self.mode), ("discounts", self.discount)):
            if isinstance(given, tuple) and len(given) != len(self.channels):
                raise SteeringError(
                    f"Assessors: expected {len(self.channels)} {name}, one for each channel, got {len(given)}"
                )
        if wrong := sorted(set(self.modes) - set(MODES)):
            raise SteeringError(f"Assessors: expected the mode override or defer, got {', '.join(wrong)}")
        if not all(0 <= each <= 1 for each in self.discounts):
            raise SteeringError(f"Assessors: expected discounts of 0 to 1, got {self.discounts}")

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The mode of each channel."""
        return self.mode if isinstance(self.mode, tuple) else (self.mode,) * len(self.channels)

    @property
    def discounts(self) -> tuple[float, ...]:
        """The discount of each channel."""
        return self.discount if isinstance(self.discount, tuple) else (self.discount,) * len(self.channels)

    def start(self, worlds: int, features: int, seed: int = 0) -> Any:
        """It returns the state before the first moment."""
        return self.predictor.start(worlds, features, len(self.channels), seed)

    def read(self, state: Any, context: Float[Tensor, "world *moment feature"]) -> Tensor:
        """It returns what the assessors say of contexts, [world, *moment, channel]: thoughts, too."""
        return self.predictor.predict(state, context)

    def learn(
        self,
        moments: Moments,
        state: Any = None,
        *,
        passes: int = 1,
        after: Callable[[int, Any], None] | None = None,
        seed: int = 0,
    ) -> Any:
        """It learns trial after trial, step after step, and returns the state.

        Args:
            moments: recorded.
            state: to go on from; a new one where None.
            passes: over all trials, in their order.
            after: called after every trial with how many there were and the state.
            seed: of a new state.

        Raises:
            SteeringError: another number of channels, or a channel that nothing overrides (see `unanchored`).
        """
        self.check(moments)
        worlds, trials, _, features = moments.context.shape
        state = self.start(worlds, features, seed) if state is None else state
        may_learn = self.learning(moments)
        for number in range(passes * trials):
            state = self.go_through(state, moments, number % trials, may_learn)
            if after is not None:
                after(number + 1, state)
        return state

    def go_through(
        self, state: Any, moments: Moments, trial: int, may_learn: Bool[Tensor, "world trial time channel"]
    ) -> Any:
        """It learns one trial, step after step, where `may_learn` (see `learning`), and returns the state."""
        for step in range(moments.context.shape[2] - self.delay):
            gate = may_learn[:, trial, step]
            if bool(gate.any()):
                target = self.target(state, moments, trial, step + self.delay)
                state = self.predictor.learn(state, moments.context[:, trial, step], target, gate)
        return state

    def broadcast(self, state: Any, moments: Moments) -> Broadcast:
        """What is said at every moment, and z, on which steering acts: reflexes that learned to come
        early.
        """
        said = self.read(state, moments.context)
        return Broadcast(said, torch.where(moments.override, moments.truth.to(said), said))

    def learning(self, moments: Moments) -> Bool[Tensor, "world trial time channel"]:
        """Where a prediction is taught: the gate is open, there is a moment d later, and in the mode
        "override" that moment is overridden.
        """
        later = torch.zeros_like(moments.override)
        later[:, :, : -self.delay] = moments.override[:, :, self.delay :]
        deferring = torch.tensor([mode == "defer" for mode in self.modes])
        taught = moments.open & (later | deferring)
        taught[:, :, taught.shape[2] - self.delay :] = False
        return taught

    def check(self, moments: Moments) -> None:
        """Raises SteeringError as `learn`; warns where it is asked to."""
        if moments.truth.shape[-1] != len(self.channels):
            raise SteeringError(
                f"expected truths of {len(self.channels)} channels ({', '.join(self.channels)}), got "
                f"{moments.truth.shape[-1]}"
            )
        for name in unanchored(self, moments):
            told = (
                f"{name}: no moment that learns is followed by an override, so nothing but itself teaches "
                "this assessor and every constant is a fixed point: let a circuit override it, or open its "
                "gate there"
            )
            if self.unanchored == "refuse":
                raise SteeringError(f"{told} (or ask for a warning alone)")
            warnings.warn(told, stacklevel=3)

    def target(self, state: Any, moments: Moments, trial: int, step: int) -> Tensor:
        """It returns z of one moment, [world, channel]."""
        said = self.predictor.predict(state, moments.context[:, trial, step])
        said = torch.tensor(self.discounts, dtype=torch.float64).to(said) * said
        if moments.reward is not None:
            said = moments.reward[:, trial, step].to(said) + said
        return torch.where(moments.override[:, trial, step], moments.truth[:, trial, step].to(said), said)


def unanchored(assessors: Assessors, moments: Moments) -> Sequence[str]:
    """Channels of which, in some world, no moment that learns is followed by an override; a world whose gate
    is closed throughout learns nothing, and is not asked.
    """
    later = moments.override[:, :, assessors.delay :]
    told = (assessors.learning(moments)[:, :, : later.shape[2]] & later).flatten(1, 2).any(1)
    anchored = (told | ~moments.open.flatten(1, 2).any(1)).all(0)
    return [name for name, there in zip(assessors.channels, anchored.tolist(), strict=True) if not there]
