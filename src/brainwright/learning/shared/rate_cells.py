"""Rate cells as rules of activities see them: what they send, how steep they are, how they are joined."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import EmbeddingCells, Network, NetworkError, Trajectory
from brainwright.network.cells import Cells
from brainwright.network.network import State
from brainwright.network.projection import Projection
from brainwright.network.rate import RateCells
from brainwright.objective import Batch, Classification, Objective

from ..rule import Metrics, projections, synaptic

Slope = Callable[[Tensor, Tensor], Tensor]

SLOPES: dict[str, Slope] = {
    "identity": lambda x, y: torch.ones_like(y),
    "relu": lambda x, y: (x > 0).to(y.dtype),
    "tanh": lambda x, y: 1 - y * y,
    "sigmoid": lambda x, y: y * (1 - y),
    "softplus": lambda x, y: 1 - torch.exp(-y),
    "hard sigmoid": lambda x, y: ((x > 0) & (x < 1)).to(y.dtype),
}
"""phi → (x, y = phi(x)) → phi'(x)."""
STREAMS = (
    "its input learns to embed a stream of patches, and this rule knows one input alone, held or passing "
    "through at once, and weights between cells"
)


def not_rate_cells(network: Network) -> str | None:
    """Why a network has cells without a state of its own that relaxes; None if all are plain rate cells."""
    if isinstance(network.cells(network.input), EmbeddingCells):
        return STREAMS
    for name in list(network.populations)[1:]:
        cells = network.cells(name)
        if not isinstance(cells, RateCells) or cells.phi not in SLOPES:
            return f"{name} are {cells.kind} cells, and it needs rate cells (dynamics Rate)"
        if cells.normalise:
            return f"{name} are divided by their common size, and it needs cells that answer alone"
    return None


def not_layers(network: Network) -> str | None:
    """Why a network is no stack of layers of rate cells without memory; None if it is."""
    if isinstance(network.cells(network.input), EmbeddingCells):
        return STREAMS
    names = list(network.populations)
    joined = [(p.pre, p.post) for p in projections(network)]
    if joined != list(pairwise(names)) or not all(map(synaptic, projections(network))):
        return "it needs layers, each joined to the next by one projection with weights and to no other"
    for name in names[1:]:
        cells = network.cells(name)
        if not isinstance(cells, RateCells) or cells.phi not in SLOPES:
            return f"{name} are {cells.kind} cells, and it needs rate cells"
        if bool(cells.keep.any()):
            return f"{name} remember their last step (tau_s > 0), and it needs layers without memory"
    return None


def rate_cells(network: Network, name: str) -> RateCells:
    """The population of this name, which is of rate cells."""
    cells: Cells = network.cells(name)
    assert isinstance(cells, RateCells)
    return cells


def held(batch: Batch, name: str) -> Float[Tensor, "batch inputs"]:
    """Inputs that do not change while the cells relax. Raises `NetworkError` for inputs with time."""
    inputs = batch.inputs
    if inputs.ndim == 3 and inputs.shape[1] == 1:
        inputs = inputs[:, 0]
    if inputs.ndim != 2:
        raise NetworkError(
            f"{name} relaxes to inputs that are held: expected shape (batch, inputs), got "
            f"{tuple(batch.inputs.shape)}; give one frame, and steps= in the unrolling"
        )
    return inputs


def output_errors(
    objective: Objective, batch: Batch, state: State
) -> Callable[[Float[Tensor, "batch outputs"]], Float[Tensor, "batch outputs"]]:
    """outputs → d (loss of each sample) / d outputs, where the objective is a mean over samples. Outputs may
    hold the batch several times over, one phase after another.

    Plain classification has its closed form, softmax(outputs) - target: a relaxation asks at every step.
    """
    size = len(batch.targets)
    plain = type(objective) is Classification and objective.label_smoothing == 0 and batch.targets.ndim == 1
    wanted: list[Tensor] = []

    def closed(outputs: Tensor) -> Tensor:
        if not wanted:
            one_hot = torch.nn.functional.one_hot(batch.targets, outputs.shape[1]).to(outputs)
            wanted.append(one_hot.repeat(len(outputs) // size, 1))
        return torch.softmax(outputs.detach(), 1) - wanted[0]

    def general(outputs: Tensor) -> Tensor:
        return torch.cat([of_phase(part) for part in outputs.split(size)])

    def of_phase(outputs: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = outputs.detach().requires_grad_()
            loss = objective.loss(Trajectory(leaf[:, None], state, {}), batch)
            (slope,) = torch.autograd.grad(loss.total, leaf)
        return slope * size

    return closed if plain else general


def judged(objective: Objective, batch: Batch, outputs: Tensor, state: State) -> Metrics:
    """The figures are the objective's for these outputs."""
    loss = objective.loss(Trajectory(outputs.detach()[:, None], state, {}), batch)
    return {**loss.parts, "loss": float(loss.total.detach())}


def from_cells(network: Network, at_cells: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Population → summed signal at the current of each cell; becomes name → gradient of its biases."""
    biases = {}
    for name, signal in at_cells.items():
        cells = rate_cells(network, name)
        if cells.bias is None or not cells.bias.requires_grad:
            continue
        if cells.bias_mode == "type":
            signal = torch.zeros_like(cells.bias).index_add(0, cells.groups, signal)
        biases[f"populations.{name}.bias"] = signal
    return biases


@dataclass(frozen=True)
class Layer:
    """One layer of a stack with what leads to it."""

    k: int
    projection: Projection
    name: str
    cells: RateCells

    def answer(self, sent: Tensor, product: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """The layer answers with (current, activity)."""
        bias = self.cells.bias_of_cells()
        current = product(sent) if bias is None else product(sent) + bias
        return current, self.cells.respond(current)

    def slope(self, current: Tensor, activity: Tensor) -> Tensor:
        """The slope is phi' at this current."""
        return SLOPES[self.cells.phi](current, activity)


def layers(network: Network) -> list[Layer]:
    """The layers run from the first after the input to the output."""
    names = list(network.populations)[1:]
    return [Layer(k, network.projection(k), name, rate_cells(network, name)) for k, name in enumerate(names)]
