"""What the page shows beside the verdict, the comparisons and the origin, which every page has."""

from functools import partial

from brainwright.report import Figure, Finished, Points, Section, Table, figures

from .experiment import REAL

LIMITS = "One animal's wiring. Electrical synapses, which are mutual by nature, are left out."


def sections(run: Finished) -> list[Section]:
    """A figure and a table."""
    arms = run.arms("wirings")
    rows = [[name, Points.of(arm, digits=3), arm["n_draws"]] for name, arm in arms.items()]
    draws = {name: arm["draws"] for name, arm in arms.items() if name != REAL}
    line = partial(figures.dots, draws, x="share of connections that are mutual", line=arms[REAL]["mean"])
    shown = Figure(line, "Each dot is one chance wiring; the line is the worm.")
    return [Section("Mutual connections", [shown, Table(["wiring", "share", "wirings"], rows)])]
