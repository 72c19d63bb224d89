"""PEPITA: a second forward pass with the error added to the input; synapses learn from the difference."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges
from ..shared.rate_cells import from_cells, held, judged, layers, not_layers, output_errors


@dataclass(frozen=True)
class Pepita(LearningRule):
    """h of x, h' of x + F e, e the error of the outputs; dW_1 = (h_1 - h'_1) (x + F e)ᵀ,
    dW_l = (h_l - h'_l) h'_{l-1}ᵀ, dW_L = e h'_{L-1}ᵀ (Dellaferrera & Kreiman 2022, ICML, arXiv:2201.11665).
    F is fixed and normal with standard deviation 2 size sqrt(6 / n_inputs).

    Args:
        size: of F; .05 is that of the measured accuracies.

    Raises:
        NetworkError: a size that is not positive; in `update`, inputs with time.
    """

    name: ClassVar[str] = "PEPITA"
    equation: ClassVar[str] = "x' = x + F e; dW_l = (h_l - h'_l) h'_{l-1}ᵀ, dW_L = e h'_{L-1}ᵀ"
    bibtex: ClassVar[str] = (
        "@inproceedings{dellaferrera2022, title={Error-driven input modulation: solving the credit "
        "assignment problem without a backward pass}, author={Dellaferrera, Giorgia and Kreiman, Gabriel}, "
        "booktitle={International Conference on Machine Learning}, pages={4937--4955}, year={2022}}"
    )
    size: float = 0.05

    def __post_init__(self) -> None:
        if not self.size > 0:
            raise ValueError(f"expected size > 0, got {self.size}")

    @property
    def locality(self) -> Locality:
        """The error comes in as input; each synapse sees both passes of its own two cells."""
        return Locality(("pre", "post", "error"), phases=2, waits="second forward pass")

    def supports(self, network):
        """Layers of rate cells are supported."""
        return not_layers(network)

    def prepare(self, network, state) -> None:
        """The projection F, [inputs, outputs], is drawn."""
        n_in, like = network.n_inputs, network.read(network.rest(1))
        draw = torch.randn(n_in, network.n_outputs, generator=state.generator, dtype=torch.float64)
        state.tensors["modulation"] = (draw * 2 * self.size * (6 / n_in) ** 0.5).to(like)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        inputs, stack, products = held(batch, self.name), layers(network), network.products()
        first = _activities(stack, products, inputs)
        error = output_errors(objective, batch, {})(first[-1])
        second = _activities(stack, products, inputs + error @ state.tensors["modulation"].mT)
        posts = [(a - b) / len(inputs) for a, b in zip(first[1:-1], second[1:-1], strict=True)]
        posts.append(error / len(inputs))
        edges = {
            layer.k: layer.projection.outer(post, pre)
            for layer, post, pre in zip(stack, posts, second, strict=False)
        }
        cells = {layer.name: post.sum(0) for layer, post in zip(stack, posts, strict=True)}
        with torch.enable_grad():
            fill(network, {**from_edges(network, edges), **from_cells(network, cells)})
        return state, judged(objective, batch, first[-1], {})


def _activities(stack, products, inputs):
    """The activities are those of the input and of every layer."""
    activities = [inputs]
    for layer, product in zip(stack, products, strict=True):
        activities.append(layer.answer(activities[-1], product)[1])
    return activities
