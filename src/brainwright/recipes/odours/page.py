"""What the page of the mushroom body shows: each measure of each side, among rewired wirings."""

from functools import partial

import numpy as np

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures, per_unit

from .experiment import DENSE, MEASURES, NULL, REAL, SIDES, VALENCE, compartments

LIMITS = (
    "One fly. Odours are synthetic: independent exponential rates of all glomeruli; measured ones are "
    "grouped, which may turn a difference around. The most driven 6 % of the Kenyon cells answer, in place "
    "of an inhibition that the cut of the connectome lacks, and connections of fewer than five synapses are "
    "left out. In the first two sections dopamine comes with the paired odours to all output cells. In the "
    "last two punishment excites all dopamine cells of types PPL1 and reward all of PAM, which is coarser "
    "than they are; where output cells lead follows from which of the two reaches them, so that shuffled "
    "dopamine does worse by construction: measured is by how much. Without edges from Kenyon and output "
    "cells to dopamine cells no prediction error is wired, so that blocking and second-order conditioning "
    "are not asked.\n\nA difference in geometry is no advantage: a code that follows odours less closely "
    "may tell them apart better, or worse. Rewired: all degrees kept, and the counts that each projection "
    "neuron gives. Draws of odours are the units."
)


def sections(run: Finished) -> list[Section]:
    """A section for each side of which something is there, and for its compartments."""
    shown = [side(run, name) for name in SIDES if run.arms(name)]
    return shown + [dopamine(run, name) for name in map(compartments, SIDES) if run.arms(name)]


def dopamine(run: Finished, name: str) -> Section:
    """Reward told from punishment, with dopamine where it comes and elsewhere."""
    rows, arms = [], run.arms(name)
    for arm, row in arms.items():
        over = run.comparison(REAL, arm, name, VALENCE)
        percentile = f"{over['percentile']:.0f}" if over else ""
        mark = Mark(over["verdict"]) if over else ""
        rows.append([arm, f"{row['means'][VALENCE]:.3f}", Points.of(over, digits=3), percentile, mark])
    header = ["", "AUROC, reward against punishment", "real - it", "percentile", ""]
    words = (
        "Rewired: projection neurons onto Kenyon cells. Shuffled: types of dopamine cells over compartments. "
        "Everywhere: whatever happens, all speak to all."
    )
    dots = {arm: np.asarray(per_unit(row, VALENCE)) for arm, row in arms.items()}
    drawn = partial(figures.dots, dots, x="AUROC, reward against punishment", levels={"chance": 0.5})
    return Section(name, [Table(header, rows, words), Figure(drawn, "A dot for each draw of odours.")])


def side(run: Finished, name: str) -> Section:
    """Real, rewired and dense."""
    arms, rows = run.arms(name), []
    for measure in MEASURES:
        over = run.comparison(REAL, NULL, name, measure)
        figures_of = [f"{arms[arm]['means'][measure]:.3f}" for arm in (REAL, NULL, DENSE)]
        percentile = f"{over['percentile']:.0f}" if over else ""
        rows.append(
            [
                measure,
                *figures_of,
                Points.of(over, digits=3),
                percentile,
                Mark(over["verdict"]) if over else "",
            ]
        )
    header = ["measure", REAL, f"{NULL}, mean", DENSE, "real - rewired", "percentile", ""]
    shown = {arm: np.asarray(per_unit(arms[arm], "dimension")) for arm in (REAL, NULL)}
    drawn = partial(figures.dots, shown, x="dimension of the code")
    words = (
        "Faithfulness: correlation of shared Kenyon cells with the correlation of odours. Learning: AUROC "
        "of odours that were paired with dopamine."
    )
    lead = f"{arms[REAL]['n']} draws of odours, {arms[NULL]['n_draws']} rewired wirings."
    return Section(name, [Table(header, rows, words), Figure(drawn, "A dot for each draw of odours.")], lead)
