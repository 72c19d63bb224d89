"""Assessors on a conditioning table of one's own: trials × cues × outcomes, with scores of blocking and
extinction.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from .assessors import Assessors, Moments
from .errors import SteeringError
from .predictors import Delta, Predictor

SUBJECT, RESPONSE, OUTCOME = "subject", "response", "outcome"
IGNORED = ("phase", "trial", "note")
"""Columns that say something to a reader alone."""


@dataclass(frozen=True, eq=False)
class ConditioningTable:
    """Trials in their order, of subjects that do not know of one another.

    Attributes:
        cues, outcomes: their names.
        subjects: their names.
        shown: how strongly each cue is shown [subject, trial, cue]; 0 beyond a subject's last trial.
        came: what came [subject, trial, outcome].
        real: which trials there are [subject, trial].
        responses: what the subject did [subject, trial], NaN where nothing is known; None without the column.
    """

    cues: tuple[str, ...]
    outcomes: tuple[str, ...]
    subjects: tuple[str, ...]
    shown: Float[Tensor, "subject trial cue"]
    came: Float[Tensor, "subject trial outcome"]
    real: Tensor
    responses: Tensor | None = None

    @property
    def moments(self) -> Moments:
        """Two steps for each trial: the cues, and what comes, which every circuit senses."""
        context = torch.stack([self.shown, torch.zeros_like(self.shown)], 2)
        truth = torch.stack([torch.zeros_like(self.came), self.came], 2)
        override = torch.zeros_like(truth, dtype=torch.bool)
        override[:, :, 1] = True
        gate = self.real[:, :, None, None].expand_as(override)
        return Moments(context, truth, override, gate)

    def without(self, trials: Tensor) -> "ConditioningTable":
        """The table in which the marked trials [subject, trial] never happened."""
        return replace(self, real=self.real & ~trials)


@dataclass(frozen=True, eq=False)
class Conditioned:
    """What assessors make of a table.

    Attributes:
        said: of the cues of every trial before its outcome came [subject, trial, outcome]; NaN where there is
            no trial.
        in_the_end: of each cue alone [subject, cue, outcome].
        blocking: (blocker, blocked, outcome) → [subject]: what the blocked cue would be worth had the blocker
            never been shown alone before, less what it is worth, at the end of the compound trials.
        extinction: (cue, outcome) → [subject]: share of what the cue was worth when its outcome stopped that
            was lost in the end.
        likeness: Pearson correlation of what is said with the responses [subject], of the first outcome; None
            without responses.
    """

    said: np.ndarray
    in_the_end: np.ndarray
    blocking: dict[tuple[str, str, str], np.ndarray]
    extinction: dict[tuple[str, str], np.ndarray]
    likeness: np.ndarray | None


def read_conditioning(path: Path | str) -> ConditioningTable:
    """It reads a CSV or TSV with one row for each trial, in order.

    Columns whose name begins with "outcome" hold what came; "subject" (else there is one), "response" (a
    number, empty where unknown), "phase", "trial" and "note" mean what they say; every other column is a cue,
    0 where it is not shown.

    Raises:
        SteeringError: a file that cannot be read, without cues or outcomes, or with values that are no finite
            numbers; names the column and the row.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, sep=None, engine="python")
    except FileNotFoundError:
        raise SteeringError(f"{path}: no such file") from None
    except (OSError, ValueError, csv.Error) as error:
        raise SteeringError(f"{path}: expected a CSV or TSV table with a header, got: {error}") from None
    return table_of(table, str(path))


def table_of(table: pd.DataFrame, name: str = "the table") -> ConditioningTable:
    """The same of a DataFrame. Raises SteeringError."""
    table = table.rename(columns=lambda column: str(column).strip())
    outcomes = [column for column in table if column.lower().startswith(OUTCOME)]
    known = {*outcomes, SUBJECT, RESPONSE, *IGNORED}
    cues = [column for column in table if column not in known]
    if not outcomes or not cues or not len(table):
        raise SteeringError(
            f"{name}: expected a row for each trial, a column for each cue and columns that begin with "
            f'"{OUTCOME}", got {len(table)} rows and the columns {", ".join(table.columns)}'
        )
    for column in (*cues, *outcomes):
        numbers = pd.to_numeric(table[column], errors="coerce")
        wrong = np.flatnonzero(~np.isfinite(numbers.to_numpy(float)))
        if len(wrong):
            raise SteeringError(
                f"{name}: column {column!r}, trial {wrong[0] + 1}: expected a finite number (0 where nothing "
                f"is shown or comes), got {table[column].iloc[wrong[0]]!r}"
            )
        table[column] = numbers.astype(float)
    if SUBJECT not in table:
        table = table.assign(**{SUBJECT: "all"})
    if table[SUBJECT].isna().any():
        row = int(np.flatnonzero(table[SUBJECT].isna())[0]) + 1
        raise SteeringError(f"{name}: column {SUBJECT!r}, trial {row}: expected a name, got nothing")
    groups = {str(key): rows for key, rows in table.groupby(SUBJECT, sort=False)}
    most = max(map(len, groups.values()))
    shown = _padded([rows[cues].to_numpy() for rows in groups.values()], most)
    came = _padded([rows[outcomes].to_numpy() for rows in groups.values()], most)
    real = torch.tensor([[k < len(rows) for k in range(most)] for rows in groups.values()])
    responses = None
    if RESPONSE in table:
        each = [
            pd.to_numeric(rows[RESPONSE], errors="coerce").to_numpy()[:, None] for rows in groups.values()
        ]
        responses = _padded(each, most, torch.nan)[..., 0]
    return ConditioningTable(tuple(cues), tuple(outcomes), tuple(groups), shown, came, real, responses)


def conditioned(table: ConditioningTable, predictor: Predictor | None = None, seed: int = 0) -> Conditioned:
    """It lets assessors, one for each outcome, go through the trials, and scores what they make of them."""
    assessors = Assessors(table.outcomes, "override", predictor or Delta())
    course = _course(assessors, table, seed)
    said = torch.full((*table.real.shape, len(table.outcomes)), torch.nan, dtype=torch.float64)
    for trial, cues in enumerate(course[:-1]):  # by what was learned before it; cues add up
        said[:, trial] = torch.einsum("sc,sco->so", table.shown[:, trial].double(), cues)
    said[~table.real] = torch.nan
    return Conditioned(
        said.numpy(),
        course[-1].numpy(),
        dict(_blocking(assessors, table, course, seed)),
        dict(_extinction(table, course)),
        _likeness(said[..., 0], table.responses),
    )


def scores_of(done: Conditioned) -> dict[str, np.ndarray]:
    """All scores by name, [subject] each. Raises SteeringError where the table holds no test."""
    scores = {
        f"blocking of {blocked} by {blocker}, {outcome}": values
        for (blocker, blocked, outcome), values in done.blocking.items()
    }
    scores |= {
        f"extinction of {cue}, {outcome}": values for (cue, outcome), values in done.extinction.items()
    }
    if done.likeness is not None:
        scores["likeness to the responses"] = done.likeness
    if not scores:
        raise SteeringError(
            "expected trials that test something: a cue with its outcome alone and then with a second cue "
            "(blocking), a cue that comes without its outcome in the end (extinction), or responses"
        )
    return scores


def _course(assessors: Assessors, table: ConditioningTable, seed: int) -> Tensor:
    """What is said of each cue alone before every trial and after the last, [trial + 1, subject, cue,
    outcome].
    """
    alone = torch.eye(len(table.cues)).expand(len(table.subjects), -1, -1)
    first = assessors.start(len(table.subjects), len(table.cues), seed)
    course = [assessors.read(first, alone).clone()]

    def note(number: int, state: object) -> None:
        course.append(assessors.read(state, alone).clone())

    assessors.learn(table.moments, after=note, seed=seed)
    return torch.stack(course)


def _blocking(
    assessors: Assessors, table: ConditioningTable, course: Tensor, seed: int
) -> Iterator[tuple[tuple[str, str, str], np.ndarray]]:
    """Pairs of which one was paired with the outcome alone, before both were."""
    on = table.shown != 0
    for a, b in permutations(range(len(table.cues)), 2):
        for k, outcome in enumerate(table.outcomes):
            paired = (table.came[..., k] != 0) & table.real
            both = on[..., a] & on[..., b] & paired
            b_before = on[..., b] & (torch.cumsum(both.int(), 1) == 0) & table.real
            before = torch.cumsum(both.int(), 1) == 0
            alone = on[..., a] & ~on[..., b] & before & table.real
            reinforced = (alone & paired).any(1)
            if not bool((both.any(1) & reinforced & ~b_before.any(1)).all()):
                continue
            last = [int(row.nonzero()[-1]) + 1 for row in both]
            control = _course(assessors, table.without(alone), seed)
            worth = [
                torch.stack([each[trial, s, b, k] for s, trial in enumerate(last)])
                for each in (control, course)
            ]
            yield (table.cues[a], table.cues[b], outcome), (worth[0] - worth[1]).numpy()


def _extinction(table: ConditioningTable, course: Tensor) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
    """Cues that were shown without their outcome after the last time that it came with them."""
    on = table.shown != 0
    for c, cue in enumerate(table.cues):
        for k, outcome in enumerate(table.outcomes):
            seen = on[..., c] & table.real
            paired = seen & (table.came[..., k] != 0)
            if not bool(paired.any(1).all()):
                continue
            last = [int(row.nonzero()[-1]) for row in paired]
            missed = torch.stack([row[at + 1 :].any() for row, at in zip(seen, last, strict=True)])
            if not bool(missed.all()):
                continue
            worth = torch.stack([course[at + 1, s, c, k] for s, at in enumerate(last)])
            after = torch.stack([course[-1, s, c, k] for s in range(len(last))])
            if bool((worth.abs() > 1e-9).all()):
                yield (cue, outcome), (1 - after / worth).numpy()


def _likeness(said: Tensor, responses: Tensor | None) -> np.ndarray | None:
    if responses is None:
        return None
    known = said.isfinite() & responses.isfinite()
    rows = [(one[where], did[where]) for one, did, where in zip(said, responses, known, strict=True)]
    return np.array(
        [
            float(torch.corrcoef(torch.stack([one, did.to(one)]))[0, 1])
            if len(one) > 2 and one.std() > 0 and did.std() > 0
            else 0.0
            for one, did in rows
        ]
    )


def _padded(rows: list[np.ndarray], most: int, value: float = 0.0) -> Tensor:
    pad = partial(np.pad, constant_values=value)
    return torch.tensor(
        np.stack([pad(row.astype(np.float64), ((0, most - len(row)), (0, 0))) for row in rows])
    )
