"""`fit_modules`: modules are trained by their own losses, one by one or in any order; or end to end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.loop.fit import Diverged
from brainwright.loop.next_patch.predict_next import Course
from brainwright.network import NetworkError
from brainwright.network.modules import Heard, Hierarchy, rests_on
from brainwright.objective.curriculum import LOSSES, Stage, one_by_one, turns

from .streams import Shown, heard_of, taken

ANEW = 25
"""Updates after which a module looks again at how large that is what it hears, while those that it hears
train.
"""
LOOKED_AT = 256
"""Streams by which it judges that."""


@dataclass(frozen=True)
class Fitted:
    """What came of it; brains were trained in place."""

    history: list[dict[str, float]]
    """One row for each update: its stage, and the mean loss of each module over brains."""


def fit_modules(
    brains: Hierarchy,
    shown: Shown | Mapping[str, Shown],
    stages: Sequence[Stage] | None = None,
    course: Course | None = None,
    *,
    order: str = "staged",
    end_to_end: bool = False,
    cut: bool = False,
    seeds: Sequence[int] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Fitted:
    """Train modules in place. No gradient crosses from one module to another.

    Args:
        brains: of many seeds; each learns as it would alone.
        shown: streams of every modality, or several sets that stages name.
        stages: what is trained when; module by module on its own next embedding by default.
        course: batch and rate; its updates are those of the default stages. Every stage has its own
            optimiser and its own fall of the rate.
        order: of the stages, see `objective.curriculum.turns`.
        end_to_end: the control: gradients cross from module to module, so that lower modules learn from the
            losses of higher ones too.
        cut: whether nothing comes down from above, so that a module that may be given something learns
            without it, by its own streams alone.
        seeds: of the order of the streams, one for each brain; those of the brains by default.
        progress: told the share that is done.

    Raises:
        NetworkError: a stage that names no module or no data that is there, another number of brains.
        Diverged: a loss that is not finite.
    """
    course = course or Course()
    sets = {"": shown} if isinstance(shown, Shown) else dict(shown)
    stages = stages or one_by_one((plan.name for plan in brains.table), course.updates)
    _check(brains, sets, stages, cut)
    generators = [torch.Generator().manual_seed(seed) for seed in (seeds or brains.seeds)]
    learners = [_Learner(brains, stage, sets[stage.data], course, end_to_end, cut) for stage in stages]
    now, history = -1, []
    order_of_turns = turns(stages, order, brains.seeds[0])
    for k, turn in enumerate(order_of_turns):
        learner = learners[turn]
        if turn != now:
            learner.begin(alone=order != "mixed", generators=generators)
        elif order == "mixed" and k % ANEW == 0:
            learner.calibrate(generators)
        now = turn
        row = learner.update(generators)
        if not all(abs(value) < float("inf") for value in row.values()):
            raise Diverged(f"update {k + 1} of {len(order_of_turns)}: a loss is not finite: {row}")
        history.append({"stage": float(turn), **row})
        if progress is not None:
            progress((k + 1) / len(order_of_turns))
    return Fitted(history)


class _Learner:
    """The modules of one stage, their optimiser and their data."""

    def __init__(
        self, brains: Hierarchy, stage: Stage, shown: Shown, course: Course, end_to_end: bool, cut: bool
    ):
        self.brains, self.stage, self.shown, self.course = brains, stage, shown, course
        self.through, self.cut, self.names = end_to_end, cut, list(stage.losses)
        self.rests = rests_on(brains.table, self.names, cut=cut)
        self.needed = streams_of(brains, self.names, cut)
        trained = self.rests if end_to_end else self.names
        self.parameters = {name: list(brains.of(name).parameters()) for name in trained}
        every = [p for parameters in self.parameters.values() for p in parameters]
        self.stepper = torch.optim.Adam(every, lr=course.rate)
        updates = stage.updates
        own = Course(updates, course.batch, course.rate, min(course.warm_up, updates // 2), course.clip)
        self.falling = torch.optim.lr_scheduler.LambdaLR(self.stepper, own.share)
        self.known: dict[str, Heard] = {}

    def begin(self, alone: bool, generators: Sequence[torch.Generator]) -> None:
        """Others hold still while a stage goes on by itself: what they make of the streams is made once."""
        self.calibrate(generators)
        self.known = {}
        if not alone:
            return
        for name in self.rests:
            own = rests_on(self.brains.table, [name], cut=True)
            if not set(own) & set(self.parameters) and len(streams_of(self.brains, [name], True)) == 1:
                with torch.no_grad():
                    heard = self.brains.hear(self.shown.streams, only=[name], known=self.known, cut=True)
                self.known[name] = heard[name]

    def calibrate(self, generators: Sequence[torch.Generator]) -> None:
        places = self.shown.drawn(LOOKED_AT, generators, self.needed)
        some = {name: taken(self.shown.streams[name], places[name]) for name in self.needed}
        for plan in self.brains.table:
            hears_streams = set(plan.hears) <= set(self.shown.streams)
            if plan.name in self.parameters and not (hears_streams and plan.embedding == "linear"):
                self.brains.calibrate(some, plan.name)

    def update(self, generators: Sequence[torch.Generator]) -> dict[str, float]:
        places = self.shown.drawn(self.course.batch, generators, self.needed)
        streams = {name: taken(self.shown.streams[name], places[name]) for name in self.needed}
        known = {
            name: heard_of(heard, places[streams_of(self.brains, [name], True)[0]])
            for name, heard in self.known.items()
        }
        orders = {
            plan.name: orders_of(self.course.batch, len(plan.hears), generators)
            for plan in self.brains.table
            if plan.join == "series" and plan.name in self.rests
        }
        heard = self.brains.hear(
            streams, only=self.names, through=self.through, orders=orders, known=known, cut=self.cut
        )
        row, total = {}, torch.zeros(())
        for name, weights in self.stage.losses.items():
            own = sum((w * LOSSES[loss](heard[name]) for loss, w in weights.items()), torch.zeros(()))
            row[name] = float(own.detach().mean())
            total = total + own.sum()
        self.stepper.zero_grad()
        total.backward()
        for parameters in self.parameters.values():
            clip_each_brain(parameters, self.course.clip)
        self.stepper.step()
        self.falling.step()
        return row


def clip_each_brain(parameters: Sequence[Tensor], most: float) -> None:
    """The gradient of each brain's own parameters, together, has at most this norm."""
    grads = [p.grad for p in parameters if p.grad is not None]
    if grads:
        norm = torch.stack([g.flatten(1).square().sum(1) for g in grads]).sum(0).sqrt()
        share = (most / norm.clamp(min=1e-12)).clamp(max=1)
        for grad in grads:
            grad.mul_(share.view(-1, *[1] * (grad.ndim - 1)))


def orders_of(batch: int, inputs: int, generators: Sequence[torch.Generator]) -> Tensor:
    """Orders of inputs by chance, [brain, stream, input]."""
    return torch.stack([torch.rand(batch, inputs, generator=g).argsort(-1) for g in generators])


def streams_of(brains: Hierarchy, names: Sequence[str], cut: bool = False) -> list[str]:
    """Streams from outside that these modules rest on; what comes down to them may be cut."""
    modules = set(rests_on(brains.table, names, cut=cut))
    found = [name for plan in brains.table if plan.name in modules for name in plan.hears]
    return [name for name in dict.fromkeys(found) if name not in {plan.name for plan in brains.table}]


def _check(brains: Hierarchy, sets: Mapping[str, Shown], stages: Sequence[Stage], cut: bool) -> None:
    there = {plan.name for plan in brains.table}
    for stage in stages:
        if unknown := sorted(set(stage.losses) - there):
            raise NetworkError(f"a stage trains {', '.join(unknown)}: there are {', '.join(sorted(there))}")
        if stage.data not in sets:
            raise NetworkError(
                f"a stage names the data {stage.data!r}: there are {', '.join(map(repr, sets))}"
            )
        needed, own = streams_of(brains, list(stage.losses), cut), sets[stage.data]
        if missing := sorted(set(needed) - set(own.streams)):
            raise NetworkError(
                f"the modules of a stage need the streams {', '.join(missing)}: there are none"
            )
        if own.brains != len(brains.seeds):
            raise NetworkError(f"expected streams for {len(brains.seeds)} brains, got {own.brains}")
        if len(needed) > 1:
            own.paired() if own.pairs is None else None
