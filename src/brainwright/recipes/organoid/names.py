"""What arms and the metric are called, and the words of the page."""

import tomllib
from importlib import resources

FILE = resources.files("brainwright.recipes.organoid") / "words.toml"
WORDS = tomllib.loads(FILE.read_text("utf-8"))
FAR = "notes in a row (share of the tune)"
"""Right from the first on in a free run, mean of four. The primary metric, fixed before any run."""
BEFORE = "before"
"""The arm of naive tissue: what a negative control must not differ from."""
NEGATIVE = ("ungraded", "yoked", "delayed", "frozen", "silent", "matched", "saline")
ARMS = ("adaptive", "other", "search", "oracle", "lookup", *NEGATIVE)
INTACT = "intact"
LESS = "less"
"""The study of both emulators where less is heard."""
