"""Two time scales: a fast level and a slow one above it, judged by what they know of a slow state."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.datasets.streams import products, two_scales
from brainwright.loop.next_patch.predict_next import Course
from brainwright.network.modules import Heard, Hierarchy, ModulePlan, hierarchy
from brainwright.network.reservoir.ridge import ridge
from brainwright.objective.curriculum import Stage
from brainwright.objective.next_embedding import cosine

from .fit_modules import fit_modules
from .streams import Shown

BLOCK = 4
"""Patches of a step of the slow level."""
STRENGTH = 1e-3
"""Of the ridges: as of `objective.collapse`."""
NOISE = 1.3
"""Of the stream: on tuning seeds 0 to 2 products of one patch tell the state in .86 of all cases at 1.2 and
in .70 at 1.7, those of a block in .96 and .91.
"""
CODE = "amplitude"
"""What a slow state sets: which channels are loud."""
AFTER = 4
"""Patches after a switch that are judged apart."""
VALUES = 48
"""Of a patch."""


def table(top_down: bool = False) -> list[ModulePlan]:
    """A fast level with a squared embedding, and a slow one that hears it."""
    down = "slow" if top_down else None
    return [
        ModulePlan("fast", ("x",), 96, 48, embedding="squared", top_down=down),
        ModulePlan("slow", ("fast",), 128, 48, every=BLOCK, reads="embedding"),
    ]


def levels(seeds: Sequence[int], course: Course, streams: int = 200) -> dict[str, dict[str, np.ndarray]]:
    """Reader → figures, one value for each seed, at the ends of all blocks but the first: "state", balanced
    accuracy of the slow state; "block", R² of the next block in a map that nobody trains (`fixed_blocks`).
    """
    train, test, labels = stream_of(seeds, streams)
    brains = hierarchy(table(), {"x": VALUES}, seeds=seeds)
    fit_modules(brains, train, [Stage(course.updates, {name: NEXT}) for name in ("fast", "slow")], course)
    with torch.no_grad():
        sides = [readers(brains, side) for side in (train, test)]
    fixed = [fixed_blocks(side.streams["x"][0])[:, :, 2:] for side in (train, test)]
    states = [side[:, :, 2 * BLOCK - 1 :: BLOCK] for side in labels]
    rows: dict[str, dict[str, np.ndarray]] = {}
    for name in sides[0]:
        seen, later = (side[name] for side in sides)
        told = [balanced(seen[b], later[b], states[0][b], states[1][b]) for b in range(len(seeds))]
        both = seen[:, :, :-1], later[:, :, :-1]
        kept = [_explained(*(side[b] for side in (*both, *fixed))) for b in range(len(seeds))]
        rows[name] = {"state": np.array(told), "block": np.array(kept)}
    return rows


def top_down(seeds: Sequence[int], course: Course, streams: int = 200) -> dict[str, dict[str, np.ndarray]]:
    """Top-down input "on", "cut" after training with it, and "without" it from the beginning: minus the error
    (1 - cosine of the next embedding) of the fast level, one value for each seed.
    """
    train, test, labels = stream_of(seeds, streams)
    rows = {}
    for name, down, cut in (("on", True, False), ("cut", True, True), ("without", False, False)):
        if name != "cut":
            brains = hierarchy(table(down), {"x": VALUES}, seeds=seeds)
            # the fast level first, then what is to come down, then the fast level learns to use it
            names = ("fast", "slow", "fast")
            fit_modules(brains, train, [Stage(course.updates, {level: NEXT}) for level in names], course)
        with torch.no_grad():
            heard = brains.hear(test.streams, cut=cut)["fast"]
        rows[name] = {f"minus error {where}": -error for where, error in errors(heard, labels[1]).items()}
    return rows


NEXT = {"next": 1.0}


def stream_of(seeds: Sequence[int], streams: int) -> tuple[Shown, Shown, list[np.ndarray]]:
    """Streams to train on and to judge with, one set for each seed, and the slow states of both."""
    splits = [two_scales(streams, streams // 2, seed=seed, noise=NOISE, code=CODE) for seed in seeds]
    train, test = (Shown.of({"x": [getattr(s, side) for s in splits]}, len(seeds)) for side in SIDES)
    return train, test, [np.stack([getattr(s, side).labels for s in splits]) for side in SIDES]


SIDES = ("train", "test")


def readers(brains: Hierarchy, shown: Shown) -> dict[str, Float[Tensor, "brain stream block feature"]]:
    """What can be read at the end of every block but the first."""
    x, ends = shown.streams["x"][0], slice(2 * BLOCK - 1, None, BLOCK)
    heard = brains.hear(shown.streams)
    fast, slow = heard["fast"], heard["slow"]
    seen = {
        "patch": x[:, :, ends],
        "products of a patch": torch.from_numpy(_products(x[:, :, ends])),
        "products of a block": fixed_blocks(x)[:, :, 1:],
        "fast embedding": fast.embedding[:, :, ends],
        "fast state": fast.states[:, :, ends],
        "fast level, iterated": iterated(brains, fast)[:, :, 1:],
        "slow state": slow.states[:, :, 1:],
        "slow prediction": slow.prediction[:, :, 1:],
    }
    for name in ("fast level, iterated", "slow prediction"):  # of predictions the direction alone was taught
        seen[name] = seen[name] / seen[name].norm(dim=-1, keepdim=True).clamp(min=1e-8)
    return seen


def balanced(x: Tensor, later: Tensor, classes: np.ndarray, later_classes: np.ndarray) -> float:
    """Mean over classes of the share of right answers of a ridge."""
    seen, asked = (side.flatten(0, 1).double().numpy() for side in (x, later))
    ((weights, offset),) = ridge(seen, np.eye(4)[classes.ravel()], [STRENGTH])
    said, truth = (asked @ weights + offset).argmax(1), later_classes.ravel()
    return float(np.mean([(said[truth == k] == k).mean() for k in np.unique(truth)]))


def iterated(brains: Hierarchy, fast: Heard) -> Float[Tensor, "brain stream block z"]:
    """From the end of every block the fast level goes on for a block by its own predictions: their mean."""
    cells, ends = brains.of("fast"), slice(BLOCK - 1, None, BLOCK)
    state, z = fast.states[:, :, ends], fast.prediction[:, :, ends]
    _, made = cells.go_on(state.flatten(1, 2), z.flatten(1, 2), BLOCK)
    return cells.unit(made).mean(2).unflatten(1, state.shape[1:3])


def fixed_blocks(x: Tensor) -> Float[Tensor, "brain stream block product"]:
    """Products of the samples of every patch, averaged over blocks: a map that nobody trains, in which
    neither level has an advantage.
    """
    made = torch.from_numpy(_products(x))
    n = x.shape[2] // BLOCK
    return made[:, :, : n * BLOCK].unflatten(2, (n, BLOCK)).mean(3)


def errors(fast: Heard, labels: np.ndarray) -> dict[str, np.ndarray]:
    """1 - cosine of the next embedding, in the patches after a switch and elsewhere."""
    wrong = (1 - cosine(fast.prediction[:, :, :-1], fast.embedding[:, :, 1:])).numpy()
    switched = np.zeros(labels.shape, bool)
    switched[:, :, 1:] = labels[:, :, 1:] != labels[:, :, :-1]
    after = np.zeros_like(switched)
    for lag in range(AFTER):
        after[:, :, lag:] |= switched[:, :, : labels.shape[2] - lag]
    late = after[:, :, 1:]
    return {
        "after switches": np.array([wrong[b][late[b]].mean() for b in range(len(wrong))]),
        "elsewhere": np.array([wrong[b][~late[b]].mean() for b in range(len(wrong))]),
    }


def _explained(x: Tensor, later: Tensor, wanted: Tensor, later_wanted: Tensor) -> float:
    sides = [side.flatten(0, 1).double().numpy() for side in (x, later, wanted, later_wanted)]
    ((weights, offset),) = ridge(sides[0], sides[2], [STRENGTH])
    left = np.square(sides[3] - sides[1] @ weights - offset).sum()
    return 1 - float(left / np.square(sides[3] - sides[2].mean(0)).sum())


def _products(x: Tensor) -> np.ndarray:
    flat = x.numpy()
    return products(flat.reshape(-1, flat.shape[-1])).reshape(*flat.shape[:-1], -1)
