"""Writes `docs/rules.md` from the declarations of the learning rules: `python scripts/rules_page.py`."""

from pathlib import Path

from brainwright.learning import LearningRule
from brainwright.learning.catalogue import catalogue, declared
from brainwright.runs import write_text

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
COLUMNS = (
    "rule",
    "reads, beside pre and post",
    "weight transport",
    "forward passes",
    "waits for",
    "own feedback learns",
    "reciprocal wiring",
    "sweeps",
)
HEAD = """# Learning rules: what a synapse may read

Written by `scripts/rules_page.py` from the declarations of the rules, which `check_rule` tests by
intervention: it changes whatever a rule does not declare and demands the identical update. Do not edit.

Every rule reads the activity of the presynaptic cell and the state of the postsynaptic one. *Weight
transport*: an error crosses the weights of synapses elsewhere, which no synapse could know. *Forward passes*:
with activity of their own, in one update; "many" for a relaxation. *Sweeps*: over all edges per step of the
network, forward and backward together; backpropagation takes two.
"""


def markdown() -> str:
    """What each rule reads and costs, from its own declaration, as a page of documentation."""
    lines = [HEAD, _row(*COLUMNS), _row(*["---"] * len(COLUMNS))]
    lines += [_row(name, *_cells(rule)) for name, rule in catalogue().items()]
    lines += ["", "## Equations and sources", ""]
    for name, rule in catalogue().items():
        lines += [f"- **{name}**: `{rule.equation}`", "", f"  ```bibtex\n  {rule.bibtex}\n  ```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _cells(rule: LearningRule) -> list[str]:
    says = declared(rule)
    return [
        ", ".join(says["reads"]) or "nothing",
        "yes" if says["weight_transport"] else "no",
        str(says["phases"]) if says["phases"] else "many",
        says["waits"],
        "yes" if says["learns_feedback"] else "no",
        "yes" if says["symmetric"] else "no",
        f"{says['sweeps']:g}",
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    write_text(PAGE, markdown())
    print(PAGE)
