"""How wrong many networks are: R2, losses and errors, and the currents that native cells write."""

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import NetworkError
from brainwright.network.graft import Many, Moment, Ports

from .closed import closed


@torch.no_grad()
def r2(
    hosts: Many,
    x: Tensor,
    y: Tensor,
    grafts: Many | None = None,
    ports: Ports | None = None,
    heard: Tensor | None = None,
) -> Float[Tensor, " net"]:
    """1 - squared error / variance over samples, steps and outputs; x and y [seed] repeat over arms."""
    times = hosts.n // len(x)
    x, y = x.repeat(times, *[1] * (x.ndim - 1)), y.repeat(times, *[1] * (y.ndim - 1))
    if grafts is None or ports is None:
        moments = hosts.run(x)
    else:
        moments = closed(hosts, grafts, ports, x, heard=heard).host
    wanted = [y] if y.ndim == 3 else list(y.unbind(2))
    shown = [moment.sent[hosts.output] for moment in moments[-len(wanted) :]]
    wrong = sum((a - b).square().sum((1, 2)) for a, b in zip(shown, wanted, strict=True))
    all_wanted = torch.stack(wanted, 1).flatten(1, 2)
    spread_of = (all_wanted - all_wanted.mean(1, keepdim=True)).square().sum((1, 2))
    return 1 - torch.as_tensor(wrong) / spread_of


def errors(moments: list[Moment], output: str, y: Tensor) -> list[Tensor]:
    """Gradient of half the squared error, summed over outputs and a mean over samples and judged steps; a
    target without steps is of the last one.
    """
    wanted = [y] if y.ndim == 3 else list(y.unbind(2))
    silent = len(moments) - len(wanted)
    scale = y.shape[1] * len(wanted)
    return [
        torch.zeros_like(m.sent[output]) if t < silent else (m.sent[output] - wanted[t - silent]) / scale
        for t, m in enumerate(moments)
    ]


def losses(moments: list[Moment], output: str, y: Tensor) -> Float[Tensor, "net sample"]:
    """Half the squared error of each sample; see `errors`."""
    wanted = [y] if y.ndim == 3 else list(y.unbind(2))
    shown = moments[-len(wanted) :]
    parts = [(m.sent[output] - w).square().sum(-1) / 2 for m, w in zip(shown, wanted, strict=True)]
    return torch.stack(parts).mean(0)


def currents(many: Many, ports: Ports, x: Tensor) -> Float[Tensor, "net sample s"]:
    """What native cells write at these ports."""
    (moment,) = many.run(x)
    for joint, weight in zip(many.joints, many.weights, strict=True):
        if joint.post == ports.write and joint.post_pool is not None:
            return moment.sent[joint.pre] @ weight.mT
    raise NetworkError(f"expected native cells that write to some of {ports.write}, got none")
