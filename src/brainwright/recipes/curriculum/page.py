"""What the page of the curriculum shows."""

from functools import partial

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures

from .experiment import FEWER, METRIC, ORDERS, RETRIEVAL, STAGED

LIMITS = (
    "One curriculum of four stages on digits seen and heard, small modules, few updates. Every order gives "
    "every stage the same updates, with an optimiser and a falling rate of its own. Six speakers are six "
    "units. In another order a module may be trained above modules that change afterwards."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    return [orders(run)] if run.arms() else []


def orders(run: Finished) -> Section:
    """Every order by its figures, beside the staged one."""
    rows = []
    for arm, row in run.arms().items():
        shown = [f"{row['means'][name]:.3f}" for name in (METRIC, FEWER, RETRIEVAL)]
        over = [run.comparison(STAGED, arm, "", metric) for metric in (METRIC, RETRIEVAL)]
        beside = [part for c in over for part in (Points.of(c, digits=3), Mark(c["verdict"]) if c else "")]
        rows.append([arm, *shown, *beside])
    header = ["order", METRIC, FEWER, RETRIEVAL, f"staged, over it: {METRIC}", "", RETRIEVAL, ""]
    words = f"Shares of right answers; {run.facts['updates']} updates of every stage in every order."
    values = {arm: row["values"] for arm, row in run.arms().items() if arm in ORDERS}
    dots = Figure(partial(figures.dots, values, x="right with 1,000 labels"), "A dot for each speaker.")
    stages = Table(["stage", "losses"], run.facts["stages"])
    lead = "Many cost functions, by module and by stage: does their order matter?"
    return Section("Stages", [dots, Table(header, rows, words), stages], lead)
