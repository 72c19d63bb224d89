"""What arms and metrics of both questions are called, and the words of their pages."""

import tomllib
from importlib import resources

WANTED, HEARD = (
    tomllib.loads(resources.files("brainwright.recipes.organoid").joinpath(f"{name}.toml").read_text("utf-8"))
    for name in ("wanted", "heard")
)
BEFORE = "before"
"""The arm of naive tissue: what a negative control must not differ from."""

# the order that is wanted
FAR = "notes in a row (share of the tune)"
"""Right from the first on in a free run, mean of four. The primary metric, fixed before any run."""
NEGATIVE = ("ungraded", "yoked", "delayed", "frozen", "silent", "matched", "saline")
ARMS = ("adaptive", "other", "search", "oracle", "lookup", *NEGATIVE)
INTACT = "intact"

# the order that is heard
METRIC = "successor share (change from before)"
LOG_SCORE = "next-symbol log score on the stream, bits (change from before)"
MARGIN = 0.05
"""Of the share: a gain must exceed it to count, and what lies within it counts as none. Fixed when earlier
runs had shown gains of .02, of which the question is whether they matter.
"""
CONTROLS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")
THREE = ("adaptive", "ungraded", "oracle")
CONDITIONS = {"full": CONTROLS, "poor": THREE, "scarce": THREE}


def arm_name(condition: str, arm: str) -> str:
    """How `result.json` calls an arm: those of the primary comparison by their plain name."""
    return arm if condition == "full" else f"{condition}/{arm}"
