"""Complete experiments, one module each: the questions that the project answers.

A recipe module imports nothing heavy at its top and offers:

- `SUMMARY`: one line, a plain string;
- `Config`: a frozen dataclass with `seed` and `quick`, every field with a default and a docstring below it;
- `run(config, folder, progress) -> dict`: does the work, keeps finished pieces in `folder/"units"` and skips
  those that it finds there, calls `progress(stage, fraction, **event)`, returns what becomes `result.json`;
- `page(folder) -> str`: the body of the report, from the run folder alone;
- where needed, `check(config)`, which raises ValueError for input that cannot work, before anything is
  written, and `PROVENANCE`, a dictionary of citations and checksums.

What only shows once the data are read (a cell that is not there), `run` raises as `InputError`.
"""


class InputError(ValueError):
    """The user's input cannot work: one line that says what was expected, what came, what to do."""
