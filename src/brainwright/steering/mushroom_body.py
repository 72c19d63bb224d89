"""The fly's mushroom body as an assessor: odours → Kenyon cells → output cells, depressed where dopamine
comes.

The cut of the connectome has no edges from Kenyon to dopamine cells and none from output to dopamine cells:
no prediction error is wired, so that blocking and second-order conditioning cannot be asked of it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from brainwright.connectome import Connectome

from .errors import SteeringError

LEAST = 5
"""Synapses of a connection: fewer may be errors, as in the table of FlyWire's own connections."""
ACTIVE = 0.06
"""Share of Kenyon cells that answer an odour: the anterior paired lateral cell silences all others."""
DEPRESSED = 0.1
"""Share of a synapse that is lost in each pairing of its cell with dopamine."""


@dataclass(frozen=True, eq=False)
class Calyx:
    """What carries an odour to the Kenyon cells of one side.

    Attributes:
        weights: synapses, W [Kenyon cell, projection neuron].
        glomerulus: of each projection neuron, its number.
        onto: synapses of Kenyon cells onto output cells, [output cell, Kenyon cell].
    """

    weights: Float[np.ndarray, "kenyon projection"]
    glomerulus: np.ndarray
    onto: Float[np.ndarray, "output kenyon"]

    @staticmethod
    def of(wiring: Connectome, side: str) -> "Calyx":
        """The uniglomerular projection neurons, Kenyon and output cells of a side. Raises SteeringError."""
        pre, kenyon, output = on_side(wiring, side)
        weights, onto = between(wiring, pre, kenyon), between(wiring, kenyon, output)
        heard = weights.any(1)  # Kenyon cells that get no odour are not asked
        _, number = np.unique(wiring.cells["glomerulus"].astype(str).to_numpy()[pre], return_inverse=True)
        return Calyx(weights[heard], number, onto[:, heard])

    def rewired(self, seed: int, swaps: int = 20) -> "Calyx":
        """A null: who is joined is drawn anew; every cell keeps how many partners it has, and every
        projection neuron the counts that it gives (exchanges of targets: Maslov & Sneppen 2002, Science
        296:910).
        """
        rng = np.random.default_rng([seed, 71])
        kenyon, pre = np.nonzero(self.weights)
        count, there = self.weights[kenyon, pre], set(zip(kenyon.tolist(), pre.tolist(), strict=True))
        k, p = kenyon.tolist(), pre.tolist()
        for i, j in rng.integers(len(k), size=(swaps * len(k), 2)).tolist():
            new = (k[j], p[i]), (k[i], p[j])
            if new[0] not in there and new[1] not in there:
                there -= {(k[i], p[i]), (k[j], p[j])}
                there |= set(new)
                k[i], k[j] = k[j], k[i]
        weights = np.zeros_like(self.weights)
        weights[k, p] = count
        return Calyx(weights, self.glomerulus, self.onto)

    def code(
        self, odours: Float[np.ndarray, "odour glomerulus"], active: float = ACTIVE
    ) -> Bool[np.ndarray, "odour kenyon"]:
        """Which Kenyon cells answer: the share that gets most, as global inhibition would leave."""
        drive = odours[:, self.glomerulus] @ self.weights.T
        kept = round(active * drive.shape[1])
        return drive >= np.partition(drive, -kept, 1)[:, -kept][:, None]


def on_side(wiring: Connectome, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of uniglomerular projection neurons, Kenyon and output cells of a side. Raises SteeringError."""
    cells = wiring.cells
    needed = {"class", "sub_class", "glomerulus", "side"}
    if not needed <= set(cells):
        raise SteeringError(f"Calyx: expected cells with {sorted(needed)}, got {sorted(cells.columns)}")
    here = (cells["side"] == side).to_numpy()
    one = ((cells["sub_class"] == "uniglomerular") & cells["glomerulus"].notna()).to_numpy()
    pre, kenyon, output = (
        np.flatnonzero(here & chosen)
        for chosen in (
            one & (cells["class"] == "ALPN").to_numpy(),
            (cells["class"] == "Kenyon_Cell").to_numpy(),
            (cells["class"] == "MBON").to_numpy(),
        )
    )
    if not len(pre) or not len(kenyon) or not len(output):
        raise SteeringError(f"Calyx: no projection neurons, Kenyon or output cells on the side {side!r}")
    return pre, kenyon, output


def between(wiring: Connectome, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """Synapses [post, pre] of connections with `LEAST` or more."""
    place = np.full((2, wiring.n_cells), -1)
    place[0, pre], place[1, post] = np.arange(len(pre)), np.arange(len(post))
    edges = wiring.edges
    rows, columns = place[1, edges.post], place[0, edges.pre]
    kept = (rows >= 0) & (columns >= 0) & (edges.count >= LEAST)
    counts = np.zeros((len(post), len(pre)))
    counts[rows[kept], columns[kept]] = edges.count[kept]
    return counts


def odours(n: int, glomeruli: int, seed: int) -> Float[np.ndarray, "odour glomerulus"]:
    """Synthetic odours: independent exponential rates of all glomeruli (made up; measured ones are
    grouped).
    """
    return np.random.default_rng([seed, 72]).exponential(size=(n, glomeruli))


def faithfulness(
    code: Bool[np.ndarray, "odour kenyon"], given: Float[np.ndarray, "odour glomerulus"]
) -> float:
    """Correlation, over pairs of odours, of shared Kenyon cells with the correlation of the odours."""
    pairs = np.triu_indices(len(given), 1)
    shared = code.astype(float) @ code.T
    return float(np.corrcoef(shared[pairs], np.corrcoef(given)[pairs])[0, 1])


def dimension(code: Bool[np.ndarray, "odour kenyon"]) -> float:
    """Participation ratio (Σλ)² / Σλ² of the covariance of the code over odours (Litwin-Kumar et al. 2017,
    Neuron 93:1153).
    """
    centred = code - code.mean(0)
    gram = centred @ centred.T  # the same eigenvalues but for zeros
    return float(np.trace(gram) ** 2 / np.square(gram).sum())


def learned(
    calyx: Calyx,
    given: Float[np.ndarray, "odour glomerulus"],
    seed: int,
    *,
    noise: float = 0.1,
    active: float = ACTIVE,
) -> float:
    """AUROC of odours that were paired with dopamine against as many others, smelled again with noise: the
    synapses of active Kenyon cells onto the output cells are depressed, each time by a share (Hige et al.
    2015, Neuron 88:985), and whatever drives those cells less is avoided.
    """
    rng = np.random.default_rng([seed, 73])
    paired = rng.permutation(len(given)) < len(given) // 2
    weights = calyx.onto * (1 - DEPRESSED) ** calyx.code(given, active)[paired].sum(0)
    again = calyx.code(given * np.exp(noise * rng.normal(size=given.shape)), active)
    drive = again @ weights.sum(0) / np.maximum(again @ calyx.onto.sum(0), 1e-12)
    lead = drive[~paired][:, None] - drive[paired][None]
    return float((lead > 0).mean() + 0.5 * (lead == 0).mean())
