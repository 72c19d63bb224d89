"""Can a brain fear the word for what it has only seen? Assessors that learn what innate circuits will do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "innate reactions attached to learned concepts: does fear of a thing carry over to its name?"
SOURCES = (
    'Byrnes 2022, "Intro to brain-like AGI safety", posts 3 to 6 (thought assessors)',
    "Rescorla & Wagner 1972, in Classical Conditioning II (the error that is shared among cues)",
    "Kamin 1969, in Punishment and Aversive Behavior (blocking)",
    "Sutton 1988, Mach Learn 3:9 (temporal differences)",
    "Robinson & Berridge 2013, Curr Biol 23:282 (salt that was never liked, wanted once it is lacking)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many worlds, or a conditioning table of your own."""

    worlds: Annotated[int, AtLeast(5)] = 20
    """In fives; each has its own things, words, networks and cues. With fewer than six nothing is decided."""
    data: Path | None = None
    """A table of your own (CSV, TSV) in place of all others: a row for each trial in order, a column for each
    cue, columns that begin with "outcome", and, if you have them, "subject" and "response". Assessors go
    through the trials; blocking and extinction are scored beside a rule without an error.
    """
