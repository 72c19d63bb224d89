"""The part `swim`: brains that are taught to swim, beside NCAP with its four numbers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from brainwright.experiment import Claim, Procedure, Step
from brainwright.experiment.trials import Trials
from brainwright.loop.worms import BARE, LAYERS, RANDOM, REAL, REWIRED
from brainwright.loop.worms.swimming import WITHOUT, Lessons, taught_swimmers
from brainwright.runs import Units

SPEED = "forward speed"
NCAP = "NCAP (4 numbers)"
KINDS = (REAL, REWIRED, RANDOM, BARE, LAYERS, NCAP)
"""No larva: which of its cells are a worm's motor neurons cannot be said."""
MARGIN = 0.02
"""Body lengths per second: less counts as nothing. NCAP as it begins swims at about .05."""
WHOLE, QUICK = Lessons(), Lessons(3, 2, 0.6, asked=2, asked_s=1.0)


def procedure(name: str, seeds: int, quick: bool, first: int, about: Mapping[str, Any]) -> Procedure:
    """All brains of all kinds learn as one tensor."""
    plan = QUICK if quick else WHOLE

    def work(units: Units, share: Callable[..., None]) -> Mapping[str, np.ndarray]:
        return taught_swimmers(KINDS[:4], name, seeds, plan, first, lambda done: share(0.8 * done))

    def outcomes(units: Units) -> Trials:
        return trials(seeds, units.load("taught"))

    return Procedure(
        "swim", (Step("taught", work, stage="worms learn to swim"),), outcomes, SPEED, about, 2.0
    )


def trials(seeds: int, told: Mapping[str, np.ndarray]) -> Trials:
    """Every arm by its brains; of the worm's wiring also with parts taken away."""
    rows = {}
    for k, kind in enumerate(KINDS):
        mine = slice(k * seeds, (k + 1) * seeds)
        rows[kind] = {SPEED: told["/speed"][mine]}
        rows[f"{kind}, untrained"] = {SPEED: told["before"][mine]}
    for arm in WITHOUT:
        rows[arm] = {SPEED: told[f"{arm}/speed"][:seeds]}
    return Trials.of(rows)


def claims() -> Iterator[Claim]:
    """The worm's wiring beside every other, as it was before, and with parts taken away."""
    for arm in (*KINDS[1:], f"{REAL}, untrained", *WITHOUT):
        yield Claim("swim", REAL, arm, margin=MARGIN)
    yield Claim("swim", NCAP, f"{NCAP}, untrained", margin=MARGIN)
