"""Words of the command line that have another place now, so that what users have written down still works."""

import sys
from collections.abc import Sequence

from brainwright.cli.words import program

MOVED = {("organoid", "--heard"): "heard"}
"""(recipe, option) → the recipe that does what the option asked for; its other options are as they were."""


def moved(name: str, options: Sequence[str]) -> tuple[str, list[str]]:
    """It returns the recipe and the options that are meant, and says on the screen what to write from now on.

    Args:
        name: of a recipe.
        options: the words behind it.
    """
    for option in options:
        if (recipe := MOVED.get((name, option))) is not None:
            print(f"{name} {option} is a recipe of its own: {program()} run {recipe}", file=sys.stderr)
            return recipe, [word for word in options if word != option]
    return name, [*options]
