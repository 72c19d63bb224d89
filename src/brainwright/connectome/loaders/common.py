"""What loaders share."""

from pathlib import Path

import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.source import Source
from brainwright.datasets import Dataset, File, find, require, sha256_of


def source_of(entry: Dataset, path: Path | None = None, *notes: str) -> Source:
    """It returns the provenance from the registry, with the sha256 of the file that was read."""
    licence = entry.licence if entry.commercial else f"{entry.licence} (not for commercial use)"
    return Source(entry.name, entry.citation, licence, sha256_of(path) if path else "", notes)


def file_named(entry: Dataset, name: str) -> File:
    """It returns the data set's file of this name."""
    return next(file for file in entry.files if file.name == name)


def required(entry: Dataset, name: str) -> Path:
    """It returns the path of a file that must be here. Raises `MissingData` or `ChecksumError`."""
    return require(entry, file_named(entry, name))


def wished(entry: Dataset, name: str) -> Path | None:
    """It returns the path of a file that may be here."""
    return find(entry, file_named(entry, name))


def renamed(
    table: pd.DataFrame, names: dict[str, str], file_name: str, needed: tuple[str, ...] = ("id",)
) -> pd.DataFrame:
    """It puts columns under our names: `names` maps theirs to ours; columns not named are kept where they
    clash with none.

    Raises:
        ConnectomeError: a needed column is missing.
    """
    table = table.rename(columns={theirs: ours for theirs, ours in names.items() if theirs in table})
    table = table.loc[:, ~table.columns.duplicated()]
    missing = [name for name in needed if name not in table]
    if missing:
        raise ConnectomeError(
            f"{file_name}: no column for {shown(missing)} among {shown(list(table.columns), 20)}"
        )
    return table
