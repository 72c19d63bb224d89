"""The cells of one module, of many brains at once: embedding, recurrent state, prediction."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

LEAK = 0.5
"""Share of a cell's value that is replaced in a step: as of `network.recurrent`."""
SHORTEST = 1e-6
"""Length below which an embedding is divided by this: nothing but an exact zero is changed."""


class ManyLinear(nn.Module):
    """y = W x + b, every brain with its own.

    Args:
        n_in, n_out: sizes.
        seeds: of the weights, one for each brain: normal with variance 1 / n_in; b is 0.
    """

    def __init__(self, n_in: int, n_out: int, seeds: list[int]):
        super().__init__()
        drawn = [
            torch.randn(n_out, n_in, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
            for seed in seeds
        ]
        self.weight = nn.Parameter((torch.stack(drawn) / n_in**0.5).float())
        self.bias = nn.Parameter(torch.zeros(len(seeds), n_out))

    def forward(self, x: Float[Tensor, "brain stream step n"]) -> Float[Tensor, "brain stream step m"]:
        """Of every step."""
        flat = torch.baddbmm(self.bias[:, None], x.flatten(1, 2), self.weight.mT)
        return flat.unflatten(1, x.shape[1:3])


class Embedding(nn.Module):
    """z of one input: W x + b, or "squared", W log(1 + (V x + c)²) + b, which makes amplitudes and
    frequencies linear.

    Args:
        n_in, dimension: sizes.
        kind: "linear" or "squared".
        seeds: one for each brain.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_in: int, dimension: int, kind: str, seeds: list[int]):
        super().__init__()
        middle = 4 * dimension  # squares of random directions are noisy measures: many for each dimension
        self.first = ManyLinear(n_in, middle, [s + 1 for s in seeds]) if kind == "squared" else None
        self.last = ManyLinear(n_in if self.first is None else middle, dimension, seeds)
        # what is weighted is taken about its mean, in units of its deviation: else all embeddings are alike
        seen = n_in if self.first is None else middle
        self.register_buffer("mean", torch.zeros(len(seeds), 1, 1, seen))
        self.register_buffer("scale", torch.ones(len(seeds), 1, 1, seen))

    def forward(self, x: Float[Tensor, "brain stream step n"]) -> Float[Tensor, "brain stream step z"]:
        """The embedding of every step."""
        return self.last((self._values(x) - self.mean) * self.scale)

    def _values(self, x: Tensor) -> Tensor:
        return x if self.first is None else self.first(x).square().log1p()

    @torch.no_grad()
    def calibrate(self, x: Tensor, valid: Float[Tensor, "brain stream step"]) -> None:
        """Mean and deviation are those of these steps."""
        x = self._values(x)
        weights = valid[..., None] / valid.sum((1, 2))[:, None, None, None].clamp(min=1)
        self.mean.copy_((x * weights).sum((1, 2), keepdim=True))
        sd = ((x - self.mean).square() * weights).sum((1, 2), keepdim=True).sqrt()
        self.scale.copy_(torch.where(sd > 1e-6, 1 / sd.clamp(min=1e-6), torch.zeros_like(sd)))


class ModuleCells(nn.Module):
    """z_t of what is heard; r <- (1 - a) r + a tanh(W r + U sqrt(D) z / |z| + b), a = .5; the prediction
    H r + h of z at t + 1, or with top-down input c, H r + h + G tanh(A r + C c + d).

    Args:
        weights: first recurrent weights; what is 0 stays 0.
        widths: of each input.
        dimension: of z.
        embedding: its kind.
        n_above: width of the top-down input; 0 for none.
        seeds: one for each brain.
    """

    edges: Tensor

    def __init__(
        self,
        weights: Float[Tensor, "brain post pre"],
        widths: list[int],
        dimension: int,
        embedding: str,
        n_above: int,
        seeds: list[int],
    ):
        super().__init__()
        n = weights.shape[1]
        own = [1_000 * seed for seed in seeds]
        self.dimension = dimension
        self.embeddings = nn.ModuleList(
            Embedding(width, dimension, embedding, [s + 10 * k for s in own])
            for k, width in enumerate(widths)
        )
        self.drive = ManyLinear(dimension, n, [s + 201 for s in own])
        self.recurrent = nn.Parameter(weights.clone())
        self.register_buffer("edges", (weights != 0).to(weights.dtype))
        self.predict = ManyLinear(n, dimension, [s + 202 for s in own])
        self.above = self.from_above = None
        if n_above:
            self.above = ManyLinear(n + n_above, dimension, [s + 203 for s in own])
            self.from_above = ManyLinear(dimension, dimension, [s + 204 for s in own])

    def states(self, z: Float[Tensor, "brain stream step z"]) -> Float[Tensor, "brain stream step cell"]:
        """The state after every step."""
        drive = self.drive(self.unit(z)).unbind(2)
        inner = (self.recurrent * self.edges).mT
        state = torch.zeros_like(drive[0])
        shown = []
        for given in drive:
            state = torch.lerp(state, torch.baddbmm(given, state, inner).tanh(), LEAK)
            shown.append(state)
        return torch.stack(shown, 2)

    def prediction(self, states: Tensor, from_above: Tensor | None = None) -> Tensor:
        """Of the next embedding, made after every step, [brain, stream, step, z]."""
        made = self.predict(states)
        if self.above is not None and self.from_above is not None and from_above is not None:
            made = made + self.from_above(self.above(torch.cat([states, from_above], -1)).tanh())
        return made

    def go_on(
        self,
        state: Float[Tensor, "brain stream cell"],
        z: Float[Tensor, "brain stream z"],
        steps: int,
        from_above: Float[Tensor, "brain stream z"] | None = None,
    ) -> tuple[Float[Tensor, "brain stream step cell"], Float[Tensor, "brain stream step z"]]:
        """States and embeddings while nothing is heard: what was predicted stands for what comes.

        Args:
            state, z: after the last step that was heard, and the prediction made there.
            steps: how many.
            from_above: what comes down in all of them.
        """
        inner = (self.recurrent * self.edges).mT
        given = None if from_above is None else from_above[:, :, None]
        states, embeddings = [], []
        for _ in range(steps):
            drive = self.drive(self.unit(z)[:, :, None])[:, :, 0]
            state = torch.lerp(state, torch.baddbmm(drive, state, inner).tanh(), LEAK)
            states.append(state)
            embeddings.append(z)
            z = self.prediction(state[:, :, None], given)[:, :, 0]
        return torch.stack(states, 2), torch.stack(embeddings, 2)

    def unit(self, z: Float[Tensor, "... z"]) -> Float[Tensor, "... z"]:
        """The vectors are scaled to a mean square of 1."""
        return z * (self.dimension**0.5 / z.norm(dim=-1, keepdim=True).clamp(min=SHORTEST))
