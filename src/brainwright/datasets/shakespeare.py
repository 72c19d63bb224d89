"""Lines of Shakespeare, for text models of natural language."""

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.locate import require
from brainwright.datasets.registry import dataset
from brainwright.untrusted import refused_as

NAME = "tinyshakespeare"
SHORTEST = 12
"""Bytes of a line: shorter ones are names and cries."""


def shakespeare_lines(n_bytes: int = 60) -> list[str]:
    """Different lines of up to `n_bytes` bytes, names of speakers left out, in the order of the plays.

    Raises:
        MissingData: says which file to put where.
        DatasetError: a file that is no UTF-8.
    """
    entry = dataset(NAME)
    path = require(entry, entry.files[0])
    with refused_as(DatasetError, path.name, "lines of text in UTF-8"):
        lines = path.read_bytes().decode("utf-8").splitlines()
    kept = (" ".join(line.split()) for line in lines if not line.endswith(":"))
    return list(dict.fromkeys(line for line in kept if SHORTEST <= len(line.encode()) <= n_bytes))
