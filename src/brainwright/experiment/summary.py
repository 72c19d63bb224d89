"""From a design and what came of it to `result.json`: arms, comparisons, gates, checks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from brainwright.evidence import Arm, against_nulls, compare, guarded, judge, negative_control, weakest
from brainwright.runs import Units, plain

from .design import Claim, Design, Outcomes, Procedure, Row, full_name
from .trials import Trials

NOT_YET = "Not finished: what the run asked cannot be answered yet."
LEFT_OUT = "No verdict: the study that answers the question was left out of this run."


def result_of(design: Design, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """What becomes of `result.json`. Of a run that is not finished, claims and gates without their arms are
    left out; without those of the primary claim there is no verdict, no answer and nothing extra.
    """
    first = design.primary if isinstance(design.primary, tuple) else (design.primary,)
    rows = rows_of(design, outcomes, first)
    primary = weakest(rows) if len(rows) == len(first) else None
    procedures = [study for study in design.studies if primary and isinstance(study, Procedure)]
    of_steps = [check for each in procedures for check in each.checks(units.below(each.name))]
    asked = {claim.study for claim in first} <= {study.name for study in design.studies}
    claims = design.claims if isinstance(design.claims, tuple) else design.claims(outcomes)
    return {
        "headline": design.sentences[primary["verdict"]] if primary else NOT_YET if asked else LEFT_OUT,
        "primary": primary,
        "answer": design.answer(outcomes, primary) if primary else "",
        "arms": arms_of(design, outcomes),
        "comparisons": [row for row in rows if row is not primary] + rows_of(design, outcomes, claims),
        "gates": gates_of(design, outcomes),
        "checks": [asdict(check) for check in (*design.checks(outcomes), *of_steps)] if primary else [],
        "facts": plain(design.facts),
        "extra": plain(design.extra(outcomes, units)) if primary else {},
    }


def rows_of(design: Design, outcomes: Outcomes, claims: Iterable[Claim]) -> list[Row]:
    """One row per claim whose arms are there, in their order; nulls of one family are corrected together."""
    there = [c for c in claims if {c.arm, c.control} <= set(outcomes.get(c.study, Trials({})).arms)]
    return [_row(design, outcomes, claim, there) for claim in there]


def _row(design: Design, outcomes: Outcomes, claim: Claim, claims: Sequence[Claim]) -> Row:
    metric, trials = _metric(design, claim), outcomes[claim.study]
    if claim.kind == "nulls":
        key = _family(design, claim)
        family = [c.control for c in claims if claim.family and _family(design, c) == key]
        row = _against_nulls(trials, claim, metric, family or [claim.control])
    else:
        arm, control = (trials.arm(name, metric) for name in (claim.arm, claim.control))
        if claim.kind != "same":
            options: dict[str, Any] = {"threshold": claim.threshold, "margin": claim.margin}
            row = compare(arm, control, metric, kind=claim.kind, **options).as_dict()
        elif claim.margin is None:
            raise ValueError(f"claim {claim.arm} same as {claim.control}: expected a margin, got none")
        else:
            row = negative_control(arm, control, metric, margin=claim.margin).as_dict()
    row = guarded(row, claim.picked, claim.guard, trials.values(claim.arm, claim.guard or metric))
    row |= {key: full_name(claim.study, getattr(claim, key)) for key in ("arm", "control")}
    return row | {"study": claim.study} | plain(claim.notes)


def _metric(design: Design, claim: Claim) -> str:
    return claim.metric or design.study(claim.study).metric


def _family(design: Design, claim: Claim) -> tuple[str, ...]:
    """What claims have in common that are corrected together."""
    return claim.study, claim.arm, claim.kind, claim.family, _metric(design, claim)


def _against_nulls(trials: Trials, claim: Claim, metric: str, family: list[str]) -> Row:
    real = trials.values(claim.arm, metric)
    if len(real) != 1:
        raise ValueError(f"{claim.arm}: expected one draw of the real graph, got {len(real)}")
    nulls = {name: trials.values(name, metric) for name in family}
    options: dict[str, Any] = {"margin": claim.margin, "alpha": claim.alpha, "only": claim.control}
    return against_nulls(real[0], nulls, metric, name=claim.arm, **options)[0].as_dict()


def arms_of(design: Design, outcomes: Outcomes) -> dict[str, Row]:
    """Every arm by its full name: the study's metric per unit, and mean and deviation of all metrics."""
    rows = {}
    for study in design.studies:
        trials = outcomes.get(study.name, Trials({}))
        kinds = {} if isinstance(study, Procedure) else {str(arm): arm for arm in study.arms}
        for arm in trials.arms:
            row = {"study": study.name, **_arm(trials, arm, study.metric)}
            kind = kinds.get(arm)
            if fields := kind._asdict() if hasattr(kind, "_asdict") else getattr(kind, "__dict__", {}):
                row["kind"] = plain(fields)
            if known := [m for m in design.arm_metrics if m in trials.names(arm)]:
                row["metrics"] = {m: trials.arm(arm, m).values.tolist() for m in known}
            rows[full_name(study.name, arm)] = row
    return rows


def _arm(trials: Trials, arm: str, metric: str) -> Row:
    values = trials.values(arm, metric)
    graphs = values.mean(axis=1)
    row = Arm(arm, values.mean(axis=0)).as_dict() | {"n_draws": len(values)}
    if len(values) > 1:
        row |= {"draws": graphs.tolist(), "sd_between_draws": float(graphs.std(ddof=1))}
    columns = {name: trials.values(arm, name) for name in trials.names(arm)}
    means = {name: float(column.mean()) for name, column in columns.items()}
    sds = {name: float(column.std(ddof=1)) if column.size > 1 else None for name, column in columns.items()}
    return row | {"means": means, "sds": sds}


def gates_of(design: Design, outcomes: Outcomes) -> list[Row]:
    """Every gate whose arms are there: met, missed or void."""
    rows = []
    for gate in design.gates:
        trials = outcomes.get(gate.study, Trials({}))
        if gate.arms <= set(trials.arms):
            values = {(a, m): trials.arm(a, m).values for a in gate.arms for m in trials.names(a)}
            judged = judge(gate, lambda a, m, values=values: values[a, m], design.study(gate.study).metric)
            rows.append(judged.as_dict())
    return rows
