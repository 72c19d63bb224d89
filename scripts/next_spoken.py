"""Spoken digits in `run next`: decoded skill over the last patch, arm by arm, with any number of seeds.

"told" is no arm of prediction: the same network and course, told the raw next patch, which says what there
is to be had.

BRAINWRIGHT_DATA=... python scripts/next_spoken.py FIRST_SEED SEEDS [ARM ...]
"""

import sys

import numpy as np
import torch

from brainwright.evidence.effects import bootstrap, difference
from brainwright.loop.next_patch.arms import FROZEN, NONE, STOP, UNTRAINED, arms
from brainwright.loop.next_patch.boards import BOARDS, Board, tried
from brainwright.loop.next_patch.judge import judged
from brainwright.loop.next_patch.predict_next import tensors_of
from brainwright.network import embedding_of
from brainwright.objective.next_embedding import Weights

SHOWN = ("decoded skill", "last patch", "last embedding", "directions", "collapsed", "skill over copying")
TOLD = "told"


def told(board: Board, seed: int) -> dict[str, float]:
    """The network's outputs, read by a linear map, are to be the raw next patch: mean square error."""
    split = board.split(seed)
    network = board.network(split, seed)
    first = Weights.of(embedding_of(network))
    patches, valid = tensors_of(split.train)
    generator = torch.Generator().manual_seed(seed)
    reader = torch.nn.Linear(board.dimension, patches.shape[2])
    torch.nn.init.normal_(reader.weight, std=board.dimension**-0.5, generator=generator)
    parameters = [*network.parameters(), *reader.parameters()]
    stepper = torch.optim.Adam(parameters, lr=board.course.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(stepper, board.course.share)
    for _ in range(board.course.updates):
        index = torch.randint(len(patches), (board.course.batch,), generator=generator)
        x, weights = patches[index], (valid[index, :-1] * valid[index, 1:])[..., None]
        away = reader(network.unroll(x).outputs)[:, :-1] - x[:, 1:]
        loss = (away.square() * weights).sum() / weights.sum() / x.shape[2]
        stepper.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, board.course.clip)
        stepper.step()
        falling.step()
    return judged(network, split, first, seed=seed)


def main(first: int, n: int, names: tuple[str, ...]) -> None:
    """Prints means, and differences with 95 % intervals over seeds."""
    torch.set_num_threads(1)
    board, skills = BOARDS["spoken"], {}
    every = arms(board.course.updates)
    for arm in names or (STOP, FROZEN, UNTRAINED, NONE, TOLD):
        seeds = range(first, first + n)
        rows = [told(board, seed) if arm == TOLD else tried(board, every, arm, seed, 0) for seed in seeds]
        shown = [*SHOWN, *(name for name in rows[0] if name.startswith("probe"))]
        print(arm, {name: round(float(np.mean([row[name] for row in rows])), 3) for name in shown})
        skills[arm] = np.array([row["decoded skill"] for row in rows])
        skills["last patch"] = np.array([row["last patch"] for row in rows])
        print("  flag in", int(sum(row["collapsed"] for row in rows)), "of", n, flush=True)
    pairs = [(names[0] if names else STOP, other) for other in skills]
    for arm, other in pairs:
        if arm != other and n > 1:
            lead = bootstrap(difference, skills[arm], skills[other], seed=0)
            print(f"{arm} - {other}: {lead.value:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}]")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), tuple(sys.argv[3:]))
