"""`augment_many`: hundreds of small hosts with grafts as one batch: every arm of every seed in one tensor."""

from collections.abc import Mapping

import torch
from torch import Tensor

from brainwright.learning.graft.many import (
    RULES,
    Feedback,
    Stepper,
    Taught,
    backward,
    drawn_noise,
    gradients,
    oja,
    prepare,
    taught,
)
from brainwright.network import NetworkError
from brainwright.network.graft import Many, Moment, Ports

from .arms import Arm, Grafted, Setting, Task
from .closed import Loop, altered, closed, narrow
from .inside import Shaken, inside
from .score import currents, errors, losses

LOOKS = 20
"""Comparisons with the exact gradient in a run."""


def teach_many(
    hosts: Many, task: Task, setting: Setting, feedback: Feedback | None = None
) -> tuple[Many, Feedback]:
    """Networks without grafts learn by the rule of the setting; a copy, and the feedback they came by."""
    many = hosts.repeated(1)
    generator = torch.Generator().manual_seed(setting.seed)
    kept = feedback.repeated(1) if feedback else prepare(setting.rule, many, generator)
    stepper = Stepper(many, setting.host_rate)
    for k in range(setting.updates):
        x, y = task.batch(setting.samples)
        moments = many.run(x)
        error = errors(moments, many.output, y)

        def again(noise, x=x, y=y, moments=moments):
            return losses(many.run(x, noise=noise), many.output, y) - losses(moments, many.output, y)

        told = taught(setting.rule, many, kept, moments, error, again, setting.options, generator)
        stepper.step(
            _of_host(setting.rule, many, moments, error, told),
            falling(k, setting.updates),
            [(slice(None), kept)] if setting.rule == "KP" else (),
        )
    return many, kept


def augment_many(
    hosts: Many,
    grafts: Many,
    arms: Mapping[str, Arm],
    task: Task,
    setting: Setting,
    feedback: Feedback | None = None,
) -> Grafted:
    """Every arm starts from the same host and graft of its seed, and sees the same samples.

    Args:
        hosts, grafts: one for each seed; they are not changed.
        arms: by name.
        task: of as many seeds.
        setting: what arms share.
        feedback: the hosts' own, where they have learned before.

    Raises:
        NetworkError: ports outside the host, grafts of other sizes.
    """
    _check(hosts, grafts, setting.ports)
    run = _Run(hosts, grafts, dict(arms), setting, feedback)
    for k in range(setting.updates):
        run.update(*task.batch(setting.samples), k)
    return Grafted(run.hosts, run.grafts, run.feedback, torch.stack(run.cosines), run.arms)


class _Run:
    """All networks of one call while they learn."""

    def __init__(self, hosts: Many, grafts: Many, arms: dict[str, Arm], setting: Setting, feedback):
        self.arms, self.setting, self.seeds = arms, setting, hosts.n
        self.hosts, self.grafts = hosts.repeated(len(arms)), grafts.repeated(len(arms))
        self.generator = torch.Generator().manual_seed(setting.seed)
        kept = feedback or prepare(setting.rule, hosts, self.generator)
        self.feedback = kept.repeated(len(arms))
        self.inner: dict[str, Feedback] = {}
        self.mixed = [self._like(weight) for weight in hosts.weights]
        for name, arm in arms.items():
            part = self.grafts.some(self.nets(name))
            if arm.inner in ("constant", "none"):
                part.values.zero_()
            inner = arm.inner if arm.inner in RULES else "frozen"
            self.inner[name] = prepare(inner, part, self.generator)
        each = {name: torch.full((self.seeds,), arm.rate) for name, arm in arms.items()}
        self.stepper = Stepper(self.grafts, torch.cat(list(each.values())))
        plastic = torch.tensor([arm.plastic for arm in arms.values()]).repeat_interleave(self.seeds)
        self.plastic = bool(plastic.any())
        self.host_stepper = Stepper(self.hosts, setting.host_rate * plastic)
        self.cosines: list[Tensor] = []

    def nets(self, name: str) -> slice:
        k = list(self.arms).index(name)
        return slice(k * self.seeds, (k + 1) * self.seeds)

    def _like(self, weight: Tensor) -> Tensor:
        size = weight.square().mean((1, 2), keepdim=True).sqrt()
        return torch.randn(weight.shape, generator=self.generator) * size

    def update(self, x: Tensor, y: Tensor, k: int) -> None:
        """One batch for all."""
        setting, n = self.setting, len(self.arms)
        wide, wanted = x.repeat(n, *[1] * (x.ndim - 1)), y.repeat(n, *[1] * (y.ndim - 1))
        heard = altered(self.hosts, self.arms, setting.ports, wide, self.generator)
        loop = closed(self.hosts, self.grafts, setting.ports, wide, heard=heard)
        error = errors(loop.host, self.hosts.output, wanted)
        inner_noise, change = {}, None

        def again(noise):
            nonlocal inner_noise, change
            inner_noise = drawn_noise(
                self.grafts, loop.inner, setting.inner_options, self.generator, self.seeds
            )
            for name, arm in self.arms.items():
                if arm.inner != "NP":
                    for pushed in inner_noise.values():
                        pushed[self.nets(name)] = 0
            other = closed(
                self.hosts,
                self.grafts,
                setting.ports,
                wide,
                noise=noise,
                inner_noise=inner_noise,
                heard=heard,
            )
            output = self.hosts.output
            change = losses(other.host, output, wanted) - losses(loop.host, output, wanted)
            return change

        told = taught(
            setting.rule, self.hosts, self.feedback, loop.host, error, again, setting.options,
            self.generator, self.seeds,
        )  # fmt: skip
        at = torch.tensor(list(setting.ports.writes))
        own = told.signals.get(setting.ports.write)
        signal = [torch.zeros_like(m.sent[self.grafts.output]) for m in loop.inner] if own is None else [
            s[..., at] for s in own
        ]  # fmt: skip
        look = k % max(setting.updates // LOOKS, 1) == 0
        exact = None
        if look or any(arm.signal == "exact" for arm in self.arms.values()):
            exact = self._back(slice(None), loop.host, error, self.hosts.weights)
        if look:
            self.cosines.append(torch.zeros(n, self.seeds))
        gradient = torch.zeros_like(self.grafts.values)
        for name, arm in self.arms.items():
            nets = self.nets(name)
            sent = self._sent(name, arm, loop, error, signal, exact, x)
            if arm.inner not in ("none", "frozen"):
                mine = None
                if arm.inner == "NP" and change is not None:
                    mine = Shaken({key: pushed[nets] for key, pushed in inner_noise.items()}, change[nets])
                gradient[nets] = inside(
                    arm.inner, self.grafts.some(nets), self.inner[name],
                    [narrow(moment, nets) for moment in loop.inner], sent,
                    setting.inner_options, self.generator, mine,
                )  # fmt: skip
            if look and exact is not None:
                pair = [torch.cat([s.flatten(1) for s in v], 1) for v in (sent, [e[nets] for e in exact])]
                self.cosines[-1][list(self.arms).index(name)] = torch.cosine_similarity(*pair, dim=1)
        scale = falling(k, setting.updates)
        partners = [
            (self.nets(name), self.inner[name]) for name, arm in self.arms.items() if arm.inner == "KP"
        ]
        if self.plastic:
            own_partners = [(slice(None), self.feedback)] if setting.rule == "KP" else ()
            change_of_host = _of_host(setting.rule, self.hosts, loop.host, error, told)
            self.host_stepper.step(change_of_host, scale, own_partners)
        self.stepper.step(gradient, scale, partners)

    def _back(self, nets: slice, moments: list[Moment], error, weights) -> list[Tensor]:
        """Signals at the written units, over these weights."""
        some = [narrow(moment, nets) for moment in moments]
        back = backward(self.hosts.some(nets), some, [e[nets] for e in error], weights)
        at = torch.tensor(list(self.setting.ports.writes))
        return [s[..., at] for s in back[self.setting.ports.write]]

    def _sent(self, name: str, arm: Arm, loop: "Loop", error, signal, exact, x) -> list[Tensor]:
        """What reaches a graft from the units it writes."""
        nets = self.nets(name)
        own = [s[nets] for s in signal]
        if arm.signal == "exact":
            return [e[nets] for e in exact]
        if arm.signal == "flipped":
            return [-s for s in own]
        if arm.signal == "shuffled":
            order = torch.randperm(own[0].shape[1], generator=self.generator)
            return [(s - s.mean(1, keepdim=True))[:, order] for s in own]
        if arm.signal == "permuted":
            return [s.roll(s.shape[-1] // 2, -1) for s in own]
        if arm.signal == "mixed":
            some = self.hosts.some(nets)
            rest = (1 - arm.rho**2) ** 0.5
            weights = [arm.rho * w + rest * r for w, r in zip(some.weights, self.mixed, strict=True)]
            return self._back(nets, loop.host, error, weights)
        if arm.signal == "mimicry":
            assert self.setting.missing is not None
            wanted = currents(self.setting.missing, self.setting.ports, x)
            written = loop.inner[0].sent[self.grafts.output][nets]
            return [(written - wanted) / written.shape[1]]
        return own


def falling(k: int, updates: int) -> float:
    """Factor of all rates: from 1 linearly to a tenth."""
    return 1 - 0.9 * k / updates


def _of_host(rule: str, many: Many, moments: list[Moment], error: list[Tensor], told: Taught) -> Tensor:
    """Gradients of the hosts; of Oja's rule, whose outputs learn from their own error."""
    if rule != "Hebb":
        return gradients(many, told)
    outputs = Taught({many.output: error}, [moment.sent for moment in moments])
    return oja(many, moments, many.hidden) + gradients(many, outputs)


def _check(hosts: Many, grafts: Many, ports: Ports) -> None:
    ports.check({name: kind.n for name, kind in hosts.kinds.items()})
    sizes = (grafts.kinds[grafts.input].n, grafts.kinds[grafts.output].n)
    if sizes != (len(ports.reads), len(ports.writes)) or grafts.recurrent or grafts.n != hosts.n:
        raise NetworkError(
            f"grafts: expected {hosts.n} without memory, from {len(ports.reads)} read to {len(ports.writes)} "
            f"written units, got {grafts.n} from {sizes[0]} to {sizes[1]}"
        )
