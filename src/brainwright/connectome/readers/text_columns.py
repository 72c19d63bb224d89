"""Columns of a text table as numbers or as text, decided on the distinct cells and exactly.

A cell is a whole number only where it is written as one: `007`, `0x10`, `1_0` and `1e3` are names, so that
two cells that were written differently never become one.
"""

import re

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError

NULLS = ["", "nan", "NaN", "NA", "null", "NULL"]
WHOLE, PADDED = re.compile(r"-?(0|[1-9][0-9]*)"), re.compile(r"-?[0-9]+")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf")
INT64 = range(-(2**63), 2**63)  # larger ones stay text


class TextColumn:
    """A column is held as numbers into its distinct cells, stripped of blanks; -1 where the cell is
    missing.
    """

    def __init__(self, column):
        """Takes over a chunked dictionary column of Arrow."""
        chunks = column.unify_dictionaries().chunks
        codes = [chunk.indices.fill_null(-1).to_numpy() for chunk in chunks]
        written = chunks[0].dictionary.to_pylist() if chunks else []
        names = [cell.strip() for cell in written]
        place, self.names = pd.factorize(
            np.array([None if name in NULLS else name for name in names], object)
        )
        self.codes = np.append(place, -1)[np.concatenate(codes)] if codes else np.zeros(0, np.int64)

    @property
    def kind(self) -> str:
        """It is whole, padded (digits that would not come back from a number), decimal, or text."""
        # longer than any int64 with its sign: Python refuses to read thousands of digits as a number
        if all(WHOLE.fullmatch(name) and len(name) <= 20 and int(name) in INT64 for name in self.names):
            return "whole"
        if all(map(PADDED.fullmatch, self.names)):
            return "padded"
        return "decimal" if all(map(DECIMAL.fullmatch, self.names)) else "text"

    def series(self, kind: str) -> pd.Series:
        """It is the column as int64 (whole), float64 (decimal, or cells are missing) or text."""
        if kind == "whole" and (self.codes >= 0).all():
            return pd.Series(np.array([int(name) for name in self.names], np.int64)[self.codes])
        if kind in ("whole", "decimal"):
            return pd.Series(np.array([*map(float, self.names), np.nan])[self.codes])
        values = pd.array(self.names, dtype="str").take(self.codes, allow_fill=True)
        return pd.Series(values)


def typed(columns: dict[str, TextColumn], ids: tuple[str, ...], file: str) -> dict[str, pd.Series]:
    """It returns each column as its cells are written; `ids` are one set of ids and become text where one is
    padded.

    Raises:
        ConnectomeError: ids with an exponent, of which digits may be lost.
    """
    kinds = {name: column.kind for name, column in columns.items()}
    for name in ids:
        exponent = next((x for x in columns[name].names if "e" in x.lower()), None)
        if kinds[name] == "decimal" and exponent:
            raise ConnectomeError(
                f"{file}: ids in {name!r} are written with an exponent, such as {exponent}: beyond 2^53 "
                "digits are lost, and below it they are other names for whole numbers; write them out"
            )
    if "padded" in (kinds[name] for name in ids) and {kinds[name] for name in ids} <= {"whole", "padded"}:
        kinds |= dict.fromkeys(ids, "padded")
    return {name: column.series(kinds[name]) for name, column in columns.items()}
