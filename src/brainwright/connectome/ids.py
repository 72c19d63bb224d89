"""Cell ids: whole numbers or names, kept exactly, looked up vectorised."""

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.signal.native import native

EXACT_FLOAT = 2**53
"""From here on float64 no longer holds every whole number."""
WHOLE = r"-?(?:0|[1-9][0-9]*)"  # as `str` writes it


def native_columns(table: pd.DataFrame) -> pd.DataFrame:
    """It returns the same table, its numbers in this machine's byte order: pandas refuses to sort or group
    others.
    """
    swapped = [
        name
        for name, column in table.items()
        if isinstance(column.dtype, np.dtype) and not column.dtype.isnative
    ]
    if swapped:
        table = table.copy(deep=False)
    for name in swapped:
        table[name] = native(table[name].to_numpy())
    return table


def clean_ids(values, column: str) -> pd.Series:
    """It returns ids as int64 or str.

    Args:
        values: ids; floats are taken only where they are whole and below 2^53, since larger ones lost digits.
        column: its name, for errors.

    Raises:
        ConnectomeError: missing ids, fractional ids, or floats that cannot hold the id exactly.
    """
    if isinstance(getattr(values, "dtype", None), np.dtype):
        values = native(np.asarray(values))
    series = pd.Series(values).reset_index(drop=True)
    if series.isna().any():
        raise ConnectomeError(
            f"expected an id in every row of {column!r}, got {int(series.isna().sum())} missing"
        )
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(series.dtype):
        raise ConnectomeError(
            f"expected ids in {column!r}, got true/false values: name the column that holds ids"
        )
    if pd.api.types.is_float_dtype(series.dtype):
        return _from_float(series, column)
    if pd.api.types.is_integer_dtype(series.dtype):
        if series.size and int(series.max()) > np.iinfo(np.int64).max:
            raise ConnectomeError(f"ids in {column!r} exceed 2^63: read that column as text")
        return series.astype(np.int64)
    return series.astype(str)


def _from_float(series: pd.Series, column: str) -> pd.Series:
    values = series.to_numpy(np.float64)
    if values.size and np.abs(values).max() >= EXACT_FLOAT:
        raise ConnectomeError(
            f"ids in {column!r} came as floating point beyond 2^53 ({values[np.abs(values).argmax()]:.0f}), "
            f"where digits are "
            "lost: read that column as int64 or as text"
        )
    if not (values == np.floor(values)).all():
        raise ConnectomeError(
            f"expected whole ids in {column!r}, got {values[values != np.floor(values)][0]}"
        )
    return pd.Series(values.astype(np.int64))


def unique_index(ids) -> pd.Index:
    """It looks up the position of an id. Raises `ConnectomeError` for ids that appear more than once."""
    index = pd.Index(clean_ids(ids, "id"))
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        raise ConnectomeError(f"{twice.size} ids appear more than once in the cells table ({shown(twice)})")
    return index


def locate(ids, index: pd.Index, column: str) -> np.ndarray:
    """It returns the int32 positions of `ids` in `index`.

    Raises:
        ConnectomeError: ids that no cell has.
    """
    return placed(*factored(ids, column), index, column)


def factored(ids, column: str) -> tuple[np.ndarray, pd.Series]:
    """It returns each row's number among the distinct ids, and the distinct ids."""
    codes, names = pd.factorize(clean_ids(ids, column))
    return codes.astype(np.int32), pd.Series(names)


def placed(codes: np.ndarray, names: pd.Series, index: pd.Index, column: str) -> np.ndarray:
    """It does as `locate`, from what `factored` gives."""
    wanted = names
    if wanted.dtype.kind != "i" and index.dtype.kind == "i":
        wanted = _as_whole(wanted, column)
    elif wanted.dtype.kind == "i" and index.dtype.kind != "i":
        wanted = wanted.astype(str)
    position = index.get_indexer(pd.Index(wanted))
    if (position < 0).any():
        missing = wanted[position < 0].unique()
        raise ConnectomeError(
            f"{missing.size} ids in {column!r} belong to no cell ({shown(missing)}): add them to the cells "
            f"table, or "
            "drop those edges"
        )
    return position.astype(np.int32)[codes]


def _as_whole(names: pd.Series, column: str) -> pd.Series:
    """It takes names that are whole numbers as those; `007`, `1_0` and other ways to write one are no cell's
    id.
    """
    other = names[~names.str.fullmatch(WHOLE)]
    try:
        if not other.size:
            return names.astype(np.int64)
    except (OverflowError, ValueError):  # beyond int64
        other = names
    raise ConnectomeError(
        f"ids in {column!r} are names ({shown(other.unique())}) while the cells have whole-number ids"
    )
