"""One method on all seeds at once, and what is had back from what it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch

from brainwright.datasets.digits import digits
from brainwright.datasets.images import mnist
from brainwright.memory import nearest_r2
from brainwright.memory.had_back import decoded, decoder
from brainwright.memory.methods import (
    METHODS,
    Asleep,
    BrainInspired,
    GenerativeReplay,
    GistAlone,
    Method,
    Replay,
    Retrieval,
    Samples,
    Setting,
    figures,
    of_folder,
    permuted,
    split,
    taken,
)
from brainwright.memory.methods.asleep import Night
from brainwright.memory.methods.contract import Scenario

NIGHTS: dict[str, Night] = {"sleep": "gist", "awake": "awake", "shuffled": "shuffled", "noise": "noise"}
ALONE = "gist alone"
ASKED, DRAWN = 500, 1_000
"""Pictures that are sought, and draws among which; more draws raise both shares alike."""
RANKS = (16, 64, 256)
"""Directions of each kind: about a quarter of what is usual, that, and four times as much."""


@dataclass(frozen=True)
class Protocol:
    """What is learned: plain values, so that a process can be told.

    Attributes:
        scenario, permuted: as of the recipe.
        small: the built-in digits in place of MNIST.
        hidden: cells of each hidden layer.
        iterations, batch: of every context.
        folder: of a user's own contexts, or "".
    """

    scenario: Scenario = "class"
    permuted: int = 0
    small: bool = False
    hidden: int = 400
    iterations: int = 2_000
    batch: int = 128
    folder: str = ""

    def contexts(self, seeds: tuple[int, ...]) -> tuple[Setting, list[Samples]]:
        """Setting and contexts. Raises RecallError, MissingData."""
        about = {"seeds": seeds, "hidden": (self.hidden, self.hidden)}
        if self.folder:
            return of_folder(Path(self.folder), self.scenario, **about)
        task = pictures(self.small)
        if self.permuted:
            # the published protocol is slower: 1e-4 (van de Ven & Tolias 2019)
            return permuted(task, self.permuted, seed=seeds[0], rate=1e-4, **about)
        return split(task, 5, self.scenario, **about)


@cache
def pictures(small: bool):
    """MNIST, or the built-in digits, from 0 to 1."""
    if not small:
        return mnist()
    task = digits()
    return replace(task, train_inputs=(task.train_inputs + 1) / 2, test_inputs=(task.test_inputs + 1) / 2)


def learned(protocol: Protocol, n_seeds: int, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """A method on seeds from `seed` on: "seed/metric" → value."""
    setting, contexts = protocol.contexts(tuple(range(seed, seed + n_seeds)))
    return _rows(made(arm, setting), protocol, contexts)


def made(arm: str, setting: Setting) -> Method:
    """A method by its name; "sleep, rank 16" and "ER, 18 a class" have sizes, nights are of `NIGHTS`."""
    name, _, size = arm.partition(", ")
    if name == ALONE:
        return GistAlone(setting)
    if name in NIGHTS and name != "sleep":
        return Asleep(setting, night=NIGHTS[name])
    if size and name == "sleep":
        return Asleep(setting, rank=int(size.split()[1]))
    if size:
        return Replay(setting, per_class=int(size.split()[0]))
    return METHODS[name](setting)


def equal_bytes(protocol: Protocol, rank: int) -> int:
    """Samples of each class that take as many bytes as a gist of this rank."""
    setting, _ = protocol.contexts((0,))
    # a kind: mean, spread and directions in half precision; a sample: a byte a feature, its range, its class
    kind = 2 * protocol.hidden * (2 + min(rank, protocol.hidden))
    return max(1, round(kind / (setting.n_inputs + 9)))


def _rows(method: Method, protocol: Protocol, contexts: list[Samples]) -> dict[str, float]:
    course = taken(method, contexts, iterations=protocol.iterations, batch=protocol.batch)
    rows = figures(course)
    back = had_back(method, contexts)
    if isinstance(method, Asleep):
        back["most kB"] = method.most_bytes / 1000
    return {
        f"{seed}/{name}": value
        for seed, row in zip(method.setting.seeds, rows, strict=True)
        for name, value in (row | back).items()
    }


@torch.no_grad()
def had_back(method: Method, contexts: list[Samples]) -> dict[str, float]:
    """R² of the nearest that is kept, for pictures that were learned from and for others; of the first seed.

    What is kept are samples (replay, retrieval), or draws: of a generator, or of a gist through a linear map
    back to pictures that an attacker fits on pictures of his own.
    """
    if method.setting.scenario != "class":
        return {}
    seen, named = _some([(own.inputs, own.targets) for own in contexts])
    never, other = _some([(own.test_inputs, own.test_targets) for own in contexts])
    if isinstance(method, Replay | Retrieval):
        buffer = method.buffers[0] if isinstance(method, Replay) else method.buffer
        kept, classes = buffer.kept(0)
        seen, named = kept[:ASKED], classes[:ASKED]
    elif isinstance(method, Asleep):
        states, targets = method.gist.draw(DRAWN, method.draws)
        fields = method.states(never.expand(len(method.setting.seeds), -1, -1))[0]
        kept, classes = decoded(states[0], decoder(fields, never)), targets[0]
    elif isinstance(method, BrainInspired | GenerativeReplay):
        if isinstance(method, BrainInspired):
            pictures, targets = method.dream(DRAWN)
        else:
            pictures = method.dream(DRAWN)
            targets = method.earlier(pictures).argmax(-1)
        kept, classes = pictures[0], targets[0]
        there = torch.isin(named, classes), torch.isin(other, classes)
        seen, named, never, other = seen[there[0]], named[there[0]], never[there[1]], other[there[1]]
    else:
        return {}
    shares = nearest_r2(kept, classes, seen, named), nearest_r2(kept, classes, never, other)
    return {"R2 seen": shares[0], "R2 never seen": shares[1], "R2 had back": shares[0] - shares[1]}


def _some(parts: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    each = ASKED // len(parts)
    return torch.cat([inputs[:each] for inputs, _ in parts]), torch.cat([own[:each] for _, own in parts])
