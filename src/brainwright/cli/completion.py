"""`brainwright completion`: lets a shell complete verbs, recipes, data sets and options on the Tab key."""

import dataclasses
from collections.abc import Sequence

from brainwright.cli.words import UsageError, nearest

SUMMARY = "complete words on the Tab key: bash, zsh or fish"

SCRIPTS = {
    "bash": """_brainwright() {
    mapfile -t COMPREPLY < <(brainwright completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _brainwright brainwright""",
    "zsh": """_brainwright() {
    local -a found
    found=(${(f)"$(brainwright completion words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    (( $#found )) && compadd -a found || _files
}
compdef _brainwright brainwright""",
    "fish": """complete -c brainwright -f -a '(
    set -l found (brainwright completion words (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    test -n "$found"; and string join \\n $found; or __fish_complete_path (commandline -ct))'""",
}
"""Each asks `brainwright completion words`, and offers files where that has nothing to say."""
HOW = {
    "bash": 'eval "$(brainwright completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(brainwright completion zsh)" in ~/.zshrc, behind compinit',
    "fish": "brainwright completion fish | source, in ~/.config/fish/config.fish",
}


def main(args: list[str]) -> int:
    """Prints the script of a shell, or the words that may stand where the last one is being typed."""
    if args and args[0] == "words":
        print("\n".join(candidates(args[1:])))
        return 0
    if not args or args[0] in ("-h", "--help"):
        print(
            f"usage: brainwright completion {'|'.join(SCRIPTS)}\n\n{SUMMARY}. Put one line where it is read:"
        )
        print("\n".join(f"  {line}" for line in HOW.values()))
        return 0
    if args[0] not in SCRIPTS:
        raise UsageError(f"expected {', '.join(SCRIPTS)}, got {args[0]!r}{nearest(args[0], SCRIPTS)}")
    print(SCRIPTS[args[0]])
    return 0


def candidates(typed: Sequence[str]) -> list[str]:
    """The words that may stand at the last place of what was typed behind `brainwright`; none where a file
    is meant.
    """
    *before, last = typed or [""]
    try:
        known = _known(before, last)
    except Exception:  # while a key is pressed nobody wants to read why, for instance, a recipe is broken
        return []
    return [word for word in known if word.startswith(last)]


def _known(before: Sequence[str], last: str) -> list[str]:
    from brainwright.cli import VERBS

    if not before:
        return [*VERBS]
    verb, *rest = before
    if verb == "run":
        return _of_run(rest, last)
    if verb in ("data", "connectome"):
        return _of_data(verb, rest)
    if verb == "new" and not rest:
        from brainwright.cli.new import KINDS

        return [*KINDS]
    return [*SCRIPTS] if verb == "completion" and not rest else []


def _of_run(rest: Sequence[str], last: str) -> list[str]:
    from brainwright.cli.cookbook import load_recipe, recipe_files
    from brainwright.cli.options import Launch
    from brainwright.cli.run import DEFAULT

    named = [word for word in rest[:1] if not word.startswith("-")]
    if not last.startswith("-"):
        return [] if rest else [*recipe_files()]
    fields = (*dataclasses.fields(load_recipe((named or [DEFAULT])[0]).config), *dataclasses.fields(Launch))
    return [f"--{field.name.replace('_', '-')}" for field in fields]


def _of_data(verb: str, rest: Sequence[str]) -> list[str]:
    from brainwright import datasets

    if not rest:
        return ["list", "info", "get", "where"] if verb == "data" else ["show", "save"]
    return datasets.names() if len(rest) == 1 and rest[0] != "list" else []
