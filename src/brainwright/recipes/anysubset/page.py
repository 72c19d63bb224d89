"""What the page of any-subset inference shows: sleep, known truths, recordings, or the user's table."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.objective.any_subset.known import CURVE_SWEEPS, CURVE_UPDATES, FAMILIES, NIGHTS
from brainwright.objective.any_subset.known_draws import DRAWS, STEPS
from brainwright.objective.any_subset.known_energy import ENERGY
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, Text, beside, figures
from brainwright.report.figures import Curve

LIMITS = (
    "A held-out family of questions is one that was not taught as such; its masks are rare among those with "
    "every variable given by chance, not impossible. One pass gives each variable alone, so it is judged "
    "against exact marginals: it misses the joint distribution by the total correlation of what is asked, "
    "however long it is taught. The settling network knows the form of a Gaussian and of a pair of spins "
    "by construction; the other network knows nothing.\n\n"
    "The primary comparison is about one kind of truth (12 spins, couplings drawn anew for each seed) and "
    "one kind of question (every second spin). That combs on data may teach as much as sampled answers is "
    "said beside it; sleep needs no data of that kind.\n\n"
    "Recordings: the unit is a held-out block of time, two of an animal or a culture and four of a stage of "
    "the monkey's session; blocks of one animal are not independent animals. Twelve cells vary most in the "
    "training part; counts are cut off at 3. Wiring: chemical synapses among 24 named cells of each worm."
)
DISTANCE, ERRORS = "Mean |probability - enumeration|.", (*FAMILIES, "mean error", "ms")
GAPS = ("chain gap", "marginal gap", "total correlation", "order gap", "calibration", "C2ST")
COSTS = ("one pass ms", "chained ms", "chained passes")
SCORES = ("one pass", "chained", "order gap", "calibration", "C2ST", *COSTS)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    if run.facts["table"]:
        kinds = ", ".join(f"{name} ({kind})" for name, kind in run.facts["kinds"].items())
        words = "Minus log scores in nats per variable asked, on a fifth of the rows; mean over splits."
        return [Section("Your table", [grid(run, "table", SCORES, words)], f"{run.facts['table']}: {kinds}.")]
    shown = [sleep(run)] if run.arms("sleep") else []
    if run.arms("gaussian"):
        words = "Nats per variable asked; chain: to the exact joint; marginal: one pass to exact marginals."
        lead = "Sixteen variables with four common factors, drawn anew for each seed."
        shown.append(Section("A Gaussian", [grid(run, "gaussian", (*GAPS, *COSTS), words)], lead))
    if run.arms("ising"):
        words = f"{DISTANCE} Spikes: of cells that learned couplings."
        table = beside(run, "ising", ERRORS, lambda arm: arm.replace("one pass", "sampled"), words)
        shown.append(Section("Twelve spins", [table]))
    if run.arms("energy"):
        words = f"{DISTANCE} Compared: families that were not taught."
        lead = "A lattice of twelve spins; its energy is known, or was learned by each from its neighbours."
        table = beside(run, "energy", ERRORS, lambda arm: ENERGY[1], words)
        shown.append(Section("From an energy on its graph", [table], lead))
    shown += [draws(run)] if run.arms("draws") else []
    shown += [curves(run)] if run.arms("curves") else []
    return [*shown, recordings(run)] if run.facts["sets"] else shown


def sleep(run: Finished) -> Section:
    """What each night does."""
    columns, levels = ("before", "after", "gap closed", "old families, worse by"), {"none": 0.0, "half": 0.5}
    words = "Distance of one pass from enumeration on fresh combs; points that distilled answers close more."
    dots = {night: row["values"] for night, row in run.arms("sleep").items()}
    drawn = partial(figures.dots, dots, x="share of the gap that is closed", levels=levels)
    table = beside(run, "sleep", columns, lambda night: NIGHTS[0], words, digits=0, scale=100)
    lead = "Twelve spins: at night a day's combs are answered by Gibbs sampling, then one pass learns."
    return Section("Sleep", [table, Figure(drawn, "A dot for each seed.")], lead)


def grid(run: Finished, study: str, columns: tuple[str, ...], words: str) -> Table:
    """Every family of questions, network by network."""
    rows = []
    for arm, row in run.arms(study).items():
        for family in [key.split(":")[0] for key in row["means"] if key.endswith(": chained")]:
            values = [row["means"][f"{family}: {column}"] for column in columns]
            # of too few rows there is no C2ST
            rows.append([arm, family, *("" if value is None else f"{value:.3f}" for value in values)])
    return Table(["network", "family", *columns], rows, words)


def draws(run: Finished) -> Section:
    """Joint draws on every route, and the bound over the steps of reverse diffusion."""
    words = "Held-out families. C2ST: of a forest, .5 is best. Marginal: Kolmogorov. Gap: nats per variable."
    arms, columns = run.arms("draws"), ("C2ST", "marginal error", "gap", "ms")
    table = beside(run, "draws", columns, diffused, words)
    lines = {arm: curve(STEPS, "steps", arms[arm]["metrics"]) for arm in dict.fromkeys(map(diffused, arms))}
    drawn = partial(figures.curves, lines, x="steps", y="bound to the exact joint, nats", log_x=True)
    lead = "One network, four routes: a Gaussian of 8 variables, and two moons seen by 6."
    return Section("Joint draws", [table, Figure(drawn, "One step is the one pass.", wide=True)], lead)


def diffused(arm: str) -> str:
    """Reverse diffusion of the same truth."""
    return f"{arm.split(',')[0]}, {DRAWS[3]}"


def curves(run: Finished) -> Section:
    """What is bought by teaching, and what by sampling."""
    own = run.arms("curves")["mlp"]["metrics"]
    lines = {
        "one pass, over updates": curve(CURVE_UPDATES, "updates", own),
        # no sweep is drawn at one half: the axis is logarithmic
        f"sampled, over sweeps (after {CURVE_UPDATES[1]} updates)": curve(CURVE_SWEEPS, "sweeps", own),
    }
    drawn = partial(figures.curves, lines, x="updates, or sweeps", y="distance from enumeration", log_x=True)
    words = "Combs, which were not taught. No sweep stands at one half. Mean and 95 % interval over seeds."
    return Section("Teaching or sampling", [Figure(drawn, words, wide=True)])


def curve(points: tuple[int, ...], name: str, own: dict[str, Any]) -> Curve:
    """Distance over updates or sweeps."""
    return Curve.of_units([max(n, 0.5) for n in points], np.array([own[f"{name} {n}"] for n in points]).T)


def recordings(run: Finished) -> Section:
    """Models beside the Gaussian conditional, and the wiring among rewired ones."""
    rows = []
    for name in run.facts["sets"]:
        for arm, row in run.arms(name).items():
            over = run.comparison(arm, "gaussian", name)
            detail = "; ".join(f"{k} {v:.2f}" for k, v in row["means"].items() if k not in ("R2", "nats"))
            verdict = Mark(over["verdict"]) if over else ""
            rows.append([name, arm, row["n"], Points.of(row), Points.of(over, digits=3), verdict, detail])
    header = ["recordings", "model", "blocks", "R2", "over gaussian", "", "by family"]
    blocks = [Table(header, rows, "R2 over each cell's training mean, on held-out blocks of time.")]
    if not (over := run.comparison("wiring", "null", "wiring")):
        return Section("Cells from cells", blocks)
    real, null = (run.arms("wiring")[arm] for arm in ("wiring", "null"))
    words = (
        f"With the worm's wiring as the graph R2 is {real['mean']:.3f}, with {null['n_draws']} rewired ones "
        f"{null['mean']:.3f}: {over['effect_size']:+.3f} [{over['ci_low']:+.3f}, {over['ci_high']:+.3f}], "
        f"percentile {over['percentile']:.0f}: {over['verdict']}."
    )
    return Section("Cells from cells", [*blocks, Text(words)])
