"""Writes docs/organoid.png, the picture of the README, from a run folder: python docs/picture.py RUN."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imsave

from brainwright.recipes.organoid.page import sections
from brainwright.report import Columns, Figure, Finished

DPI = 130


SHOWN = ("What every culture plays", "What it needed")


def picture(run: Finished, path: Path) -> None:
    """What every culture plays after teaching, and what it needed, beside each other, on white."""
    drawn = [drawing(last_figure(section.blocks[0])) for section in sections(run) if section.heading in SHOWN]
    tallest = max(len(pixels) for pixels in drawn)
    margins = [((0, tallest - len(p)), (DPI // 8, DPI // 8), (0, 0)) for p in drawn]
    padded = [np.pad(p, m, constant_values=255) for p, m in zip(drawn, margins, strict=True)]
    imsave(path, np.concatenate(padded, axis=1))


def last_figure(columns: object) -> Figure:
    """The last figure of a row: after teaching, where there is a before."""
    assert isinstance(columns, Columns)
    return [block for block in columns.blocks if isinstance(block, Figure)][-1]


def drawing(figure: Figure) -> np.ndarray:
    """Pixels of a figure of the page, uint8 [row, column, channel]."""
    fig = figure.draw()
    fig.set(dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


if __name__ == "__main__":
    picture(Finished.read(Path(sys.argv[1])), Path(__file__).parent / "organoid.png")
