"""Dense maps of several networks side by side, one for each seed: a few cost little more than one."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor


class Draws:
    """Random numbers of several seeds: those of a seed do not depend on which others are there."""

    def __init__(self, seeds: Sequence[int]):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __len__(self) -> int:
        return len(self.generators)

    def uniform(self, *shape: int) -> Tensor:
        """From 0 to 1, [seed, *shape]."""
        return torch.stack([torch.rand(shape, generator=g) for g in self.generators])

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, [seed, *shape]."""
        return torch.stack([torch.randn(shape, generator=g) for g in self.generators])

    def below(self, n: int, *shape: int) -> Tensor:
        """Whole numbers from 0 to below n, [seed, *shape]."""
        return torch.stack([torch.randint(n, shape, generator=g) for g in self.generators])


class Weights:
    """Named dense maps, each with weights [seed, input, output] and biases [seed, 1, output], and Adam.

    All lie in one array, `flat`, one parameter after another with all seeds of each, so that what is said of
    every parameter (a penalty, a path) is one operation; `slopes` is its gradient, which `backward` fills.
    Initial values are uniform within ±1 / sqrt(fan-in), as those of `torch.nn.Linear`.

    Args:
        maps: name → (inputs, outputs).
        draws: of the initial values.
        rate: of Adam.
        free: name → (shape, initial value) of parameters that are no maps.
    """

    def __init__(
        self,
        maps: Mapping[str, tuple[int, int]],
        draws: Draws,
        rate: float,
        free: Mapping[str, tuple[tuple[int, ...], float]] | None = None,
    ):
        parts: dict[str, Tensor] = {}
        for name, (n_in, n_out) in maps.items():
            bound = 1 / math.sqrt(n_in)
            parts[f"{name}.w"] = (2 * draws.uniform(n_in, n_out) - 1) * bound
            parts[f"{name}.b"] = (2 * draws.uniform(1, n_out) - 1) * bound
        for name, (shape, spread) in (free or {}).items():
            parts[name] = draws.normal(*shape) * spread
        self.flat = torch.cat([part.flatten() for part in parts.values()])
        self.slopes = torch.zeros_like(self.flat)
        self.shapes = {name: tuple(part.shape) for name, part in parts.items()}
        self.at = self._views()
        self.flat.grad = self.slopes
        self.rate = rate
        self.optimiser = torch.optim.Adam([self.flat], lr=rate, fused=True)

    def _views(self) -> dict[str, Tensor]:
        """Leaves that share memory with `flat`, whose gradients share memory with `slopes`."""
        views, slopes = self.parts_of(self.flat), self.parts_of(self.slopes)
        for name, view in views.items():
            view.requires_grad_()
            view.grad = slopes[name]
        return views

    def apply(self, name: str, inputs: Float[Tensor, "seed row n_in"]) -> Float[Tensor, "seed row n_out"]:
        """One map."""
        return torch.baddbmm(self.at[f"{name}.b"], inputs, self.at[f"{name}.w"])

    def backward(self, loss: Tensor) -> None:
        """The gradient of a loss replaces what was in `slopes`."""
        self.slopes.zero_()
        loss.backward()

    def step(self) -> None:
        """One step of Adam along `slopes`."""
        self.optimiser.step()

    def copied(self) -> "Weights":
        """A copy that will not learn."""
        other = object.__new__(Weights)
        other.flat, other.shapes, other.rate = self.flat.detach().clone(), self.shapes, self.rate
        other.slopes = torch.zeros(0)
        other.at = other.parts_of(other.flat)
        return other

    @property
    def n_bytes(self) -> int:
        """Of the parameters of one network."""
        return sum(4 * math.prod(shape[1:]) for shape in self.shapes.values())

    def parts_of(self, flat: Float[Tensor, " parameter"]) -> dict[str, Tensor]:
        """What is said of all parameters, such as `slopes`, by name, [seed, ...] each; memory is shared."""
        parts, start = {}, 0
        for name, shape in self.shapes.items():
            end = start + math.prod(shape)
            parts[name], start = flat[start:end].view(shape), end
        return parts


class MLP:
    """Perceptrons with rectified hidden layers, side by side.

    Args:
        sizes: cells per layer, inputs first.
        draws, rate: as of `Weights`.
    """

    def __init__(self, sizes: Sequence[int], draws: Draws, rate: float):
        self.names = [f"layer{k}" for k in range(1, len(sizes))]
        maps = {name: (sizes[k], sizes[k + 1]) for k, name in enumerate(self.names)}
        self.weights = Weights(maps, draws, rate)

    def activities(self, inputs: Float[Tensor, "seed row n_in"]) -> list[Tensor]:
        """What every layer says, inputs first; the last is not rectified."""
        layers = [inputs]
        for name in self.names:
            own = self.weights.apply(name, layers[-1])
            layers.append(own if name == self.names[-1] else own.relu())
        return layers

    def __call__(self, inputs: Float[Tensor, "seed row n_in"]) -> Float[Tensor, "seed row n_out"]:
        return self.activities(inputs)[-1]

    def copied(self) -> "MLP":
        """A copy that will not learn."""
        other = object.__new__(MLP)
        other.names, other.weights = self.names, self.weights.copied()
        return other
