"""The page of whichever question was asked."""

from brainwright.report import Finished, Section

from . import heard_page, wanted_page
from .names import WANTED

LIMITS = WANTED["limits"]


def sections(run: Finished) -> list[Section]:
    """All sections; none of a run that is not finished, since the dishes go through all steps together."""
    if run.primary is None:
        return []
    return (heard_page if run.config["heard"] else wanted_page).sections(run)
