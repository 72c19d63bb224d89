"""One method on all seeds at once, and what is had back from what it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch

from brainwright.datasets.digits import digits
from brainwright.datasets.images import mnist
from brainwright.memory import nearest_r2, told_apart
from brainwright.memory.had_back import decoded, decoder
from brainwright.memory.methods import (
    METHODS,
    Asleep,
    BrainInspired,
    DarkReplay,
    GenerativeReplay,
    GistAlone,
    Method,
    NearestMean,
    Replay,
    ReplayBehind,
    Retrieval,
    SameLayer,
    Samples,
    Setting,
    figures,
    of_folder,
    permuted,
    split,
    taken,
)
from brainwright.memory.methods.asleep import Night
from brainwright.memory.methods.buffer import Buffer
from brainwright.memory.methods.contract import Scenario

NIGHTS: dict[str, Night] = {"sleep": "gist", "awake": "awake", "shuffled": "shuffled", "noise": "noise"}
ALONE = "gist alone"
BARE = "sleep, no patches"
"""Sleep behind a layer that does not know that inputs are pictures."""
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
    if arm == ALONE:
        return GistAlone(setting)
    if arm == BARE:
        return Asleep(setting, patches=False)
    if arm in NIGHTS:
        return Asleep(setting, night=NIGHTS[arm])
    if arm in METHODS:
        return METHODS[arm](setting)
    name, size = arm.rsplit(", ", 1)
    if name == "sleep":
        return Asleep(setting, rank=int(size.split()[1]))
    return (Replay if name == "ER" else ReplayBehind)(setting, per_class=int(size.split()[0]))


def equal_bytes(protocol: Protocol, rank: int, *, behind: bool = False, by_day: bool = False) -> int:
    """Samples of each class that take as many bytes as a gist of this rank: of pictures, or of states of the
    fixed layer (`behind`), and with what sleep holds by day beside it (`by_day`).
    """
    setting, _ = protocol.contexts((0,))
    # a kind: mean, spread and directions in half precision; a sample: a byte a feature, its range, its class
    n = protocol.hidden
    kinds = 2 * n * (2 + min(rank, n)) * setting.n_classes
    if by_day:  # moments of the classes of a context; the same products twice are held once
        kinds += 4 * (1 + n + n * (n + 1) // 2) * max(1, setting.n_classes // max(1, len(setting.groups)))
    each = (protocol.hidden if behind else setting.n_inputs) + 9
    return max(1, round(kinds / setting.n_classes / each))


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
    # an attacker's own pictures: a map fitted on those that are asked for would know too much of them
    own, _ = _some([(rest.test_inputs.flip(0), rest.test_targets.flip(0)) for rest in contexts])
    stored = _stored(method)
    if isinstance(method, ReplayBehind):
        assert stored is not None
        states, classes = stored.kept(0)
        kept = decoded(states, decoder(_first(method, own), own))
        every = torch.cat([part.inputs for part in contexts])
        nearest = torch.cdist(states[:ASKED], _first(method, every)).argmin(1)  # whose states they are
        seen, named = every[nearest], classes[:ASKED]
    elif stored is not None:
        kept, classes = stored.kept(0)
        seen, named = kept[:ASKED], classes[:ASKED]
    elif isinstance(method, Asleep):
        return _of_gist(method, contexts, own)
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


def _of_gist(method: Asleep, contexts: list[Samples], own: torch.Tensor) -> dict[str, float]:
    """Pictures of one set, of which one half and then the other takes part in a gist: those of the test set
    are of another kind, and one half may be likelier by chance.
    """
    # of small contexts a quarter for each half, so that a gist is of more than what is asked for
    each = min(ASKED // len(contexts), *(len(part.inputs) // 4 for part in contexts))
    back = decoder(_first(method, own), own)
    halves = [
        _all([(part.inputs[k : k + each], part.targets[k : k + each]) for part in contexts])
        for k in (0, each)
    ]
    rest = _all([(part.inputs[2 * each :], part.targets[2 * each :]) for part in contexts])
    rows = []
    for seen, never in (halves, halves[::-1]):
        gist = method.gist_of(*_all([seen, rest]))
        states, targets = gist.draw(DRAWN, method.draws)
        kept = decoded(states[0], back)
        likely = [
            gist.log_density(method.states(_alike(method, part)))[0].amax(1) for part, _ in (seen, never)
        ]
        rows.append([*(nearest_r2(kept, targets[0], *part) for part in (seen, never)), told_apart(*likely)])
    had, not_had, apart = (sum(column) / 2 for column in zip(*rows, strict=True))
    return {"R2 seen": had, "R2 never seen": not_had, "R2 had back": had - not_had, "told apart": apart}


def _all(parts: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.cat([inputs for inputs, _ in parts]), torch.cat([named for _, named in parts])


def _stored(method: Method) -> Buffer | None:
    """Where a method has its samples, if it has any."""
    if isinstance(method, ReplayBehind):
        return _stored(method.inner)
    if isinstance(method, Replay):
        return method.buffers[0]
    if isinstance(method, NearestMean):
        return method.exemplars
    return method.buffer if isinstance(method, Retrieval | DarkReplay) else None


def _alike(method: Asleep | SameLayer, inputs: torch.Tensor) -> torch.Tensor:
    """The same for every seed."""
    return inputs.expand(len(method.setting.seeds), -1, -1)


def _first(method: Asleep | SameLayer, inputs: torch.Tensor) -> torch.Tensor:
    """What the fixed layer of the first seed says."""
    return (inputs @ method.fields[0]).relu()


def _some(parts: list[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    each = ASKED // len(parts)
    return torch.cat([inputs[:each] for inputs, _ in parts]), torch.cat([own[:each] for _, own in parts])
