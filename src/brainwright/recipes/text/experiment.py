"""Readers, rows and claims of the recipe `text`, fixed before the run; the unit is the reader."""

from collections.abc import Iterator

import torch

from brainwright.emulator.text import TextPlan
from brainwright.evidence import Gate
from brainwright.experiment import Claim, Design, OptionError, Outcomes, Procedure, Row, Step, matters
from brainwright.loop.reading import fitted as rows
from brainwright.loop.reading import work
from brainwright.loop.reading.corpus import Corpus
from brainwright.loop.reading.files import design_of_lines, design_of_recording
from brainwright.loop.reading.own import OwnReading
from brainwright.loop.reading.text_model import check_folder
from brainwright.loop.reading.windows import Windows
from brainwright.loop.reading.work import ReadingWork, Sizes
from brainwright.report import Points
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED = 90_000
"""Seeds 0 to 99 chose the settings."""
READOUT, WRITE = "", "write"
RATES = tuple(round(1 / period_s) for period_s in work.PERIODS_S)
EYE, SPEED = "eye", "right per minute"
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


def design(config: Config) -> Design:
    """Read-out and controls, the write, the curve. Raises UserError for files and folders of your own that
    cannot be used, before anything runs.
    """
    torch.set_num_threads(1)
    check_folder(config.model)
    plan = TextPlan(steps=60 if config.quick else config.steps)
    if config.text is not None and config.data is None:
        corpus = Corpus(config.text, config.seed, config.model, plan=plan)
        return design_of_lines(corpus, matters(config, files=("text", "model")), MARGIN)
    if config.data is not None and config.text is None:
        raise OptionError("--data needs --text: what was read in the recording, a text on each line")
    if config.data is not None and config.text is not None:
        windows, files = Windows(config.after_s, config.window_s), (config.data, config.text)
        own = OwnReading(*files, config.seed, config.source, windows, config.model, plan=plan)
        told = matters(config, files=("data", "text", "model"))
        return design_of_recording(own, 2 if config.quick else 6, told, MARGIN, SENTENCES)
    return design_of(config, work_of(config, plan))


def work_of(config: Config, plan: TextPlan) -> ReadingWork:
    """The readers of a configuration."""
    first = FIRST_SEED + 1_000 * config.seed
    n = 2 if config.quick else config.dishes
    few = Sizes(2_000, 32, 150, written=8, random=200, plan=plan, fit_steps=40)
    sizes = few if config.quick else Sizes(plan=plan)
    seeds = [first + k for k in range(n)]
    return ReadingWork(seeds, first, sizes, config.model, config.workers or 2)


def design_of(config: Config, reading: ReadingWork) -> Design:
    """The design for any sizes."""
    steps = (
        Step(work.HEARD, reading.hear, 100.0, "texts are read"),
        Step(work.READ, reading.read_out, 20.0, "read-out"),
    )
    told = matters(config, files=("model",))
    shared = Procedure(READOUT, steps, reading.outcomes, "retrieved", told, 1.0, reading.chance_checks)
    wrote = Step(work.WRITTEN, reading.write, 40.0)
    trained = Step(work.MODEL, reading.train_text, 1.0, "the text model")
    studies = [
        Procedure(work.MODEL, (trained,), reading.model_outcomes, "exact", told),
        shared,
        Procedure(WRITE, (wrote,), reading.written_outcomes, "nearness", told),
    ]
    if not config.quick:
        curve = Step(work.CURVE, reading.curve, 80.0, "the curve over the signal")
        studies.append(Procedure(work.CURVE, (curve,), reading.curve_outcomes, "retrieved", told))
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim(READOUT, rows.BRAIN, control, margin=MARGIN) for control in BESIDE),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims()),
        gates=() if config.quick else gates(timed=config.model is None),
        facts={"signal": reading.readers.signal, "read": reading.sizes.read, "tested": reading.sizes.tested},
        extra=lambda outcomes, units: (
            {row: units.load(work.READ)[f"{row}/texts"].tolist() for row in (rows.BRAIN, rows.NOISE)}
            | {"true": reading.texts("test")[: rows.GENERATED]}
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
    for arm in (work.TARGET, work.THROUGH):
        for control in (work.BEFORE, work.OTHER, work.SHUFFLED_MAPS, work.UP):
            yield Claim(WRITE, arm, control, "d_z")
            yield Claim(WRITE, arm, control, margin=MARGIN)
    for less in (work.TARGET, work.NO_LEARNING, work.LOOKED_UP, work.SPELLED):
        yield Claim(WRITE, work.THROUGH, less, margin=MARGIN)
    yield Claim(WRITE, work.TARGET, work.ONCE, margin=MARGIN)
    yield Claim(WRITE, work.THROUGH, work.ONCE, margin=MARGIN)
    for rate in RATES:
        for arm in (work.TARGET, work.THROUGH):
            for control in (EYE, f"flashed, {rate} words per second"):
                yield Claim(WRITE, f"{arm}, {rate} words per second", control, metric=SPEED, margin=1.0)


def gates(*, timed: bool) -> tuple[Gate, ...]:
    """What the text model, the reader and the read-out must reach; a model that was given was not timed."""
    clock = Gate(work.MODEL, work.MODEL, "processor time", at_most=240.0)  # four minutes, of one thread
    return (
        *((clock,) if timed else ()),
        Gate(work.MODEL, work.MODEL, "exact", at_least=0.95),
        Gate(work.MODEL, work.MODEL, "grammatical", at_least=0.8),
        Gate(READOUT, rows.BRAIN, "named", at_least=0.25, at_most=0.35),
        Gate(READOUT, rows.BRAIN, "retrieved", at_least=0.5),
    )


def answer(outcomes: Outcomes, row: Row) -> str:
    """Retrieval beside its controls, and the write."""
    trials, arms = outcomes[READOUT], (rows.BRAIN, *BESIDE, rows.COUNTS, rows.UNTRAINED, rows.WORDS)
    shown = ", ".join(f"{arm} {trials.arm(arm, 'retrieved').mean:.2f}" for arm in arms)
    words = f"Retrieved among 64 (chance .016): {shown}. The smallest lead, over {row['control']}: "
    words += str(Points.of(row, digits=2, sign=True))
    if WRITE in outcomes and outcomes[WRITE].arms:
        wrote = (work.TARGET, work.THROUGH, work.BEFORE, work.NO_LEARNING, work.SPELLED)
        near = (f"{arm} {outcomes[WRITE].arm(arm, 'nearness').mean:.2f}" for arm in wrote)
        words += f". Nearness of what was written: {', '.join(near)}"
    return words
