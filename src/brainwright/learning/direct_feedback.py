"""Direct feedback alignment: the error of the outputs is sent to each population by fixed random weights."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from .credit import cut
from .locality import Locality
from .rule import LearningRule, fill, gradients, hidden, output_error, projections


@dataclass(frozen=True)
class DirectFeedback(LearningRule):
    """g_l = (B_l e) φ'(a_l), e the error of the outputs of the same step (Nøkland 2016, arXiv:1609.01596).

    Over time each cell keeps the memory of its own state and hands no error to others, so that this is e-prop
    with random feedback. B_l is normal with variance 1 / n_outputs.
    """

    name: ClassVar[str] = "direct feedback"
    equation: ClassVar[str] = "g_l = (B_l e) φ'(a_l)"
    bibtex: ClassVar[str] = (
        "@inproceedings{nokland2016, title={Direct feedback alignment provides learning in deep neural "
        "networks}, author={N{\\o}kland, Arild}, booktitle={Advances in Neural Information Processing "
        "Systems}, volume={29}, year={2016}}"
    )

    @property
    def locality(self) -> Locality:
        """The error arrives as a vector; nothing else from elsewhere."""
        return Locality(("pre", "post", "error"), readout="delta", waits="output")

    @property
    def passes(self) -> float:
        """Forward only."""
        return 1.0

    def prepare(self, network, state) -> None:
        """Draws B: [outputs, channels × cells] of each population."""
        for name in hidden(network):
            cells = network.cells(name)
            like = network.read(network.rest(1))
            draw = torch.randn(network.n_outputs, cells.channels * cells.n, generator=state.generator)
            state.tensors[f"teaching.{name}"] = draw.to(like) / network.n_outputs**0.5

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        taught = hidden(network)
        trajectory = network.unroll(
            batch.inputs,
            **(unrolling or {}),
            products=[cut(projection) for projection in projections(network)],
            record=taught,
            record_as="readout",
        )
        loss = objective.loss(trajectory, batch)
        error = output_error(loss.total, trajectory.outputs)
        shown = [trajectory.recorded[name] for name in taught]
        teaching = [
            (error @ state.tensors[f"teaching.{name}"]).reshape(one.shape)
            for name, one in zip(taught, shown, strict=True)
        ]
        fill(network, gradients(network, [trajectory.outputs, *shown], [error, *teaching]))
        return state, {**loss.parts, "loss": float(loss.total.detach())}
