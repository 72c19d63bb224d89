"""Does the main job fail when it is broken? Small runs of it, intact and with one thing wrong, many seeds.

    python scripts/organoid_breaks.py [--seeds 20] [--first 0] [--taught 150]

Each seed teaches six cultures of its own, and says of every break what the job would have said: the verdict
of the weakest comparison with ungraded, other and yoked. Only the intact job may be supported.
"""

import argparse
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from brainwright.evidence import Arm, compare, weakest
from brainwright.loop import BREAKS, Sizes
from brainwright.recipes.organoid import Config
from brainwright.recipes.organoid import experiment as job
from brainwright.recipes.organoid.names import FAR, INTACT
from brainwright.runs import Units

SIZES = Sizes(
    calibration=120, probe=16, short_probe=0, stream_probe=0, skill=0, runs=4, pulses_per_electrode=1
)
CONTROLS = job.MUST_EXCEED
NO_STEPS = "no gradient steps"


def quiet(*_shown: object, **_named: object) -> None:
    """Progress that nobody sees."""


def judged(seed: int, taught: int = 150) -> dict[str, tuple[float, str]]:
    """Break → mean notes in a row, and the verdict."""
    config = Config(quick=True, seed=seed)
    teaching = job.teaching_of(config, SIZES)
    arms = {
        name: (replace(course, recorded=config.recorded, taught=taught, block=taught), kind)
        for name, (course, kind) in teaching.arms.items()
    }
    teaching = replace(teaching, arms=arms)
    with tempfile.TemporaryDirectory() as folder:
        units = Units(Path(folder) / "units")
        units.save("naive", teaching.naive(units, quiet))
        for name in ("adaptive", *CONTROLS):
            units.save(name, teaching.arm(name, units, quiet))
        broken = {name: teaching.broken(name, job.few(teaching), units, quiet) for name in BREAKS}
        broken[NO_STEPS] = replace(teaching, gradient_steps=0).arm("adaptive", units, quiet)
        known = {name: units.load(name) for name in ("adaptive", *CONTROLS)}
    rows = {INTACT: known["adaptive"]} | broken
    far = {name: job.scores(teaching, unit)[FAR] for name, unit in (known | rows).items()}
    return {name: (float(far[name].mean()), _verdict(far, name)) for name in rows}


def _verdict(far: dict[str, np.ndarray], name: str) -> str:
    """By the rule of the primary claims of the job."""
    options = {"kind": "difference", "threshold": job.MARGIN, "margin": job.MARGIN}
    pairs = [compare(Arm(name, far[name]), Arm(c, far[c]), FAR, **options) for c in CONTROLS]
    return weakest([pair.as_dict() for pair in pairs])["verdict"]


def main() -> None:
    """Prints a row for each break over all seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--taught", type=int, default=150)
    asked = parser.parse_args()
    every = []
    for seed in range(asked.first, asked.first + asked.seeds):
        every.append(judged(seed, asked.taught))
        print(seed, {name: (round(far, 2), said) for name, (far, said) in every[-1].items()}, flush=True)
    print("\n| | notes in a row: mean | largest | verdicts |\n|---|---|---|---|")
    for name in every[0]:
        far, said = zip(*(row[name] for row in every), strict=True)
        counts = ", ".join(f"{word} {n}" for word, n in Counter(said).most_common())
        print(f"| {name} | {np.mean(far):.2f} | {max(far):.2f} | {counts} |")


if __name__ == "__main__":
    main()
