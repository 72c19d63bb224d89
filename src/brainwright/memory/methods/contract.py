"""What every method that learns one context after another does: `observe`, `end_of_context`, `scores`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..errors import RecallError
from .weights import MLP, Draws

NOT_ASKED = -1e9
"""Score of a class that does not compete: so low that no softmax sees it, and finite."""
Scenario = Literal["task", "domain", "class"]


@dataclass(frozen=True)
class Setting:
    """What is to be learned by which networks.

    Attributes:
        n_inputs, n_classes: sizes of the network's ends.
        scenario: "class": all classes seen so far compete; "domain": the same classes in every context;
            "task": the context is told, and its classes alone compete (van de Ven & Tolias 2019,
            arXiv:1904.07734).
        groups: classes of every context, for "task".
        seeds: a network for each.
        hidden: cells of the hidden layers.
        rate: of Adam.
        permuted: whether contexts are the same inputs in other orders, for which strengths are others.

    Raises:
        RecallError: a scenario that there is not, or "task" without the classes of contexts.
    """

    n_inputs: int
    n_classes: int
    scenario: Scenario = "class"
    groups: tuple[tuple[int, ...], ...] = ()
    seeds: tuple[int, ...] = (0,)
    hidden: tuple[int, ...] = (400, 400)
    rate: float = 1e-3
    permuted: bool = False

    def __post_init__(self) -> None:
        if self.scenario not in ("task", "domain", "class"):
            raise RecallError(f"expected the scenario task, domain or class, got {self.scenario!r}")
        if self.scenario == "task" and not self.groups:
            raise RecallError("scenario task: say the classes of every context in `groups`")
        if not self.seeds:
            raise RecallError("expected a seed or more")

    @property
    def tuned(self) -> str:
        """For what strengths were tuned: the scenario, or "permuted"."""
        return "permuted" if self.permuted else self.scenario

    def of_context(self, context: int) -> Tensor:
        """Marks the classes of a context, bool [class]."""
        return _marked(self.groups[context], self.n_classes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Cells per layer, inputs first."""
        return (self.n_inputs, *self.hidden, self.n_classes)


class Method(ABC):
    """A network, or one for each seed, that learns contexts one after another and keeps what it may.

    To add one: a file, a class with a `name`, and `learn`; `finish` for what is done at the end of a context,
    `answers` where the network is not the MLP here, `kept_bytes` for what is kept beside it. Then run
    `check_memory` over it.
    """

    name: ClassVar[str]
    all_so_far: ClassVar[bool] = False
    """Whether it is given the samples of all contexts so far: the joint bound, and nothing else."""
    scenarios: ClassVar[tuple[Scenario, ...]] = ("task", "domain", "class")

    def __init__(self, setting: Setting):
        if setting.scenario not in self.scenarios:
            raise RecallError(f"{self.name} cannot do the scenario {setting.scenario}")
        self.setting, self.draws = setting, Draws(setting.seeds)
        self.brain = MLP(setting.sizes, self.draws, setting.rate)
        self.seen = torch.zeros(setting.n_classes, dtype=torch.bool)
        self.before = self.seen.clone()
        """Classes of earlier contexts."""
        self.contexts, self.updates, self.observed = 0, 0, 0
        """Contexts that are over, steps of the optimiser, batches of this context."""

    @property
    def context(self) -> int:
        """Number of this context, from 1."""
        return self.contexts + 1

    @property
    def kept_bytes(self) -> int:
        """What is kept of the past beside the network, for each seed."""
        return 0

    def observe(
        self, inputs: Float[Tensor, "*seed batch feature"], targets: Int[Tensor, "*seed batch"]
    ) -> None:
        """One batch of the present: [seed, batch, feature], or [batch, feature] for all seeds alike.

        Raises:
            RecallError: another size, or classes that there are not.
        """
        s = self.setting
        if inputs.ndim == 2:
            inputs = inputs.expand(len(s.seeds), -1, -1)
            targets = targets.expand(len(s.seeds), -1)
        if inputs.ndim != 3 or inputs.shape[2] != s.n_inputs or targets.shape != inputs.shape[:2]:
            raise RecallError(
                f"expected inputs [seed, batch, {s.n_inputs}] and a class each, got {tuple(inputs.shape)} "
                f"and {tuple(targets.shape)}"
            )
        if not targets.numel() or int(targets.min()) < 0 or int(targets.max()) >= s.n_classes:
            raise RecallError(f"expected a sample or more, of classes 0 to {s.n_classes - 1}")
        self.seen[targets.unique()] = True
        self.observed += 1
        self.learn(inputs, targets)

    def end_of_context(self) -> None:
        """Says that what comes next is another context.

        Raises:
            RecallError: nothing was observed since the last one ended.
        """
        if not self.observed:
            raise RecallError("a context without samples: observe a batch before the context ends")
        self.finish()
        self.contexts, self.observed = self.contexts + 1, 0
        self.before = self.seen.clone()

    @torch.no_grad()
    def scores(self, inputs: Float[Tensor, "row feature"], context: int | None = None) -> Tensor:
        """Scores [seed, row, class]; classes that do not compete have `NOT_ASKED`.

        Raises:
            RecallError: inputs of another size, or the scenario task without the context.
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.setting.n_inputs:
            raise RecallError(
                f"expected inputs [row, {self.setting.n_inputs}], got shape {tuple(inputs.shape)}"
            )
        if self.setting.scenario == "task":
            if context is None:
                raise RecallError("scenario task: say which context the inputs are from, counted from 0")
            competing = self.setting.of_context(context)
        else:
            competing = self.seen if self.setting.scenario == "class" else torch.ones_like(self.seen)
        answers = self.answers(inputs.expand(len(self.setting.seeds), -1, -1))
        return answers.masked_fill(~competing, NOT_ASKED)

    @abstractmethod
    def learn(self, inputs: Float[Tensor, "seed batch feature"], targets: Int[Tensor, "seed batch"]) -> None:
        """Learns from one batch."""

    def finish(self) -> None:
        """What is done at the end of a context; nothing by default."""
        return None

    def answers(self, inputs: Float[Tensor, "seed row feature"]) -> Float[Tensor, "seed row class"]:
        """Scores of all classes."""
        return self.brain(inputs)

    # --- for methods ---------------------------------------------------------------------------------------

    def competing(self, targets: Int[Tensor, "seed batch"]) -> Tensor:
        """Which classes compete for each sample while learning, bool [seed or 1, batch or 1, class]."""
        if self.setting.scenario == "task":
            of_class = torch.zeros(self.setting.n_classes, self.setting.n_classes, dtype=torch.bool)
            for group in self.setting.groups:
                of_class[list(group)] = _marked(group, self.setting.n_classes)
            return of_class[targets]
        competing = self.seen if self.setting.scenario == "class" else torch.ones_like(self.seen)
        return competing[None, None]

    def named(self, logits: Tensor, targets: Int[Tensor, "seed batch"]) -> Tensor:
        """Cross-entropy: the mean over samples, summed over seeds, so that each learns as if alone."""
        asked = logits.masked_fill(~self.competing(targets), NOT_ASKED)
        return cross_entropy(asked.flatten(0, 1), targets.flatten()) * len(targets)

    def mixed(self, now: Tensor, past: Tensor) -> Tensor:
        """Loss of the present and of the past: the present weighs as one context of all so far."""
        return now / self.context + (1 - 1 / self.context) * past

    def descend(self, loss: Tensor) -> None:
        """One update of the brain."""
        self.brain.weights.backward(loss)
        self.brain.weights.step()
        self.updates += 1


def softened(
    logits: Float[Tensor, "seed row class"],
    wanted: Float[Tensor, "seed row class"],
    old: Tensor,
    competing: Tensor,
    temperature: float = 2.0,
) -> Tensor:
    """Distillation (Hinton et al. 2015): cross-entropy with softened scores of an earlier network, times T².

    Args:
        logits: of the learner; classes that are `competing` share its softmax.
        wanted: of the earlier network, whose softmax is over the classes that are `old`.
        old, competing: marks [..., class].
        temperature: T; 2 as published for these protocols.
    """
    share = torch.softmax(wanted.masked_fill(~old, NOT_ASKED) / temperature, dim=-1)
    log_share = torch.log_softmax(logits.masked_fill(~competing, NOT_ASKED) / temperature, dim=-1)
    return -(share * log_share).sum(-1).mean() * len(logits) * temperature**2


def _marked(classes: tuple[int, ...], n: int) -> Tensor:
    marks = torch.zeros(n, dtype=torch.bool)
    marks[list(classes)] = True
    return marks
