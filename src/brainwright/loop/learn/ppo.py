"""Proximal policy optimisation: several epochs on one rollout, with steps that cannot go far."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from brainwright.steering.value import gae

from .errors import LearnError
from .policy import Policy, in_any_order
from .rollout import Rollout
from .states import begun_anew, of_bodies


@dataclass(frozen=True)
class PPO:
    """PPO with a clipped ratio (Schulman et al. 2017, arXiv:1707.06347) and advantages by `gae`. The defaults
    are those that solve CartPole fast; the rate falls to 0.

    A network with memory is learned from whole sequences of some bodies, through its states from the one in
    which the rollout began, at rest where an episode begins; one without from single moments.

    Attributes:
        bodies: that live side by side.
        horizon: steps of a rollout.
        epochs: over a rollout.
        batch: moments of an update.
        rate: of Adam, at first.
        discount, decay: gamma and lambda.
        clip: of the ratio of probabilities, 1 - clip .. 1 + clip.
        entropy, value: weights of the entropy and of the critic's error.
        largest_gradient: norm at which gradients are cut.
        scaled: whether rewards are divided by the running spread of returns, which bodies that pay in
            hundreds need (`ReturnScale`); reported returns are the world's own.
    """

    bodies: int = 8
    horizon: int = 32
    epochs: int = 20
    batch: int = 256
    rate: float = 1e-3
    discount: float = 0.98
    decay: float = 0.8
    clip: float = 0.2
    entropy: float = 0.0
    value: float = 0.5
    largest_gradient: float = 0.5
    scaled: bool = False

    def __post_init__(self) -> None:
        if min(self.bodies, self.horizon, self.epochs, self.batch) < 1 or self.rate <= 0:
            raise LearnError(f"PPO: expected counts of at least 1 and a rate above 0, got {self}")

    def optimiser(self, policy: Policy) -> torch.optim.Optimizer:
        """Adam, with the constant that keeps early steps small (CleanRL's list of details)."""
        return torch.optim.Adam(policy.parameters(), lr=self.rate, eps=1e-5, fused=True)

    def update(
        self, policy: Policy, rollout: Rollout, optimiser: torch.optim.Optimizer, generator: torch.Generator
    ) -> dict[str, float]:
        """Learns from a rollout, in place; returns mean losses, and the share of ratios that were clipped."""
        parts = rollout.rewards, rollout.values, rollout.next_values, rollout.terminated, rollout.over
        gained = gae(*parts, discount=self.discount, decay=self.decay)
        advantages = torch.from_numpy(gained).float()
        targets = torch.from_numpy(gained + rollout.values).float()
        kept: list[list[float]] = []
        for _ in range(self.epochs):
            for told, chosen in self._batches(policy, rollout, generator):
                kept.append(self._step(policy, rollout, advantages, targets, told, chosen, optimiser))
        means = np.mean(kept, axis=0)
        return dict(zip(("policy_loss", "value_loss", "clipped"), map(float, means), strict=True))

    def _batches(
        self, policy: Policy, rollout: Rollout, generator: torch.Generator
    ) -> Iterator[tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor] | tuple[slice, Tensor]]]:
        """((parameters, values), places) of each batch, [moment, ...] or [time, body, ...]."""
        time, bodies = rollout.values.shape
        if in_any_order(policy):
            order = torch.randperm(time * bodies, generator=generator)
            for places in order.split(self.batch):
                at = places // bodies, places % bodies
                told = policy(rollout.observations[at], policy.rest(len(places)))
                yield (told.parameters, told.value), at
            return
        for some in torch.randperm(bodies, generator=generator).split(max(1, self.batch // time)):
            yield replayed(policy, rollout, some), (slice(None), some)

    def _step(self, policy, rollout, advantages, targets, told, chosen, optimiser) -> list[float]:
        parameters, values = told
        law = policy.distribution(parameters)
        ratio = (law.log_prob(rollout.actions[chosen]) - rollout.log_probs[chosen]).exp()
        gained = advantages[chosen]
        gained = (gained - gained.mean()) / (gained.std() + 1e-8)  # of a batch without spread
        clipped = ratio.clamp(1 - self.clip, 1 + self.clip)
        policy_loss = -torch.minimum(ratio * gained, clipped * gained).mean()
        value_loss = (values - targets[chosen]).square().mean()
        loss = policy_loss + self.value * value_loss
        if self.entropy:
            loss = loss - self.entropy * law.entropy().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), self.largest_gradient)
        optimiser.step()
        parts = policy_loss, value_loss, (ratio != clipped).float().mean()
        return [float(part.detach()) for part in parts]


def replayed(policy: Policy, rollout: Rollout, bodies: Tensor) -> tuple[Tensor, Tensor]:
    """Parameters and values [time, body, ...] of some bodies, made again with gradients: from the state in
    which the rollout began, at rest where an episode began.
    """
    state, rest = of_bodies(rollout.state, bodies), policy.rest(len(bodies))
    parameters, values = [], []
    for seen, started in zip(rollout.observations[:, bodies], rollout.started[:, bodies], strict=True):
        told = policy(seen, begun_anew(state, rest, started))
        state = told.state
        parameters.append(told.parameters)
        values.append(told.value)
    return torch.stack(parameters), torch.stack(values)
