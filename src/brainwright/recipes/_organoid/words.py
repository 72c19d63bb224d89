"""Verdicts in plain words, and figures with their intervals as text."""

from typing import Any

import numpy as np

from brainwright.report import Html, badge, escape

from .design import arm_name
from .finished import Finished
from .ink import interval

GOOD_IF = {"supported": "good", "no difference": "even", "against": "bad", "cannot tell": "open"}
GOOD_IF_NOTHING = {"supported": "bad", "no difference": "good", "against": "bad", "cannot tell": "open"}


def taught_what(run: Finished) -> str:
    """What was taught, as the end of a sentence."""
    name = run.levels["stream"]
    return f"the tune “{name}”" if run.levels["midi"] else f"the stream “{name}”"


def headline(run: Finished) -> str:
    """The primary verdict as one sentence."""
    what, verdict = taught_what(run), run.result["primary"]["verdict"]
    symbol = "note" if run.levels["midi"] else "symbol"
    if verdict == "supported" and interval(run.change("full", "adaptive"))[0] <= 0:
        return (
            f"Simulated neural tissue did better than its sham after teaching {what}, but cannot be told "
            "from what it was before."
        )
    return {
        "supported": f"Simulated neural tissue was taught {what}: given a {symbol}, it answers with the one "
        "that comes next, more often than before and than its sham.",
        "no difference": f"Teaching simulated neural tissue {what} by gradient descent made no difference: "
        "it does no better than its sham.",
        "against": f"Simulated neural tissue taught {what} by gradient descent does worse than its sham.",
        "cannot tell": f"Whether simulated neural tissue learned {what} cannot be told from {run.n} "
        f"cultures{_why_not(run)}.",
    }.get(verdict, f"Simulated neural tissue and {what}")


def _why_not(run: Finished) -> str:
    low, high = (run.result["primary"][end] for end in ("ci_low", "ci_high"))
    if (low is not None and low > 0) or (high is not None and high < 0):
        return ", too few for a verdict"
    return ": the interval against the sham includes zero"


def detail(run: Finished) -> str:
    """The figures behind the verdict."""
    levels, primary = run.levels, run.result["primary"]
    return (
        "Score: the share of answers that are the taught successor. The best constant answer reaches "
        f"{levels['constant_answer']:.2f}, the Bayes ceiling is {levels['bayes_share']:.2f}. Change, "
        f"adaptive − yoked: {triple(primary['difference'], sign=True)}. Intervals: 95 %, bootstrap over "
        "cultures."
    )


def tiles(run: Finished) -> list[tuple[str, str, str]]:
    """The figures behind the verdict one by one: name, figure, what belongs to it."""
    primary, arms = run.result["primary"], run.arms("full")
    scores = [
        (
            name,
            " → ".join(f"{np.mean(arms[name][when]):.2f}" for when in ("share_before", "share_after")),
            what,
        )
        for name, what in (
            ("adaptive", "score before → after teaching"),
            ("yoked", "the same charge, not contingent"),
        )
    ]
    return [
        *scores,
        (primary["effect"], number(primary["effect_size"]), f"95 % interval {within(primary)}"),
        ("paired d_z", number(primary["d_z"]["value"]), f"95 % interval {within(primary['d_z'])}"),
        ("n", str(primary["n"]), "cultures per arm, the same in all"),
    ]


def against_ungraded(row: dict[str, Any]) -> str:
    """What the gradient adds in a condition, honestly."""
    return _compared(
        row,
        {
            "supported": "The gradient adds to what writing the plain forecast achieves",
            "no difference": f"The gradient adds nothing that counts here{_within_margin(row)}",
            "against": "The gradient makes teaching worse here",
            "cannot tell": "What the gradient adds here cannot be told from nothing",
        },
    )


def gradient_summary(run: Finished) -> str:
    """In which conditions the gradient adds, in one sentence for each answer."""
    where = {
        "full": "with enough data",
        "poor": "with few data",
        "scarce": "with scarce data",
        "steered": "against the stream",
    }
    said: dict[str, list[str]] = {}
    for name, place in where.items():
        if row := run.comparison(arm_name(name, "adaptive"), arm_name(name, "ungraded")):
            said.setdefault(row["verdict"], []).append(place)
    ways = {
        "supported": "The steps add to the score {}.",
        "no difference": "They add nothing that counts {}.",
        "against": "They do harm {}.",
        "cannot tell": "No gain can be told from none {}.",
    }
    return " ".join(
        way.format(" and ".join(said[verdict])) for verdict, way in ways.items() if verdict in said
    )


def against_oracle(row: dict[str, Any]) -> str:
    """How near adaptive comes to writing the wanted symbol itself."""
    margin = _within_margin(row)
    return _compared(
        row,
        {
            "supported": "Adaptive writes teach more than the oracle's",
            "no difference": f"Adaptive writes teach as much as the oracle's{margin}",
            "against": "Adaptive writes teach less than the oracle's",
            "cannot tell": f"Whether adaptive writes reach the oracle's{margin} cannot be told",
        },
    )


def _within_margin(row: dict[str, Any]) -> str:
    same = row["equivalence"]
    return f" (within ±{same['margin']:.3f})" if same else ""


def against_yoked(row: dict[str, Any]) -> str:
    """Whether it is the contingency of the writes that teaches."""
    return _compared(
        row,
        {
            "supported": "The same charge without the contingency does not do it",
            "no difference": "The same charge without the contingency does as much",
            "against": "The same charge without the contingency does more",
            "cannot tell": "Whether the contingency matters here cannot be told",
        },
    )


def _compared(row: dict[str, Any], claims: dict[str, str]) -> str:
    claim = claims.get(row["verdict"], row["verdict"])
    return f"{claim}: {triple(row['difference'], sign=True)}, d_z {triple(row['d_z'])}."


def verdict_badge(verdict: str, *, nothing_wanted: bool = False) -> Html:
    """The verdict as a badge; green where it is what a sound experiment should give."""
    tones = GOOD_IF_NOTHING if nothing_wanted else GOOD_IF
    return Html(badge(verdict, tones.get(verdict, "open")))


def oracle_badge(verdict: str) -> Html:
    """As `verdict_badge` for a comparison with the oracle: as good is what is wanted, better is no harm."""
    return verdict_badge(verdict, nothing_wanted=verdict == "no difference")


def number(value: float | None, *, sign: bool = False, digits: int = 2) -> str:
    """A figure; None (an unbounded or undefined one) in words; a true minus sign."""
    if value is None or not np.isfinite(value):
        return "unbounded"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    if float(text) == 0:
        text = f"{0:.{digits}f}"
    return text.replace("-", "−")


def triple(row: dict[str, Any], *, sign: bool = False) -> str:
    """A value with its interval."""
    digits = 3 if sign else 2
    return f"{number(row['value'], sign=sign, digits=digits)} {within(row, sign=sign, digits=digits)}"


def within(row: dict[str, Any], *, sign: bool = False, digits: int = 2) -> str:
    """An interval; a bound that JSON cannot hold is an infinite one."""
    low, high = (
        endless if row[end] is None else number(row[end], sign=sign, digits=digits)
        for end, endless in (("ci_low", "−∞"), ("ci_high", "∞"))
    )
    return f"[{low}, {high}]"


def effect(row: dict[str, Any]) -> str:
    """The deciding effect of a comparison with its interval."""
    value = {"value": row["effect_size"], "ci_low": row["ci_low"], "ci_high": row["ci_high"]}
    return triple(value, sign=row["effect"] == "difference")


def unbroken(*texts: str) -> Html:
    """Texts as HTML, each kept on one line."""
    return Html("<br>".join(f'<span class="unbroken">{escape(text)}</span>' for text in texts))
