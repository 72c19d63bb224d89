"""Hosts and grafts in one closed loop, and what is read there with noise or too late."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.network.graft import Many, Moment, Ports
from brainwright.network.graft.many import spread

from .arms import Arm


@dataclass
class Loop:
    """What came of one run of hosts with their grafts."""

    host: list[Moment]
    inner: list[Moment]


def closed(
    hosts: Many,
    grafts: Many,
    ports: Ports,
    x: Tensor,
    *,
    noise: Mapping[str, Tensor] | None = None,
    inner_noise: Mapping[str, Tensor] | None = None,
    heard: Tensor | None = None,
) -> Loop:
    """Hosts and grafts run together; `heard` replaces what is read, in one step."""
    reads, writes = torch.tensor(list(ports.reads)), torch.tensor(list(ports.writes))
    inner: list[Moment] = []

    def extra(name: str, past: list[Moment], now: Moment) -> Tensor | None:
        if name != ports.write:
            return None
        wait, t = ports.latency_steps, len(past)
        source = now if wait == 0 else past[-wait] if t >= wait else None
        if heard is not None:
            read = heard
        elif source is None:
            read = x.new_zeros(hosts.n, x.shape[1], len(reads))
        else:
            read = source.sent[ports.read][..., reads]
        pushed = {key: value[:, :, t] for key, value in (inner_noise or {}).items()}
        (moment,) = grafts.run(read, noise=pushed)
        inner.append(moment)
        return spread(moment.sent[grafts.output], writes, hosts.kinds[name].n)

    return Loop(hosts.run(x, extra=extra, noise=noise), inner)


def altered(
    hosts: Many, arms: Mapping[str, Arm], ports: Ports, x: Tensor, generator: torch.Generator
) -> Tensor | None:
    """What arms with noise or latency read; None where all read what is there."""
    if all(arm.noise == 0 and arm.stale == 1 for arm in arms.values()):
        return None
    seeds = hosts.n // len(arms)
    shift = torch.randn(x[:seeds].shape, generator=generator).repeat(len(arms), *[1] * (x.ndim - 1))
    stale = torch.tensor([arm.stale for arm in arms.values()]).repeat_interleave(seeds)[:, None, None]
    (moment,) = hosts.run(stale * x + (1 - stale.square()).clamp(min=0).sqrt() * shift)
    read = moment.sent[ports.read][..., torch.tensor(list(ports.reads))]
    noise = torch.tensor([arm.noise for arm in arms.values()]).repeat_interleave(seeds)[:, None, None]
    return read + noise * torch.randn(read[:seeds].shape, generator=generator).repeat(len(arms), 1, 1)


def narrow(moment: Moment, nets: slice) -> Moment:
    """What some of the networks did."""
    return Moment(
        *({name: value[nets] for name, value in part.items()} for part in
          (moment.current, moment.state, moment.sent))
    )  # fmt: skip
