"""The two halves of a boundary: what a host's rule exposes at written units, and a rule driven by it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network, NetworkError, Trajectory
from brainwright.network.graft import Ported
from brainwright.objective import Batch, Loss, Objective

from ..catalogue import catalogue
from ..rule import LearningRule, Metrics, RuleState

ERROR_LIKE = ("error", "scalar", "label")
"""What a rule must read for its signal at a cell to say anything of the error."""


@dataclass(frozen=True)
class HandedIn:
    """The objective whose error is the signal itself: total = sum of signal × output. So every rule, whether
    it reads an error, a loss per sample or relaxes towards one, follows what was handed in as targets.

    Signals are gradients of a mean over samples, as rules fill them.
    """

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """See `Objective`."""
        total = (self._outputs(trajectory, batch) * batch.targets).sum()
        return Loss(total, {"loss": float(total.detach())})

    def each(self, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
        """See `PerSample`."""
        product = self._outputs(trajectory, batch) * batch.targets
        return product.flatten(1).sum(1) * len(product)

    def _outputs(self, trajectory: Trajectory, batch: Batch) -> Tensor:
        outputs = trajectory.outputs if batch.targets.ndim == 3 else trajectory.last
        if outputs.shape != batch.targets.shape:
            raise NetworkError(
                f"graft: expected a signal of shape {tuple(outputs.shape)}, one for each written unit, got "
                f"{tuple(batch.targets.shape)}"
            )
        return outputs


def exposing() -> list[str]:
    """Names of the rules that expose an error-like signal at a cell."""
    return [name for name, rule in catalogue().items() if set(rule.locality.reads) & set(ERROR_LIKE)]


def exposed(
    rule: LearningRule,
    host: Ported,
    batch: Batch,
    objective: Objective,
    state: RuleState,
    written: Float[Tensor, "batch time s"],
) -> tuple[Float[Tensor, "batch time s"], Metrics]:
    """The signal at the written units under the host's rule, while these currents are written; and the
    metrics of the host's own update, whose gradients are left in `.grad`.

    Args:
        rule: the host's.
        host: with as many slots as there are samples × steps.
        batch: inputs [batch, inputs] for one step, or [batch, time, inputs].
        objective: of the host.
        state: of the rule, made for this host.
        written: the currents.

    Returns:
        The signal, a gradient of the mean loss over samples, to descend.

    Raises:
        NetworkError: a rule that exposes nothing; it names those that do.
    """
    if not set(rule.locality.reads) & set(ERROR_LIKE):
        raise NetworkError(
            f"graft: {rule.name} exposes no error-like signal at the written units, nothing could be "
            f"followed there; a host may learn by {', '.join(exposing())}"
        )
    n, steps, s = written.shape
    inputs = batch.inputs if batch.inputs.ndim == 3 else batch.inputs[:, None]
    wide = host.widened(inputs)
    with torch.no_grad():
        host.inlet.weight.copy_(written.reshape(n * steps, s).mT)
    # rules that relax take held inputs alone
    _, metrics = rule.update(host, Batch(wide[:, 0] if steps == 1 else wide, batch.targets), objective, state)
    gradient = host.inlet.weight.grad
    assert gradient is not None
    return gradient.mT.reshape(n, steps, s).detach().clone(), metrics


def teach_part(
    rule: LearningRule,
    part: Network,
    reads: Float[Tensor, "batch time k"],
    signal: Float[Tensor, "batch time s"],
    state: RuleState,
) -> Metrics:
    """A rule fills `.grad` of one part of a network, its third factor handed in: the signal at its outputs.

    Each step of each sample counts as a sample, since the part has no memory.

    Raises:
        NetworkError: shapes that do not fit.
    """
    flat = Batch(reads.flatten(0, 1), signal.flatten(0, 1))
    _, metrics = rule.update(part, flat, HandedIn(), state)
    return metrics
