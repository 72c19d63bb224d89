"""Options from dataclasses: tyro reads them, wrong ones end in one line with the nearest match."""

import contextlib
import dataclasses
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from brainwright.cli.words import UsageError, nearest


@dataclasses.dataclass(frozen=True)
class Launch:
    """The verb itself has these options, the same for every recipe."""

    out: Path | None = None
    """Folder of the run, new or empty; by default runs/RECIPE-DATE-HASH below the current folder."""
    resume: Path | None = None
    """Goes on with the stopped run in this folder, with its own configuration. A new folder that holds only a
    copy of another run's recipe.json repeats that run."""
    watch: bool = False
    """Shows the run in a browser while it goes on, at the address that is printed, and afterwards until
    Ctrl-C."""


def parse(
    config: Any,
    args: Sequence[str],
    prog: str,
    description: str,
    default: Any = None,
    *,
    elsewhere: Callable[[str], str] = lambda _: "",
) -> Any:
    """Reads a recipe's options and the launch options. Returns (config, launch).

    Args:
        config: dataclass of the recipe; every field has a default.
        args: the words after the recipe's name.
        prog: what stands before the options in the help.
        description: first words of the help.
        default: a config whose values stand in for the dataclass's own.
        elsewhere: given an option that is unknown here, it says who has it, as the end of a message, or
            nothing.

    Raises:
        UsageError: an unknown option (with who has it, or the nearest), a bad or missing value.
        SystemExit: after printing the help.
    """
    import tyro

    _check_known(args, [*dataclasses.fields(config), *dataclasses.fields(Launch)], elsewhere)
    combined = dataclasses.make_dataclass(
        "Options",
        [("recipe", config, default or config()), ("launch", Launch, Launch())],
        frozen=True,
    )
    combined.__doc__ = description
    boxed = io.StringIO()
    try:
        with contextlib.redirect_stderr(boxed):
            options: Any = tyro.cli(
                combined, args=list(args), prog=prog, config=(tyro.conf.OmitArgPrefixes,), add_help=True
            )
    except SystemExit as stop:
        if stop.code:
            raise UsageError(first_message(boxed.getvalue())) from None
        raise
    return options.recipe, options.launch


def _check_known(
    args: Sequence[str], fields: Sequence[dataclasses.Field], elsewhere: Callable[[str], str]
) -> None:
    names = [field.name.replace("_", "-") for field in fields]
    allowed = {"help", *names, *(f"no-{name}" for name in names)}
    nested = {field.name.replace("_", "-") for field in fields if dataclasses.is_dataclass(field.type)}
    for word in args:
        name = word[2:].split("=", 1)[0].replace("_", "-")
        if word.startswith("--") and name not in allowed and name.split(".")[0] not in nested:
            advice = elsewhere(name) or nearest(f"--{name}", [f"--{n}" for n in names])
            raise UsageError(f"unknown option --{name}{advice}")


def first_message(boxed: str) -> str:
    """It returns the message of tyro's boxed error as one line: below the title, above the next rule."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", boxed)
    words = []
    for line in plain.splitlines()[1:]:
        inner = line.strip(" │|")
        is_rule = set(inner) <= set("╰─╯-")
        if words and is_rule:
            break
        if not is_rule:
            words.append(inner)
    return " ".join(words) or "wrong options"
