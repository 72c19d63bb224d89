"""What can go wrong between a data set's name and its bytes."""

from brainwright.untrusted import Fault


class DatasetError(Fault):
    """A name is unknown, a file broken, or a download failed. The message says what was expected, what came,
    what to do.
    """


class MissingData(DatasetError, FileNotFoundError):
    """The files are not on this machine; the message says which file to put where."""

    def __str__(self) -> str:
        return self.args[0]


class ChecksumError(DatasetError):
    """A file's bytes are not those that were published."""
