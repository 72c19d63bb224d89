"""Many brains without memory as one tensor: wirings side by side, layers as a stack."""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

from brainwright.network import Network, layered
from brainwright.network.forward import forward_of
from brainwright.network.rate import RateCells
from brainwright.network.side_by_side import side_by_side
from brainwright.world import Choice, World

from .errors import LearnError
from .policy import CLIP, FEWEST, sizes

HIDDEN = 64
"""Units of each of the two layers of a critic, as in `Policy`."""


class Stack(nn.Module):
    """Layers of many networks of one shape: [body, brain, input] → [body, brain, output].

    Args:
        networks: of `layered`, all of the same sizes.
    """

    def __init__(self, networks: Sequence[Network]):
        super().__init__()
        if any(forward_of(network) is None for network in networks):
            raise LearnError("Stack: expected networks of full layers that keep nothing")
        layers = list(networks[0].populations)[1:]
        cells = [networks[0].cells(name) for name in layers]
        self._phis: list[Callable[[Tensor], Tensor]] = [c.respond for c in cells if isinstance(c, RateCells)]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for k, name in enumerate(layers):
            each = [network.projection(k).values().detach().mT for network in networks]
            self.weights.append(torch.stack(each).contiguous())
            own = [network.cells(name) for network in networks]
            offsets = [c.bias_of_cells() for c in own if isinstance(c, RateCells)]
            if any(offset is None for offset in offsets):
                raise LearnError("Stack: expected a bias for every cell")
            self.biases.append(torch.stack([b.detach() for b in offsets if b is not None])[:, None])

    def forward(self, seen: Tensor) -> Tensor:
        """See the class."""
        x = seen.transpose(0, 1)
        for weight, bias, phi in zip(self.weights, self.biases, self._phis, strict=True):
            x = phi(torch.baddbmm(bias, x, weight))
        return x.transpose(0, 1)

    def owners(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every parameter, and which brain each of its values belongs to."""
        return [(p, _first_axis(p)) for p in self.parameters()]


class Wirings(nn.Module):
    """Compiled wirings of any sizes, from rest at every moment: [body, brain, input] →
    [body, brain, output].

    Args:
        networks: as for `side_by_side`, each with as many inputs and outputs.
        steps: that each action takes.
    """

    def __init__(self, networks: Sequence[Network], steps: int):
        super().__init__()
        self.network, self.steps = side_by_side(networks), steps
        joined, parts = list(self.network.parameters()), [list(n.parameters()) for n in networks]
        counts = [torch.tensor([own[k].numel() for own in parts]) for k in range(len(joined))]
        self._owners = [torch.arange(len(networks)).repeat_interleave(each) for each in counts]
        self.n_brains = len(networks)

    def forward(self, seen: Tensor) -> Tensor:
        """See the class."""
        out = self.network.unroll(seen.flatten(1), steps=self.steps).last
        return out.reshape(len(seen), self.n_brains, -1)

    def owners(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every parameter, and which brain each of its values belongs to."""
        return list(zip(self.network.parameters(), self._owners, strict=True))


class Core(Protocol):
    """What acts in many brains at once: `Wirings`, a `Stack`, or a module of one's own."""

    def __call__(self, seen: Tensor) -> Tensor:
        """[body, brain, input] → [body, brain, output]"""
        ...

    def owners(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every parameter that learns, and which brain each of its values belongs to."""
        ...


class Brains(nn.Module):
    """Brains that act and learn beside each other, each as it would alone: with a critic, a spread of its
    actions, and a mean and spread of what it sees, of its own.

    Args:
        core: what acts; with one output more than the actions need it is its own critic.
        world: that they act in, for its spaces.
        seeds: of the critics, [brain].
    """

    mean: Tensor
    squares: Tensor
    count: Tensor

    def __init__(self, core: Core, world: World, seeds: Sequence[int]):
        super().__init__()
        self.core, self.actions, n = core, world.actions, len(seeds)
        size, self.needed = sizes(world)
        spread = 0 if isinstance(self.actions, Choice) else self.needed
        self.log_sd, self.n = nn.Parameter(torch.zeros(n, spread)), n
        self.register_buffer("mean", torch.zeros(n, size))
        self.register_buffer("squares", torch.full((n, size), FEWEST))
        self.register_buffer("count", torch.tensor(FEWEST))
        with torch.no_grad():
            shape = tuple(core(torch.zeros(1, n, size)).shape)
        if shape not in ((1, n, self.needed), (1, n, self.needed + 1)):
            raise LearnError(f"Brains: expected actions of shape {(1, n, self.needed)}, got {shape}")
        layers = [size, HIDDEN, HIDDEN, 1]
        own = shape[-1] > self.needed
        self.critic = None if own else Stack([layered(layers, "tanh", seed=seed) for seed in seeds])

    def forward(self, observations: Tensor) -> Tensor:
        """Parameters of the distribution of actions, [body, brain, action]."""
        return self.core(self.scaled(observations))[..., : self.needed]

    def values(self, observations: Tensor) -> Tensor:
        """What the critics expect, [body, brain]."""
        seen = self.scaled(observations)
        return self.core(seen)[..., -1] if self.critic is None else self.critic(seen)[..., 0]

    def told(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """(parameters, values) of the same moments; a core that is its own critic is asked once."""
        if self.critic is not None:
            return self(observations), self.values(observations)
        out = self.core(self.scaled(observations))
        return out[..., : self.needed], out[..., -1]

    def distribution(self, parameters: Tensor) -> Distribution:
        """Of actions; see `Policy.distribution`."""
        if isinstance(self.actions, Choice):
            return Categorical(logits=parameters, validate_args=False)
        spread = self.log_sd.exp().expand_as(parameters)
        return Independent(Normal(parameters, spread, validate_args=False), 1, validate_args=False)

    def scaled(self, observations: Tensor) -> Tensor:
        """Observations [body, brain, size] less what each brain's mean is, over its spread."""
        spread = (self.squares / self.count).sqrt() + 1e-8  # what never varies stays 0
        return ((observations - self.mean) / spread).clamp(-CLIP, CLIP)

    @torch.no_grad()
    def seen(self, observations: Tensor) -> None:
        """Means and spreads take in more, [time, body, brain, size]; see `Policy.seen`."""
        rows = observations.flatten(0, 1)
        count, mean = len(rows), rows.mean(0)
        total, apart = self.count + count, mean - self.mean
        self.squares += ((rows - mean) ** 2).sum(0) + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count.copy_(total)

    def owners(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every parameter, and which brain each of its values belongs to."""
        own = [*self.core.owners(), *([] if self.critic is None else self.critic.owners())]
        return [*own, (self.log_sd, _first_axis(self.log_sd))] if self.log_sd.numel() else own


def _first_axis(p: Tensor) -> Tensor:
    """The place of each value along the first axis."""
    return torch.arange(len(p)).repeat_interleave(p[0].numel())
