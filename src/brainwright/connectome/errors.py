"""What can be wrong with a wiring diagram, and with what was promised about one."""

from brainwright.untrusted import Fault, printable


class ConnectomeError(Fault):
    """A table, matrix or file is no valid wiring diagram. The message says what was expected, what came, what
    to do.
    """


class InvariantError(AssertionError):
    """A null model or an expansion failed to preserve what its docstring promises."""


LONGEST_SHOWN = 80
"""Characters of one value in a message."""


def shown(values, limit: int = 5) -> str:
    """It returns the first few values of a sequence, for an error message."""
    head = ", ".join(printable(value)[:LONGEST_SHOWN] for value in list(values[:limit]))
    return head + (", ..." if len(values) > limit else "")
