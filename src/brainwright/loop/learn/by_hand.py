"""A policy of small layers without torch, and the steps of Adam: the same numbers, to rounding, in NumPy."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.network.chain import Chain, Numbers, chain_of, cut_up, parameters_of
from brainwright.world import Choice

from .policy import CLIP, Policy

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
"""Of the density of a normal."""


class ByHand:
    """What acts and its critic, as chains on the policy's own weights. `of` says for which policies.

    Attributes:
        owned: all parameters: of what acts, of the critic, the logarithm of the spread.
        actor, critic: the chains.
        chooses: whether actions are of a `Choice`.

    Args:
        policy: which stays as it is while this is in use.
        acting, judging: parameters of the network and of the critic.
    """

    def __init__(self, policy: Policy, acting: list[Tensor], judging: list[Tensor]):
        self.policy, self.chooses = policy, isinstance(policy.actions, Choice)
        self.owned = [*acting, *judging, policy.log_sd]
        self.first = len(acting)
        self.actor, self.critic = self.chains([p.detach().numpy() for p in self.owned])
        spread = (policy.squares / policy.count).sqrt() + 1e-8  # as in `Policy.scaled`
        self._mean, self._spread = policy.mean.numpy(), spread.numpy()

    @classmethod
    def of(cls, policy: Policy) -> "ByHand | None":
        """None of a policy that keeps something, is its own critic, does not train whole on the CPU, or is of
        a class of its own, which may act in another way.
        """
        if type(policy) is not Policy or policy.critic is None or not policy.log_sd.requires_grad:
            return None
        acting, judging = parameters_of(policy.network), parameters_of(policy.critic)
        return None if acting is None or judging is None else cls(policy, acting, judging)

    def scaled(self, seen: Numbers) -> Numbers:
        """See `Policy.scaled`."""
        if not self.policy.scale:
            return seen
        shown = seen - self._mean
        shown /= self._spread
        return np.clip(shown, -CLIP, CLIP, out=shown)

    def log_probs(self, parameters: Numbers, actions: NDArray[Any]) -> Numbers:
        """Of actions, [moment]; parameters as those of `Told`."""
        log_sd = self.owned[-1].detach().numpy()
        return (Shares if self.chooses else Normals)(parameters, actions, log_sd).log_probs

    def chains(self, values: list[Numbers]) -> tuple[Chain, Chain]:
        """What acts and its critic with these values, in the order of `owned`."""
        critic = self.policy.critic
        assert critic is not None
        acting, judging = values[: self.first], values[self.first : -1]
        return chain_of(self.policy.network, acting), chain_of(critic, judging)


class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) on one row of numbers; what it keeps is torch's optimiser's.

    Attributes:
        values, gradients: of every parameter, views into one row each.

    Args:
        owned: the parameters, all that the optimiser has.
        optimiser: torch's, of one group.
    """

    def __init__(self, owned: list[Tensor], optimiser: torch.optim.Optimizer):
        self.owned, self.optimiser = owned, optimiser
        group = optimiser.param_groups[0]
        self.rate, self.eps, self.betas = group["lr"], group["eps"], group["betas"]
        self._flat = _joined(owned)
        self._slope = np.zeros_like(self._flat)
        self.values, self.gradients = cut_up(self._flat, owned), cut_up(self._slope, owned)
        for p in owned:
            if not optimiser.state[p]:
                zeros = {name: torch.zeros_like(p, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
                optimiser.state[p] = {"step": torch.zeros(()), **zeros}
        self._steps = int(optimiser.state[owned[0]]["step"])
        self._mean, self._square = (_joined(self._kept(name)) for name in ("exp_avg", "exp_avg_sq"))

    def step(self, largest: float) -> None:
        """One step along the gradient, which is cut at a norm of `largest`."""
        slope, (fast, slow) = self._slope, self.betas
        norm = math.sqrt(slope @ slope)
        slope *= min(1.0, largest / (norm + 1e-6))  # the constant is torch's
        self._steps += 1
        self._mean += (1 - fast) * (slope - self._mean)
        self._square *= slow
        self._square += (1 - slow) * slope * slope
        spread = np.sqrt(self._square)
        spread /= math.sqrt(1 - slow**self._steps)
        spread += self.eps
        self._flat -= self.rate / (1 - fast**self._steps) * self._mean / spread

    @torch.no_grad()
    def give_back(self) -> None:
        """Parameters and what torch's optimiser keeps take these values."""
        rows = (self.owned, self._flat), (self._kept("exp_avg"), self._mean)
        for tensors, flat in (*rows, (self._kept("exp_avg_sq"), self._square)):
            for tensor, values in zip(tensors, cut_up(flat, tensors), strict=True):
                tensor.copy_(torch.from_numpy(values))
        for step in self._kept("step"):
            step.fill_(self._steps)

    def _kept(self, name: str) -> list[Tensor]:
        return [self.optimiser.state[p][name] for p in self.owned]


class Shares:
    """Choices by their logits, [moment, choice].

    Attributes:
        log_probs: of what was chosen, [moment].
    """

    def __init__(self, logits: Numbers, actions: NDArray[np.int64], log_sd: Numbers):
        self._logs, self._chosen = log_shares(logits), (np.arange(len(actions)), actions)
        self.log_probs = self._logs[self._chosen]

    def slopes(self, pull: Numbers, entropy: float) -> tuple[Numbers, Any]:
        """Derivatives of a loss by the logits, and by the spread, of which there is none.

        Args:
            pull: its derivative by each log probability, [moment].
            entropy: weight of the mean entropy, which it has less.
        """
        shares = np.exp(self._logs)
        error = -shares * pull[:, None]
        error[self._chosen] += pull
        if entropy:
            surprise = -(shares * self._logs).sum(-1, keepdims=True)
            error += entropy / len(pull) * shares * (self._logs + surprise)
        return error, 0.0


class Normals:
    """Numbers about their means, [moment, number], with one spread for all moments; see `Shares`."""

    def __init__(self, means: Numbers, actions: Numbers, log_sd: Numbers):
        self._finely = np.exp(-log_sd)
        self._apart = (actions - means) * self._finely
        summed = np.square(self._apart).sum(-1)
        self.log_probs = -0.5 * summed - log_sd.sum() - HALF_LOG_TAU * log_sd.size

    def slopes(self, pull: Numbers, entropy: float) -> tuple[Numbers, Any]:
        """Derivatives of a loss by the means, and by the logarithm of the spread; see `Shares`."""
        pulled = self._apart * pull[:, None]
        return pulled * self._finely, (self._apart * pulled).sum(0) - pull.sum() - entropy


def log_shares(logits: Numbers) -> Numbers:
    """The logarithm of the softmax, [..., choice]."""
    below = logits - logits.max(-1, keepdims=True)
    return below - np.log(np.exp(below).sum(-1, keepdims=True))


def _joined(tensors: list[Tensor]) -> Numbers:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])
