"""What the rule inside a graft makes of the signal at the written units: the gradients of its synapses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.learning.graft.many import Feedback, Options, gradients, oja, perturbed, taught
from brainwright.network.graft import Many, Moment


@dataclass(frozen=True, eq=False)
class Shaken:
    """Noise inside a graft whose host tells what it did to the true loss."""

    noise: Mapping[str, Float[Tensor, "net sample time cell"]]
    change: Float[Tensor, "net sample"]


def inside(
    rule: str,
    grafts: Many,
    kept: Feedback,
    moments: list[Moment],
    sent: Sequence[Float[Tensor, "net sample s"]],
    options: Options,
    generator: torch.Generator,
    shaken: Shaken | None = None,
) -> Float[Tensor, "net value"]:
    """Gradients of grafts, to descend.

    Args:
        rule: of `RULES` or `FLOORS`, but for "frozen".
        grafts: that write what they send.
        kept: of `prepare`.
        moments: what they did.
        sent: the signal at the written units, one per step.
        options, generator: of the rule.
        shaken: for node perturbation, where the host itself is perturbed; without it the loss is the signal
            times what is written.
    """
    if rule == "Hebb":
        return oja(grafts, moments, list(grafts.kinds)[1:])
    if rule == "NP" and shaken is not None:
        told = perturbed(grafts, moments, sent, shaken.noise, shaken.change, options)
        return gradients(grafts, told)

    def again(pushed: Mapping[str, Tensor]) -> Tensor:
        reads = torch.stack([m.sent[grafts.input] for m in moments], 2)
        other = grafts.run(reads, noise=pushed)
        moved = [
            ((b.sent[grafts.output] - a.sent[grafts.output]) * s).sum(-1)
            for a, b, s in zip(moments, other, sent, strict=True)
        ]
        return torch.stack(moved).sum(0) * sent[0].shape[1]

    if rule == "PC":  # one step at a time: it relaxes cells without memory
        parts = [
            taught("PC", grafts, kept, [m], [s], options=options, linear=True)
            for m, s in zip(moments, sent, strict=True)
        ]
        return torch.stack([gradients(grafts, one) for one in parts]).sum(0)
    told = taught(rule, grafts, kept, moments, sent, again, options, generator, linear=True)
    flat = gradients(grafts, told)
    if rule == "constant":
        for weight in grafts.parts(flat)[0]:
            weight.zero_()
    return flat
