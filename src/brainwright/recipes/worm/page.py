"""What the page of the worm shows: a film, brains and controls, ranks among nulls, learning."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.loop.worms import BARE, CONTROLS, LAYERS
from brainwright.loop.worms.circuits import LAW
from brainwright.loop.worms.swimmers import SWIMMER
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, Text, figures, plates, swimmers
from brainwright.report.figures import Curve

from . import swim
from .experiment import PLATE, REAL, TRAJECTORY

LIMITS = (
    "On the plate a point worm: no body, no muscles, no turns about (pirouettes), a smell that stands still. "
    "The swimmer has links and muscles, no smell; its waves need an oscillator that it is given.\n\n"
    "Chosen by hand: that ASEL feels a rise and ASER and AWC a fall of smell over half a second, with a "
    "weight of 100; that the head's sweep drives SMB with opposite signs for dorsal and ventral cells; that "
    "SMB turns the head; tanh cells with a time constant of .1 s; no gap junctions; a cell without a known "
    "transmitter excites. Strengths of all synapses, biases and the weights of sensors and motors are "
    "learned by a gradient through the plate, which no worm has.\n\n"
    "That a wiring follows a smell is no evidence for the wiring: see the rows beside it. The larva's cells "
    "are the most connected of each pool, its inhibitory cells are drawn, and which of them are nose and "
    "head is arbitrary. Layers have no memory, and need none: the plate tells the change itself. In the "
    "ranking each wiring was taught once, and for fewer updates than in the table. Controls are those of "
    "brains that were taught with the gradient and their own nose."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [film(run), brains(run)] if run.arms() else []
    shown += [swimming(run)] if run.arms("swim") and "shapes" in run.extra else []
    return [*shown, *([ranked(run)] if run.arms("rewirings") or run.arms("circuits") else [])]


def film(run: Finished) -> Section:
    """The taught worm beside the same without a gradient, and with another's nose."""
    tracks = run.extra["tracks"]
    words = f"Worms of the first brain on their plates, from above, over {LAW.duration_s:g} s."
    shown = plates(tracks, peak_cm=LAW.peak_cm, width_cm=LAW.width_cm, words=words)
    ways = {
        name: [np.asarray(places)[:, worm] for worm in range(np.asarray(places).shape[1])][:6]
        for name, places in tracks.items()
    }
    drawn = Figure(
        partial(figures.paths, ways, x="cm", y="cm"),
        "Ways of six worms; the peak lies at (4.5, 0).",
        wide=True,
    )
    lead = (
        "Rings: the smell, a Gaussian around its peak. All worms begin in the middle with the same headings."
    )
    return Section("The film", [shown, drawn], lead)


def brains(run: Finished) -> Section:
    """Every arm by both indices, and how far the worm's wiring is ahead of it."""
    rows = []
    for arm, row in run.arms().items():
        cells: list[Any] = [arm, *(f"{row['means'][metric]:.2f}" for metric in (PLATE, TRAJECTORY))]
        for metric in (TRAJECTORY, PLATE):
            over = run.comparison(REAL, arm, metric=metric)
            cells += [Points.of(over, digits=2), Mark(over["verdict"]) if over else ""]
        rows.append(cells)
    header = ["", PLATE, TRAJECTORY, "worm ahead, trajectory", "", "worm ahead, plate", ""]
    words = (
        "Plate index: worms within 1.5 cm of the peak less those at its mirror image, at the end. Trajectory "
        f"index: at most .795. The share of the controller is what {CONTROLS[3]}, {CONTROLS[4]} and "
        f"{CONTROLS[5]} leave of the worm; {', '.join(CONTROLS[:3])} say whether it smells its "
        f"way. {BARE}: "
        f"the core bypassed. {LAYERS}: two layers, without memory."
    )
    each = {kind: np.asarray(paid) for kind, paid in run.extra["paid"].items()}
    lines = {kind: Curve.of_units(np.arange(1, len(paid) + 1), paid.T) for kind, paid in each.items()}
    drawn = partial(figures.curves, lines, x="updates", y="paid a step (share of the most)")
    learning = Figure(drawn, "While they learn. Mean and 95 % interval over brains.", wide=True)
    return Section("Brains in the worm's body", [Table(header, rows, words), learning])


def swimming(run: Finished) -> Section:
    """The film of swimmers, and how fast every kind of brain swims."""
    shapes = {name: np.asarray(each)[20:145:2] for name, each in run.extra["shapes"].items()}
    words = "The first swimmer of every kind, 2.5 s at half the speed; the head is orange."
    rows = []
    for arm, row in run.arms("swim").items():
        over = run.comparison(swim.REAL, arm, "swim")
        rows.append(
            [arm, f"{row['mean']:.3f}", Points.of(over, digits=3), Mark(over["verdict"]) if over else ""]
        )
    header = ["", "body lengths per s", "worm ahead", ""]
    numbers = np.asarray(run.extra["numbers"]).mean(0)
    told = (
        "Forward: in the direction of the body at its beginning. Hand-chosen: which motor neurons bend which "
        "joint and feel the one before, and the oscillator of two strokes a second that the head is given; "
        f"{BARE}: these alone. NCAP's numbers after learning (mean): proprioception {numbers[0]:.2f}, "
        f"oscillator {numbers[1]:.2f}, same side {numbers[2]:.2f}, other side {numbers[3]:.2f}."
    )
    film_of = swimmers(shapes, frame_s=2 * SWIMMER.dt_s, words=words)
    return Section("Swimming", [film_of, Table(header, rows, told)], words)


def ranked(run: Finished) -> Section:
    """The wiring among rewired ones, and the small circuit by its percentile."""
    blocks: list[Any] = []
    if over := run.comparison("real", "null", "rewirings"):
        real, null = (run.arms("rewirings")[arm] for arm in ("real", "null"))
        blocks.append(
            Text(
                f"Trajectory index of the worm's wiring {real['mean']:.3f}, of {null['n_draws']} rewired "
                f"ones that learned beside it {null['mean']:.3f} (deviation "
                f"{null.get('sd_between_draws', 0):.3f}): percentile {over['percentile']:.0f}, "
                f"p {over['p']:.3f}: {over['verdict']}."
            )
        )
    if over := run.comparison("real", "null", "circuits"):
        real, null = (run.arms("circuits")[arm] for arm in ("real", "null"))
        size = run.extra["circuit"]
        blocks.append(
            Text(
                f"The circuit ASE, AWC, AIY, AIZ, SMB ({size['cells']} cells, {size['edges']} edges), best "
                f"of its searches: {real['mean']:.3f}; {null['n_draws']} random circuits of as many edges, "
                f"each with a search of its own: {null['mean']:.3f}. It lies at percentile "
                f"{over['percentile']:.0f}."
            )
        )
    return Section(
        "Among nulls", blocks, "Degrees of all cells and what each sends are kept in a rewired wiring."
    )
