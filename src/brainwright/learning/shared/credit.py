"""The paths that an error takes: for each projection exact, cut, or over feedback weights of its own.

Most rules differ in this alone. The forward pass and the update `post × pre` on edges stay the same, for
layers, recurrent networks over time, connectomes with cycles and spiking cells.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from brainwright.network import Network
from brainwright.network.projection import Product, Projection
from brainwright.objective import Batch, Objective

from ..rule import Metrics, RuleState, Unrolling, fill, gradients, projections, synaptic

FEEDBACK = "feedback."
"""Names of feedback weights in a rule's state: with the number of the projection."""


def exact(projection: Projection) -> Product:
    """Errors travel back over the transposed weights."""
    return projection.product()


def cut(projection: Projection) -> Product:
    """No error travels back; the weights still learn from what arrives at the postsynaptic cells."""
    product = projection.product()
    return lambda x: product(x.detach())


def carried(projection: Projection, feedback: Tensor) -> Product:
    """Errors travel back over `feedback`, other values on the same edges."""
    product, back = projection.product(), projection.transposed(feedback)

    def apply(x: Tensor) -> Tensor:
        y = _Carry.apply(product(x.detach()), x, back)
        assert isinstance(y, Tensor)
        return y

    return apply


class _Carry(torch.autograd.Function):
    """Passes y on; its gradient goes to y, and over `back` to x."""

    @staticmethod
    def forward(ctx, y: Tensor, x: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.back, ctx.shape = back, x.shape
        return y.view_as(y)

    @staticmethod
    def backward(ctx, *incoming: Tensor) -> tuple[Tensor, Tensor | None, None]:
        (gradient,) = incoming
        to_x = ctx.back(gradient).reshape(ctx.shape) if ctx.needs_input_grad[1] else None
        return gradient, to_x, None


def drawn(like: Tensor, generator: torch.Generator) -> Tensor:
    """It returns normal values with mean 0 and the root mean square of `like`."""
    scale = float(like.detach().double().square().mean().sqrt())
    return (torch.randn(like.shape, generator=generator, dtype=torch.float64) * scale).to(like)


def answering(network: Network) -> list[int]:
    """Projections over which errors must find a way back: with weights, and not from the input, unless the
    input itself learns.
    """
    numbered, learned = enumerate(projections(network)), learns_input(network)
    return [k for k, p in numbered if synaptic(p) and (learned or p.pre != network.input)]


def learns_input(network: Network) -> bool:
    """The answer says whether the input population has weights that train: an embedding."""
    return any(p.requires_grad for p in network.cells(network.input).parameters())


def draw_feedback(network: Network, state: RuleState) -> None:
    """It puts random feedback weights of the size of each projection's own into a rule's state."""
    for k in answering(network):
        state.tensors[f"{FEEDBACK}{k}"] = drawn(network.projection(k).values(), state.generator)


def over(network: Network, feedback: Mapping[int, Tensor]) -> list[Product]:
    """Products whose errors travel back over these weights; exact where there are none. Wires of weight 1 and
    gap junctions, which have no weights to know, conduct errors as they conduct activity.
    """
    numbered = enumerate(projections(network))
    return [
        carried(projection, feedback[k]) if k in feedback else exact(projection) for k, projection in numbered
    ]


def teach(
    network: Network,
    batch: Batch,
    objective: Objective,
    unrolling: Unrolling | None,
    products: Sequence[Product] | None,
    **more,
) -> Metrics:
    """Fills `.grad` with what arrives over the paths that these products leave open."""
    loss = objective.loss(network.unroll(batch.inputs, **(unrolling or {}), products=products, **more), batch)
    fill(network, gradients(network, [loss.total], [None]))
    return {**loss.parts, "loss": float(loss.total.detach())}
