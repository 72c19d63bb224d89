"""The loop around emulated tissue as a drawing."""

from importlib import resources

from .page import Picture


def schematic(caption: str) -> Picture:
    """Tissue is recorded and emulated, the forecast is improved by gradient steps and written back, and the
    tissue is probed without writes.

    Args:
        caption: what of it an experiment does.
    """
    drawing = resources.files("brainwright.report").joinpath("schematic.svg").read_text("utf-8")
    return Picture(drawing, caption, wide=True)
