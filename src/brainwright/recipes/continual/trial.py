"""One method on all seeds at once, and what is had back from what it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from brainwright.datasets.digits import digits
from brainwright.datasets.images import mnist
from brainwright.loop.nights.streams import stream
from brainwright.memory.methods import (
    METHODS,
    Asleep,
    GistAlone,
    Method,
    Replay,
    ReplayBehind,
    Samples,
    Setting,
    figures,
    had_back,
    of_folder,
    permuted,
    split,
    taken,
)
from brainwright.memory.methods.asleep import Night
from brainwright.memory.methods.contract import Scenario

NIGHTS: dict[str, Night] = {
    "sleep": "gist",
    "awake": "awake",
    "shuffled": "shuffled",
    "noise": "noise",
    "no updates": "none",
}
ALONE = "gist alone"
BARE = "sleep, no patches"
"""Sleep behind a layer that does not know that inputs are pictures."""
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
        stream: "pictures", or another of `loop.nights.streams`.
    """

    scenario: Scenario = "class"
    permuted: int = 0
    small: bool = False
    hidden: int = 400
    iterations: int = 2_000
    batch: int = 128
    folder: str = ""
    stream: str = "pictures"

    def contexts(self, seeds: tuple[int, ...]) -> tuple[Setting, list[Samples]]:
        """Setting and contexts. Raises RecallError, MissingData."""
        about = {"seeds": seeds, "hidden": (self.hidden, self.hidden)}
        if self.folder:
            return of_folder(Path(self.folder), self.scenario, **about)
        if self.stream != "pictures":
            return stream(self.stream, **about)
        task = pictures(self.small)
        if self.permuted:
            # the published protocol is slower, 1e-4, and has pictures of 32 x 32 (van de Ven & Tolias 2019)
            return permuted(task, self.permuted, seed=seeds[0], frame=2, rate=1e-4, **about)
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
