"""The command line: one file per verb, imported only when used, so that `--help` answers at once."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import brainwright
from brainwright.cli.words import UsageError, nearest, program, summary_of
from brainwright.errors import UserError
from brainwright.untrusted import printable

VERBS = ("run", "list", "data", "connectome", "report", "watch", "doctor", "new", "completion")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb. Returns the exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    arguments = [*(sys.argv[1:] if argv is None else argv)]  # `list` is a verb in this package
    _any_console()
    os.environ["MPLBACKEND"] = "agg"  # figures go to files; a notebook's back end may be absent here
    if os.environ.get("NO_COLOR"):
        os.environ["TERM"] = "dumb"  # what prints the help knows this word alone; no escapes at all
    try:
        return _dispatch(arguments)
    except UserError as error:
        print(printable(f"{program()}: {_verb_of(arguments, error)}{error}", keep="\n"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        sys.stderr.close()
        return 1


def _dispatch(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if arguments[0] == "--version":
        print(f"brainwright {brainwright.__version__}")
        return 0
    verb = arguments[0]
    if verb not in _verbs():
        raise UsageError(f"unknown verb {verb!r}{nearest(verb, _verbs())}; see {program()} --help")
    return importlib.import_module(f"brainwright.cli.{verb}").main([*arguments[1:]])


def _verb_of(arguments: Sequence[str], error: UserError) -> str:
    """It returns the verb that was refused, unless the message begins with it."""
    verb = arguments[0] if arguments and arguments[0] in VERBS else ""
    return f"{verb}: " if verb and not str(error).startswith(f"{verb}:") else ""


def _any_console() -> None:
    """Lets what the console's code page lacks be printed as an escape, rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _verbs() -> dict[str, Path]:
    """It returns the verbs that are there, with their files."""
    folder = Path(__file__).parent
    return {verb: folder / f"{verb}.py" for verb in VERBS if (folder / f"{verb}.py").is_file()}


def _help() -> str:
    lines = [f"  {verb:<11} {summary_of(path)}" for verb, path in _verbs().items()]
    name = program()
    return f"""brainwright {brainwright.__version__}: wire it, teach it, give it a body, plug it in.

usage: {name} VERB [options]

{chr(10).join(lines)}

examples:
  {name} run --quick              teach a simulated organoid, a first look in under a minute
  {name} run organoid --seed 7    the main job with other cultures
  {name} run organoid --help      the options of a recipe
  {name} run --resume FOLDER      go on with a run that was stopped
  {name} watch FOLDER             see a run in a browser while it goes on
  {name} list                     every recipe in one line

{name} VERB --help tells more about a verb. Every run is a folder with one report.html."""
