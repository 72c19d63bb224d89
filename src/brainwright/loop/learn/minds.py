"""What a policy is asked while bodies live: an action now, values and probabilities by the end."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.network.stepping import stepper

from .by_hand import ByHand, log_shares
from .policy import Policy
from .states import begun_anew


class Mind(Protocol):
    """Acts for one rollout.

    Attributes:
        state: of the policy, after the last action.
    """

    state: Any

    def act(self, seen: Tensor, started: Tensor) -> Tensor:
        """An action for each body; `started` says whose episode begins."""
        ...

    def value(self, seen: Tensor, started: Tensor | None = None) -> Tensor:
        """What the critic expects of what comes next, [body]; nothing is changed."""
        ...

    def told(self) -> tuple[Tensor, NDArray[np.float64]]:
        """Log probabilities and values of all that was done, [time, body]."""
        ...


def mind_of(policy: Policy, state: Any, generator: torch.Generator) -> Mind:
    """By hand where that is possible, or else by torch."""
    hand = ByHand.of(policy)
    return InMoments(hand, state, generator) if hand is not None else InTurn(policy, state, generator)


class InTurn:
    """Moment by moment through the policy, which carries its state along."""

    def __init__(self, policy: Policy, state: Any, generator: torch.Generator):
        self.policy, self.state, self.generator = policy, state, generator
        self._step = stepper(policy.network)
        self._log_probs: list[Tensor] = []
        self._values: list[Tensor] = []

    def act(self, seen: Tensor, started: Tensor) -> Tensor:
        """See `Mind`."""
        parameters, value, self.state = self.policy(seen, self._anew(started), self._step)
        law = self.policy.distribution(parameters)
        action = drawn(law, self.generator)
        self._log_probs.append(law.log_prob(action))
        self._values.append(value)
        return action

    def value(self, seen: Tensor, started: Tensor | None = None) -> Tensor:
        """See `Mind`."""
        state = self.state if started is None else self._anew(started)
        return self.policy(seen, state, self._step).value

    def told(self) -> tuple[Tensor, NDArray[np.float64]]:
        """See `Mind`."""
        return torch.stack(self._log_probs), torch.stack(self._values).double().numpy()

    def _anew(self, started: Tensor) -> Any:
        return begun_anew(self.state, self.policy.rest(len(started)), started)


class InMoments:
    """Layers need no past: values and probabilities are those of all moments at once, after the last."""

    def __init__(self, hand: ByHand, state: Any, generator: torch.Generator):
        self.hand, self.state, self.generator = hand, state, generator
        self._sd = hand.policy.log_sd.detach().exp()
        self._shown: list[NDArray[np.float32]] = []
        self._parameters: list[NDArray[np.float32]] = []
        self._actions: list[Tensor] = []

    def act(self, seen: Tensor, started: Tensor) -> Tensor:
        """See `Mind`."""
        shown = self.hand.scaled(seen.numpy())
        parameters = self.hand.actor.forward(shown)[-1]
        if self.hand.chooses:
            shares = torch.from_numpy(np.exp(log_shares(parameters)))
            action = torch.multinomial(shares, 1, generator=self.generator)[:, 0]
        else:
            noise = torch.randn(parameters.shape, generator=self.generator)
            action = torch.from_numpy(parameters) + self._sd * noise
        self._shown.append(shown)
        self._parameters.append(parameters)
        self._actions.append(action)
        return action

    def value(self, seen: Tensor, started: Tensor | None = None) -> Tensor:
        """See `Mind`."""
        return torch.from_numpy(self.hand.critic.forward(self.hand.scaled(seen.numpy()))[-1][:, 0])

    def told(self) -> tuple[Tensor, NDArray[np.float64]]:
        """See `Mind`."""
        time, bodies = len(self._shown), len(self._shown[0])
        parameters, actions = np.concatenate(self._parameters), torch.cat(self._actions).numpy()
        log_probs = torch.from_numpy(self.hand.log_probs(parameters, actions))
        values = self.hand.critic.forward(np.concatenate(self._shown))[-1].astype(np.float64)
        return log_probs.reshape(time, bodies), values.reshape(time, bodies)


def drawn(law: torch.distributions.Distribution, generator: torch.Generator) -> Tensor:
    """An action for each body, of a generator of one's own (torch's distributions have the global one)."""
    if isinstance(law, torch.distributions.Categorical):
        return torch.multinomial(torch.as_tensor(law.probs), 1, generator=generator)[:, 0]
    return law.mean + law.stddev * torch.randn(law.mean.shape, generator=generator)
