"""A table of arms, with how far another arm is ahead of each."""

from collections.abc import Callable, Sequence

from .finished import Finished
from .page import Mark, Points, Table


def beside(
    run: Finished,
    study: str,
    columns: Sequence[str],
    over: Callable[[str], str],
    caption: str,
    *,
    digits: int = 4,
    scale: float = 1.0,
) -> Table:
    """Mean figures of every arm of a study, and its comparison with another arm, where one was made.

    Args:
        run: finished.
        study: its name.
        columns: metrics, shown to four digits; empty where an arm lacks one.
        over: arm → the arm that is compared with it.
        caption: of the table.
        digits, scale: of the comparison, as of `Points`.
    """
    rows = []
    for arm, row in run.arms(study).items():
        ahead = run.comparison(over(arm), arm, study)
        figures = [row["means"].get(name) for name in columns]
        shown = ["" if value is None else f"{value:.4f}" for value in figures]
        points = Points.of(ahead, digits=digits, scale=scale)
        rows.append([arm, *shown, points, Mark(ahead["verdict"]) if ahead else ""])
    return Table(["", *columns, "ahead of it", ""], rows, caption)
