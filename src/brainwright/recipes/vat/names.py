"""What arms and metrics are called, and the words of the page."""

import tomllib
from importlib import resources

WORDS = tomllib.loads(resources.files("brainwright.recipes.vat").joinpath("words.toml").read_text("utf-8"))
FOREIGN, OWN, VOTE = "foreign share", "own share", "vote"
NAIVE, PRIVATE, ONE, CHAIN = "naive", "private", "one brain", "chain"
DECIDING = ("self_grad", "ungraded", "search")
"""Partners, gradient steps, and that they are gradient steps: each must be needed."""
NEGATIVE = ("yoked", "shuffled", "other vat", "saline", "frozen")
"""In which nothing right can be learned from the partners."""
FEW = ("mutual", *DECIDING, "relay", "silent", "oracle")


def lesion_name(name: str) -> str:
    """How `result.json` calls what follows a lesion."""
    return f"lesion/{name}"
