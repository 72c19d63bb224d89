"""The page of more brain."""

from brainwright.report import Finished, Section

LIMITS = "Simulated networks."


def sections(run: Finished) -> list[Section]:
    """All sections."""
    return []
