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
from brainwright.runfolder import write_json

from brainwright.evidence import Arm, compare
from brainwright.loop import IdentityReadout
from brainwright.recipes import organoid
from brainwright.recipes._organoid import units
from brainwright.recipes._organoid.analysis import before_of
from brainwright.recipes._organoid.experiment import Experiment


def quiet(*_shown: object, **_named: object) -> None:
    """Progress that nobody sees."""


def measure(kind: Any, folder: Path, dishes: int, seed: int) -> dict[str, Any]:
    """One emulator: the naive measurements, then the adaptive and the yoked arm of the full condition."""
    config = organoid.Config(seed=seed, dishes=dishes, emulator=kind)
    experiment = Experiment(config, organoid.stream_of(config), folder / kind, quiet)
    seconds: dict[str, float] = {}

    def work(name: str, make) -> units.Unit:
        start = time.process_time()
        if not units.done(experiment.folder, name):
            units.save(experiment.folder, name, {**make(), "cpu_s": np.array(time.process_time() - start)})
        found = units.load(experiment.folder, name)
        seconds[name] = float(found["cpu_s"])
        return found

    naive = work("naive", lambda: experiment.naive(quiet))
    experiment.readout = IdentityReadout(naive["readout_weight"], naive["readout_offset"])
    experiment.state = units.of_prefix("state_", naive)
    full = experiment.conditions[0]
    arms = {
        arm: work(f"{full.name}-{arm}", lambda arm=arm: experiment.arm(full, arm, quiet))
        for arm in ("adaptive", "yoked")
    }
    change = {
        arm: unit["share"] - before_of(naive, arm, experiment.probe_symbols, full.stream.successor)
        for arm, unit in arms.items()
    }
    effect = compare(*(Arm(arm, change[arm]) for arm in arms), "successor share", kind="pooled d")
    return {
        "forecast_bits_per_spike": {
            name: [float(v.mean()), float(v.std(ddof=1))]
            for name, v in units.of_prefix("skill_", naive).items()
        },
        "share": {arm: [float(u["share"].mean()), float(u["share"].std(ddof=1))] for arm, u in arms.items()},
        "write_precision": float(arms["adaptive"]["precision"].mean()),
        "pooled_d": [effect.effect.value, effect.effect.low, effect.effect.high],
        "difference": [effect.difference.value, effect.difference.low, effect.difference.high],
        "change": {arm: values.tolist() for arm, values in change.items()},
        "cpu_s": seconds,
    }


def main() -> None:
    """Both kinds, and the difference in what they teach, paired by dish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dishes", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = {kind: measure(kind, asked.folder, asked.dishes, asked.seed) for kind in ("patch", "latent")}
    gain = compare(
        *(Arm(kind, np.array(found[kind]["change"]["adaptive"])) for kind in ("latent", "patch")),
        "successor share of the adaptive arm",
        kind="difference",
        margin=0.05,
    )
    result = {**found, "latent_less_patch": gain.as_dict(), "dishes": asked.dishes, "seed": asked.seed}
    write_json(asked.folder / "result.json", result)
    for kind, row in found.items():
        print(kind, {key: value for key, value in row.items() if key != "change"})
    print("latent less patch, adaptive arms:", gain.difference, gain.verdict)


if __name__ == "__main__":
    main()
