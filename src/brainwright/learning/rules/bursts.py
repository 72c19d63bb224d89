"""Burst-dependent plasticity: spikes carry activity upward, the share that are bursts carries errors down."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges
from ..shared.credit import drawn
from ..shared.rate_cells import (
    SLOPES,
    from_cells,
    held,
    judged,
    layers,
    not_layers,
    output_errors,
    rate_cells,
)

STEEP = 4.0
"""The factor gives the burst probability slope 1 in u (1 - e) at rest: a sigmoid's is a quarter there."""
P0 = 0.5
"""The burst probability at rest; it is sigmoid(0), so that bursts can rise and fall alike."""


@dataclass(frozen=True)
class BurstDependent(LearningRule):
    """Event rates e_l = sigmoid(a_l); apical potential u_l = Yᵀ b_{l+1} - Qᵀ e_{l+1}; burst probability
    p_l = sigmoid(4 u_l (1 - e_l)), burst rate b_l = p_l e_l; dL/da_l = -(b_l - p0 e_l) / p0, p0 = 1/2
    (Greedy et al. 2022, NeurIPS, arXiv:2206.11769, in a single phase). Output cells burst p0 (e_L - dL/da_L),
    which for the squared error of sigmoid outputs is p0 e ((t - e)(1 - e) + 1).

    With Q = p0 Y the apical dendrites are silent unless there is an error. For small errors the rule is
    feedback alignment with feedback Y, and with Y = W backpropagation; large ones saturate p. Through sigmoid
    cells the slope e (1 - e) takes at least three quarters of an error per layer: the published runs make up
    for it by strong feedback (a standard deviation of 0.5 onto 500 cells, where that of W is 0.04). Burstprop
    (Payeur et al. 2021, Nat Neurosci 24:1010) is the ancestor with a phase without teaching; it is not
    offered.

    Args:
        learns: Q starts random and learns at rest, without teaching: dQ = e_{l+1} uᵀ, until u = 0. It is
            stepped by the optimiser ("rule" group). Otherwise Q = p0 Y throughout.
        strength: standard deviation of Y; None for that of the weights that it answers.

    Raises:
        NetworkError: a strength that is not above 0.
    """

    name: ClassVar[str] = "burst-dependent"
    equation: ClassVar[str] = "u = Yᵀ b_{l+1} - Qᵀ e_{l+1}; p = sigmoid(4 u (1 - e)); g_l = -(p - p0) e / p0"
    bibtex: ClassVar[str] = (
        "@inproceedings{greedy2022, title={Single-phase deep learning in cortico-cortical networks}, "
        "author={Greedy, Will and Zhu, Heng Wei and Pemberton, Joseph and Mellor, Jack and "
        "Costa, Rui Ponte}, "
        "booktitle={Advances in Neural Information Processing Systems}, volume={35}, year={2022}}"
    )
    learns: bool = False
    strength: float | None = None

    def __post_init__(self) -> None:
        if self.strength is not None and not 0 < self.strength < float("inf"):
            raise ValueError(f"expected a strength above 0, got {self.strength}")

    @property
    def locality(self) -> Locality:
        """Bursts of the layer above arrive by feedback synapses Y of their own."""
        return Locality(("pre", "post", "error"), learns_feedback=self.learns, waits="bursts from above")

    def supports(self, network):
        """Layers of sigmoid cells are supported; outputs may be sigmoid or linear."""
        reason = not_layers(network)
        for name in list(network.populations)[1:] if reason is None else []:
            phi = rate_cells(network, name).phi
            allowed = ("sigmoid", "identity") if name == network.output else ("sigmoid",)
            if phi not in allowed:
                return f"{name} has phi {phi!r}; event rates need phi 'sigmoid' (outputs also 'identity')"
        return reason

    def prepare(self, network, state) -> None:
        """Draws Y, and Q where it learns; each on the edges of the projection that it answers."""
        for layer in layers(network)[1:]:
            values = layer.projection.values().detach()
            like = values if self.strength is None else torch.full_like(values, self.strength)
            state.tensors[f"feedback.{layer.k}"] = drawn(like, state.generator)
            if self.learns:
                state.learned[f"inhibition.{layer.k}"] = drawn(P0 * like, state.generator).requires_grad_()

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        inputs, stack, products = held(batch, self.name), layers(network), network.products()
        sent, currents = [inputs], []
        for layer, product in zip(stack, products, strict=True):
            current, event = layer.answer(sent[-1], product)
            sent.append(event)
            currents.append(current)
        top = stack[-1]
        wrong = output_errors(objective, batch, {})(sent[-1])
        excess = -P0 * wrong * SLOPES[top.cells.phi](currents[-1], sent[-1])  # bursts beyond p0 e
        events = torch.sigmoid(currents[-1]) if top.cells.phi == "identity" else sent[-1]
        edges, cells = {}, {}
        for place in range(len(stack) - 1, -1, -1):
            layer = stack[place]
            signal = excess / (-P0 * len(inputs))
            edges[layer.k] = layer.projection.outer(signal, sent[place])
            cells[layer.name] = signal.sum(0)
            if place:
                apical = self._apical(layer, state, excess, events)
                events = sent[place]
                excess = (torch.sigmoid(STEEP * apical * (1 - events)) - P0) * events
        with torch.enable_grad():
            fill(network, {**from_edges(network, edges), **from_cells(network, cells)})
        return state, judged(objective, batch, sent[-1], {})

    def _apical(self, layer, state, excess, events):
        """u of the layer below; Q learns from what is left of it without teaching."""
        y = state.tensors[f"feedback.{layer.k}"]
        if not self.learns:
            return layer.projection.transposed(y)(excess)  # Q = p0 Y takes the bursts at rest away exactly
        q = state.learned[f"inhibition.{layer.k}"].detach()
        rest = layer.projection.transposed(P0 * y - q)(events)
        state.learned[f"inhibition.{layer.k}"].grad = -layer.projection.outer(events, rest) / len(events)
        return layer.projection.transposed(y)(excess) + rest
