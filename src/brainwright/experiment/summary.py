"""From a design and what came of it to `result.json`: arms, comparisons, gates, checks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from brainwright.evidence import Arm, against_nulls, compare, judge, negative_control
from brainwright.runs import Units, plain

from .design import Claim, Design, Outcomes, Procedure, Row, full_name
from .trials import Trials

NOT_YET = "Not finished: what the run asked cannot be answered yet."


def result_of(design: Design, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """What becomes of `result.json`. Of a run that is not finished, claims and gates without their arms are
    left out; without those of the primary claim there is no headline, no answer and nothing extra.
    """
    primary = next(iter(compare_claims(design, outcomes, [design.primary])), None)
    claims = design.claims if isinstance(design.claims, tuple) else design.claims(outcomes)
    return {
        "headline": NOT_YET if primary is None else design.sentences[primary["verdict"]],
        "primary": primary,
        "answer": "" if primary is None else design.answer(outcomes, primary),
        "arms": arms_of(design, outcomes),
        "comparisons": compare_claims(design, outcomes, claims),
        "gates": gates_of(design, outcomes),
        "checks": [] if primary is None else [asdict(check) for check in design.checks(outcomes)],
        "facts": plain(design.facts),
        "extra": {} if primary is None else plain(design.extra(outcomes, units)),
    }


def _has_arms(claim: Claim, outcomes: Outcomes) -> bool:
    there = outcomes[claim.study].arms if claim.study in outcomes else []
    return claim.arm in there and claim.control in there


def compare_claims(design: Design, outcomes: Outcomes, claims: Iterable[Claim]) -> list[Row]:
    """One row per claim whose arms are there, in their order; nulls of one family are corrected together."""
    there = [claim for claim in claims if _has_arms(claim, outcomes)]
    return [_row(design, outcomes, claim, there) for claim in there]


def _row(design: Design, outcomes: Outcomes, claim: Claim, claims: Sequence[Claim]) -> Row:
    metric = claim.metric or design.study(claim.study).metric
    trials = outcomes[claim.study]
    if claim.kind == "nulls":
        row = _against_nulls(trials, claim, metric, _family(claim, metric, claims, design))
    else:
        arm, control = (trials.arm(name, metric) for name in (claim.arm, claim.control))
        if claim.kind == "same":
            if claim.margin is None:
                raise ValueError(f"claim {claim.arm} same as {claim.control}: expected a margin, got none")
            row = negative_control(arm, control, metric, margin=claim.margin).as_dict()
        else:
            options: dict[str, Any] = {"threshold": claim.threshold, "margin": claim.margin}
            row = compare(arm, control, metric, kind=claim.kind, **options).as_dict()
    names = {
        key: full_name(claim.study, name) for key, name in (("arm", claim.arm), ("control", claim.control))
    }
    if claim.picked:
        row |= {"verdict": "cannot tell", "why": claim.picked}
    return row | names | {"study": claim.study} | plain(claim.notes)


def _family(claim: Claim, metric: str, claims: Sequence[Claim], design: Design) -> list[str]:
    """The nulls that are corrected together with this one, itself among them."""
    if not claim.family:
        return [claim.control]
    key = (claim.study, claim.arm, claim.family, metric)
    return [
        c.control
        for c in claims
        if c.kind == "nulls" and (c.study, c.arm, c.family, c.metric or design.study(c.study).metric) == key
    ]


def _against_nulls(trials: Trials, claim: Claim, metric: str, family: list[str]) -> Row:
    real = trials.values(claim.arm, metric)
    if len(real) != 1:
        raise ValueError(f"{claim.arm}: expected one draw of the real graph, got {len(real)}")
    nulls = {name: trials.values(name, metric) for name in family}
    rows = against_nulls(real[0], nulls, metric, name=claim.arm, margin=claim.margin)
    return next(row for row in rows if row.null == claim.control).as_dict()


def arms_of(design: Design, outcomes: Outcomes) -> dict[str, Row]:
    """Every arm by its full name: the study's metric per unit, and the means of all metrics."""
    rows = {}
    for study in design.studies:
        trials = outcomes.get(study.name, Trials({}))
        kinds = {} if isinstance(study, Procedure) else {str(arm): arm for arm in study.arms}
        for arm in trials.arms:
            row = {"study": study.name, **arm_of(trials, arm, study.metric)}
            known = [name for name in design.arm_metrics if name in trials.names(arm)]
            values = {name: trials.arm(arm, name).values.tolist() for name in known}
            rows[full_name(study.name, arm)] = (
                row | ({"metrics": values} if values else {}) | _fields(kinds.get(arm))
            )
    return rows


def arm_of(trials: Trials, arm: str, metric: str) -> Row:
    """One arm: `metric` per seed with its interval, its draws, and mean and deviation of every metric."""
    values = trials.values(arm, metric)
    graphs = values.mean(axis=1)
    columns = {name: trials.values(arm, name) for name in trials.names(arm)}
    row = Arm(arm, values.mean(axis=0)).as_dict() | {"n_draws": len(values)}
    if len(values) > 1:
        row |= {"draws": graphs.tolist(), "sd_between_draws": float(graphs.std(ddof=1))}
    return row | {
        "means": {name: float(column.mean()) for name, column in columns.items()},
        "sds": {name: _spread(column) for name, column in columns.items()},
    }


def _spread(column: np.ndarray) -> float | None:
    """Standard deviation over all trials of an arm; none for a single one."""
    return float(column.std(ddof=1)) if column.size > 1 else None


def _fields(arm: Any) -> Row:
    """The fields of an arm that is more than a word."""
    if is_dataclass(arm) and not isinstance(arm, type):
        return {"kind": plain(arm)}
    return {"kind": plain(arm._asdict())} if hasattr(arm, "_asdict") else {}


def gates_of(design: Design, outcomes: Outcomes) -> list[Row]:
    """Every gate whose arms are there: met, missed or void."""
    rows = []
    for gate in design.gates:
        trials = outcomes.get(gate.study, Trials({}))
        if gate.arms <= set(trials.arms):

            def values(arm: str, metric: str, trials: Trials = trials) -> np.ndarray:
                return trials.arm(arm, metric).values

            rows.append(judge(gate, values, design.study(gate.study).metric).as_dict())
    return rows
