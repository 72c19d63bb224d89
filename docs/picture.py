"""Writes docs/organoid.png, the picture of the README, from a run folder: python docs/picture.py RUN."""

import sys
from pathlib import Path

from brainwright.recipes._organoid import figures
from brainwright.recipes._organoid.finished import Finished
from brainwright.recipes._organoid.ink import FULL, styled


@styled
def picture(run: Finished, path: Path) -> None:
    """Arms and learning curve beside each other, on white."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(FULL, 4.6), facecolor="white", layout="constrained")
    fig.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.04)
    left, right = fig.subplots(1, 2)
    figures.draw_arms(left, run)
    figures.draw_learning(right, run)
    fig.savefig(path, dpi=130)


if __name__ == "__main__":
    picture(Finished(Path(sys.argv[1])), Path(__file__).parent / "organoid.png")
