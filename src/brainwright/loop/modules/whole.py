"""A brain of six modules in one table: it sees, hears, types, joins all three, has a workspace, remembers."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from brainwright.connectome import Connectome
from brainwright.datasets.streams import key_streams
from brainwright.datasets.streams.keys import KEYS
from brainwright.network.modules import Hierarchy, ModulePlan, Pool, hierarchy
from brainwright.objective.curriculum import Stage, together

from .digits import IMAGE, SOUND, Digits
from .fit_modules import fit_modules
from .judge import PARTS
from .pairs import BOTH, EAR, EYE, FLAT, FLAT_CELLS, NEXT, Board, shown
from .pairs import WIDTHS as TWO
from .streams import Shown
from .wired import SIZE, pools

KEY, HAND, FRONT = "keys", "hand", "front"
WIDTHS = {**TWO, KEY: KEYS}
SENSES = {IMAGE: EYE, SOUND: EAR, KEY: HAND}
"""Stream → the module that hears it."""
SAID = {
    EYE: "two columns of the fly's optic lobe",
    EAR: "the larva's chordotonal organs and the cells behind them, expanded",
    HAND: "the larva's descending cells",
    BOTH: "the fly's left mushroom body",
    FRONT: "the larva's convergence neurons",
}
"""Module → its wiring in words, for who does not want to load three connectomes."""
UNITS = 12
"""Cells of every other module that the workspace reads: an eighth."""


@lru_cache(1)
def table() -> tuple[ModulePlan, ...]:
    """Eye, ear and the module above as in `wired`; the hand is the larva's descending neurons, the workspace
    its convergence neurons. The module above and the workspace hear all three in the same four parts of their
    streams, so that what the workspace predicts may come down.
    """
    eye, ear, both = pools()
    larva = Connectome.load("larva/winding2023")
    hand, front = (Pool(larva, f"type == '{kind}'", most=SIZE) for kind in ("DN-VNC", "CN"))
    return (
        *(
            ModulePlan(module, (stream,), SIZE, topology=pool, top_down=FRONT)
            for (stream, module), pool in zip(SENSES.items(), (eye, ear, hand), strict=True)
        ),
        ModulePlan(BOTH, (EYE, EAR, HAND), SIZE, 64, parts=PARTS, topology=both),
        ModulePlan(FRONT, (EYE, EAR, HAND, BOTH), SIZE, 64, parts=PARTS, units=UNITS, topology=front),
    )


@lru_cache(1)
def flat_of_three(seeds: tuple[int, ...]) -> ModulePlan:
    """One network that hears all three in series, with about as many trained values."""
    wanted = _drawn(seeds).n_values()
    plans = [ModulePlan(FLAT, tuple(SENSES), FLAT_CELLS, z, join="series") for z in range(20, 100, 2)]
    return min(plans, key=lambda plan: abs(hierarchy([plan], WIDTHS).n_values() - wanted))


@dataclass(frozen=True, eq=False)
class Triples:
    """Images, sounds and key presses of one class.

    Attributes:
        train, test: streams, side by side, [brain, triple].
        digits: classes and speakers.
    """

    train: Shown
    test: Shown
    digits: Digits

    def shuffled(self, seeds: list[int]) -> "Triples":
        """Training triples without regard to class: each modality in an order of its own but images."""
        streams = dict(self.train.streams)
        for k, name in enumerate((SOUND, KEY)):
            values, valid = streams[name]
            places = torch.stack(
                [
                    torch.randperm(values.shape[1], generator=torch.Generator().manual_seed(10 * seed + k))
                    for seed in seeds
                ]
            )
            brains = torch.arange(len(places))[:, None]
            streams[name] = values[brains, places], valid[brains, places]
        return replace(self, train=Shown(streams))


@lru_cache(1)
def triples(board: Board) -> Triples:
    """The pairs of `digits`, and keys typed for each."""
    given = shown(board.draws, board.sizes)
    sides = []
    for k, (side, labels) in enumerate(
        ((given.train, given.labels), (given.test, given.test_labels)),
    ):
        typed = [
            key_streams(own, sequences=seed // 10, seed=10 * seed + k)
            for own, seed in zip(labels, board.seeds, strict=True)
        ]
        keys = Shown.of({KEY: typed}, len(typed)).streams
        sides.append(Shown({**side.paired().streams, **keys}))
    return Triples(*sides, given)


@lru_cache(1)
def _drawn(seeds: tuple[int, ...]) -> Hierarchy:
    """As its pools give it: 10 s for six brains, nearly all of it the search for cells and synapses."""
    return hierarchy(table(), WIDTHS, seeds=seeds)


def whole(board: Board, state: Mapping[str, np.ndarray] | None = None) -> Hierarchy:
    """Untrained brains, or those that were kept."""
    brains = copy.deepcopy(_drawn(tuple(board.seeds)))
    if state is not None:
        brains.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return brains


def senses(board: Board) -> dict[str, np.ndarray]:
    """Eye, ear and hand, each trained alone; the state of all modules."""
    brains, given = whole(board), triples(board)
    for stream, module in SENSES.items():
        alone = Shown({stream: given.train.streams[stream]})
        fit_modules(brains, alone, [Stage(board.course.updates, {module: NEXT})], board.course, cut=True)
    return kept(brains)


def grown(board: Board, state: Mapping[str, np.ndarray], train: Shown) -> Hierarchy:
    """Upon trained senses first the module above, then the workspace; last what comes down from it, of which
    the weights onto the senses' predictions alone learn.
    """
    brains, updates = whole(board, state), board.course.updates
    fit_modules(brains, train, [Stage(updates, {n: NEXT}) for n in (BOTH, FRONT)], board.course, cut=True)
    brains.requires_grad_(False)
    for module in SENSES.values():
        for part in (brains.of(module).above, brains.of(module).from_above):
            assert part is not None
            part.requires_grad_(True)
    fit_modules(brains, train, [together(SENSES.values(), updates)], board.course)
    return brains


def flat_grown(board: Board, train: Shown) -> Hierarchy:
    """The flat network, trained on the same triples."""
    brains = hierarchy([flat_of_three(tuple(board.seeds))], WIDTHS, seeds=board.seeds)
    fit_modules(brains, train, [Stage(board.course.updates, {FLAT: NEXT})], board.course)
    return brains


def kept(brains: Hierarchy) -> dict[str, np.ndarray]:
    """All that a trained brain is."""
    return {name: value.numpy() for name, value in brains.state_dict().items()}
