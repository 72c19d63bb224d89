"""Sections about scores: the arms, what the gradient adds, the emulator, the stream."""

from collections.abc import Callable
from typing import Any

import numpy as np

from brainwright.report import Html, escape, figure, section, table

from . import figures, page_checks, units, words
from .design import arm_name
from .finished import Finished
from .page_checks import columns

EXPLAINED = (
    ("adaptive", "writes the forecast of the emulator, improved by gradient steps for the coming symbol"),
    ("oracle", "writes the electrodes of the true coming symbol: no forecast can be more exact"),
    ("ungraded", "writes the emulator's forecast without the gradient steps"),
    ("yoked", "replays the writes of another culture: same charge, same times, not contingent"),
    ("matched", "as many pulses on random electrodes"),
    ("silent", "hears the stream, nothing is written"),
    ("frozen", "the adaptive writes on the same culture with plasticity off"),
    ("saline", "the adaptive writes on a dish without cells"),
)
TITLES = {
    "full": "Enough data",
    "poor": "Few data",
    "scarce": "Scarce data, hidden rule",
    "steered": "Against the stream",
}


def arms(run: Finished) -> str:
    """Every culture before and after per arm, beside the learning curves."""
    caption = (
        f"Each line is one of {run.n} cultures: hollow dot before, full dot after teaching. Diamond and "
        "bar: mean after and its 95 % interval. Right: the mean change from before. Saline is compared "
        "with itself: without cells there are only artifacts to decode."
    )
    learned = (
        f"Mean and 95 % interval over {run.n} cultures, from short probes between blocks and the full "
        "probe at the end. The tissue is probed as a copy with plasticity off, so probing teaches nothing."
    )
    explained = "".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in EXPLAINED)
    return section(
        "What was learned",
        columns(figure(figures.arms(run), caption), figure(figures.learning(run), learned))
        + f"<details><summary>What the arms are</summary><dl>{explained}</dl></details>",
        "The score is the share of random symbols to which a culture answers with the symbol that follows "
        "in the stream.",
    )


def gradient(run: Finished) -> str:
    """Adaptive against ungraded and oracle in every condition."""
    known = [name for name in TITLES if name in run.conditions and run.arms(name)]
    every = np.concatenate([arm["values"] for name in known for arm in run.arms(name).values()])
    limits = (min(-0.05, float(every.min()) - 0.03), float(every.max()) + 0.05)
    cards = [_condition(run, name, limits) for name in known]
    return section(
        "What the gradient adds",
        columns(*cards)
        + "<p class='detail'>Each line is one culture, taught anew from the same naive state in every arm; "
        f"diamonds are means with 95 % intervals, n = {run.n}. Comparisons that are not in the table of "
        "those named before the run were made for this page by the same rule.</p>",
        f"Adaptive and ungraded differ in nothing but the gradient steps. {words.gradient_summary(run)}",
    )


def _condition(run: Finished, name: str, limits: tuple[float, float]) -> str:
    condition = run.conditions[name]
    refit = "fitted again after every block" if condition["refit"] else "fitted once"
    what = (
        f"Stream {condition['stream']}: {condition['recorded']:,} symbols recorded, "
        f"{condition['taught']:,} taught, emulator {refit}."
    )
    if condition["steered"]:
        what += (
            " The tissue hears random symbols: nothing of what is wanted can be learned from what it hears."
        )
    rows = _asked(run, name)
    said = "".join(
        f"<p>{badge(row['verdict'])} <b>vs {control}</b><br>{escape(sentence)}</p>"
        for control, row, badge, sentence in rows
    )
    drawn = figure(figures.gradient(run, name, limits, wide=len(run.conditions) > 3))
    return (
        f"<h3>{TITLES[name]}</h3>{drawn}"
        f"<div class='small'><p class='lead'>{escape(what)}</p>{_precision(run, name)}{said}</div>"
    )


def _asked(run: Finished, condition: str) -> list[tuple[str, dict[str, Any], Callable[[str], Html], str]]:
    """Comparisons of a condition: those named before the run as they stand, the others made alike."""
    found = []
    for control, margin, say in (
        ("ungraded", None, words.against_ungraded),
        ("oracle", 0.05, words.against_oracle),
        ("yoked", None, words.against_yoked),
    ):
        if control not in run.arms(condition):
            continue
        named = run.comparison(arm_name(condition, "adaptive"), arm_name(condition, control))
        row = named or _compare(run, condition, control, margin)
        badge = words.oracle_badge if control == "oracle" else words.verdict_badge
        found.append((control, row, badge, say(row)))
    return found


def _compare(run: Finished, condition: str, control: str, margin: float | None) -> dict[str, Any]:
    from brainwright.evidence import Arm, compare

    arms = [Arm(name, run.change(condition, name)) for name in ("adaptive", control)]
    kind = "d_z" if margin is None else "difference"
    return compare(*arms, "successor share", kind=kind, margin=margin).as_dict()


def _precision(run: Finished, condition: str) -> str:
    arms = run.arms(condition)
    text = ", ".join(
        f"{name} {arms[name]['write_precision']:.0%}"
        for name in ("yoked", "ungraded", "adaptive", "oracle")
        if name in arms
    )
    return f"<p class='lead'>Written electrodes that belong to the wanted symbol: {text}.</p>"


def emulator(run: Finished) -> str:
    """Forecast skill of the emulator against the trivial forecasts."""
    rows = units.of_prefix("skill_", run.unit("naive"))
    means = [
        (
            name,
            words.number(float(np.mean(values)), digits=3),
            words.number(float(np.std(values, ddof=1)), digits=3),
        )
        for name, values in rows.items()
    ]
    explained = (
        "How many bits per spike a forecast of the next evoked response gains over the mean rate, on the "
        "last quarter of a recording of the stream, which the emulator never saw. The mean rate is zero "
        "by definition; persistence is mixed with the mean rate by the weight that is best on the "
        "training part, which is zero where a symbol never follows itself."
    )
    return section(
        "The emulator",
        columns(
            figure(
                figures.skill(rows), f"One dot per culture (n = {run.n}); diamonds: mean and 95 % interval."
            ),
            table(("forecast", "bits per spike", "sd over cultures"), means)
            + f"<p class='detail'>{escape(explained)}</p>",
        ),
        "A gradient through a model that cannot forecast teaches nothing: its skill, against forecasts "
        "that need no model.",
    )


def stream(run: Finished) -> str:
    """Log score of the next symbol on the stream itself, and all comparisons."""
    levels, row = run.levels, run.comparison("adaptive", "yoked", "next-symbol log score")
    caption = f"One dot per culture (n = {run.n} in every arm); diamonds: mean and 95 % interval."
    explained = (
        "Mean log2 probability that the decoder gives to the symbol that comes next. Its temperature was "
        "chosen beforehand on other cultures and is not fitted, so a confident wrong answer falls below "
        "chance; read the arms against before and against each other. Chance is "
        f"{words.number(levels['chance_bits'])} bits, the first-order Bayes ceiling "
        f"{words.number(levels['bayes_bits'])} bits. As hits: the best constant answer names "
        f"{levels['stream_constant_hit']:.0%} of the stream, the Bayes predictor "
        f"{levels['stream_bayes_hit']:.0%}."
    )
    return section(
        "On the stream itself",
        columns(
            figure(figures.log_scores(run), caption),
            _log_verdict(row) + f"<p class='detail'>{escape(explained)}</p>",
        )
        + page_checks.comparisons(run),
        "The cultures hear the stream again, with plasticity off and nothing written.",
    )


def _log_verdict(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    gained = f"{words.triple(row['difference'], sign=True)} bits, d_z {words.triple(row['d_z'])}"
    return f"<p>{words.verdict_badge(row['verdict'])} Adaptive − yoked: {escape(gained)}.</p>"
