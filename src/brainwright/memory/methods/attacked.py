"""What an attacker has back of single samples from what a method keeps: replayed, drawn, or decoded."""

import torch
from torch import Tensor

from ..had_back import decoded, decoder, nearest_r2, told_apart
from .asleep import Asleep
from .brain_inspired import BrainInspired
from .buffer import Buffer
from .contract import Method
from .course import Samples
from .generative import GenerativeReplay
from .icarl import NearestMean
from .replayed import DarkReplay, Replay, Retrieval
from .same_layer import ReplayBehind, SameLayer

ASKED, DRAWN = 500, 1_000
"""Samples that are sought, and draws among which; more draws raise both shares alike."""
Named = tuple[Tensor, Tensor]
"""Inputs [row, feature] and their classes [row]."""


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


def _of_gist(method: Asleep, contexts: list[Samples], own: Tensor) -> dict[str, float]:
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


def _all(parts: list[Named]) -> Named:
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


def _alike(method: Asleep | SameLayer, inputs: Tensor) -> Tensor:
    """The same for every seed."""
    return inputs.expand(len(method.setting.seeds), -1, -1)


def _first(method: Asleep | SameLayer, inputs: Tensor) -> Tensor:
    """What the fixed layer of the first seed says."""
    return (inputs @ method.fields[0]).relu()


def _some(parts: list[Named]) -> Named:
    each = ASKED // len(parts)
    return torch.cat([inputs[:each] for inputs, _ in parts]), torch.cat([own[:each] for _, own in parts])
