"""What can be wrong with a wiring diagram, and with what was promised about one."""

from brainwright.errors import UserError


class ConnectomeError(UserError):
    """A table, matrix or file that is no valid wiring diagram. Says what was expected, what came, what to
    do.
    """


class InvariantError(AssertionError):
    """A null model or an expansion failed to preserve what its docstring promises."""


def shown(values, limit: int = 5) -> str:
    """First few values of a sequence, for an error message."""
    head = ", ".join(str(value) for value in list(values[:limit]))
    return head + (", ..." if len(values) > limit else "")
