"""Networks that give the distribution of every variable from what is given: one pass, any subset."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from brainwright.network import Network

from .heads import Heads
from .variables import AnySubsetError

STEPS = 10
"""Of settling: by then a clamped network of 16 units has come to rest."""


class MLP(nn.Module):
    """Layers on (values where given, flags of what is given). Without the flags, 0 and "missing" would be
    one.

    Each layer adds to a stream what it reads from it, unit by unit times a gate that sees the flags (gated
    linear units: Dauphin et al. 2017, arXiv:1612.08083). Which of the others count, and how much, depends on
    what is given, often as a product of values and functions of the flags, which plain layers have to
    approximate: of a Gaussian they leave twice the gap after as many updates.

    Args:
        heads: what goes in and comes out.
        width, depth: of the stream and its layers.
    """

    def __init__(self, heads: Heads, width: int = 128, depth: int = 3):
        super().__init__()
        self.heads = heads
        self.enter = nn.Linear(heads.entry + heads.n, width)
        self.flags = nn.Sequential(nn.Linear(heads.n, width), nn.SiLU())
        self.values = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.gates = nn.ModuleList([nn.Linear(2 * width, width) for _ in range(depth)])
        self.back = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.leave = nn.Linear(width, heads.width)

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module."""
        return self.see(self.heads.enter(values, given), given.to(values))

    def see(self, entries: Float[Tensor, "batch entry"], flags: Float[Tensor, "batch n"]) -> Tensor:
        """Parameters from what enters and flags between 0, unknown, and 1, given: a value under noise has one
        in between.
        """
        stream, told = self.enter(torch.cat([entries, flags], 1)), self.flags(flags)
        for value, gate, back in zip(self.values, self.gates, self.back, strict=True):
            open_ = nn.functional.silu(gate(torch.cat([stream, told], 1)))
            stream = stream + back(value(stream) * open_)
        return self.leave(stream)


class Transformer(nn.Module):
    """One token per variable: its name, its value where given, its flag; full attention (as Simformer,
    Gloeckler et al. 2024, arXiv:2404.09636, without diffusion).

    Args:
        heads: what goes in and comes out.
        width, n_heads, depth: of the tokens and blocks.
    """

    def __init__(self, heads: Heads, width: int = 48, n_heads: int = 4, depth: int = 3):
        super().__init__()
        self.heads = heads
        self.name = nn.Parameter(0.3 * torch.randn(heads.n, width))
        self.value = nn.Parameter(0.3 * torch.randn(heads.entry, width))
        self.flag = nn.Parameter(0.3 * torch.randn(heads.n, width))
        block = nn.TransformerEncoderLayer(
            width, n_heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.out = nn.Parameter(torch.randn(heads.width, width) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(heads.width))

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module."""
        parts = self.heads.enter(values, given)[..., None] * self.value
        tokens = self.name.expand(len(values), -1, -1).index_add(1, self.heads.owner, parts)
        tokens = self.blocks(tokens + given[..., None] * self.flag)
        return (tokens[:, self.heads.param_owner] * self.out).sum(-1) + self.bias


class Settling(nn.Module):
    """A rate network with clamps: units of what is given are held at their values, the others settle.

    e <- m x + (1 - m)(e + g (phi(W e + b) - e)), `steps` times, W without a diagonal; phi is the identity for
    units of continuous variables and tanh for others. A continuous variable's mean is its unit, a binary
    one's logit twice its input, which is exact for the single-site conditionals of an Ising model; spread,
    mixture and corrections are read from flags and units at rest.

    Args:
        heads: what goes in and comes out.
        graph: [variable, variable], which variable reads which; all read all where None. With a graph, a
            variable's read-out sees its neighbours only, so that all it knows has come along edges.
        steps: of settling.
        width: hidden cells of the read-out.
    """

    def __init__(self, heads: Heads, graph: Tensor | None = None, steps: int = STEPS, width: int = 64):
        super().__init__()
        self.heads, self.steps = heads, steps
        own = heads.owner[:, None] == heads.owner[None]
        allowed = ~own if graph is None else ~own & checked_graph(graph, heads)[heads.owner][:, heads.owner]
        self.edges: Tensor
        self.register_buffer("edges", allowed)
        self.weight = nn.Parameter(torch.zeros(heads.entry, heads.entry))
        self.bias = nn.Parameter(torch.zeros(heads.entry))
        self.rate = nn.Parameter(torch.zeros(()))
        self.read: nn.Module
        if graph is None:
            self.read = nn.Sequential(
                nn.Linear(heads.entry + heads.n, width), nn.SiLU(), nn.Linear(width, heads.width)
            )
            last = self.read[2]
            assert isinstance(last, nn.Linear)
            nn.init.zeros_(last.weight)
        else:
            self.read = _NeighbourRead(heads, graph)

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module."""
        heads = self.heads
        clamped = heads.enter(values, given)
        free = ~given[:, heads.owner]
        weight = (self.weight * self.edges).T
        linear = torch.arange(heads.entry) < len(heads.continuous)
        state, step = clamped, self.rate.sigmoid()  # a half at the start
        arriving = state @ weight + self.bias
        for _ in range(self.steps):
            wanted = torch.where(linear, arriving, arriving.tanh())
            state = clamped + free * (state + step * (wanted - state))
            arriving = state @ weight + self.bias
        return self.read(torch.cat([state, given.to(values)], 1)) + self._at_rest(state, arriving)

    def _at_rest(self, state: Tensor, arriving: Tensor) -> Tensor:
        heads, n = self.heads, len(self.heads.continuous)
        # components start apart, so that they can become different
        spread = torch.linspace(-0.5, 0.5, heads.components) if heads.components > 1 else torch.zeros(1)
        means = state[:, :n, None] + spread
        mixture = torch.stack([torch.zeros_like(means), means, torch.zeros_like(means)], 2)
        return torch.cat([mixture.flatten(1), 2 * arriving[:, n:]], 1)


class _NeighbourRead(nn.Module):
    """Corrections that are linear in units and flags of neighbours, the variable's own flag excepted."""

    def __init__(self, heads: Heads, graph: Tensor):
        super().__init__()
        source = torch.cat([heads.owner, torch.arange(heads.n)])
        self.edges: Tensor
        self.register_buffer("edges", checked_graph(graph, heads)[heads.param_owner][:, source])
        self.weight = nn.Parameter(torch.zeros(heads.width, len(source)))
        self.bias = nn.Parameter(torch.zeros(heads.width))

    def forward(self, seen: Tensor) -> Tensor:
        return seen @ (self.weight * self.edges).T + self.bias


class Blankets(nn.Module):
    """Every variable's distribution is linear in its neighbours and nothing else: each has weights of its
    own, so that the loss of a variable changes only weights at that variable, from what its Markov blanket
    shows (Besag 1975; losses local to a sparse graph as in Falet et al. 2023, arXiv:2310.02423).

    Right where the neighbours are given; with others missing, ask by the route "sampled", or amortise its
    answers in a network of another kind (`asleep`).

    Args:
        heads: what goes in and comes out.
        graph: [variable, variable], which variable reads which; all read all where None.
    """

    def __init__(self, heads: Heads, graph: Tensor | None = None):
        super().__init__()
        self.heads = heads
        self.read = _NeighbourRead(heads, torch.ones(heads.n, heads.n) if graph is None else graph)

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module."""
        return self.read(torch.cat([self.heads.enter(values, given), given.to(values)], 1))

    def couplings(self) -> tuple[Tensor, Tensor]:
        """Of binary variables alone: logit p(z_i = 1) = sum_j W_ij z_j + b_i with z of 0 and 1; W made
        symmetric, as a joint distribution needs it. Returns (W [n, n], b [n]).

        Raises AnySubsetError where other variables are there.
        """
        n = self.heads.n
        if len(self.heads.binary) != n:
            raise AnySubsetError("couplings: expected binary variables only")
        weight = (self.read.weight * self.read.edges).detach()
        signed = (weight[:, :n] + weight[:, :n].T) / 2
        return 2 * signed, self.read.bias.detach() + weight[:, n:].sum(1) - signed.sum(1)


class Compiled(nn.Module):
    """Any `Network`, such as a compiled connectome: values and flags are its drive, held for `steps`; its
    outputs are the parameters.

    Args:
        heads: what goes in and comes out.
        network: with `entries(heads)` inputs and `heads.width` outputs.
        steps: as many as the input needs to reach the outputs, and some.
    """

    def __init__(self, heads: Heads, network: Network, steps: int = STEPS):
        super().__init__()
        wanted = (heads.entry + heads.n, heads.width)
        if (network.n_inputs, network.n_outputs) != wanted:
            raise AnySubsetError(
                f"expected a network of {wanted[0]} inputs and {wanted[1]} outputs, got {network.n_inputs} "
                f"and {network.n_outputs}: compile(..., n_inputs={wanted[0]}, n_outputs={wanted[1]})"
            )
        if network.fewest_steps is None or network.fewest_steps > steps:
            raise AnySubsetError(f"no output feels the input within {steps} steps: more steps, other pools")
        self.heads, self.network, self.steps = heads, network, steps

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module."""
        drive = torch.cat([self.heads.enter(values, given), given.to(values)], 1)
        return self.network.unroll(drive, steps=self.steps).last


Make = Callable[[Heads], nn.Module]
"""Heads → a module (values [batch, n], given [batch, n]) → parameters [batch, width]."""


def checked_graph(graph: Tensor, heads: Heads) -> Tensor:
    """Which variable reads which, without the diagonal, bool. Raises AnySubsetError for another shape."""
    if graph.shape != (heads.n, heads.n):
        raise AnySubsetError(f"expected a graph [{heads.n}, {heads.n}], got {tuple(graph.shape)}")
    return graph.bool() & ~torch.eye(heads.n, dtype=torch.bool)
