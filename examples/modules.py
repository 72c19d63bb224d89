"""Modules of any connectome, each with its own pool, trained one by one on what comes next."""

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets.streams import Patches
from brainwright.loop import PredictionCourse
from brainwright.loop.modules import Shown, fit_modules
from brainwright.network.modules import ModulePlan, Pool, hierarchy


def own_streams(n: int, steps: int, values: int, seed: int) -> Patches:
    """Stands in for your own: arrays [stream, step, value], here waves of a phase that both senses share."""
    phase = np.random.default_rng(0).uniform(0, 6.3, (n, 1, 1))
    wave = np.sin(
        phase + 0.7 * np.arange(steps)[:, None] + np.random.default_rng(seed).uniform(0, 6.3, values)
    )
    return Patches.of(list(wave.astype(np.float32)), labels=np.zeros(n, np.int64))


def main(updates: int = 100, streams: int = 200) -> None:
    """Prints how well each module of two brains predicts, trained alone and end to end."""
    worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
    sensory, motor = (Pool(worm, f"pool == '{name}'") for name in ("sensory", "output"))
    table = [
        ModulePlan("touch", ("skin",), 96, topology=sensory),  # a pool, expanded to 96 cells
        ModulePlan("move", ("muscles",), size=None, topology=motor),  # a pool as it is
        ModulePlan(
            "both", ("touch", "move"), 64, join="series", parts=4
        ),  # all to all, slower, across senses
    ]
    shown = Shown.of(
        {"skin": own_streams(streams, 12, 6, 1), "muscles": own_streams(streams, 9, 4, 2)}, brains=2
    )
    for end_to_end in (False, True):
        brains = hierarchy(table, {"skin": 6, "muscles": 4}, seeds=(0, 1))
        course = PredictionCourse(updates, batch=32)
        fitted = fit_modules(brains, shown, course=course, end_to_end=end_to_end)
        names = [plan.name for plan in brains.table]
        ends = [next(row[name] for row in reversed(fitted.history) if name in row) for name in names]
        cosines = ", ".join(f"{name} {-loss:.2f}" for name, loss in zip(names, ends, strict=True))
        print(f"{'end to end' if end_to_end else 'one by one'}: cosine with what came next: {cosines}")


if __name__ == "__main__":
    main()
