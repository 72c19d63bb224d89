"""Difference target propagation: learned inverses carry targets, not errors, down the layers."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..locality import Locality
from ..rule import LearningRule, RuleState, fill, from_edges
from ..shared.credit import drawn
from ..shared.rate_cells import Layer, from_cells, held, judged, layers, not_layers, output_errors


@dataclass(frozen=True)
class TargetPropagation(LearningRule):
    """Targets: of the last hidden layer t = h - step dL/dh; below, t_l = h_l + q(t_{l+1}) - q(h_{l+1}), with
    q(h) = phi(V h + c) an inverse of the layer above that learns ||q(f(h + noise)) - (h + noise)||². Weights
    descend ||h - t||² / (2 step) (Lee et al. 2015, ECML, arXiv:1412.7525).

    With exact linear inverses the change of target is the Gauss-Newton step; with orthogonal layers the rule
    is backpropagation. V and c are stepped by the optimiser ("rule" group); they have no gradient in common
    with W.

    Args:
        step: of the first target, along the gradient.
        noise: standard deviation.
        draws: of noise per update; their losses add. Step .5, noise .1 and 3 draws are the setting with which
            inverses were measured to keep up: cosines of .7 to .8 with the gradient.

    Raises:
        NetworkError: options out of range; in `update`, inputs with time.
    """

    name: ClassVar[str] = "difference target propagation"
    equation: ClassVar[str] = (
        "t_l = h_l + q(t_{l+1}) - q(h_{l+1}); dW_l = (h_l - t_l) phi'(a_l) h_{l-1}ᵀ / step"
    )
    bibtex: ClassVar[str] = (
        "@inproceedings{lee2015, title={Difference target propagation}, author={Lee, Dong-Hyun and Zhang, "
        "Saizheng and Fischer, Asja and Bengio, Yoshua}, booktitle={Machine Learning and Knowledge Discovery "
        "in Databases}, pages={498--515}, year={2015}}"
    )
    step: float = 0.5
    noise: float = 0.1
    draws: int = 3

    def __post_init__(self) -> None:
        if self.step <= 0 or self.noise < 0 or self.draws < 1:
            raise ValueError(
                f"expected step > 0, noise >= 0, draws >= 1, got {self.step}, {self.noise}, {self.draws}"
            )

    @property
    def locality(self) -> Locality:
        """The first target takes the gradient through the readout; all others only inverses that learn."""
        return Locality(
            ("pre", "post", "error", "transposed weights"),
            phases=1 + self.draws,
            learns_feedback=True,
            waits="targets from above",
        )

    @property
    def passes(self) -> float:
        """The passes are forward, both inverses, and for each draw noise forward, back, and the inverse's own
        gradient.
        """
        return 3.0 + 3.0 * self.draws

    def supports(self, network):
        """Layers of rate cells are supported."""
        return not_layers(network)

    def prepare(self, network, state) -> None:
        """It draws V, [below, above], and c = 0, of each layer above the first but the output."""
        for layer in layers(network)[1:-1]:
            below = network.cells(layer.projection.pre).n
            like = layer.projection.values().detach()
            scale = torch.ones(below, layer.cells.n, dtype=like.dtype) / layer.cells.n**0.5
            state.learned[_weight(layer)] = drawn(scale, state.generator).requires_grad_()
            state.learned[_bias(layer)] = torch.zeros(below, dtype=like.dtype, requires_grad=True)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        inputs, stack, products = held(batch, self.name), layers(network), network.products()
        sent, slopes = [inputs], []
        for layer, product in zip(stack, products, strict=True):
            current, activity = layer.answer(sent[-1], product)
            sent.append(activity)
            slopes.append(layer.slope(current, activity))
        signal = output_errors(objective, batch, {})(sent[-1]) * slopes[-1]
        signals = [signal]
        miss = None
        for place in range(len(stack) - 2, -1, -1):  # h - t of each layer, from above
            above = stack[place + 1]
            if miss is None:
                miss = self.step * above.projection.transposed()(signal)
            else:
                miss = inverse(stack, place, state, sent[place + 2]) - inverse(
                    stack, place, state, sent[place + 2] - miss
                )
            signals.append(miss * slopes[place] / self.step)
        self._learn_inverses(stack, products, sent, state)
        size = len(inputs)
        edges, cells = {}, {}
        for layer, pre, post in zip(stack, sent, reversed(signals), strict=False):
            edges[layer.k] = layer.projection.outer(post / size, pre)
            cells[layer.name] = post.mean(0)
        with torch.enable_grad():
            fill(network, {**from_edges(network, edges), **from_cells(network, cells)})
        return state, judged(objective, batch, sent[-1], {})

    def _learn_inverses(self, stack: list[Layer], products, sent: list[Tensor], state: RuleState) -> None:
        for place in range(len(stack) - 2):
            above = stack[place + 1]
            weight, bias = state.learned[_weight(above)], state.learned[_bias(above)]
            weight.grad, bias.grad = torch.zeros_like(weight), torch.zeros_like(bias)
            for _ in range(self.draws):
                draw = torch.randn(sent[place + 1].shape, generator=state.generator, dtype=torch.float64)
                noisy = sent[place + 1] + self.noise * draw.to(sent[place + 1])
                _, answer = above.answer(noisy, products[above.k])
                back = answer @ weight.mT + bias
                guess = stack[place].cells.respond(back)
                wrong = 2 * (guess - noisy) * stack[place].slope(back, guess) / len(noisy)
                weight.grad += wrong.mT @ answer
                bias.grad += wrong.sum(0)


def inverse(stack: list[Layer], place: int, state: RuleState, above: Tensor) -> Tensor:
    """q: activity of layer `place` + 1 → that of layer `place`."""
    layer = stack[place + 1]
    back = above @ state.learned[_weight(layer)].detach().mT + state.learned[_bias(layer)].detach()
    return stack[place].cells.respond(back)


def _weight(layer: Layer) -> str:
    return f"inverse.{layer.k}.weight"


def _bias(layer: Layer) -> str:
    return f"inverse.{layer.k}.bias"
