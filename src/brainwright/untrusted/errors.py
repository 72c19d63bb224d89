"""What is wrong with a file of a stranger, in words that are safe to print."""

from collections.abc import Generator
from contextlib import contextmanager

from brainwright.errors import UserError

from .text import printable

LONGEST_MESSAGE = 2_000
"""Characters of an error: a file must not fill the screen with its own contents."""


class Fault(UserError):
    """An error of ours about what came from outside. Its text may hold names from files, so controls are
    written out and it is cut where it is endless.
    """

    def __init__(self, message: object = "", *rest: object):
        text = printable(message, keep="\n")
        if len(text) > LONGEST_MESSAGE:
            text = f"{text[:LONGEST_MESSAGE]} ... ({len(text):,} characters)"
        super().__init__(text, *rest)


class Unreadable(Fault):
    """A file that is not what it should be, or would grow beyond a bound."""


@contextmanager
def refused_as(error: type[Fault], name: object, expected: str) -> Generator[None]:
    """For parsers of other people, whose exceptions for broken files are of many kinds: each becomes `error`,
    which names the file and what was expected. Keep the block as small as the parser's call.

    Args:
        error: of the room.
        name: of the file.
        expected: what it should have been, such as "an NPZ file".

    Raises:
        FileNotFoundError, ImportError: as they come: the file is not broken.
    """
    try:
        yield
    except (FileNotFoundError, ImportError):
        raise
    except error as found:  # one of ours, which may not know the file
        if str(found).startswith(str(name)):
            raise
        raise error(f"{name}: {found}") from found
    except Unreadable as found:
        raise error(_words(found, name, expected)) from found
    except Fault:  # another room's, in its own words
        raise
    except Exception as found:
        raise error(_words(found, name, expected)) from found


def _words(found: Exception, name: object, expected: str) -> str:
    words = str(found).removeprefix(f"{name}: ").strip().splitlines()
    return f"{name}: expected {expected}, got: {words[0] if words else type(found).__name__}"
