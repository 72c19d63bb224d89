"""Learning rules that are local teach a brain to act: e-prop, three factors, or any other of `learning`."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.learning import LearningRule, RuleState, groups
from brainwright.learning.rules.eprop import EProp
from brainwright.learning.rules.three_factor import ThreeFactor
from brainwright.network import Trajectory
from brainwright.objective import Batch, Loss
from brainwright.steering.value import gae

from .errors import LearnError
from .policy import Policy, in_any_order
from .rollout import Rollout

CRITIC_UPDATES = 4
"""Of the critic for one of the brain: its error is what the brain's reward is compared with."""


@dataclass(frozen=True, eq=False)
class PolicyGradient:
    """Minus log p(action) times what it gained, of a policy's outputs after the last step (Williams 1992,
    10.1007/BF00992696). Targets are [sample, 1 + action]: what was gained, then the action.
    """

    policy: Policy

    def each(self, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
        """The losses are those of single samples."""
        gained, action = batch.targets[:, 0], batch.targets[:, 1:]
        law = self.policy.distribution(trajectory.last)
        chosen = action[:, 0].long() if isinstance(law, torch.distributions.Categorical) else action
        return -law.log_prob(chosen) * gained

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """The loss is the mean of them."""
        each = self.each(trajectory, batch)
        return Loss(each.mean(), {"policy": float(each.mean().detach())})


@dataclass(frozen=True, eq=False)
class ByRule:
    """Policy gradients whose way through the brain is a learning rule's: one update for each rollout.

    A rule that gets an error (e-prop, feedback alignment, ...) is given that of the outputs. One that gets
    a reward (three factors) is given by how much its noise made actions likelier that had gained: the noise
    and the gain meet at the synapse, no error does. The critic is no part of the brain, and learns by
    backpropagation. Every moment is from rest (`Policy(memory=False)`, or layers).

    Attributes:
        rule: any of `learning.rules`.
        bodies: side by side.
        horizon: steps of a rollout.
        rate: of Adam, at first; it falls to 0.
        discount, decay: gamma and lambda.
    """

    rule: LearningRule
    bodies: int = 16
    horizon: int = 32
    rate: float = 1e-2
    discount: float = 0.98
    decay: float = 0.9

    def __post_init__(self) -> None:
        if min(self.bodies, self.horizon) < 1 or self.rate <= 0:
            raise LearnError(f"ByRule: expected counts of at least 1 and a rate above 0, got {self}")

    def start(self, policy: Policy, seed: int) -> tuple[RuleState, torch.optim.Optimizer]:
        """What the rule remembers, and what steps. Raises `LearnError` for a policy that it cannot teach."""
        if not in_any_order(policy):
            raise LearnError(
                "ByRule: expected moments from rest: layers, or Policy(memory=False), Body(memory=False)"
            )
        if policy.critic is None:
            raise LearnError("ByRule: expected a critic apart, got a network with an output for the value")
        if reason := self.rule.supports(policy.network):
            raise LearnError(f"{self.rule.name} cannot teach this network: {reason}")
        state = self.rule.init(policy.network, seed=seed)
        own = [*groups(policy.network, state), {"params": list(policy.critic.parameters()), "name": "critic"}]
        if policy.log_sd.numel():
            own.append({"params": [policy.log_sd], "name": "spread"})
        return state, torch.optim.Adam(own, lr=self.rate)

    def update(
        self,
        policy: Policy,
        rollout: Rollout,
        state: RuleState,
        optimiser: torch.optim.Optimizer,
    ) -> tuple[RuleState, float]:
        """One update in place; returns the rule's state and the loss."""
        parts = rollout.rewards, rollout.values, rollout.next_values, rollout.terminated, rollout.over
        gained = gae(*parts, discount=self.discount, decay=self.decay)
        targets = torch.from_numpy(gained + rollout.values).float().flatten()
        scaled = torch.from_numpy((gained - gained.mean()) / (gained.std() + 1e-8)).float().reshape(-1, 1)
        seen = rollout.observations.flatten(0, 1)
        actions = rollout.actions.flatten(0, 1).float().reshape(len(seen), -1)
        batch = Batch(policy.scaled(seen), torch.cat([scaled, actions], 1))
        objective, critic = PolicyGradient(policy), policy.critic
        assert critic is not None
        optimiser.zero_grad()
        state, told = self.rule.update(policy.network, batch, objective, state, {"steps": policy.steps})
        if policy.log_sd.numel():
            with torch.no_grad():
                outputs = policy.network.unroll(batch.inputs, steps=policy.steps)
            (policy.log_sd.grad,) = torch.autograd.grad(objective.loss(outputs, batch).total, policy.log_sd)
        torch.nn.utils.clip_grad_norm_([p for p in policy.network.parameters() if p.grad is not None], 1.0)
        for k in range(CRITIC_UPDATES):
            if k:
                optimiser.zero_grad()  # the brain takes one step, its critic several
            error = (policy(seen, policy.rest(len(seen))).value - targets).square().mean()
            for p, g in zip(
                critic.parameters(), torch.autograd.grad(error, list(critic.parameters())), strict=True
            ):
                p.grad = g
            optimiser.step()
        return state, float(told["loss"])


def e_prop() -> ByRule:
    """By e-prop, with random feedback (Bellec et al. 2020, 10.1038/s41467-020-17236-y)."""
    return ByRule(EProp())


def three_factor() -> ByRule:
    """By noise, presynaptic activity and a reward (Miconi 2017, 10.7554/eLife.20899)."""
    return ByRule(ThreeFactor(action="outputs"))


def finite(loss: float, steps: int) -> None:
    """Raises `LearnError` for a loss that is not."""
    if not np.isfinite(loss):
        raise LearnError(f"the loss is not finite after {steps} steps: try a smaller rate")
