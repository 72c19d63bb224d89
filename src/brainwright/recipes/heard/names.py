"""What arms and metrics are called, and the words of the page."""

import tomllib
from importlib import resources

FILE = resources.files("brainwright.recipes.heard") / "words.toml"
WORDS = tomllib.loads(FILE.read_text("utf-8"))
BEFORE = "before"
"""The arm of naive tissue: what a negative control must not differ from."""
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
