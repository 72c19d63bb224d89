"""What pieces of tissue tell one another: evidence over symbols that all of them know."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .graphs import Graph
from .readout import IdentityReadout

TEMPERATURE = 2.0
"""Of the wanted probabilities, in standard deviations of a naive brain's score: chosen on vats that are not
reported.
"""


@dataclass(frozen=True, eq=False)
class Messages:
    """Each brain reads its answer out in a common code; a listener adds up what its partners say.

    Electrodes and cells differ from brain to brain, so no pattern of activity could be understood by another
    one: what passes between them is m_j = W_j a_j + b_j, the scores of a read-out that was fixed on naive
    tissue and never saw a successor. Those who do not know say little, and are outvoted by those who do.

    Attributes:
        readout: of every brain.
        graph: who hears whom, [listener, speaker]; see `loop.graphs`.
        levels: values that the evidence on each symbol may take: 2 or more, equally likely on naive tissue; 1
            for a vote, the number of the symbol answered and nothing else; None for numbers as they are. All
            have the spread that naive evidence has, so that coarser messages are not louder ones.
        delay: periods by which messages come late: with 2 a listener is told the answer to the symbol heard
            two periods before. A period in which a writer is not asked does not count.
        soft: whether the wanted probabilities are those of the evidence, or all on the likeliest symbol.
    """

    readout: IdentityReadout
    graph: Graph
    levels: int | None = None
    delay: int = 0
    soft: bool = True

    def __post_init__(self) -> None:
        n = len(self.readout.weight)
        if self.graph.shape != (n, n):
            raise ValueError(f"graph: expected [{n}, {n}] for {n} read-outs, got {list(self.graph.shape)}")
        if not np.isfinite(self.graph).all() or (self.graph < 0).any():
            raise ValueError("graph: expected finite weights of zero or more")
        if self.levels is not None and self.levels < 1:
            raise ValueError(f"levels: expected 1 or more, or None, got {self.levels}")
        if self.delay < 0:
            raise ValueError(f"delay: expected 0 periods or more, got {self.delay}")

    @property
    def n_symbols(self) -> int:
        return self.readout.weight.shape[1]

    @property
    def bits(self) -> float:
        """It is the size of a message; see `message_bits`."""
        return message_bits(self.n_symbols, self.levels)

    def said(self, after: NDArray[np.float32]) -> NDArray[np.float64]:
        """It returns what each brain says: answers [dish, period, channel] -> [dish, period, symbol]."""
        evidence = self.readout.scores(after)
        if self.levels is None:
            return evidence
        if self.levels == 1:
            k = self.n_symbols
            vote = evidence.argmax(axis=2)[:, :, None] == np.arange(k)
            return vote / np.sqrt(1 / k * (1 - 1 / k))  # unit spread, as naive evidence has
        edges, values = normal_levels(self.levels)
        return values[np.searchsorted(edges, evidence)]

    def heard(self, said: NDArray[np.float64], symbols: NDArray[np.int64]) -> NDArray[np.float64]:
        """It returns the sum over the partners of each brain, [dish, period, symbol]; the symbol that it
        hears itself [dish, period] is no answer to it and gets -inf.
        """
        evidence = np.einsum("ij,jtk->itk", self.graph, said)
        np.put_along_axis(evidence, symbols[:, :, None], -np.inf, axis=2)
        return evidence

    def wanted(self, evidence: NDArray[np.float64]) -> NDArray[np.float32]:
        """It returns the probability with which each symbol is wanted next, of the same shape."""
        if not self.soft:
            likeliest = evidence.argmax(axis=-1)[..., None] == np.arange(self.n_symbols)
            return likeliest.astype(np.float32)
        weights = np.exp((evidence - evidence.max(axis=-1, keepdims=True)) / TEMPERATURE)
        return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def normal_levels(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The levels of a standard normal number in `n` equally likely ones: edges [n - 1] between them, and
    values [n], the mean of each scaled to unit variance.
    """
    from scipy.stats import norm  # half a second, which is lost on all who send no messages

    edges = norm.ppf(np.arange(1, n) / n)
    density = np.concatenate([[0.0], norm.pdf(edges), [0.0]])
    means = n * (density[:-1] - density[1:])  # of a slice of the normal law
    return edges, means / np.sqrt((means**2).mean())


def message_bits(n_symbols: int, levels: int | None) -> float:
    """Bits of a message over so many symbols, each in one of so many levels: one number of a symbol for a
    vote (1 level), 32 bits for each symbol where evidence is told as it is (None).
    """
    if levels == 1:
        return float(np.log2(n_symbols))
    return n_symbols * (32.0 if levels is None else float(np.log2(levels)))
