"""Rivals of `run evoke` that were thought of after its reported run: a climb on the same model, and a ridge
that is told the number of pulses, on dishes of the run's seed 1, which no reported figure stands on.

    python scripts/evoke_rivals.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import torch

from brainwright.evidence.effects import bootstrap, difference
from brainwright.loop import dish_seeds
from brainwright.loop.evoke import Evoker, names
from brainwright.loop.evoke.choices import targets_of
from brainwright.loop.evoke.dishes import EvokeDishes
from brainwright.loop.evoke.trials import EvokedTrials
from brainwright.loop.evoke.where import where
from brainwright.loop.evoke.work import RECORD, TARGETS, EvokeWork
from brainwright.recipes.evoke.experiment import FEW_DISHES, FIRST_DISH_SEED, R2
from brainwright.runs import Units

RUN_SEED, DISHES = 1, 16


def main(folder: Path) -> None:
    """Prints R2 of every arm and what the models' gradient has over it, with 95 % intervals over dishes."""
    torch.set_num_threads(1)
    work = EvokeWork(EvokeDishes(dish_seeds(FIRST_DISH_SEED, RUN_SEED, DISHES)))
    units = begun(work, Units(folder / "all"))
    heard, targets = EvokedTrials.of_arrays(units.load(RECORD)), units.load(TARGETS)
    evoker = Evoker(heard, work.dishes.protocol, kind="both")
    wanted = targets_of(targets, evoker)
    random = np.stack([work.dishes.protocol.random(wanted.shape[1:2], r) for r in work.dishes.each(77)])
    chosen = {
        names.GRADIENT: evoker.write_for(wanted).writes,
        names.CLIMBED: evoker.climb(wanted, 0),
        names.SEARCHED: evoker.best_of_random(wanted, 0),
        names.RANDOM: random,
    }
    losses = {name: loss_of(evoker, writes, wanted) for name, writes in chosen.items()}
    print("loss on the model:", {name: round(loss, 2) for name, loss in losses.items()})
    say("2,000 trials", work, units, chosen, names.GRADIENT)
    own, kinds = where(work, FEW_DISHES)["amounts"]
    units = begun(own, Units(folder / "amounts"))
    told = own.choose(units, nothing, kinds=kinds)
    arms = {("gradient" if kind == "both" else kind) for kind in kinds}
    say("amounts", own, units, {name: told[name] for name in sorted(arms)}, names.NETWORK)


def begun(work: EvokeWork, units: Units) -> Units:
    """The recording and the targets, made where they are missing."""
    for name, make in ((RECORD, work.record), (TARGETS, work.targets)):
        if not units.done(name):
            units.save(name, make(units, nothing))
    return units


def loss_of(evoker: Evoker, writes: np.ndarray, wanted: np.ndarray) -> float:
    """The mean loss by the model itself."""
    x = torch.from_numpy(writes).float()
    with torch.no_grad():
        return float(evoker.loss(x, torch.from_numpy(wanted), evoker.usual.expand(-1, x.shape[1], -1)).mean())


def say(task: str, work: EvokeWork, units: Units, chosen: dict[str, np.ndarray], first: str) -> None:
    """Tests every arm, and prints."""
    units.save("chosen", {name: writes.astype(bool) for name, writes in chosen.items()})
    r2 = {arm: work.scores(work.test(arm, units, nothing, "chosen"), units)[R2] for arm in chosen}
    for arm, values in r2.items():
        line = f"{task}: {arm}: {values.mean():.3f}"
        if arm != first:
            lead = bootstrap(difference, r2[first], values, seed=0)
            line += f"; {first} - it {lead.value:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}], n = {len(values)}"
        print(line, flush=True)


def nothing(*_: object, **__: object) -> None:
    """Nobody is told."""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
