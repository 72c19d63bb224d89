"""What the page of `text` shows: the read-out and its rows, the write, speed, the curve over signal."""

from functools import partial

import numpy as np

from brainwright import report
from brainwright.loop.reading import fitted as rows
from brainwright.loop.reading import work
from brainwright.loop.reading.corpus import BYTES_FORCED, LINES, METRICS, OWN, WORDS
from brainwright.loop.reading.rows_told import READ_ROWS, WRITE_ROWS, told_of
from brainwright.report import Columns, Figure, Finished, Items, Mark, Points, Section, Table, Text
from brainwright.report.figures import Curve

from .experiment import CHANCE, EYE, RATES, SPEED, WRITE

LIMITS = (
    "The reader is a simulated culture that hears each word as a pattern of pulses of its own, with part "
    "of the pulses moved at random; nothing in it understands a text. Retrieval says that words can be "
    "told apart in its activity, not that meaning is represented there. The decoder knows when each word "
    "began, which words there are, and in which slot of a sentence each may stand: noise has the same "
    "help, and stands beside.\n\nThe built-in text is of one grammar with words of equal lengths; a "
    "natural text has more that betrays it without a brain (see the rows of word lengths and positions). "
    "The writer may use every electrode, those of the senses among them; it learned what a write evokes "
    "from random writes and was told no word's pattern. Speed is of a read-out by a fitted judge, not of "
    "understanding. Splits of one recording of your own share texts, so their intervals are too narrow; of a "
    "continuous signal only what is slower than 30 Hz is read, in means over tenths of a second."
)


DOTS = "A dot for each reader."
READ_COLUMNS = (
    f"Chance is {CHANCE:.3f} for who knows nothing of a text. The column: how often a row would be right if "
    "what it found were exchanged among texts of as many words, which every row is told.",
    "Nearness: one less the squared distance of text latents; 0 is the mean text.",
    "Words: share that is right in its place, where the text model writes from the latents alone, and where "
    "it is shown the true bytes before each, which raises noise as it does the brain. A third of the words "
    "is the same article.",
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [readout(run)] if run.arms() else []
    shown += [lines(run)] if run.arms(LINES) else []
    shown += [written(run), speed(run)] if run.arms(WRITE) else []
    return [*shown, curve(run)] if run.arms(work.CURVE) else shown


def readout(run: Finished) -> Section:
    """Every row, what the brain has over it, and texts as they were written out."""
    arms, lines = run.arms(), []
    every = (*rows.MAPPED, rows.UNTRAINED, rows.WORDS, rows.LENGTHS, rows.POSITIONS)
    mapped = [arm for arm in every if arm in arms]
    for arm in mapped:
        means, over = arms[arm]["means"], run.comparison(rows.BRAIN, arm)
        shares = [f"{means[name]:.2f}" if name in means else "" for name in ("nearness", "free", "forced")]
        shares = [f"{means['chance']:.3f}" if "chance" in means else "", *shares]
        lines.append(
            [arm, Points.of(arms[arm]), *shares, Points.of(over), Mark(over["verdict"]) if over else ""]
        )
    header = ["", "retrieved of 64", "chance", "nearness", "words, written freely", "teacher forced"]
    header += ["brain − it", ""]
    values = {arm: np.array(arms[arm]["values"]) for arm in mapped}
    dots = Figure(partial(report.figures.dots, values, x="retrieved of 64", levels={"chance": CHANCE}), DOTS)
    blocks = [Table(header, lines), Columns([dots, Table(["row", "what it is"], told_of(READ_ROWS, mapped))])]
    blocks.append(Items(READ_COLUMNS))
    if run.arms(work.MODEL):
        told = run.arms(work.MODEL)[work.MODEL]["means"]
        spent = told["processor time"]
        judged = [
            ["held-out sentences given back exactly", f"{told['exact']:.3f}"],
            ["interpolations that the grammar accepts", f"{told['grammatical']:.3f}"],
            ["processor time of its training, s", f"{spent:.0f}" if spent else "none: it was given"],
            ["a ridge names the current word", f"{arms[rows.BRAIN]['means']['named']:.2f}"],
        ]
        extra = run.result["extra"]
        texts = zip(extra["true"], extra[rows.BRAIN], extra[rows.NOISE], strict=False)
        header = ["read", "read out of activity", "read out of noise"]
        shown = Table(header, [list(row) for row in texts][:8], "The first reader's first texts.")
        blocks += [Table(["text model", ""], judged), shown]
    return Section("Read-out", blocks, "Activity that nothing was fitted to, while held-out texts were read.")


def lines(run: Finished) -> Section:
    """Lines that the text model never saw, given back from their own latents and from others."""
    arms, shares, leads = run.arms(LINES), [], []
    for arm, row in arms.items():
        means = row["means"]
        shares.append([arm, *(f"{means[name]:.2f}" if name in means else "" for name in METRICS)])
        over = [run.comparison(OWN, arm, LINES, metric) for metric in (WORDS, BYTES_FORCED)]
        if any(over):
            cells = [(Points.of(row), Mark(row["verdict"])) if row else ("", "") for row in over]
            leads.append([arm, *cells[0], *cells[1]])
    header = ["", "words", "words, forced", "bytes", "bytes, forced", "whole lines"]
    words = (
        "Shares that are right in their place: written from latents alone, or forced, where every true byte "
        "before is shown, which lets a model guess without knowing which line it is."
    )
    extra = run.result["extra"]
    told = [list(row) for row in zip(extra["true"], extra["written"], strict=True)][:8]
    blocks = [
        Text(words, small=True),
        Table(header, shares),
        Table(["own latents less", "words", "", "bytes, forced", ""], leads),
        Table(["line", "given back from its latents"], told),
    ]
    return Section("Lines given back", blocks, "Of lines that the text model never saw.")


def written(run: Finished) -> Section:
    """The write beside its controls."""
    arms, lines = run.arms(WRITE), []
    taken = (work.NO_LEARNING, work.LOOKED_UP, work.SPELLED)
    shown = (
        work.TARGET,
        work.THROUGH,
        work.ONCE,
        *taken,
        work.OTHER,
        work.BEFORE,
        work.UP,
        work.SHUFFLED_MAPS,
    )
    for arm in shown:
        cells: list[report.Cell] = [arm, Points.of(arms[arm]), f"{arms[arm]['means']['retrieved']:.2f}"]
        for own in (work.TARGET, work.THROUGH):
            over = run.comparison(own, arm, WRITE, "nearness")
            cells += [Points.of(over["difference"], sign=True), Mark(over["verdict"])] if over else ["", ""]
        lines.append(cells)
    header = ["", "nearness", "retrieved", f"{work.TARGET} − it", "", f"{work.THROUGH} − it", ""]
    values = {arm: np.array(arms[arm]["values"]) for arm in shown}
    dots = Figure(partial(report.figures.dots, values, x="nearness to the text"), DOTS)
    rows_told = Table(["row", "what it is"], told_of(WRITE_ROWS, shown))
    lead = (
        "A text is written into fresh tissue, and read back from its activity by a judge that was fitted to "
        "other texts, without the emulator."
    )
    return Section("Write", [Table(header, lines), Columns([dots, rows_told])], lead)


def speed(run: Finished) -> Section:
    """Texts written ahead of the eye, against reading."""
    arms, lines = run.arms(WRITE), []
    paces = [(f"{rate}", arm) for rate in RATES for arm in ("flashed", work.TARGET, work.THROUGH)]
    for rate, arm in (("its own pace", EYE), *paces):
        name = EYE if arm == EYE else f"{arm}, {rate} words per second"
        means = arms[name]["means"]
        cells: list[report.Cell] = [arm, rate, f"{means['retrieved']:.2f}", f"{means[SPEED]:.1f}"]
        for control in (EYE, f"flashed, {rate} words per second"):
            over = run.comparison(name, control, WRITE, SPEED)
            cells += [Points.of(over, digits=1), Mark(over["verdict"]) if over else ""]
        lines.append(cells)
    words = (
        "Right texts per minute: texts that are retrieved, times texts per minute. Flashed: the same text "
        "shown as fast, as in rapid serial presentation, which tells writing from mere haste."
    )
    header = ["", "words a second", "retrieved", SPEED, "it − eye", "", "it − flashed", ""]
    blocks = [Text(words, small=True), Table(header, lines)]
    return Section("Reading speed", blocks, "Written ahead of the eye, flashed, and read.")


def curve(run: Finished) -> Section:
    """Retrieval over the signal of the reader."""
    arms = run.arms(work.CURVE)
    signals = sorted(arms, key=float)
    values = np.array([arms[signal]["values"] for signal in signals]).T
    line = Curve.of_units([float(signal) for signal in signals], values)
    drawn = partial(report.figures.curves, {"brain": line}, x="signal of the reader", y="retrieved of 64")
    lines = [[signal, Points.of(arms[signal])] for signal in signals]
    lead = f"Fewer texts to learn from than above; the default signal is {run.facts['signal']:g}."
    return Section("Signal", [Figure(drawn), Table(["signal", "retrieved"], lines)], lead)
