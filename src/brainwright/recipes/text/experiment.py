"""Readers, rows and claims of the recipe `text`, fixed before the run; the unit is the reader."""

from collections.abc import Iterator
from functools import partial

import torch

from brainwright.emulator.text import TextPlan
from brainwright.evidence import Check, Gate
from brainwright.evidence.effects import mean_interval
from brainwright.experiment import Claim, Design, OptionError, Outcomes, Procedure, Row, Step, matters
from brainwright.loop.reading import fitted as rows
from brainwright.loop.reading.corpus import ANOTHER, LINES, MEAN, OWN, Corpus
from brainwright.loop.reading.own import SPLITS, OwnReading
from brainwright.loop.reading.windows import Windows
from brainwright.loop.reading.work import (
    BEFORE,
    CURVE,
    HEARD,
    LOOKED_UP,
    MODEL,
    NO_LEARNING,
    ONCE,
    OTHER,
    PERIODS_S,
    READ,
    SHUFFLED_MAPS,
    SPELLED,
    TARGET,
    THROUGH,
    UP,
    WRITTEN,
    ReadingWork,
    Sizes,
)
from brainwright.report import Points
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED = 90_000
"""Seeds 0 to 99 chose the settings."""
READOUT, WRITE = "", "write"
RATES = tuple(round(1 / period_s) for period_s in PERIODS_S)
EYE, SPEED = "eye", "right per minute"
QUICK_STEPS = 60
MARGIN = 0.05
"""Of any share, and of nearness: less counts as nothing."""
BESIDE = (rows.NOISE, rows.SHUFFLED, rows.NO_CELLS, rows.LENGTHS, rows.POSITIONS)
"""Each must be below the brain: the weakest lead decides."""
CHANCE = 1 / 64
"""Of a decoder that knows nothing of a text, not even how many words it has."""
SENTENCES: dict[Verdict, str] = {
    "supported": "What a reader reads is read out of its activity, and not out of noise, of shuffled pairs, "
    "of a dish without cells, or of the lengths of words.",
    "no difference": "A control is read as well as the reader's activity.",
    "against": "A control is read better than the reader's activity.",
    "cannot tell": "This run cannot tell activity from a control.",
}
LINE_SENTENCES: dict[Verdict, str] = {
    "supported": "Latents say what a line is that the model never saw, more than another line's do.",
    "no difference": "Another line's latents say as much of a line as its own.",
    "against": "Another line's latents say more of a line than its own.",
    "cannot tell": "This run cannot tell a line's own latents from another's.",
}


def design(config: Config) -> Design:
    """Read-out and controls, the write, the curve. Raises OptionError, ReadingError for files of your own."""
    torch.set_num_threads(1)
    plan = TextPlan(steps=QUICK_STEPS if config.quick else config.steps)
    if config.text is not None and config.data is None:
        return corpus_design(config, Corpus(config.text, model=config.model, plan=plan))
    if config.data is not None and config.text is None:
        raise OptionError("--data needs --text: what was read in the recording, a text on each line")
    if config.data is not None and config.text is not None:
        windows, files = Windows(config.after_s, config.window_s), (config.data, config.text)
        own = OwnReading(*files, 0, config.source, windows, config.model, plan=plan)
        return own_design(config, own)
    return design_of(config, work_of(config, plan))


def work_of(config: Config, plan: TextPlan) -> ReadingWork:
    """The readers of a configuration."""
    first = FIRST_SEED + 1_000 * config.seed
    n, sizes = config.dishes, Sizes(plan=plan)
    if config.quick:
        n = 2
        sizes = Sizes(2_000, 32, 150, written=8, random=200, plan=plan, fit_steps=40)
    seeds = [first + k for k in range(n)]
    return ReadingWork(seeds, first, sizes, config.model, config.workers or 2)


def design_of(config: Config, work: ReadingWork) -> Design:
    """The design for any sizes."""
    steps = (
        Step(HEARD, work.hear, 100.0, "texts are read"),
        Step(READ, work.read_out, 20.0, "read-out"),
    )
    told = matters(config, files=("model",))
    shared = Procedure(READOUT, steps, work.outcomes, "retrieved", told)
    trained = Step(MODEL, work.train_text, 1.0, "the text model")
    studies = [
        Procedure(MODEL, (trained,), work.model_outcomes, "exact", told),
        shared,
        Procedure(WRITE, (Step(WRITTEN, work.write, 40.0),), work.written_outcomes, "nearness", told),
    ]
    if not config.quick:
        curve = Step(CURVE, work.curve, 80.0, "the curve over the signal")
        studies.append(Procedure(CURVE, (curve,), work.curve_outcomes, "retrieved", told))
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim(READOUT, rows.BRAIN, control, margin=MARGIN) for control in BESIDE),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims()),
        gates=() if config.quick else gates(timed=config.model is None),
        checks=checks,
        facts={"signal": work.readers.signal, "read": work.sizes.read, "tested": work.sizes.tested},
        extra=lambda outcomes, units: (
            {row: units.load(READ)[f"{row}/texts"].tolist() for row in (rows.BRAIN, rows.NOISE)}
            | {"true": work.texts("test")[: rows.GENERATED]}
        ),
        arm_metrics=("retrieved", "chance", "nearness", "free", "forced", "exact", "grammatical", "named"),
    )


def claims() -> Iterator[Claim]:
    """What the emulator costs; the write against every control; the reader's text against the written."""
    for less in (rows.COUNTS, rows.UNTRAINED, rows.WORDS):
        yield Claim(READOUT, rows.BRAIN, less, margin=MARGIN)
    for control in (rows.NOISE, rows.SHUFFLED, rows.NO_CELLS):
        yield Claim(READOUT, rows.BRAIN, control, metric="free", margin=MARGIN)
        yield Claim(READOUT, rows.BRAIN, control, metric="forced", margin=MARGIN)
    for arm in (TARGET, THROUGH):
        for control in (BEFORE, OTHER, SHUFFLED_MAPS, UP):
            yield Claim(WRITE, arm, control, "d_z")
            yield Claim(WRITE, arm, control, margin=MARGIN)
    for less in (TARGET, NO_LEARNING, LOOKED_UP, SPELLED):
        yield Claim(WRITE, THROUGH, less, margin=MARGIN)
    yield Claim(WRITE, TARGET, ONCE, margin=MARGIN)
    yield Claim(WRITE, THROUGH, ONCE, margin=MARGIN)
    for rate in RATES:
        for arm in (TARGET, THROUGH):
            for control in (EYE, f"flashed, {rate} words per second"):
                yield Claim(WRITE, f"{arm}, {rate} words per second", control, metric=SPEED, margin=1.0)


def gates(*, timed: bool) -> tuple[Gate, ...]:
    """What the text model, the reader and the read-out must reach; a model that was given was not timed."""
    clock = Gate(MODEL, MODEL, "processor time", at_most=240.0)  # four minutes, of one thread
    return (
        *((clock,) if timed else ()),
        Gate(MODEL, MODEL, "exact", at_least=0.95),
        Gate(MODEL, MODEL, "grammatical", at_least=0.8),
        Gate(READOUT, rows.BRAIN, "named", at_least=0.25, at_most=0.35),
        Gate(READOUT, rows.BRAIN, "retrieved", at_least=0.5),
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Noise, shuffled pairs and a dish without cells are right as often as if what they found were exchanged
    among texts of as many words, within the interval of their mean: how many words a text has is told to all.
    """
    made = []
    for row in (rows.NOISE, rows.SHUFFLED, rows.NO_CELLS):
        right, chance = (outcomes[READOUT].arm(row, name).values for name in ("retrieved", "chance"))
        over = mean_interval(right - chance)
        shown = Points(over.value, over.low, over.high, 3, True)
        text = f"{right.mean():.3f}, chance {chance.mean():.3f}, over it {shown}"
        made.append(Check(f"{row} at chance", over.low <= 0 <= over.high, text))
    return made


def answer(outcomes: Outcomes, row: Row) -> str:
    """Retrieval beside its controls, and the write."""
    trials = outcomes[READOUT]
    shown = ", ".join(f"{arm} {trials.arm(arm, 'retrieved').mean:.2f}" for arm in (rows.BRAIN, *BESIDE))
    words = f"Retrieved among 64 (chance .016): {shown}. The smallest lead, over {row['control']}: "
    words += str(Points.of(row, digits=2, sign=True))
    if WRITE in outcomes and outcomes[WRITE].arms:
        near = {arm: outcomes[WRITE].arm(arm, "nearness").mean for arm in (TARGET, THROUGH, OTHER, BEFORE)}
        words += ". Nearness of what was written: " + ", ".join(f"{arm} {x:.2f}" for arm, x in near.items())
    return words


def own_design(config: Config, own: OwnReading) -> Design:
    """Read-out of a recording of your own; a split of its texts is a unit, and splits share texts."""
    own.counts  # noqa: B018 (what is wrong with the files is said before anything runs)
    seeds = tuple(range(2 if config.quick else 6))
    step = Step(SPLITS, partial(own.splits, seeds), 1.0, "splits of the texts")
    told = matters(config, files=("data", "text", "model"))
    study = Procedure(READOUT, (step,), own.outcomes, "retrieved", told)
    beside = (rows.NOISE, rows.SHUFFLED, rows.LENGTHS, rows.POSITIONS)
    return Design(
        studies=(study,),
        primary=tuple(Claim(READOUT, rows.BRAIN, control, margin=MARGIN) for control in beside),
        sentences=SENTENCES,
        answer=answer_own,
        claims=(Claim(READOUT, rows.BRAIN, rows.COUNTS, margin=MARGIN),),
        arm_metrics=("nearness", "chance"),
    )


def answer_own(outcomes: Outcomes, row: Row) -> str:
    """Retrieval beside its controls."""
    trials = outcomes[READOUT]
    shown = ", ".join(f"{arm} {trials.arm(arm, 'retrieved').mean:.2f}" for arm in trials.arms)
    return f"Retrieved among 64 (chance .016): {shown}. Splits share texts: intervals are too narrow."


def corpus_design(config: Config, corpus: Corpus) -> Design:
    """A text model alone, of lines of your own; a line that it never saw is a unit."""
    corpus.split()  # what is wrong with the file is said before anything runs
    step = Step(LINES, corpus.given_back, 1.0, "the text model")
    told = matters(config, files=("text", "model"))
    return Design(
        studies=(Procedure(LINES, (step,), corpus.outcomes, "words", told),),
        primary=tuple(Claim(LINES, OWN, control, margin=MARGIN) for control in (ANOTHER, MEAN)),
        sentences=LINE_SENTENCES,
        answer=answer_lines,
        claims=tuple(Claim(LINES, OWN, c, metric="forced", margin=MARGIN) for c in (ANOTHER, MEAN)),
        arm_metrics=("words", "forced", "exact"),
        extra=lambda _, units: {
            "true": units.load(LINES)["true"].tolist(),
            "written": units.load(LINES)[f"{OWN}/written"].tolist(),
        },
    )


def answer_lines(outcomes: Outcomes, row: Row) -> str:
    """What came back, from whose latents."""
    trials = outcomes[LINES]
    shown = ", ".join(f"{arm} {trials.arm(arm, 'words').mean:.2f}" for arm in trials.arms)
    exact = trials.arm(OWN, "exact").mean
    return f"Words right in their place, of lines never seen: {shown}. Whole lines given back: {exact:.3f}"
