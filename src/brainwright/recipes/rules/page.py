"""What the page of the rules shows: an overview, a section for each board, and what synapses read."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from brainwright.loop import MOMENTS
from brainwright.report import (
    Block,
    Figure,
    Finished,
    Mark,
    Points,
    Section,
    Table,
    Text,
    figures,
    number,
    ranked,
)
from brainwright.report.figures import Curve

from .gates import asked, words
from .lineup import EXACT, FLOOR, FROZEN, SIGMOID

NOT_DRAWN = (EXACT, SIGMOID, *FROZEN)
"""Arms whose alignment says nothing: exact, or frozen."""
OVERVIEW = ["network", "gradient, %", "floor, %", "arms", "met", "missed", "void", "which were not met"]
HEADER = ["rule", "accuracy, %", "sd", "earlier", "over the readout alone"]
HEADER += ["cosine", "angle", "gate", "passes", "kB", "diverged"]
COLUMNS = (
    "The tables below: mean accuracy on test samples, [95 % interval over seeds], and the standard "
    "deviation over seeds. Earlier: an independent implementation in numpy, measured before this one. "
    "Over the readout alone: points, paired by seed. Cosine: of the update of all hidden parameters with "
    "the exact gradient of the same batch, in the middle and at the end of training. Angle: degrees "
    "between weights and feedback weights at the end. Gate: fixed before the run. Passes: measured time "
    "of an update over that of a forward pass, while other trials ran. kB: held from the forward pass to "
    "the update, the rule's own state included. Rates: docs/rules_rates.md."
)
LIMITS = (
    "Learning rates were searched on a fifth of the training samples and with other seeds "
    "(docs/rules_rates.md). Small networks and digits: an order of rules here is no order of rules in "
    "brains. Backpropagation, readout only (hidden synapses frozen) and random direction are controls. "
    "Times were measured while other trials ran. A quick run is too short for gates and for rates."
)


def sections(run: Finished) -> list[Section]:
    """Overview, boards, what rules read."""
    boards = {
        name: facts for name, facts in run.facts["boards"].items() if {EXACT, FLOOR} <= set(run.arms(name))
    }
    return [overview(run, boards), *(board(run, name, facts) for name, facts in boards.items()), reads(run)]


def overview(run: Finished, boards: Mapping[str, Any]) -> Section:
    """One line per board: what the gradient and the readout alone reach, and how many gates were met."""
    rows = []
    for name, facts in boards.items():
        arms, gates = run.arms(name), run.gates(name)
        counts = [sum(row["verdict"] == word for row in gates.values()) for word in ("met", "missed", "void")]
        missed = "; ".join(arm for arm, row in gates.items() if row["verdict"] != "met")
        levels = [f"{100 * arms[arm]['mean']:.1f}" for arm in (EXACT, FLOOR)]
        rows.append([facts["title"], *levels, len(arms), *(counts if gates else [""] * 3), missed])
    return Section("Overview", [Table(OVERVIEW, rows), Text(COLUMNS, small=True)])


def board(run: Finished, name: str, facts: Mapping[str, Any]) -> Section:
    """Best first; then alignment over training, and who cannot teach this network."""
    arms, over, gates = run.arms(name), run.against(FLOOR, name), run.gates(name)
    rows = [
        row(arm, arms[arm], over.get(arm), gates.get(arm), facts["earlier"].get(arm), name)
        for arm in ranked(arms)
    ]
    lead = words(name, arms[FLOOR]["mean"]) if run.result["gates"] else ""
    blocks: list[Block] = [Text(lead)] if lead else []
    blocks.append(Table(HEADER, rows, f"{len(run.facts['seeds'])} seeds, {facts['schedule']}"))
    lines = {arm: alignment(arms[arm]) for arm in by_alignment(arms)}
    if lines:
        drawn = partial(
            figures.curves, lines, x="training, %", y="cosine with the gradient", levels={"": 0.0}
        )
        caption = "Alignment over training, mean over seeds; the legend in the order of the end."
        blocks.append(Figure(drawn, caption, wide=True))
    if facts["cannot"]:
        blocks.append(Table(["cannot teach this network", "why"], [*facts["cannot"].items()]))
    return Section(facts["title"], blocks, facts["lead"])


def row(
    arm: str,
    figures_of: Mapping[str, Any],
    over: dict[str, Any] | None,
    gate: Mapping[str, Any] | None,
    earlier: float | None,
    name: str,
) -> list[Any]:
    """One arm in the table of its board."""
    means = figures_of["means"]
    aligned = "cosine_end" in means and arm not in FROZEN
    return [
        arm,
        Points.of(dict(figures_of), digits=1, scale=100),
        "" if figures_of["sd"] is None else f"{100 * figures_of['sd']:.1f}",
        "" if earlier is None else f"{earlier:.1f}",
        Points.of(over, digits=1, scale=100),
        "\u00a0→ ".join(number(means[f"cosine_{when}"]) for when in ("middle", "end")) if aligned else "",
        f"{means['feedback_angle']:.0f}" if "feedback_angle" in means else "",
        "" if gate is None else Mark(gate["verdict"], asked(gate, name)),
        f"{means['forward_passes']:.1f}",
        f"{means['held_bytes'] / 1e3:.0f}",
        f"{means['diverged'] * figures_of['n']:.0f}" if means["diverged"] else "",
    ]


def by_alignment(arms: Mapping[str, Any]) -> list[str]:
    """Arms with a curve of their own, the best aligned at the end first."""
    ends = {arm: row["means"].get("cosine_end") for arm, row in arms.items() if arm not in NOT_DRAWN}
    shown = {arm: end for arm, end in ends.items() if end is not None}
    return sorted(shown, key=lambda arm: -shown[arm])


def alignment(arm: Mapping[str, Any]) -> Curve:
    """Cosine with the gradient over the training."""
    moments = range(MOMENTS)
    return Curve([100 * k / (MOMENTS - 1) for k in moments], [arm["means"][f"cosine_{k}"] for k in moments])


def reads(run: Finished) -> Section:
    """What a synapse reads under each rule."""
    rows = []
    for name, declared in run.facts["locality"].items():
        if name == FLOOR:
            continue
        words = ["weights elsewhere" if read == "transposed weights" else read for read in declared["reads"]]
        transport = "yes" if declared["weight_transport"] else "no"
        rows.append([name, ", ".join(words) or "nothing", transport, declared["waits"]])
    lead = "Declared by each rule and tested by intervention: all else was changed, and the update stayed."
    header = ["rule", "reads, beside pre and post", "weight transport", "waits for"]
    return Section("What a synapse reads", [Table(header, rows)], lead)
