"""Settings of the rivals of `run evoke` (smoothed lookup, searches), on dishes that are never reported."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from brainwright.loop.evoke.dishes import EvokeDishes
from brainwright.loop.evoke.lookups import nearest, smoothed
from brainwright.loop.evoke.tissue_search import CrossEntropy, ThompsonBandit
from brainwright.loop.evoke.trials import EvokedTrials
from brainwright.loop.evoke.work import CHOICES, RECORD, TARGETS, EvokeWork
from brainwright.runs import Units

SEEDS = [904, 905, 906, 907, 5000, 5001, 5002, 5003]
SHARES = (0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24)
CROSS = [CrossEntropy(*s) for s in ((25, 5, 0.5), (40, 8, 0.7), (12, 3, 0.3), (16, 5, 0.7), (30, 10, 0.7))]
BANDITS = [
    ThompsonBandit(prior, explore, at_once=5, warm_up=warm)
    for prior, explore, warm in (
        (0.1, 0.0, 60), (0.1, 0.3, 25), (0.1, 1.0, 25), (0.3, 0.1, 60), (0.3, 0.3, 25), (0.03, 1.0, 25),
        (0.1, 0.1, 60), (0.2, 0.1, 100),
    )
]  # fmt: skip


def main(folder: Path, n_trials: int = 2_000) -> None:
    """Prints R2 and correlation of every setting, means over dishes."""
    torch.set_num_threads(1)
    work, units = EvokeWork(EvokeDishes(SEEDS), n_trials=n_trials), Units(folder)
    told = {RECORD: work.record, TARGETS: work.targets, CHOICES: work.choose}
    for name, make in told.items():
        if not units.done(name):
            begun = time.process_time()
            units.save(name, make(units, lambda *_, **__: None))
            print(f"{name}: {time.process_time() - begun:.1f} s of processor time", flush=True)
    for arm in ("gradient", "network", "ridge", "search on the model", "lookup", "random"):
        say(arm, work, units, work.test(arm, units, nothing))
    heard = EvokedTrials.of_arrays(units.load(RECORD)).first(n_trials)
    z, wanted = work._answers(heard.counts, work.scale(units)), work.wanted(units).mean
    near = nearest(z, wanted, len(heard))
    for share in SHARES:
        writes = smoothed(
            heard.writes, near[:, :, : round(share * len(heard))], work.dishes.protocol.n_pulses
        )
        units.save("tried", {"writes": writes})
        say(f"smoothed, {share:g}", work, units, work.test("writes", units, nothing, "tried"))
    say("retried", work, units, work.retry(units, nothing))
    for search in (*CROSS, *BANDITS):
        own = replace(work, searches={"tried": search})
        say(str(search), work, units, own.search("tried", units, nothing))


def say(name: str, work: EvokeWork, units: Units, unit: dict[str, np.ndarray]) -> None:
    row = {metric: f"{values.mean():.3f}" for metric, values in work.scores(unit, units).items()}
    print(f"{name:70s}", row, flush=True)


def nothing(*_, **__) -> None:
    """No progress is shown."""


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
