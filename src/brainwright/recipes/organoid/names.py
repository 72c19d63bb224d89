"""What arms, conditions and metrics are called, and the sentences of the page."""

import tomllib
from importlib import resources

WORDS = tomllib.loads(
    resources.files("brainwright.recipes.organoid").joinpath("words.toml").read_text("utf-8")
)
METRIC = "successor share (change from before)"
LOG_SCORE = "next-symbol log score on the stream, bits (change from before)"
ORACLE_MARGIN = 0.05
"""Of the share: what is less far from the oracle's teaching counts as equal to it."""
CONTROLS = ("adaptive", "oracle", "ungraded", "yoked", "matched", "silent", "frozen", "saline")
CONDITIONS = ("full", "poor", "scarce", "steered")
BEFORE = "before"
"""The arm of naive tissue, whose change is nothing: what a negative control must not differ from."""


def arm_name(condition: str, arm: str) -> str:
    """How `result.json` calls an arm: those of the primary comparison by their plain name."""
    return arm if condition == "full" else f"{condition}/{arm}"
