"""An experiment as data: what is run, compared and asked is fixed before the first trial."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from brainwright.verdict import Verdict

from .procedure import Procedure

if TYPE_CHECKING:
    import numpy as np

    from brainwright.evidence import Check, Gate
    from brainwright.runs import Units

    from .trials import Trials

K = TypeVar("K")
Metrics = Mapping[str, "float | np.ndarray"]
Outcomes = Mapping[str, "Trials"]
"""Name of a study → its trials."""
Row = dict[str, Any]
"""A row of `result.json`."""


@dataclass(frozen=True)
class Study(Generic[K]):
    """A grid: every arm with every seed and every draw, in any order and on any number of processes.

    Attributes:
        name: folder below `units/`, and first part of its arms' full names; one study may have an empty name.
        trial: (arm, seed, draw) → numbers by name, and arrays for the figures, which become units. It must be
            importable by name (a function or a `partial` of one), and all that is random in it must follow
            from its arguments: initial values and order of data from the seed, which arms share, the graph
            from arm and draw.
        arms: arm → draws (1, or how many null graphs). An arm is a word, or a frozen dataclass or named tuple
            whose `str` is its name.
        seeds: shared by all arms.
        metric: what is compared unless a claim says otherwise; larger is better.
        settings: plain values on which results depend; finished work of others is refused.
        weight: share of the run's time, for the progress bar.
        outcomes: trials → what is compared, where the units are not the seeds but, say, the recordings that
            every trial is about; of a run cut short it is given the arms that are whole.
    """

    name: str
    trial: Callable[[K, int, int], Metrics]
    arms: Mapping[K, int]
    seeds: tuple[int, ...]
    metric: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    outcomes: "Callable[[Trials], Trials]" = lambda trials: trials


@dataclass(frozen=True)
class Claim:
    """One comparison of two arms of a study.

    Attributes:
        kind: which effect decides: a "difference", "d_z" or "pooled d" of arms that share units; "nulls" for
            one real graph against the draws of a null; "same" for a control that must not differ.
        metric: the study's where it is None.
        margin: largest difference that counts as none, in the metric's own unit.
        threshold: what the interval must clear, in units of the effect.
        family: "nulls" of one family are corrected together (Holm); by default each stands alone.
        alpha: largest p of a claim of kind "nulls"; a share of 0.05 where several are made together.
        picked: why it decides nothing: it was looked for because it stands out in the same data.
        guard: metric of the arm; above 0 in any unit (a collapse) the claim cannot be "supported".
        notes: further entries of its row.
    """

    study: str
    arm: str
    control: str
    kind: Literal["difference", "d_z", "pooled d", "nulls", "same"] = "difference"
    metric: str | None = None
    margin: float | None = None
    threshold: float = 0.0
    family: str = ""
    alpha: float = 0.05
    picked: str = ""
    guard: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    """All that is fixed before the run.

    Attributes:
        studies: run in this order.
        primary: the claim that is judged; of several, all must be supported, and the weakest decides.
        sentences: the headline for each of the four verdicts.
        answer: (outcomes, primary row) → one sentence with the figures.
        claims: all others in the order of the page, but for arms that were not run; or made of the outcomes.
        gates: what single arms must reach.
        checks: outcomes → what must hold for the comparisons to mean something.
        facts: what the page must know: schedules, protocols, words.
        extra: (outcomes, units) → what else the result holds.
        arm_metrics: metrics of which `result.json` holds every unit's value, beside the study's own.
    """

    studies: tuple[Study | Procedure, ...]
    primary: Claim | tuple[Claim, ...]
    sentences: Mapping[Verdict, str]
    answer: Callable[[Outcomes, Row], str]
    claims: tuple[Claim, ...] | Callable[[Outcomes], Iterable[Claim]] = ()
    gates: "tuple[Gate, ...]" = ()
    checks: "Callable[[Outcomes], Sequence[Check]]" = lambda outcomes: ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    extra: "Callable[[Outcomes, Units], dict[str, Any]]" = lambda outcomes, units: {}
    arm_metrics: tuple[str, ...] = ()

    def study(self, name: str) -> Study | Procedure:
        """The study of a name. Raises KeyError."""
        return {study.name: study for study in self.studies}[name]


def full_name(study: str, arm: str) -> str:
    """An arm as `result.json` calls it."""
    return f"{study}/{arm}" if study else arm
