"""What the page of the errors shows: for each wiring, how activity changes with the dose."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve

from . import trial
from .experiment import RESERVOIR
from .trial import DOSE_AT, FLOOR, KEPT, LEVEL, MEASURES, NULL, REAL, at

LIMITS = (
    "A dose is a share of synapses that are missed, invented or at a wrong cell, so that all errors have one "
    "scale; random edits put as many synapses elsewhere, at cells drawn evenly. Errors fall on cells and "
    "synapses at random: real ones gather where tissue is thin or dark, on fine branches, and in cells that "
    "nobody has proofread. A wiring has no shape, so which synapses lie on a branch that is cut off is "
    "drawn, and cells touch where a synapse joins them.\n\n"
    "What is asked is whether the ranks of mean rates stay, in one model with one weight per synapse, which "
    "is not scaled up where synapses are missed: a statement about the wiring under these rules, not about "
    "animals. The wirings themselves hold errors, which are not counted. For scale: automatic detection of "
    "excitatory synapses in mouse cortex has a precision and a recall of 88 % (Staffler et al. 2017).\n\n"
    "The larva's signs are not known: 30 % of its cells inhibit, drawn anew for each seed. Interval and "
    "verdict are over seeds (errors, events, drawn signs) of one animal's wiring."
)


def sections(run: Finished) -> list[Section]:
    """One for each wiring of which something is there, and the larva as a reservoir."""
    shown = [wiring(run, name, about) for name, about in run.facts["wirings"].items() if run.arms(name)]
    return [*shown, reservoir(run)] if run.comparison(REAL, NULL, RESERVOIR) else shown


def wiring(run: Finished, name: str, about: dict[str, Any]) -> Section:
    """Curves over the dose, and where each falls to the level."""
    arms, over, doses = run.arms(name), run.against(FLOOR, name), run.facts["doses"]
    lead = (
        f"{about['source']}: {about['cells']:,} cells, {about['synapses']:,} synapses. {about['input']} "
        f"cells driven at {trial.RATE_HZ:g} Hz in trials of {trial.DURATION_S:g} s (number: "
        f"{run.facts['trials']}), {trial.WEIGHT_MV:g} mV per synapse, the same events before and after."
    )
    alone = {arm: row["means"][KEPT] for arm, row in run.arms(f"{name} null").items()}
    rows = [
        [
            arm,
            Points.of(row, digits=1, scale=100),
            Points.of(over.get(arm), digits=1, scale=100),
            Mark(over[arm]["verdict"]) if arm in over else "",
            *(f"{row['means'][at(dose)]:.2f}" if at(dose) in row["means"] else "" for dose in doses),
        ]
        for arm, row in arms.items()
    ]
    header = ["error", f"{DOSE_AT}, %", "over random edits", "", *(f"{100 * dose:g} %" for dose in doses)]
    lines = {arm: curve(row, doses) for arm, row in arms.items()}
    levels = {f"{LEVEL:g}": LEVEL} | alone
    look: dict[str, Any] = {"x": "dose, % of synapses", "y": "rank correlation", "log_x": True}
    drawn = partial(figures.curves, lines, levels=levels, **look)
    caption = f"Mean and 95 % interval over seeds. {NULL}: a rewired wiring with all degrees."
    said = f"The dose at which the correlation is {LEVEL:g}, and the correlation at each dose."
    table = Table(header, rows, said)
    return Section(name, [Figure(drawn, caption, wide=True), table], lead)


def curve(row: dict[str, Any], given: list[float]) -> Curve:
    """Rank correlation over the dose."""
    doses = [dose for dose in given if at(dose) in row["metrics"]]
    values = np.array([row["metrics"][at(dose)] for dose in doses]).T
    return Curve.of_units([100 * dose for dose in doses], values)


def reservoir(run: Finished) -> Section:
    """What is remembered and predicted, and where each wiring stands among rewired ones."""
    rows, lost, arms = [], [], run.arms(RESERVOIR)
    for measure in MEASURES.values():
        within, over = (run.against(control, RESERVOIR, measure) for control in (NULL, REAL))
        if within[REAL]["verdict"] not in ("supported", "against"):
            lost.append(f"{measure}: no effect to lose ({within[REAL]['why']}).")
        for arm, row in arms.items():
            percentile = f"{within[arm]['percentile']:.0f}" if arm in within else ""
            mark = Mark(over[arm]["verdict"]) if arm in over else ""
            cells = [measure if arm == REAL else "", arm, f"{row['means'][measure]:.2f}", percentile]
            rows.append([*cells, Points.of(over.get(arm)), mark])
    header = ["measure", "wiring", "mean", "percentile in the degree null", "over unperturbed", ""]
    lead = (
        f"Nothing is trained but ridge read-outs; {100 * trial.RESERVOIR_DOSE:g} % of the synapses are "
        f"wrong; {arms[NULL]['n_draws']} rewired wirings with all degrees kept, {arms[REAL]['n']} seeds."
    )
    return Section("The larva as a reservoir", [Table(header, rows), *map(Text, lost)], lead)
