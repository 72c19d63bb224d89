"""Evolution strategies: many individuals live at once, as one tensor, and the next is drawn to the best."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call, vmap

from brainwright.world import Choice, World

from .errors import LearnError
from .policy import Policy
from .rollout import begun, going_on, stepped
from .states import mapped


@dataclass(frozen=True)
class Evolution:
    """Evolution strategies with mirrored draws and ranks in place of returns (Salimans et al. 2017,
    arXiv:1703.03864). All individuals and their bodies advance as one tensor [individual, body, ...], in the
    same episodes.

    Attributes:
        pairs: of individuals that differ in the sign of what is drawn.
        bodies: in which each lives.
        sd: of the draws.
        rate: of Adam.
        longest: steps of an episode, at most.
    """

    pairs: int = 16
    bodies: int = 2
    sd: float = 0.1
    rate: float = 0.03
    longest: int = 1_000

    def __post_init__(self) -> None:
        if min(self.pairs, self.bodies, self.longest) < 1 or min(self.sd, self.rate) <= 0:
            raise LearnError(f"Evolution: expected counts of at least 1, sd and rate above 0, got {self}")

    @property
    def individuals(self) -> int:
        """Two of each pair."""
        return 2 * self.pairs

    def trained(self, policy: Policy) -> dict[str, Tensor]:
        """What is drawn: all that trains of the network; there is no critic."""
        return {f"network.{name}": p for name, p in policy.network.named_parameters() if p.requires_grad}

    def generation(
        self,
        policy: Policy,
        world: World,
        optimiser: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> tuple[float, int]:
        """One generation in a fresh world of `individuals * bodies` bodies, individual by individual; the
        policy is changed in place. Returns the mean return, and how many steps were made.
        """
        own = self.trained(policy)
        noise = {name: torch.randn(self.pairs, *p.shape, generator=generator) for name, p in own.items()}
        signed = {name: torch.cat([drawn, -drawn]) for name, drawn in noise.items()}
        many = {name: own[name].detach() + self.sd * drawn for name, drawn in signed.items()}
        returns, steps = lived(policy, many, world, self.bodies, self.longest)
        ranks = np.argsort(np.argsort(returns, kind="stable"), kind="stable")
        shaped = torch.from_numpy(ranks / (len(ranks) - 1) - 0.5).float()
        optimiser.zero_grad()
        for name, drawn in signed.items():
            own[name].grad = -torch.tensordot(shaped, drawn, 1) / (self.individuals * self.sd)
        optimiser.step()
        return float(returns.mean()), steps


@torch.no_grad()
def lived(
    policy: Policy, many: dict[str, Tensor], world: World, bodies: int, longest: int
) -> tuple[NDArray[np.float64], int]:
    """Mean return of every individual over one episode of each of its bodies, [individual].

    Args:
        policy: whose parameters are replaced; actions are its likeliest.
        many: name of a parameter → values [individual, ...].
        world: body `bodies * i + j` is number j of individual i.
        bodies: of each.
        longest: steps.
    """
    n = world.n_bodies // bodies
    rest = policy.rest(bodies)
    state = mapped(lambda part: part.expand(n, *part.shape), rest)

    def acts(parameters: dict[str, Tensor], seen: Tensor, state: Any) -> tuple[Tensor, Any]:
        told = functional_call(policy, parameters, (seen, state))
        return told.parameters, told.state

    together = vmap(acts)
    alive, paid, steps = np.ones(world.n_bodies, bool), np.zeros(world.n_bodies), 0
    seen = begun(world)
    for _ in range(longest):
        shaped = torch.from_numpy(np.array(seen, np.float32)).reshape(n, bodies, -1)
        parameters, state = together(many, shaped, state)
        chosen = parameters.argmax(-1) if isinstance(policy.actions, Choice) else parameters
        moment = stepped(world, chosen.reshape(world.n_bodies, *chosen.shape[2:]).numpy())
        steps += int(alive.sum())
        paid += moment.reward * alive
        over = moment.terminated | moment.truncated
        alive &= ~over
        if not alive.any():
            break
        seen = going_on(world, moment)
    return paid.reshape(n, bodies).mean(1), steps
