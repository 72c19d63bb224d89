"""What is asked of files of one's own: a recording with the text that was read in it, or a text alone."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step
from brainwright.verdict import Verdict

from . import fitted as rows
from .corpus import (
    ANOTHER,
    BIGRAM,
    BYTES,
    BYTES_FORCED,
    EXACT,
    FORCED,
    LINES,
    MEAN,
    METRICS,
    OWN,
    WORDS,
    Corpus,
)
from .own import SPLITS, OwnReading
from .text_model import pretrained

READOUT = ""
BESIDE = (rows.NOISE, rows.SHUFFLED, rows.LENGTHS, rows.POSITIONS)
"""Each must be below the brain: the weakest lead decides."""
LINE_SENTENCES: dict[Verdict, str] = {
    "supported": "Latents say what a line is that the model never saw, more than another line's do.",
    "no difference": "Another line's latents say as much of a line as its own.",
    "against": "Another line's latents say more of a line than its own.",
    "cannot tell": "This run cannot tell a line's own latents from another's.",
}


def design_of_recording(
    own: OwnReading,
    n_splits: int,
    told: Mapping[str, Any],
    margin: float,
    sentences: Mapping[Verdict, str],
) -> Design:
    """Read-out of a recording of your own; a split of its texts is a unit, and splits share texts.

    Raises:
        UserError: files that cannot be used, before anything runs.
    """
    own.heard_after_words()
    step = Step(SPLITS, partial(own.splits, range(n_splits)), 1.0, "splits of the texts")
    return Design(
        studies=(Procedure(READOUT, (step,), own.outcomes, "retrieved", told),),
        primary=tuple(Claim(READOUT, rows.BRAIN, control, margin=margin) for control in BESIDE),
        sentences=sentences,
        answer=answer_of_recording,
        claims=(Claim(READOUT, rows.BRAIN, rows.COUNTS, margin=margin),),
        arm_metrics=("nearness", "chance"),
    )


def answer_of_recording(outcomes: Outcomes, row: Row) -> str:
    """Retrieval beside its controls."""
    trials = outcomes[READOUT]
    shown = ", ".join(f"{arm} {trials.arm(arm, 'retrieved').mean:.2f}" for arm in trials.arms)
    return f"Retrieved among 64 (chance .016): {shown}. Splits share texts: intervals are too narrow."


def design_of_lines(corpus: Corpus, told: Mapping[str, Any], margin: float) -> Design:
    """A text model alone, of lines of your own; a line that it never saw is a unit.

    Raises:
        UserError: a file that cannot be used, before anything runs.
    """
    corpus.split()
    metrics = (FORCED, BYTES) if pretrained(corpus.model) else (FORCED, BYTES, BYTES_FORCED)
    step = Step(LINES, corpus.given_back, 1.0, "the text model")
    return Design(
        studies=(Procedure(LINES, (step,), corpus.outcomes, WORDS, told),),
        primary=tuple(Claim(LINES, OWN, control, margin=margin) for control in (ANOTHER, MEAN)),
        sentences=LINE_SENTENCES,
        answer=answer_of_lines,
        claims=(
            Claim(LINES, OWN, BIGRAM, margin=margin),
            *(
                Claim(LINES, OWN, c, metric=m, margin=margin)
                for c in (ANOTHER, MEAN, BIGRAM)
                for m in metrics
            ),
        ),
        arm_metrics=METRICS,
        extra=lambda _, units: {
            "true": units.below(LINES).load(LINES)["true"].tolist(),
            "written": units.below(LINES).load(LINES)[f"{OWN}/written"].tolist(),
        },
    )


def answer_of_lines(outcomes: Outcomes, row: Row) -> str:
    """What came back, from whose latents."""
    trials = outcomes[LINES]
    shown = ", ".join(f"{arm} {trials.arm(arm, WORDS).mean:.2f}" for arm in trials.arms)
    exact = trials.arm(OWN, EXACT).mean
    return f"Words right in their place, of lines never seen: {shown}. Whole lines given back: {exact:.3f}"
