"""The contract of learning rules, and what they share.

To add a rule: one file in `rules`, one frozen dataclass that extends `LearningRule`, options as fields. Say
its `name`, `equation` and `bibtex`, declare its `locality`, let `supports` say which networks it cannot
teach and why, put whatever it must remember into the state in `prepare`, and fill `.grad` in `update`, best
by `fill`. See `rules/feedback_alignment.py` (errors that travel back over each projection),
`rules/direct_feedback.py` (teaching signals sent to each population), and `shared/credit.py` for both. Rules
that make their own update from activities use `projection.outer(at_post, at_pre)`, which multiplies on edges
only, and `from_edges` to turn such products into gradients of parameters, whatever the projection's mode;
`projection.product(values)` and `.transposed(values)` send activity and errors over the edges with other
weights. All randomness comes from `state.generator`. Then run `check_rule` over it in the tests.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network, NetworkError
from brainwright.network.projection import GapJunctions, Projection
from brainwright.objective import Batch, Objective

from .locality import Locality

Metrics = dict[str, float]
"""These are the objective's parts, `loss`, and what a rule adds."""
Unrolling = Mapping[str, Any]
"""These are options of `unroll`: steps, inject, checkpoint_every."""


@dataclass
class RuleState:
    """All that a rule remembers between updates; its generator included."""

    generator: torch.Generator
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """The rule alone changes these: fixed feedback, baselines, traces."""
    learned: dict[str, Tensor] = field(default_factory=dict)
    """The optimiser steps these; the rule fills their `.grad` too. One that is named like a parameter of the
    network shares that parameter's group (its learning rate, momentum and decay); others form a group "rule".
    """

    def copy(self) -> "RuleState":
        """The copy is independent and has no gradients."""
        generator = torch.Generator()
        generator.set_state(self.generator.get_state())
        copies = [{name: t.detach().clone() for name, t in d.items()} for d in (self.tensors, self.learned)]
        return RuleState(generator, *copies)

    def saved(self) -> dict[str, Tensor]:
        """The state becomes one flat dictionary of tensors, for a file."""
        tensors = {f"tensors/{name}": t.detach() for name, t in self.tensors.items()}
        tensors |= {f"learned/{name}": t.detach() for name, t in self.learned.items()}
        return {**tensors, "generator": self.generator.get_state()}

    @classmethod
    def loaded(cls, saved: Mapping[str, Tensor]) -> "RuleState":
        """The state comes back from what `saved` gave."""
        state = cls(torch.Generator())
        for name, tensor in saved.items():
            if name == "generator":
                state.generator.set_state(tensor)
            else:
                where, key = name.split("/", 1)
                getattr(state, where)[key] = tensor.clone()
        return state


class LearningRule(ABC):
    """How synapses change. A rule fills `.grad`; an optimiser steps."""

    name: ClassVar[str]
    """The name is short and lower-case, for tables and commands."""
    equation: ClassVar[str]
    """The equation stands in plain text, with the names of the docstring."""
    bibtex: ClassVar[str]
    """The entry is that of the source."""

    @property
    @abstractmethod
    def locality(self) -> Locality:
        """The declaration says what an update reads."""

    @property
    def passes(self) -> float:
        """Sweeps over all edges for one update and one step of the network, forward and backward together,
        without the product on edges that makes the update: its cost in forward passes.
        """
        return 2.0

    def supports(self, network: Network) -> str | None:
        """The answer says why this rule cannot teach this network; it is None if the rule can."""
        return None

    def init(self, network: Network, *, seed: int = 0) -> RuleState:
        """It returns the state before the first update.

        Raises:
            NetworkError: a network that the rule does not support.
        """
        reason = self.supports(network)
        if reason is not None:
            raise NetworkError(f"{self.name} cannot teach this network: {reason}")
        state = RuleState(torch.Generator().manual_seed(seed))
        self.prepare(network, state)
        return state

    def prepare(self, network: Network, state: RuleState) -> None:
        """A new state is filled; by default it stays empty."""
        return None

    @abstractmethod
    def update(
        self,
        network: Network,
        batch: Batch,
        objective: Objective,
        state: RuleState,
        unrolling: Unrolling | None = None,
    ) -> tuple[RuleState, Metrics]:
        """Replaces `.grad` of all trained parameters (None for those that this rule does not teach) and of
        `state.learned`; changes nothing else of the network and nothing of torch's global generator. `state`
        may be changed in place. Gradients are those of a mean over samples, to descend.
        """


def trained(network: Network) -> dict[str, Tensor]:
    """The parameters that train, as name → parameter, are returned."""
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


def fill(network: Network, gradients: Mapping[str, Tensor | None]) -> None:
    """Every parameter gets the gradient of its name; all others get None."""
    for name, parameter in trained(network).items():
        gradient = gradients.get(name)
        parameter.grad = None if gradient is None else gradient.detach()


def gradients(
    network: Network, sources: Sequence[Tensor], signals: Sequence[Tensor | None]
) -> dict[str, Tensor | None]:
    """Name → sum over sources of signalᵀ d source / d parameter; a signal of None stands for 1."""
    parameters = trained(network)
    kept = [(source, signal) for source, signal in zip(sources, signals, strict=True) if source.requires_grad]
    if not kept or not parameters:
        return dict.fromkeys(parameters)
    sources, signals = zip(*kept, strict=True)
    slopes = torch.autograd.grad(sources, list(parameters.values()), signals, allow_unused=True)
    return dict(zip(parameters, slopes, strict=True))


def from_edges(network: Network, on_edges: Mapping[int, Tensor]) -> dict[str, Tensor | None]:
    """Number of projection → gradient on its edges, shaped like `values()`; becomes name → gradient of its
    parameters, by the chain rule of its mode. Projections that do not train are left out.
    """
    of_parameters: dict[str, Tensor | None] = {}
    for k, gradient in on_edges.items():
        projection = network.projection(k)
        parameters = {name: p for name, p in projection.named_parameters() if p.requires_grad}
        if parameters:
            chained = torch.autograd.grad(projection.values(), list(parameters.values()), gradient)
            of_parameters |= {
                f"projections.{k}.{name}": g for name, g in zip(parameters, chained, strict=True)
            }
    return of_parameters


def synaptic(projection: Projection) -> bool:
    """It says whether its edges carry weights in one direction: neither wires nor gap junctions."""
    return not isinstance(projection, GapJunctions) and projection.values().numel() > 0


def projections(network: Network) -> list[Projection]:
    """All projections are returned, in order."""
    return [network.projection(k) for k in range(len(network.projections))]


def hidden(network: Network) -> list[str]:
    """These are the populations between input and output."""
    return [name for name in network.populations if name not in (network.input, network.output)]


def output_error(loss: Tensor, outputs: Float[Tensor, "batch time outputs"]) -> Tensor:
    """The error is dL / d outputs at every step; the graph is kept."""
    (error,) = torch.autograd.grad(loss, outputs, retain_graph=True)
    return error
