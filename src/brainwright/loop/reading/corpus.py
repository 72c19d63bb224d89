"""A text model of lines of one's own, and whether it is their latents that say what a line is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.datasets.shakespeare import NAME, shakespeare_lines
from brainwright.emulator.text import Bigram, CausalText, TextPlan, TextShape
from brainwright.emulator.text.bytes import bytes_right, tokens
from brainwright.experiment.trials import Trials
from brainwright.runs import Units

from .fitted import in_place
from .own import N_BYTES, read_texts
from .text_model import TextModel, text_model

LINES = "lines"
OWN, ANOTHER, MEAN = "own latents", "another line's latents", "mean latents"
BIGRAM = "likeliest next byte, no model"
WORDS, FORCED, BYTES, BYTES_FORCED, EXACT = "words", "forced", "bytes", "bytes forced", "exact"
METRICS = WORDS, FORCED, BYTES, BYTES_FORCED, EXACT
"""Shares that are right in their place, written from latents alone or (forced) with every true byte before
shown; and whole lines."""
JUDGED = 128
"""Lines that are given back, of those that are not trained on."""


def lines_of(text: Path) -> list[str]:
    """The lines of a file, or, where there is none of that name, `tinyshakespeare`. Each once.

    Raises:
        ReadingError: as of `read_texts`.
        MissingData: tinyshakespeare is not here.
    """
    if str(text) == NAME and not text.exists():
        return shakespeare_lines(N_BYTES)
    return list(dict.fromkeys(read_texts(text)))


@dataclass(frozen=True, eq=False)
class Corpus:
    """Trains on lines and gives others back.

    Attributes:
        text: a file, or `tinyshakespeare`.
        seed: of the split and the model.
        model, shape, plan: see `text_model`.
    """

    text: Path
    seed: int = 0
    model: Path | None = None
    shape: TextShape = field(default_factory=TextShape)
    plan: TextPlan = field(default_factory=TextPlan)

    def split(self) -> tuple[list[str], list[str]]:
        """Lines to learn from, and lines that are given back: `JUDGED`, or half of a small file."""
        lines = lines_of(self.text)
        order = np.random.default_rng([self.seed, 8]).permutation(len(lines))
        n = min(JUDGED, max(len(lines) // 2, 1))
        return [lines[k] for k in order[n:]], [lines[k] for k in order[:n]]

    def given_back(self, units: Units, share: Callable[..., None]) -> Mapping[str, NDArray]:
        """By arm and metric, [line], with the lines that were written, as text."""
        train, judged = self.split()

        def told(step: int, _nats: float, _kl: float) -> None:
            share(0.9 * step / self.plan.steps)

        model = text_model(self.model, train, self.shape, replace(self.plan, seed=self.seed), told)
        latents = model.encode(judged)
        given = {OWN: latents, ANOTHER: latents.roll(1, 0), MEAN: latents.mean(0).expand_as(latents)}
        made: dict[str, NDArray] = {"true": np.array(judged)}
        for arm, z in given.items():
            made |= {f"{arm}/{name}": x for name, x in _judged(model, z, judged).items()}
        counted = _judged(Bigram(train, N_BYTES), latents, judged)
        made |= {f"{BIGRAM}/{name}": x for name, x in counted.items()}
        return made

    def outcomes(self, units: Units) -> Trials:
        """An arm for each kind of latents; the unit is a line."""
        made = units.load(LINES)
        arms = OWN, ANOTHER, MEAN, BIGRAM
        return Trials.of(
            {arm: {m: made[f"{arm}/{m}"] for m in METRICS if f"{arm}/{m}" in made} for arm in arms}
        )


def _judged(model: TextModel | Bigram, latents: torch.Tensor, lines: Sequence[str]) -> dict[str, NDArray]:
    """Every metric of each line; a pretrained model has tokens and no bytes that could be shown."""
    written = model.decode(latents)
    pairs = list(zip(written, lines, strict=True))
    made = {
        WORDS: np.array([in_place(a.split(), b.split()) for a, b in pairs]),
        FORCED: np.array(model.right_forced(latents, lines)),
        BYTES: np.array([in_place(a.encode(), b.encode()) for a, b in pairs]),
        EXACT: np.array([float(a == b) for a, b in pairs]),
        "written": np.array(written),
    }
    if not isinstance(model, CausalText):
        rows = tokens(lines, N_BYTES)
        made[BYTES_FORCED] = np.array(bytes_right(rows, model.likeliest(latents, rows)))
    return made
