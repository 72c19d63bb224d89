"""A stream of symbols that knows how well it can be predicted.

A score on a stream means nothing without its two marks: what the best constant answer reaches, and what the
best predictor that sees only the current symbol reaches (Markov 1913; Shannon 1951).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from brainwright.signal.errors import StreamError

MIN_SYMBOLS = 3
MAX_SYMBOLS = 8
LONGEST_MARK = 4  # characters of a symbol's name that fit into a figure
MIN_LENGTH_PER_SYMBOL = 2  # one pass of a melody is short; files are asked for more (see `from_classes`)


@dataclass(frozen=True, eq=False)
class SymbolStream:
    """An endless stream over K symbols: one pass that wraps around, or a first-order Markov walk.

    Attributes:
        transition: probability of the next symbol (column) given the current one (row), [K, K]. For a pass it
            is counted over the pass with the step from the end to the beginning; for a walk it is exact.
    """

    name: str
    labels: tuple[str, ...]
    sequence: np.ndarray
    """One pass as symbol indices, int64 [L]. For a walk it is one sample of it."""
    transition: np.ndarray = field(default=None)  # ty: ignore[invalid-assignment]
    walk: bool = False
    """Whether `draw` walks by `transition` instead of following `sequence`."""
    midi: tuple[int, ...] | None = None
    """MIDI note number of each symbol, where the stream is music."""
    notes: tuple[str, ...] = ()
    """What was done to the data on the way, for the report."""

    def __post_init__(self) -> None:
        sequence = np.array(self.sequence, np.int64)
        _check_sequence(self.name, self.labels, sequence)
        counted = self.transition is None
        transition = (
            _count_transitions(sequence, self.k) if counted else np.array(self.transition, np.float64)
        )
        if transition.shape != (self.k, self.k) or not np.allclose(transition.sum(axis=1), 1):
            raise StreamError(
                f"{self.name}: expected a transition of shape [{self.k}, {self.k}], rows summing to 1"
            )
        if self.midi is not None and len(self.midi) != self.k:
            raise StreamError(f"{self.name}: expected {self.k} MIDI notes, got {len(self.midi)}")
        for name, array in (("sequence", sequence), ("transition", transition)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def k(self) -> int:
        """Number of symbols K."""
        return len(self.labels)

    def draw(self, n: int, rng: np.random.Generator, start: int | None = None) -> np.ndarray:
        """`n` successive symbols, int64 [n].

        Args:
            n: how many.
            rng: chooses the phase, and every step of a walk.
            start: phase in the pass (for a walk: first symbol); random where it is None.
        """
        if n < 0:
            raise ValueError(f"draw: expected n >= 0, got {n}")
        if self.walk:
            return self._walk(n, rng, start)
        phase = int(rng.integers(len(self.sequence))) if start is None else start
        return self.sequence[(phase + np.arange(n)) % len(self.sequence)]

    def _walk(self, n: int, rng: np.random.Generator, start: int | None) -> np.ndarray:
        symbols = np.empty(n, np.int64)
        cumulative = np.cumsum(self.transition, axis=1)
        current = int(rng.choice(self.k, p=self.marginal)) if start is None else start % self.k
        for i, u in enumerate(rng.random(n)):
            symbols[i] = current
            current = min(int(np.searchsorted(cumulative[current], u, side="right")), self.k - 1)
        return symbols

    @property
    def marks(self) -> tuple[str, ...]:
        """Names of the symbols for figures: the labels where all are short, else letters."""
        short = all(len(label) <= LONGEST_MARK for label in self.labels)
        return self.labels if short else tuple(chr(ord("A") + k) for k in range(self.k))

    def facts(self) -> dict[str, Any]:
        """What a page must know to show symbols and to read scores: names, marks, notes, the successor of
        each symbol, and as levels chance, the best constant answer and the Bayes predictor.
        """
        return {
            "stream": self.name,
            "labels": self.labels,
            "marks": self.marks,
            "midi": self.midi,
            "notes": self.notes,
            "successor": self.successor,
            "chance": self.chance,
            "constant_answer": self.constant_level,
            "stream_constant_hit": self.constant_hit,
            "stream_bayes_hit": self.bayes_ceiling,
            "chance_bits": -float(np.log2(self.k)),
            "bayes_bits": self.bayes_log_score_bits,
        }

    @cached_property
    def marginal(self) -> np.ndarray:
        """Stationary distribution of the symbols, [K]: solves pi P = pi, sum(pi) = 1."""
        equations = np.vstack([self.transition.T - np.eye(self.k), np.ones(self.k)])
        target = np.append(np.zeros(self.k), 1.0)
        pi = np.linalg.lstsq(equations, target, rcond=None)[0]
        pi = np.clip(pi, 0, None)
        return pi / pi.sum()

    @cached_property
    def successor(self) -> np.ndarray:
        """The likeliest next symbol other than the symbol itself, int64 [K]; the lowest index on a tie."""
        others = self.transition - 2 * np.eye(self.k)
        return others.argmax(axis=1)

    @property
    def chance(self) -> float:
        """Share correct when guessing uniformly: 1 / K."""
        return 1 / self.k

    @property
    def constant_level(self) -> float:
        """Share of symbols, drawn uniformly, whose `successor` the best constant answer names."""
        return float(np.bincount(self.successor, minlength=self.k).max() / self.k)

    @property
    def constant_hit(self) -> float:
        """Share of the stream that the best constant answer names: the largest stationary probability."""
        return float(self.marginal.max())

    @property
    def entropy_rate_bits(self) -> float:
        """First-order entropy rate, -sum_s pi_s sum_k P(k|s) log2 P(k|s), in bits per symbol."""
        p = self.transition
        log2_p = np.log2(p, out=np.zeros_like(p), where=p > 0)
        return float(-(self.marginal[:, None] * p * log2_p).sum()) + 0.0  # + 0.0 turns -0.0 into 0.0

    @property
    def bayes_ceiling(self) -> float:
        """Share of the stream that the best first-order predictor names: sum_s pi_s max_k P(k|s)."""
        return float((self.marginal * self.transition.max(axis=1)).sum())

    @property
    def bayes_log_score_bits(self) -> float:
        """Mean log2 probability of the next symbol under the true first-order law: minus the entropy rate."""
        return -self.entropy_rate_bits + 0.0


def from_classes(
    name: str, labels: tuple[str, ...], classes: np.ndarray, notes: tuple[str, ...] = ()
) -> SymbolStream:
    """Makes a stream from a raw class sequence of a file: collapses repeats, drops classes that never occur.

    A tissue pattern that has just fired is suppressed and cannot answer with itself, so runs of one class
    become one symbol; the stream's `notes` say how many were removed.

    Raises:
        StreamError: empty, constant, binary, or fewer than 4 symbols per class after collapsing.
    """
    classes = np.asarray(classes, np.int64)
    if len(classes) == 0:
        raise StreamError(f"{name}: expected a sequence of symbols, got an empty one")
    kept = classes[np.append(True, classes[1:] != classes[:-1])]
    if len(kept) > 1 and kept[0] == kept[-1]:  # the wrap-around would repeat
        kept = kept[:-1]
    used, sequence = np.unique(kept, return_inverse=True)
    _check_variety(name, len(used), len(sequence))
    removed = len(classes) - len(kept)
    if removed:
        notes = (
            *notes,
            f"{removed} of {len(classes)} symbols repeated their neighbour and were collapsed",
        )
    return SymbolStream(name, tuple(labels[i] for i in used), sequence, notes=notes)


def _check_variety(name: str, k: int, length: int) -> None:
    if k < MIN_SYMBOLS:
        kind = "constant" if k < 2 else "binary"
        raise StreamError(
            f"{name}: expected {MIN_SYMBOLS} to {MAX_SYMBOLS} different symbols, got {k} ({kind}); "
            "with fewer than three the successor is never in doubt: use richer data or more classes"
        )
    if length < 4 * k:
        raise StreamError(
            f"{name}: expected at least {4 * k} symbols for {k} classes, got {length}; "
            "use a longer input or fewer classes"
        )


def _check_sequence(name: str, labels: tuple[str, ...], sequence: np.ndarray) -> None:
    k = len(labels)
    if not MIN_SYMBOLS <= k <= MAX_SYMBOLS:
        raise StreamError(f"{name}: expected {MIN_SYMBOLS} to {MAX_SYMBOLS} symbols, got {k}")
    if len(set(labels)) != k:
        raise StreamError(f"{name}: expected distinct labels, got {labels}")
    if sequence.ndim != 1 or len(sequence) < k:
        raise StreamError(f"{name}: expected at least {k} symbols in one row, got shape {sequence.shape}")
    if sequence.min() < 0 or sequence.max() >= k:
        raise StreamError(f"{name}: expected symbols 0 to {k - 1}, got {sequence.min()} to {sequence.max()}")
    missing = set(range(k)) - set(sequence.tolist())
    if missing:
        raise StreamError(
            f"{name}: expected every symbol to occur, got none of {[labels[i] for i in missing]}"
        )


def _count_transitions(sequence: np.ndarray, k: int) -> np.ndarray:
    """First-order frequencies with the wrap-around step, [K, K], rows summing to 1."""
    counts = np.zeros((k, k))
    np.add.at(counts, (sequence, np.roll(sequence, -1)), 1)
    return counts / counts.sum(axis=1, keepdims=True)
