"""Boards, arms, claims and checks, fixed before the run."""

from collections.abc import Iterator
from functools import partial

from brainwright.evidence import Check, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.loop.next_patch import recordings
from brainwright.loop.next_patch.arms import FROZEN, SPOILED, STOP, UNTRAINED
from brainwright.loop.next_patch.boards import BOARDS, chosen
from brainwright.loop.next_patch.floors import (
    LAST,
    PAST,
    SKILL,
    cannot_teach,
    flag_checks,
    flag_table,
    senses_check,
    senses_table,
)
from brainwright.loop.next_patch.laminar import SHUFFLED, WIRINGS
from brainwright.loop.next_patch.studies import study_of
from brainwright.runs import Units
from brainwright.verdict import Verdict

from . import Config

GUARD = "collapsed"
MARGIN, DELAY_MARGIN, ADDED_MARGIN = 0.02, 0.05, 0.005
"""Differences of R² that count as none: between arms, for a delay line, of what own history is added."""
FIRST_SEED = 23_000
"""Seeds below 1,000 were used to choose rates, weights and thresholds of the flags; six each from 20,000,
21,000 and 22,000 on were reported before.
"""
TEACHERS = ("backpropagation", "e-prop", "feedback alignment")
SENTENCES: dict[Verdict, str] = {
    "supported": "The prediction holds more of the next patch than the last patch does, and by training.",
    "no difference": "The prediction holds no more of the next patch than the last patch, or than untrained.",
    "against": "The prediction holds less of the next patch than the last patch, or than untrained.",
    "cannot tell": "This run cannot tell whether the prediction is a success.",
}
OWN_SENTENCES: dict[Verdict, str] = {
    "supported": "The network foretells what the units' own history does not.",
    "no difference": "The network adds nothing to the units' own history.",
    "against": "The network harms what the units' own history foretells.",
    "cannot tell": "This run cannot tell whether the network adds to the units' own history.",
}


def design(config: Config) -> Design:
    """Every board whose files are here, or one's own recording. Raises UserError."""
    offset = FIRST_SEED * (config.seed + 1)
    seeds = tuple(offset + k for k in range(2 if config.quick else config.seeds))
    if config.data is not None:
        return of_file(config, seeds)
    boards = chosen(config.boards, config.quick)
    studies = [study_of(name, seeds, config.quick, matters(config)) for name in boards]
    every = [claim for study in studies for claim in claims(study)]
    n = 2 if boards[0] in BOARDS else 1  # over the last patch and over the untrained network, both
    return Design(
        studies=tuple(studies),
        primary=tuple(every[:n]),
        sentences=SENTENCES,
        answer=partial(answer, boards[0]),
        claims=tuple(every[n:]),
        checks=checks,
        extra=extra,
        facts={"boards": boards, "cannot": cannot_teach() if "rules" in boards else {}, "file": ""},
        arm_metrics=("directions", GUARD),
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """What the guards must have said for the comparisons to mean something."""
    return [*flag_checks(tuple(BOARDS), outcomes), *senses_check(outcomes)]


def extra(outcomes: Outcomes, units: Units) -> dict[str, object]:
    """Hits, misses and false alarms of the flags, and what two senses lost and gained."""
    return {"flags": flag_table(tuple(BOARDS), outcomes, MARGIN), "senses": senses_table(outcomes)}


def claims(study: Study) -> Iterator[Claim]:
    """All of a board, the most important first: those of the first board are primary."""
    name, there_are = study.name, [str(arm) for arm in study.arms]
    if name == "laminar":
        one, two = WIRINGS
        yield Claim(name, one, two, margin=MARGIN, guard=GUARD)
    elif name == "layers":
        for wiring in WIRINGS:
            for metric in (SKILL, "mismatch response", "error in its layer"):
                null = f"{wiring}, {SHUFFLED}"
                yield Claim(name, wiring, null, "nulls", metric, MARGIN, guard=GUARD)
    elif name == "senses":
        return
    elif name == "wiring":
        yield Claim(name, "wiring", "null", "nulls", margin=ADDED_MARGIN, guard=GUARD)
    elif study.metric == "added":
        for control in (PAST, recordings.SHIFTED, UNTRAINED, FROZEN):
            yield Claim(name, STOP, control, margin=ADDED_MARGIN, guard=GUARD)
    elif name == "rules":
        for arm in TEACHERS:
            yield Claim(name, arm, UNTRAINED, margin=MARGIN, guard=GUARD)
        for arm in TEACHERS[1:]:
            yield Claim(name, arm, TEACHERS[0], margin=MARGIN, guard=GUARD)
    else:
        for control in (LAST, UNTRAINED, FROZEN):
            yield Claim(name, STOP, control, margin=MARGIN, guard=GUARD)
        for arm in there_are:
            if arm in SPOILED:
                for control in (LAST, UNTRAINED):
                    yield Claim(name, arm, control, margin=MARGIN, guard=GUARD)
            elif arm.startswith("delay"):
                yield Claim(name, arm, STOP, "same", margin=DELAY_MARGIN, guard=GUARD)
            elif arm not in (STOP, FROZEN, UNTRAINED):
                yield Claim(name, arm, STOP, margin=MARGIN, guard=GUARD)
                yield Claim(name, arm, LAST, margin=MARGIN, guard=GUARD)


def of_file(config: Config, seeds: tuple[int, ...]) -> Design:
    """A recording of the user's own: the network beside its predictions of other times. Raises UserError."""
    assert config.data is not None
    source = (config.data, config.bin_s, config.array)
    names, streams = recordings.streams_of("file", *source)  # what is wrong is said now
    updates = 40 if config.quick else recordings.UPDATES["file"]
    run = partial(recordings.added, "file", updates, *source)
    shapes = {STOP: 1, recordings.SHIFTED: draws_needed(1), FROZEN: 1, UNTRAINED: 1}
    about = f"{config.data.name}: {len(names)} units, {len(streams[0].values):,} bins"
    own = Study("file", run, shapes, seeds[:3], "added", matters(config), 1, recordings.by_recording)
    return Design(
        studies=(own,),
        primary=Claim("file", STOP, recordings.SHIFTED, "nulls", margin=ADDED_MARGIN, guard=GUARD),
        sentences=OWN_SENTENCES,
        answer=partial(answer, "file"),
        facts={"boards": ("file",), "cannot": {}, "file": about},
    )


def answer(board: str, outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim."""
    metric = row["metric"]
    arm, control = (row[key].removeprefix(f"{board}/") for key in ("arm", "control"))
    own, other = (float(outcomes[board].values(name, metric).mean()) for name in (arm, control))
    ends = f"[{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"
    said = f"{board}: {metric} {own:.3f} of {arm}, {other:.3f} of {control}: {row['effect_size']:+.3f} {ends}"
    beside = [name for name in (LAST, FROZEN, UNTRAINED) if name != control and name in outcomes[board].arms]
    more = (f"{float(outcomes[board].values(name, metric).mean()):.3f} of {name}" for name in beside)
    return "; ".join((said, *more))
