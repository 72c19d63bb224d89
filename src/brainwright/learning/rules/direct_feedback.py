"""Direct feedback alignment: the error of the outputs is sent to each population by fixed random weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from brainwright.network import Network
from brainwright.objective import Batch, Objective

from ..locality import Locality
from ..rule import (
    LearningRule,
    Metrics,
    RuleState,
    Unrolling,
    fill,
    gradients,
    hidden,
    output_error,
    projections,
)
from ..shared.credit import cut


@dataclass(frozen=True)
class DirectFeedback(LearningRule):
    """g_l = (B_l e) φ'(a_l), e the error of the outputs of the same step (Nøkland 2016, arXiv:1609.01596).

    Over time each cell keeps the memory of its own state and hands no error to others, so that this is e-prop
    with broadcast random feedback. B_l is normal with variance 1 / n_outputs.

    Args:
        signs_only: send sign(e) (sDFA), and nothing where |e| of a sample is within `threshold`: without one,
            all the small errors of one sign together drive cells into saturation.
        threshold: see above; in the unit of the objective's error per sample.
    """

    name: ClassVar[str] = "direct feedback"
    equation: ClassVar[str] = "g_l = (B_l e) φ'(a_l)"
    bibtex: ClassVar[str] = (
        "@inproceedings{nokland2016, title={Direct feedback alignment provides learning in deep neural "
        "networks}, author={N{\\o}kland, Arild}, booktitle={Advances in Neural Information Processing "
        "Systems}, volume={29}, year={2016}}"
    )
    signs_only: bool = False
    threshold: float = 0.0

    @property
    def locality(self) -> Locality:
        """The error arrives as a vector; nothing else comes from elsewhere."""
        return Locality(("pre", "post", "error"), waits="output")

    @property
    def passes(self) -> float:
        """The rule needs the forward pass alone."""
        return 1.0

    def prepare(self, network, state) -> None:
        """The feedback weights B are drawn."""
        draw_teaching(network, state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""

        def signal(error: Tensor) -> Tensor:
            if not self.signs_only:
                return error
            each = error * len(error)  # of a sample, not of the mean over samples
            return each.sign() * (each.abs() > self.threshold) / len(error)

        return state, teach_directly(network, batch, objective, state, unrolling, signal)


def draw_teaching(network: Network, state: RuleState) -> None:
    """Random [outputs, channels × cells] for each hidden population go into a rule's state."""
    for name in hidden(network):
        cells, like = network.cells(name), network.read(network.rest(1))
        draw = torch.randn(
            network.n_outputs, cells.channels * cells.n, generator=state.generator, dtype=torch.float64
        )
        state.tensors[f"teaching.{name}"] = (draw / network.n_outputs**0.5).to(like)


def teach_directly(
    network: Network,
    batch: Batch,
    objective: Objective,
    state: RuleState,
    unrolling: Unrolling | None,
    signal: Callable[[Tensor], Tensor],
) -> Metrics:
    """It fills `.grad`: each hidden population learns from `signal(error)` through its teaching weights, the
    readout from the error itself; all paths between populations are cut.
    """
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
    sent, shown = signal(error), [trajectory.recorded[name] for name in taught]
    teaching = [
        (sent @ state.tensors[f"teaching.{name}"]).reshape(activity.shape)
        for name, activity in zip(taught, shown, strict=True)
    ]
    fill(network, gradients(network, [trajectory.outputs, *shown], [error, *teaching]))
    return {**loss.parts, "loss": float(loss.total.detach())}
