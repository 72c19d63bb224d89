"""Proximal policy optimisation: several epochs on one rollout, with steps that cannot go far."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from brainwright.steering.value import gae

from .by_hand import Adam, ByHand, Normals, Shares
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
        if (hand := ByHand.of(policy)) is not None:
            kept = self._by_hand(hand, rollout, advantages, targets, optimiser, generator)
        else:
            kept = self._by_torch(policy, rollout, advantages, targets, optimiser, generator)
        means = np.mean(kept, axis=0)
        return dict(zip(("policy_loss", "value_loss", "clipped"), map(float, means), strict=True))

    @np.errstate(over="ignore", invalid="ignore")  # a loss that is not finite is for the caller to name
    def _by_hand(
        self,
        hand: ByHand,
        rollout: Rollout,
        advantages: Tensor,
        targets: Tensor,
        optimiser: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> list[list[float]]:
        """As `_by_torch`, with gradients written out: the derivative of a loss by a log probability is
        -A r / n of its ratio r and advantage A, and nothing where it is clipped.
        """
        seen = hand.scaled(rollout.observations.flatten(0, 1).numpy())
        parts = rollout.actions, rollout.log_probs, advantages, targets
        actions, before, gains, wanted = (part.flatten(0, 1).numpy() for part in parts)
        adam, kept = Adam(hand.owned, optimiser), []
        own, slopes = hand.chains(adam.values), hand.chains(adam.gradients)
        for _ in range(self.epochs):
            for order in torch.randperm(len(seen), generator=generator).split(self.batch):
                at = order.numpy()
                acted, judged = own[0].forward(seen[at]), own[1].forward(seen[at])
                gained = gains[at]
                gained = (gained - gained.mean()) / (gained.std(ddof=1) + 1e-8)  # of a batch without spread
                law = (Shares if hand.chooses else Normals)(acted[-1], actions[at], adam.values[-1])
                ratio = np.exp(law.log_probs - before[at])
                clipped = np.clip(ratio, 1 - self.clip, 1 + self.clip)
                far, near = ratio * gained, clipped * gained
                pull = np.where(far <= near, far, 0) / -len(at)
                missed = judged[-1][:, 0] - wanted[at]
                error, adam.gradients[-1][:] = law.slopes(pull, self.entropy)
                own[0].back(acted, error, slopes[0])
                own[1].back(judged, (2 * self.value / len(at) * missed)[:, None], slopes[1])
                adam.step(self.largest_gradient)
                off = np.count_nonzero(ratio != clipped) / len(at)
                kept.append([-np.minimum(far, near).mean(), np.square(missed).mean(), off])
        adam.give_back()
        return kept

    def _by_torch(self, policy, rollout, advantages, targets, optimiser, generator) -> list[list[float]]:
        kept = []
        for _ in range(self.epochs):
            for told, chosen in self._batches(policy, rollout, generator):
                kept.append(self._step(policy, rollout, advantages, targets, told, chosen, optimiser))
        return kept

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
