"""Which emulator the organoid should run on: forecast skill, learning effect and CPU time of both, alike.

    python scripts/organoid_emulators.py FOLDER [--dishes 16] [--seed 0]

Both emulators teach the same dishes from the same naive state with the same number of gradient steps; each
has its own yoked arm. Writes FOLDER/result.json and prints it.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.evidence import Arm, compare
from brainwright.recipes.heard import Config
from brainwright.recipes.heard.experiment import steps, teaching_of
from brainwright.runs import Units, of_prefix, write_json

STEPS = ("naive", "adaptive", "yoked")


def quiet(*_shown: object, **_named: object) -> None:
    """Progress that nobody sees."""


def measure(kind: Any, folder: Path, dishes: int, seed: int) -> dict[str, Any]:
    """One emulator: the naive measurements, then the adaptive and the yoked arm of what is heard."""
    config = Config(seed=seed, dishes=dishes, emulator=kind)
    named = {step.name: step for step in steps(config, teaching_of(config))}
    units = Units(folder / kind)
    for name in STEPS:
        if not units.done(name):
            start = time.process_time()
            arrays = named[name].work(units, quiet)
            units.save(name, {**arrays, "cpu_s": np.array(time.process_time() - start)})
    naive, adaptive, yoked = (units.load(name) for name in STEPS)
    arms = {"adaptive": adaptive, "yoked": yoked}
    change = {arm: unit["share"] - naive["share"] for arm, unit in arms.items()}
    effect = compare(*(Arm(arm, change[arm]) for arm in arms), "successor share", kind="pooled d")
    skill = of_prefix("skill_", naive)
    return {
        "forecast_bits_per_spike": {n: [float(v.mean()), float(v.std(ddof=1))] for n, v in skill.items()},
        "share": {arm: [float(u["share"].mean()), float(u["share"].std(ddof=1))] for arm, u in arms.items()},
        "write_precision": float(adaptive["precision"].mean()),
        "pooled_d": [effect.effect.value, effect.effect.low, effect.effect.high],
        "difference": [effect.difference.value, effect.difference.low, effect.difference.high],
        "change": {arm: values.tolist() for arm, values in change.items()},
        "cpu_s": {name: float(units.load(name)["cpu_s"]) for name in STEPS},
    }


def main() -> None:
    """Both kinds, and the difference in what they teach, paired by dish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dishes", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    kinds = {kind: measure(kind, asked.folder, asked.dishes, asked.seed) for kind in ("patch", "latent")}
    gain = compare(
        *(Arm(kind, np.array(kinds[kind]["change"]["adaptive"])) for kind in ("latent", "patch")),
        "successor share of the adaptive arm",
        kind="difference",
        margin=0.05,
    )
    result = {**kinds, "latent_less_patch": gain.as_dict(), "dishes": asked.dishes, "seed": asked.seed}
    write_json(asked.folder / "result.json", result)
    for kind, row in kinds.items():
        print(kind, {key: value for key, value in row.items() if key != "change"})
    print("latent less patch, adaptive arms:", gain.difference, gain.verdict)


if __name__ == "__main__":
    main()
