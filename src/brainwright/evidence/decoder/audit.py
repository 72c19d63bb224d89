"""The audit itself: the same decoder, on the same folds, with the brain taken away in every way there is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence.effects import bootstrap, difference
from brainwright.evidence.equivalence import tost
from brainwright.evidence.every import WORST_FIRST
from brainwright.evidence.verdict import decide
from brainwright.shown import Shown
from brainwright.verdict import Verdict

from .paired import Paired, table_of
from .readers import Decoder, Reader, constant, fitter, nearest
from .strata import strata, within

CLAIM, FORCED, CONSTANT = "as given", "with teacher forcing", "constant answer"
NOISE, SHUFFLED = "noise in place of activity", "shuffled pairs"
STIMULUS, EVERYTHING, EQUAL = "stimulus", "all confounds", "shuffled among equal "
DRAWS = 3
"""Of noise and of shuffles, whose scores are averaged: one lucky draw says nothing."""
RESAMPLES = 2_000
"""Of the bootstrap, for each of about ten rows: the ends of an interval are then sure to a tenth of it."""


@dataclass(frozen=True)
class Over:
    """A difference of two scores over blocks, with its 95 % bootstrap interval and what follows."""

    value: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One way to be asked.

    Attributes:
        name: what took the place of the activity.
        score: mean over samples.
        less: the claim's score less this one; none of the claim itself.
        over_constant: this score less that of the constant answer, where no activity is left.
        decides: whether the claim must exceed it. What a confound or the stimulus says alone is shown and
            decides nothing: the brain may say less than word length does, and something else.
    """

    name: str
    score: float
    less: Over | None = None
    over_constant: Over | None = None
    decides: bool = False


@dataclass(frozen=True, repr=False)
class DecoderAudit(Shown):
    """What a decoder scores, and what it scores without a brain.

    Attributes:
        rows: the claim first.
        verdict: "supported" where the claim exceeds every row that decides; the worst of them otherwise.
        sentence: the same in words.
        what: the score, in words.
    """

    rows: tuple[Row, ...]
    verdict: Verdict
    sentence: str
    what: str

    def row(self, name: str) -> Row:
        """A row by name. Raises KeyError."""
        return {row.name: row for row in self.rows}[name]

    def glance(self) -> dict[str, str]:
        """What it shows of itself: the sentence, and every row with what the claim has over it."""
        shown = {"": self.sentence, "score": self.what}
        for row in self.rows:
            over = row.less
            more = f" (claim less it {over.value:+.3f} [{over.low:+.3f}, {over.high:+.3f}])" if over else ""
            shown[row.name] = f"{row.score:.3f}{more}"
        return shown

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" if name else value for name, value in self.glance().items())


def audit(
    decoder: Decoder | Reader,
    data: Paired,
    *,
    generative: int = 0,
    score: Callable[[NDArray, NDArray], NDArray] | None = None,
    folds: int = 5,
    margin: float = 0.02,
    seed: int = 0,
) -> DecoderAudit:
    """Scores a decoder on unseen blocks, and again with noise, with activity of other samples, with the
    stimulus alone and with confounds alone in place of the activity; each time it is trained anew.

    A decoder that is told the targets before (`generative`) is asked without teacher forcing: it hears its
    own answers. With teacher forcing it is asked too, since such a score may need no brain at all (Jo et al.
    2024, arXiv:2405.06459).

    What decides beside noise and shuffled pairs is `shuffled among equal ...`: activity of another sample in
    which a confound is the same. A decoder that reads the confound from the activity scores the same there;
    one that reads more than it falls. Stimulus and confounds alone are read by the decoder itself, where it
    takes their shape, and by nearest neighbours, the better of both.

    Args:
        decoder: an object with `fit(x, target)` and `predict(x)`, of which copies are made, or a function
            (training inputs, targets, inputs) -> answers. It sees samples in their order.
        data: what it is tried on.
        generative: how many targets before a sample are part of its input, behind the activity (labels one by
            one as 0 and 1, zeros before the first of a block); 0 for a decoder of activity alone.
        score: (targets, answers) -> one number for each sample, larger is better; by default 1 for the right
            label, and 1 - |error|^2 / variance for numbers, whose mean is R^2.
        folds: of whole blocks.
        margin: difference of scores that counts as none.
        seed: of noise, shuffles and bootstrap.

    Raises:
        AuditError: see `Paired`; a decoder that is none.
    """
    asked = _Asked(decoder, data, generative, score, folds)
    rng = np.random.default_rng(seed)
    activity = np.asarray(data.activity, np.float64)
    mean, sd = activity.mean(0), activity.std(0)
    claim = asked.scores(activity, free=True)
    still = asked.constant_scores()
    n = len(activity)

    def redrawn(draw: Callable[[], NDArray]) -> NDArray[np.float64]:
        return np.mean([asked.scores(draw(), free=True) for _ in range(DRAWS)], axis=0)

    tables = dict(_tables(data))
    deciding = {NOISE: redrawn(lambda: mean + sd * rng.normal(size=activity.shape))}
    deciding[SHUFFLED] = redrawn(lambda: activity[rng.permutation(n)])
    for name, table in tables.items():
        if name != STIMULUS:
            groups = strata(table, asked.fold)
            deciding[f"{EQUAL}{name}"] = redrawn(lambda groups=groups: activity[within(groups, rng)])
    rows = [Row(CLAIM, float(claim.mean()))]
    if generative:
        rows.append(Row(FORCED, float(asked.scores(activity, free=False).mean())))
    over = partial(asked.over, margin=margin, seed=seed)
    rows.append(Row(CONSTANT, float(still.mean()), over(claim, still), None, True))
    for name, values in deciding.items():
        needless = over(values, still) if name in (NOISE, SHUFFLED) else None
        rows.append(Row(name, float(values.mean()), over(claim, values), needless, True))
    for name, table in tables.items():
        values = asked.of_table(table)
        rows.append(Row(f"{name} alone", float(values.mean()), over(claim, values), over(values, still)))
    verdict = min((row.less.verdict for row in rows if row.less and row.decides), key=WORST_FIRST.index)
    return DecoderAudit(tuple(rows), verdict, _sentence(rows, verdict, bool(generative)), asked.what)


def _tables(data: Paired) -> Iterator[tuple[str, NDArray]]:
    """What can tell without a brain, by name."""
    if data.stimulus is not None:
        yield STIMULUS, table_of(data.stimulus)
    confounds = data.places() | {name: np.asarray(table) for name, table in data.confounds.items()}
    for name, table in confounds.items():
        yield name, table_of(table)
    yield EVERYTHING, np.concatenate([table_of(table) for table in confounds.values()], axis=1)


class _Asked:
    """A decoder that is trained and asked on the same folds whatever stands for the activity."""

    def __init__(self, decoder, data: Paired, generative: int, score, folds: int):
        self.decoder, self.data, self.before = decoder, data, generative
        self.target, self.fold = np.asarray(data.target), data.folds(folds)
        self.blocks = np.asarray(data.blocks)
        self.what = "share of right labels" if not data.numbers else "R^2"
        self.names = None if data.numbers else np.unique(self.target)
        variance = np.square(self._numbers() - self._numbers().mean(0)).sum(1).mean() if data.numbers else 1.0
        self._score = score or (self._right if not data.numbers else self._explained)
        self.what = self.what if score is None else "score"
        self.variance = max(float(variance), 1e-12)

    def scores(self, inputs: NDArray, *, free: bool) -> NDArray[np.float64]:
        """[sample]; `free`: what was said before stands for the targets before."""
        return self._folded(self.decoder, inputs, free, self.before)

    def of_table(self, table: NDArray) -> NDArray[np.float64]:
        """By the decoder itself or by nearest neighbours, whichever is better."""
        tried = [self._folded(nearest, table, True, 0)]
        with suppress(Exception):  # a decoder may take its own shape alone, and say so as it likes
            tried.append(self._folded(self.decoder, table, True, self.before))
        return max(tried, key=lambda values: values.mean())

    def constant_scores(self) -> NDArray[np.float64]:
        """Of the answer that looks at nothing."""
        return self._folded(
            lambda x, target, asked: constant(target, len(asked)), self.fold[:, None], True, 0
        )

    def over(self, values: NDArray, others: NDArray, margin: float, seed: int) -> Over:
        """How much larger the one is, over blocks."""
        a, b = (np.bincount(self.blocks, each) / np.bincount(self.blocks) for each in (values, others))
        within, same = bootstrap(difference, a, b, n_resamples=RESAMPLES, seed=seed), tost(a, b, margin)
        return Over(
            within.value, within.low, within.high, decide(within.low, within.high, 0, same.equivalent)
        )

    def _folded(self, decoder, inputs: NDArray, free: bool, before: int) -> NDArray[np.float64]:
        made, fit = np.empty(len(self.target)), fitter(decoder)
        told = (
            np.concatenate([inputs.reshape(len(inputs), -1), self._told(self.target, before)], 1)
            if before
            else inputs
        )
        for fold in range(self.fold.max() + 1):
            test = self.fold == fold
            answer = fit(told[~test], self.target[~test])
            said = self._said_freely(answer, inputs, test, before) if before and free else answer(told[test])
            made[test] = self._score(self.target[test], said)
        return made

    def _said_freely(self, answer, inputs: NDArray, test: NDArray[np.bool_], before: int) -> NDArray:
        """Sample after sample, all blocks of a fold side by side."""
        place = self.data.places()["position in the block"]
        said = self.target.copy()
        flat = inputs.reshape(len(inputs), -1)
        for step in range(int(place[test].max()) + 1):
            now = np.flatnonzero(test & (place == step))
            context = self._told(said, before)[now]
            said[now] = answer(np.concatenate([flat[now], context], axis=1))
        return said[test]

    def _told(self, target: NDArray, before: int) -> NDArray[np.float64]:
        """The `before` targets before each sample in its block, [sample, before * k]."""
        code = self._numbers(target) if self.names is None else (target[:, None] == self.names).astype(float)
        parts = []
        for back in range(1, before + 1):
            part = np.zeros_like(code)
            part[back:] = code[:-back] * (self.blocks[back:] == self.blocks[:-back])[:, None]
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def _numbers(self, target: NDArray | None = None) -> NDArray[np.float64]:
        target = self.target if target is None else target
        return target.reshape(len(target), -1).astype(np.float64)

    @staticmethod
    def _right(target: NDArray, said: NDArray) -> NDArray[np.float64]:
        return (np.asarray(said) == target).astype(float)

    def _explained(self, target: NDArray, said: NDArray) -> NDArray[np.float64]:
        missed = np.square(self._numbers(target) - self._numbers(np.asarray(said))).sum(1)
        return 1 - missed / self.variance


def _sentence(rows: Sequence[Row], verdict: Verdict, generative: bool) -> str:
    """What the rows come to, the gravest first."""
    claim, rivals = f"{rows[0].score:.2f}", [row for row in rows if row.decides]
    if generative:
        claim += f" (hearing its own answers; with teacher forcing {rows[1].score:.2f})"
    if verdict == "supported":
        best = max(rivals, key=lambda row: row.score)
        text = f"The decoder reads the activity: {claim}, at most {best.score:.2f} without ({best.name})."
        leaks = [r for r in rivals if r.over_constant and r.over_constant.verdict == "supported"]
        if leaks:
            text += f" Part of it needs no activity: {leaks[0].name} scores {leaks[0].score:.2f}."
        alone = [row for row in rows if row.less and not row.decides and row.less.value < 0]
        if alone:
            most = max(alone, key=lambda row: row.score)
            text += f" More is had without a brain: {most.name} scores {most.score:.2f}."
        return text
    lost = [row for row in rivals if row.less and row.less.verdict == verdict]
    worst = max(lost, key=lambda row: row.score)
    shown = f"{worst.name} ({worst.score:.2f})"
    if verdict == "cannot tell":
        return (
            f"It cannot be told whether the decoder reads the activity: {claim} is not surely above {shown}."
        )
    if worst.name.startswith(EQUAL):
        return f"The score is that of a confound: {claim} is no more than {shown}."
    return f"The score does not come from the activity: {claim} is no more than {shown}."
