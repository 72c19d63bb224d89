"""`graft_on`: a network and a rule of one's own as host, with the controls of a graft, in one call."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.learning import Backpropagation, LearningRule
from brainwright.network import Network
from brainwright.network.graft import MARGIN, Ports
from brainwright.objective import Batch, Objective

from ..augment import Graft, augment, with_graft

SIGNALS = ("own", "shuffled", "permuted")


@dataclass(frozen=True)
class Beside:
    """What came of one arm."""

    error: float
    """Mean squared error of host and graft on the test, of the last step where targets have no steps."""
    radius: float
    """Spectral radius of the closed loop."""
    cosine: float
    """Of the host's own signal with the exact gradient at the written units, before the first update."""


def graft_on(
    host: Network,
    host_rule: LearningRule,
    objective: Objective,
    batches: Iterable[Batch],
    test: Batch,
    ports: Ports,
    *,
    cells: tuple[int, ...] = (16, 16),
    rule: LearningRule | None = None,
    rate: float = 1e-2,
    host_rate: float = 0.0,
    margin: float = MARGIN,
    room: bool = True,
    seed: int = 0,
) -> dict[str, Beside]:
    """The same graft beside copies of the same host under every control: each sees the same batches.

    Args:
        host, host_rule: yours; any network and any rule that exposes an error-like signal.
        objective: of the host, one of regression, so that an error can be told.
        batches: of one size; they are kept and given to each arm.
        test: on which arms are compared.
        ports: where to read and write.
        cells: of the graft, layer by layer.
        rule: inside the graft; backpropagation by default.
        rate, host_rate: Adam's, of the graft and of the host; 0: the host is frozen.
        margin, room: see `augment`.
        seed: of the graft and of the shuffling.

    Returns:
        Arm → what came of it: "none" (zero write), "frozen" (a graft that stays as drawn), "edge" (its last
        synapses alone learn), "shuffled" (the signal over samples, centred), "permuted" (over written units),
        "own" (the host's own signal).

    Raises:
        NetworkError, Diverged: as `augment`.
    """
    kept, found = list(batches), {}
    for name in ("none", "frozen", "edge", *reversed(SIGNALS)):
        own, graft = copy.deepcopy(host), Graft.beside(ports, cells, copy.deepcopy(rule), seed)
        last = f"projections.{len(cells)}"
        with torch.no_grad():
            if name == "none":
                graft.network.get_parameter(f"{last}.weight").zero_()
        if name == "edge":
            for parameter, value in graft.network.named_parameters():
                value.requires_grad_(parameter.startswith((last, "populations.output")))
        done = augment(
            own,
            graft if name != "edge" else Graft(graft.network, ports, Backpropagation()),
            objective,
            kept,
            host_rule=copy.deepcopy(host_rule),
            rate=0.0 if name in ("none", "frozen") else rate,
            host_rate=host_rate,
            margin=margin,
            room=room,
            cosine_every=len(kept),
            sent=_Sent(name, torch.Generator().manual_seed(seed)),
            seed=seed,
        )
        found[name] = Beside(_error(own, graft, test), done.radius, done.history[0]["cosine"])
    return found


@dataclass(frozen=True, eq=False)
class _Sent:
    """What reaches the graft of the signal."""

    name: str
    generator: torch.Generator

    def __call__(self, signal: Tensor) -> Tensor:
        if self.name == "shuffled":
            order: Sequence[int] = torch.randperm(len(signal), generator=self.generator).tolist()
            return (signal - signal.mean(0))[order]
        return signal.roll(signal.shape[-1] // 2, -1) if self.name == "permuted" else signal


def _error(host: Network, graft: Graft, test: Batch) -> float:
    outputs = with_graft(host, graft, test.inputs)
    shown = outputs if test.targets.ndim == 3 else outputs[:, -1]
    return float((shown - test.targets).square().mean())
