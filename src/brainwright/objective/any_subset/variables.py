"""What the columns of a table are, and the table as numbers: standardised values, codes of levels, NaN."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from brainwright.errors import UserError
from brainwright.signal.text_table import number_in, read_text_table

Kind = Literal["continuous", "binary", "categorical"]
KINDS = ("continuous", "binary", "categorical")
MOST_LEVELS = 64
"""Of a categorical variable: each level has an input and an output of its own."""


ABSENT = {"", "na", "nan"}
"""Cells of a file that hold nothing, in small letters."""


class AnySubsetError(UserError):
    """A table, a question or a family of questions cannot be answered; the message says what to do."""


@dataclass(frozen=True)
class Variable:
    """A column.

    Attributes:
        name: as the table has it, or the column's number as text.
        kind: "continuous", "binary" or "categorical".
        levels: values of a binary or categorical variable, sorted; empty for a continuous one.
        centre, scale: mean and standard deviation of a continuous variable over the rows where it is known.
    """

    name: str
    kind: Kind
    levels: tuple[Any, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    def code(self, values: np.ndarray) -> np.ndarray:
        """Values in the variable's own unit, any shape → float64: standardised, or numbers of levels; NaN
        stays.

        Raises AnySubsetError for levels that were not there at the fit, text in a continuous variable, or
        infinity.
        """
        missing = np.asarray(pd.isna(values))
        codes = np.full(missing.shape, np.nan)
        known = np.asarray(values)[~missing]
        if self.kind == "continuous":
            codes[~missing] = (_as_numbers(known, self.name) - self.centre) / self.scale
            return codes
        place = {level: k for k, level in enumerate(self.levels)}
        unknown = sorted({str(value) for value in known.tolist() if _plain(value) not in place})
        if unknown:
            raise AnySubsetError(
                f"variable {self.name!r} is {self.kind} with levels {_short(self.levels)}, got "
                f"{_short(unknown)}: types and levels must be those of the fit"
            )
        codes[~missing] = [place[_plain(value)] for value in known.tolist()]
        return codes

    def value(self, codes: np.ndarray) -> np.ndarray:
        """It undoes `code`."""
        if self.kind == "continuous":
            return codes * self.scale + self.centre
        return np.array(self.levels, dtype=object if isinstance(self.levels[0], str) else None)[
            codes.astype(int)
        ]


@dataclass(frozen=True)
class Variables:
    """The columns of a table, in order; `named` is whether the table itself had names."""

    each: tuple[Variable, ...]
    named: bool

    @classmethod
    def of(cls, table: "pd.DataFrame | np.ndarray", kinds: Mapping[Any, Kind] | None = None) -> "Variables":
        """It looks at every column: text, categories and truth values have levels; numbers that take two
        values only are binary; other numbers are continuous.

        Args:
            table: [row, variable], NaN where missing.
            kinds: of columns that are something else than they look like, such as numbers that are names of
                classes; by name, or by number for arrays.

        Raises:
            AnySubsetError: no rows, a column that is all NaN, a continuous one that never varies, repeated or
                unknown names, too many levels.
        """
        frame, named = as_frame(table)
        wanted = {str(name): kind for name, kind in (kinds or {}).items()}
        names = [str(name) for name in frame.columns]
        if len(set(names)) != len(names):
            raise AnySubsetError(f"expected distinct names of variables, got {_short(names)}")
        if unknown := sorted(set(wanted) - set(names)):
            raise AnySubsetError(f"kinds: no variable {_short(unknown)}; there are {_short(names)}")
        columns = (frame.iloc[:, k] for k in range(len(names)))
        return cls(tuple(_variable(n, c, wanted.get(n)) for n, c in zip(names, columns, strict=True)), named)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variables, in order."""
        return tuple(variable.name for variable in self.each)

    def __len__(self) -> int:
        return len(self.each)

    def position(self, name: object) -> int:
        """The column of a variable. Raises AnySubsetError with the names that exist."""
        if str(name) not in self.names:
            raise AnySubsetError(f"no variable {str(name)!r}: there are {_short(self.names)}")
        return self.names.index(str(name))

    def encode(self, table: "pd.DataFrame | np.ndarray") -> Tensor:
        """A table of the same columns → float32 [row, variable], NaN where missing.

        A DataFrame's columns go by name, in any order.
        """
        frame, _ = as_frame(table)
        if len(frame.columns) != len(self):
            raise AnySubsetError(f"expected {len(self)} variables, got {len(frame.columns)}")
        if isinstance(table, pd.DataFrame):
            if lost := sorted(set(self.names) - {str(name) for name in frame.columns}):
                raise AnySubsetError(f"expected the variables of the fit; {_short(lost)} not there")
            frame = frame.rename(columns=str)[list(self.names)]
        columns = [variable.code(frame.iloc[:, k].to_numpy()) for k, variable in enumerate(self.each)]
        return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))

    def decode(self, codes: Tensor, positions: Sequence[int]) -> "pd.DataFrame | np.ndarray":
        """Codes [row, len(positions)] → values, as a DataFrame where the fit had names."""
        values = codes.double().numpy()
        columns = {self.names[p]: self.each[p].value(values[:, k]) for k, p in enumerate(positions)}
        frame = pd.DataFrame(columns)
        return frame if self.named else frame.to_numpy()


def read_variables(path: Path) -> pd.DataFrame:
    """A table of one's own, a column per variable: text with a header line, cells empty or NA where missing.
    A column in which every cell is a number is one of numbers, any other one of levels; columns without a
    name (the index that pandas writes) are left out.

    Raises AnySubsetError for a file that is no such table.
    """
    table = read_text_table(path, AnySubsetError)
    columns = {}
    for place, name in enumerate(table.header):
        cells = [None if row[place].lower() in ABSENT else row[place] for row in table.rows]
        numbers = [cell if cell is None else number_in(cell) for cell in cells]
        whole = all(n is not None for n, cell in zip(numbers, cells, strict=True) if cell is not None)
        if name:
            columns[name] = pd.Series(numbers, dtype=float) if whole else pd.Series(cells, dtype=object)
    return pd.DataFrame(columns)


def as_frame(table: "pd.DataFrame | np.ndarray") -> tuple[pd.DataFrame, bool]:
    """A table as a DataFrame, and whether it had names. Raises AnySubsetError unless it is two-dimensional
    and holds something.
    """
    named = isinstance(table, pd.DataFrame)
    if not named and np.ndim(table) != 2:
        raise AnySubsetError(f"expected a table [row, variable], got shape {np.shape(table)}")
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(np.asarray(table))
    if 0 in frame.shape:
        raise AnySubsetError(f"expected rows and variables, got a table of shape {frame.shape}")
    return frame, named


def _variable(name: str, column: pd.Series, wanted: Kind | None) -> Variable:
    known = column.dropna()
    if known.empty:
        raise AnySubsetError(f"variable {name!r} is all NaN: leave it out")
    if wanted is not None and wanted not in KINDS:
        raise AnySubsetError(f"kind of {name!r}: expected one of {', '.join(KINDS)}, got {wanted!r}")
    discrete = column.dtype.kind not in "iuf" or known.nunique() == 2
    kind = wanted or ("categorical" if discrete else "continuous")
    if kind == "continuous":
        numbers = _as_numbers(known.to_numpy(), name)
        scale = float(numbers.std())
        # a spread at the rounding of the mean is none
        if scale <= 1e-12 * max(1.0, float(np.abs(numbers).max())):
            raise AnySubsetError(f"variable {name!r} never varies: leave it out")
        return Variable(name, kind, (), float(numbers.mean()), scale)
    levels = tuple(sorted({_plain(value) for value in known.tolist()}, key=lambda v: (str(type(v)), v)))
    if len(levels) == 1:
        raise AnySubsetError(f"variable {name!r} never varies: leave it out")
    if len(levels) > MOST_LEVELS:
        raise AnySubsetError(f"variable {name!r}: expected at most {MOST_LEVELS} levels, got {len(levels)}")
    if kind == "binary" and len(levels) != 2:
        raise AnySubsetError(f"variable {name!r}: expected two levels of a binary one, got {_short(levels)}")
    return Variable(name, "binary" if len(levels) == 2 else "categorical", levels)


def _as_numbers(values: np.ndarray, name: str) -> np.ndarray:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        raise AnySubsetError(
            f"variable {name!r} is continuous, got {_short(values.tolist())}: types must be those of the fit"
        ) from None
    if not np.isfinite(numbers).all():
        raise AnySubsetError(f"variable {name!r}: expected finite numbers, NaN where missing; got infinity")
    return numbers


def _plain(value: Any) -> Any:
    """1, 1.0 and True are one level."""
    return float(value) if isinstance(value, bool | int | float) else value


def _short(values: Sequence[Any], most: int = 5) -> str:
    words = ", ".join(str(value) for value in values[:most])
    return words if len(values) <= most else f"{words}, ... ({len(values)})"
