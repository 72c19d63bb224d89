"""The root of all errors that tell a user what to do."""


class UserError(ValueError):
    """The input cannot work: one line that says what was expected, what came, and what to do.

    Each room's own error extends it. The command line turns it, and nothing else, into one line on standard
    error and exit code 2; any other exception is a fault of ours and keeps its traceback.
    """
