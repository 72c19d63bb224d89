"""A success that was looked for in the same data, or whose guard fires, is none."""

from typing import Any

import numpy as np


def guarded(row: dict[str, Any], picked: str, guard: str, values: np.ndarray) -> dict[str, Any]:
    """The row of a comparison, corrected: with a reason in `picked` it decides nothing; and where `values`, a
    figure called `guard` of each unit of the arm, is above 0 in any of them, it is not "supported".
    """
    if picked:
        row = {**row, "verdict": "cannot tell", "why": picked}
    if not guard:
        return row
    fired = int((np.ravel(values) > 0).sum())
    said = f"{guard}: fired in {fired} of {np.size(values)}"
    lost = {"verdict": "cannot tell", "why": said} if fired and row["verdict"] == "supported" else {}
    return {**row, "guard": said, **lost}
