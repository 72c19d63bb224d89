"""Half of a modality is hidden: who fills it in?"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.memory.experiences import Experiences
from brainwright.memory.hippocampus import Hippocampus
from brainwright.network.modules import Heard, Hierarchy
from brainwright.network.modules.clock import in_parts
from brainwright.network.reservoir.ridge import ridge

from .asked import Figures, of
from .judge import PARTS, Features, heard_by, probe, read, right
from .pairs import BOTH, FLAT, Board
from .streams import Shown
from .whole import FRONT, SENSES, Triples, flat_grown, grown, triples

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Of the ridges that fill in; for each arm and modality that which serves the first brain best, on a fifth of
the rows that teach it.
"""
STORED, TEACHING = 0.5, 600
"""Share of the training triples that the hippocampus stores; of the others so many teach what every arm is
read with, so that no memory is asked for itself.
"""
MEAN, TRUTH, OWN = "mean at that place", "what was hidden", "own states"
ROLLED, LED = "own prediction", "with broadcast"
BESIDE, ABOVE, WORKSPACE, MEMORY = "side by side", "module above", "workspace", "hippocampus"
FILLED = (OWN, ROLLED, LED, BESIDE, ABOVE, WORKSPACE, MEMORY, FLAT)
"""What is read besides the module's own states of what it saw, of as many values in every arm; the flat
network is read by itself, of as many values as both.
"""
MIXED = ", shuffled"
CROSSED = (LED, BESIDE, ABOVE, WORKSPACE, MEMORY, FLAT)
"""Arms that may use other modalities: each is run with shuffled triples too."""


def explained(name: str) -> str:
    """The name of a figure: R² of hidden patches beside their mean at that place."""
    return f"{name}, R²"


def told(name: str) -> str:
    """The name of a figure: share of classes right, by a probe of the module while it hears the patches that
    were filled in.
    """
    return f"{name}, right"


def occlusion(board: Board, state: Mapping[str, np.ndarray], *, mixed: bool) -> dict[str, Figures]:
    """Arm → figures of each speaker; of triples of one class, or where they are mixed of shuffled ones, which
    modules, memory and read-outs are then all taught with.
    """
    given = triples(board).shuffled(board.seeds) if mixed else triples(board)
    brains, flat = grown(board, state, given.train), flat_grown(board, given.train)
    rows: dict[str, Figures] = {}
    for name in SENSES:
        for arm, figures in of_one(brains, flat, given, board, name, mixed=mixed).items():
            rows.setdefault(arm, {}).update(figures)
    return rows


def of_one(
    brains: Hierarchy, flat: Hierarchy, given: Triples, board: Board, name: str, *, mixed: bool
) -> dict[str, Figures]:
    """The second half of every stream of one modality is hidden."""
    count = given.train.streams[name][0].shape[1]
    stored = int(count * STORED)
    rest = slice(stored, stored + TEACHING)
    sides = [part(given.train, slice(stored)), part(given.train, rest), given.test]
    hidden = [hidden_of(side, name) for side in sides]
    features = read_sides(brains, flat, [half(side, name) for side in sides], sides, hidden, name)
    labels = given.digits.labels[:, rest]
    # classes are told by a module that was never shown shuffled ones
    true = alone(part(triples(board).train, rest), name)
    complete = read(heard_by(brains, true, [SENSES[name]], cut=True)[SENSES[name]])
    speakers = given.digits.speakers

    def judged(made: np.ndarray) -> Figures:
        patches, there = hidden[2]
        mean = mean_of(*hidden[1])
        left = (np.square(patches - made).sum(3) * there).sum(2)
        about = (np.square(patches - mean).sum(3) * there).sum(2)
        share = [1 - left[speakers == s].sum() / about[speakers == s].sum() for s in np.unique(speakers)]
        heard = heard_by(brains, filled(given.test, name, made), [SENSES[name]], cut=True)[SENSES[name]]
        scores = probe(complete, read(heard), labels, labels.shape[1])
        hits = of(right(scores, given.digits.test_labels), given.digits)
        return {explained(name): np.array(share), told(name): hits}

    arms = {}
    if not mixed:
        patches = hidden[2][0]
        arms = {MEAN: judged(np.broadcast_to(mean_of(*hidden[1]), patches.shape)), TRUTH: judged(patches)}
    for arm, (train, test) in features.items():
        if not mixed or arm in CROSSED:
            arms[arm + MIXED * mixed] = judged(decoded(train, test, *hidden[1]))
    return arms


def read_sides(brains, flat, halves, sides, hidden, name) -> dict[str, tuple[Features, Features]]:
    """Arm → features of the triples that teach and of the test triples, of 768 values but for one's own
    states alone.
    """
    module, others = SENSES[name], [m for m in SENSES.values() if m != SENSES[name]]
    found: dict[str, list[Features]] = {}
    for k in (1, 2):
        heard = heard_by(brains, halves[k], [*SENSES.values(), BOTH, FRONT])
        own, there = read(heard[module]), torch.from_numpy(hidden[k][1])
        more = {
            ROLLED: rolled(brains, heard, module, there, led=False),
            LED: rolled(brains, heard, module, there, led=True),
            BESIDE: np.concatenate([read(heard[m], PARTS // 2) for m in others], 2),
            ABOVE: read(heard[BOTH]),
            WORKSPACE: read(heard[FRONT]),
        }
        for arm, values in {OWN: own[:, :, :0], **more}.items():
            found.setdefault(arm, []).append(np.concatenate([own, values], 2))
        of_all = heard_by(flat, halves[k], [FLAT])[FLAT]
        parts = [PARTS // 2 if each == name else PARTS // 4 for each in SENSES]
        series = [read(of_all, n, source) for source, n in enumerate(parts)]
        found.setdefault(FLAT, []).append(np.concatenate(series, 2))
    for own, recalled in zip(found[OWN], remembered(brains, halves, sides, name), strict=True):
        found.setdefault(MEMORY, []).append(np.concatenate([own, recalled], 2))
    return {arm: (pair[0], pair[1]) for arm, pair in found.items()}


@torch.no_grad()
def rolled(
    brains: Hierarchy, heard: Mapping[str, Heard], module: str, there: Tensor, *, led: bool
) -> Features:
    """States of a module that goes on by itself where patches are hidden, led by what the workspace predicts
    of the part to come or not.
    """
    cells, own = brains.of(module), heard[module]
    last = (own.valid.sum(2).long() - 1)[..., None, None]
    state = own.states.gather(2, last.expand(*last.shape[:3], own.states.shape[3]))
    down = heard[FRONT].prediction[:, :, -1] if led else None
    z = cells.prediction(state, None if down is None else down[:, :, None])
    states, _ = cells.go_on(state[:, :, 0], z[:, :, 0], there.shape[2], down)
    return in_parts(states, there, PARTS).flatten(2).numpy()


def remembered(brains, halves, sides, name) -> list[Features]:
    """States of the module as a hippocampus of each brain completes them. It stores those of all senses, of
    triples that nothing was hidden of; given are the own ones of the first half and those of the others.
    """
    modules = [SENSES[name], *(m for m in SENSES.values() if m != SENSES[name])]
    complete = heard_by(brains, sides[0], modules, cut=True)
    stored = torch.from_numpy(np.concatenate([read(complete[m]) for m in modules], 2))
    mean, scale = stored.mean(1, keepdim=True), stored.std(1, keepdim=True).clamp(min=1e-6)
    size = complete[modules[0]].states.shape[3]
    seen = torch.ones(stored.shape[2], dtype=torch.bool)
    seen[PARTS // 2 * size : PARTS * size] = False
    made: list[Features] = []
    for k in (1, 2):
        heard = heard_by(brains, halves[k], modules, cut=True)
        saw = read(heard[modules[0]], PARTS // 2)
        cue = np.concatenate([saw, np.zeros_like(saw), *(read(heard[m]) for m in modules[1:])], 2)
        cues = (torch.from_numpy(cue) - mean) / scale
        rows = []
        for b, seed in enumerate(brains.seeds):
            memory = Hippocampus(stored.shape[2], stored.shape[1], seed=seed)
            memory.store(Experiences.of((stored[b] - mean[b]) / scale[b]))
            recalled = memory.complete(cues[b], seen.expand(len(cues[b]), -1))
            rows.append((recalled * scale[b] + mean[b])[:, : PARTS * size])
        made.append(torch.stack(rows).numpy())
    return made


def part(shown: Shown, rows: slice) -> Shown:
    """Some of the triples."""
    return Shown({name: (values[:, rows], valid[:, rows]) for name, (values, valid) in shown.streams.items()})


def alone(shown: Shown, name: str) -> Shown:
    """One modality by itself."""
    return Shown({name: shown.streams[name]})


def half(shown: Shown, name: str) -> Shown:
    """The triples, with the first half of the streams of one modality."""
    values, valid = shown.streams[name]
    seen = valid * (torch.arange(valid.shape[2]) < beginning(valid))
    return Shown({**shown.streams, name: (values * seen[..., None], seen)})


def beginning(valid: Float[Tensor, "brain row patch"]) -> Float[Tensor, "brain row one"]:
    """The first hidden patch of each stream."""
    return (valid.sum(2, keepdim=True) / 2).ceil()


def hidden_of(shown: Shown, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Hidden patches in their order, and which of them are there, [brain, row, place, value] and [brain, row,
    place].
    """
    values, valid = shown.streams[name]
    longest = int((valid.sum(2) - beginning(valid)[..., 0]).max())
    places = (beginning(valid) + torch.arange(longest)).long()
    there = (places < valid.sum(2, keepdim=True)).float()
    places = places.clamp(max=valid.shape[2] - 1)[..., None].expand(-1, -1, -1, values.shape[3])
    return (values.gather(2, places) * there[..., None]).numpy(), there.numpy()


def mean_of(patches: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Mean of the patches at each place, [brain, 1, place, value]."""
    return patches.sum(1, keepdims=True) / np.maximum(there.sum(1, keepdims=True), 1)[..., None]


def filled(shown: Shown, name: str, made: np.ndarray) -> Shown:
    """One modality by itself, with these patches where the second half is hidden."""
    values, valid = shown.streams[name]
    place = (torch.arange(valid.shape[2]) - beginning(valid)).long()
    wide = place.clamp(min=0, max=made.shape[2] - 1)[..., None].expand(values.shape)
    given = torch.from_numpy(np.ascontiguousarray(made, np.float32)).gather(2, wide)
    return Shown({name: (torch.where(place[..., None] < 0, values, given) * valid[..., None], valid)})


def decoded(train: Features, test: Features, patches: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Hidden patches of the test rows, by a ridge on the training rows; a patch that is not there has the
    mean of its place.
    """
    mean = mean_of(patches, there)
    wanted = np.where(there[..., None] > 0, patches, mean)
    flat = wanted.reshape(*wanted.shape[:2], -1).astype(np.float64)
    strength = best_of(train[0].astype(np.float64), flat[0])
    made = []
    for x, later, y in zip(train, test, flat, strict=True):
        ((weights, offset),) = ridge(x.astype(np.float64), y, [strength])
        made.append((later @ weights + offset).reshape(len(later), *wanted.shape[2:]))
    return np.stack(made)


def best_of(x: np.ndarray, y: np.ndarray) -> float:
    """The strength with the least squared error on the last fifth of the rows."""
    n = len(x) - len(x) // 5
    fits = ridge(x[:n], y[:n], STRENGTHS)
    return STRENGTHS[int(np.argmin([np.square(y[n:] - x[n:] @ w - b).sum() for w, b in fits]))]
