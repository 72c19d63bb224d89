"""Complete experiments, one short folder each: the questions that the project answers.

A recipe is a folder (a recipe of one's own may be a single file that holds all of it):

- `__init__.py`, its face, imports nothing heavy. It holds `SUMMARY` (one line, a plain string), `SOURCES`
  (what it stands on) and `Config`, a frozen dataclass that extends `brainwright.experiment.Options`: every
  field has a default, a docstring below it and, where it has bounds, `Annotated[int, AtLeast(2)]`;
- `experiment.py` holds `design(config) -> Design`, all that is fixed before the run. It raises `UserError`
  for input that cannot work, before anything is written;
- `page.py` holds `sections(run: Finished) -> list[Section]`, what the page shows beside what every page has,
  and `LIMITS`, what the run is not.

`examples/recipe` is a whole one to copy.
"""
