"""`brainwright list`: every recipe in one line."""

from brainwright.cli.cookbook import recipe_files
from brainwright.cli.words import UsageError, program, summary_of

SUMMARY = "every recipe in one line"


def main(args: list[str]) -> int:
    """Prints the recipes with their summaries."""
    if args and args[0] in ("-h", "--help"):
        print(f"usage: {program()} list\n\n{SUMMARY}; start one with: {program()} run RECIPE")
        return 0
    if args:
        raise UsageError(f"list: expected no arguments, got {args[0]!r}")
    recipes = recipe_files()
    width = max(map(len, recipes), default=0)
    for name, path in recipes.items():
        print(f"{name:<{width}}  {summary_of(path)}".rstrip())
    return 0
