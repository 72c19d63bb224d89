"""Teach a stream to tissue that has a past: does what it learned before cost what it can learn now?"""

from collections.abc import Mapping

import numpy as np

from brainwright.tissue import Live

from ..probe import ask, fix_readout
from .arms import writer_of
from .course import Course, Share, quiet, teach_dishes
from .dishes import CALIBRATE, Arrays, Dishes
from .model import DishModel


def teach_anew(
    dishes: Dishes,
    course: Course,
    model: DishModel,
    state: Mapping[str, np.ndarray],
    *,
    live: Live,
    gradient_steps: int = 5,
    stage: str = "",
    progress: Share = quiet,
) -> Arrays:
    """Takes dishes from any state through a course by the ordinary loop (arm "adaptive").

    The readout is fixed on the tissue as it is when the course begins, with plasticity off, as it is on naive
    tissue: what it has to read may have changed.

    Args:
        dishes: brought into `state` first.
        course: what they hear and are taught.
        model, gradient_steps: the emulator, and steps per symbol.
        state: from which they begin.
        live, stage, progress: as of `teach_dishes`.

    Returns:
        What `teach_dishes` gives, kept; with `share_before` [dish], of answers that are the successor before
        the course.
    """
    culture = dishes.culture(dict(state), plasticity=False)
    readout, _ = fix_readout(culture, dishes.asked, dishes.uniform(dishes.sizes.calibration, CALIBRATE))
    before = ask(culture, dishes.asked, readout, dishes.probe_symbols).share(course.taught_stream.successor)
    writer = writer_of("adaptive", dishes, model, gradient_steps=gradient_steps)
    options = {"state": dict(state), "readout": readout, "live": live, "stage": stage, "progress": progress}
    return teach_dishes(dishes, course, "adaptive", writer, keep=True, **options) | {"share_before": before}
