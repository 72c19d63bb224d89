"""Data sets by name: licence, citation, checksum, where they are and how to get them. No science in here."""

from brainwright.datasets.by_name import load
from brainwright.datasets.entry import Dataset, File
from brainwright.datasets.errors import ChecksumError, DatasetError, MissingData
from brainwright.datasets.fetch import download, get
from brainwright.datasets.here import require_all, there
from brainwright.datasets.locate import (
    cache_folder,
    data_folders,
    find,
    missing_line,
    prove,
    require,
    sha256_of,
)
from brainwright.datasets.registry import ALL, dataset, embedded, names, nearest

__all__ = [
    "ALL",
    "ChecksumError",
    "Dataset",
    "DatasetError",
    "File",
    "MissingData",
    "cache_folder",
    "data_folders",
    "dataset",
    "download",
    "embedded",
    "find",
    "get",
    "load",
    "missing_line",
    "names",
    "nearest",
    "prove",
    "require",
    "require_all",
    "sha256_of",
    "there",
]
