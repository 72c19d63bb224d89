"""Spoken digits in `run next`: decoded skill over the last patch, arm by arm, with any number of seeds.

BRAINWRIGHT_DATA=... python scripts/next_spoken.py FIRST_SEED SEEDS [ARM ...]
"""

import sys

import numpy as np
import torch

from brainwright.evidence.effects import bootstrap, difference
from brainwright.loop.next_patch.arms import FROZEN, NONE, STOP, UNTRAINED, arms
from brainwright.loop.next_patch.boards import BOARDS, tried

SHOWN = ("decoded skill", "last patch", "last embedding", "directions", "collapsed", "skill over copying")


def main(first: int, n: int, names: tuple[str, ...]) -> None:
    """Prints means, and differences with 95 % intervals over seeds."""
    torch.set_num_threads(1)
    board, skills = BOARDS["spoken"], {}
    every = arms(board.course.updates)
    for arm in names or (STOP, FROZEN, UNTRAINED, NONE):
        rows = [tried(board, every, arm, seed, 0) for seed in range(first, first + n)]
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
