"""What the page of the mushroom body shows: each measure of each side, among rewired wirings."""

from functools import partial

import numpy as np

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures, per_unit

from .experiment import DENSE, MEASURES, NULL, REAL

LIMITS = (
    "One fly. Odours are synthetic: independent exponential rates of all glomeruli; measured ones are "
    "grouped, which "
    "may turn a difference around. The most driven 6 % of the Kenyon cells answer, in place of an "
    "inhibition that the "
    "cut of the connectome lacks, and connections of fewer than five synapses are left out. Dopamine comes "
    "with the "
    "paired odours to all output cells; compartments are not told apart. Without edges from Kenyon and "
    "output cells "
    "to dopamine cells no prediction error is wired, so that blocking and second-order conditioning are not "
    "asked.\n\n"
    "A difference in geometry is no advantage: a code that follows odours less closely may tell them apart "
    "better, or "
    "worse. Rewired: all degrees kept, and the counts that each projection neuron gives. Draws of odours "
    "are the units."
)


def sections(run: Finished) -> list[Section]:
    """A section for each side of which something is there."""
    return [side(run, name) for name in ("right", "left") if run.arms(name)]


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
        "of odours "
        "that were paired with dopamine."
    )
    lead = f"{arms[REAL]['n']} draws of odours, {arms[NULL]['n_draws']} rewired wirings."
    return Section(name, [Table(header, rows, words), Figure(drawn, "A dot for each draw of odours.")], lead)
