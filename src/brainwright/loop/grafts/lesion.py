"""What is left of networks when their extra cells are deleted, and the same with their mean put back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.learning.graft.many import Feedback
from brainwright.network.graft import Many, Ports

from .score import currents


@dataclass(frozen=True)
class Lesioned:
    """Networks without some of their cells."""

    lesion: Many
    compensated: Many
    """The mean current of the missing cells is in the biases of the units they wrote: what a constant can do
    for the lesion, so that only what varies is left to recover.
    """
    feedback: Feedback
    """What the rule of the whole networks knows of the cells that are left."""


@torch.no_grad()
def lesioned(whole: Many, feedback: Feedback, ports: Ports, missing: Sequence[str], x: Tensor) -> Lesioned:
    """Populations are deleted.

    Args:
        whole: with populations `missing`, of which one writes at `ports`.
        feedback: of the rule that taught it.
        ports: where they read and wrote.
        missing: names.
        x: inputs over which the mean is taken, [net, sample, input].
    """
    lesion = whole.without(missing)
    kept = [k for k, joint in enumerate(whole.joints) if not {joint.pre, joint.post} & set(missing)]
    by_joint = [feedback.by_joint[k] for k in kept] if feedback.by_joint else []
    direct = {name: weight for name, weight in feedback.direct.items() if name not in missing}
    compensated = lesion.repeated(1)
    at = torch.tensor(list(ports.writes))
    compensated.biases[ports.write][:, at] += currents(whole, ports, x).mean(1)
    return Lesioned(lesion, compensated, Feedback(by_joint, direct))
