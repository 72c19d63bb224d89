"""What the brains of a vat know: of their own part, of what they were never taught, and together."""

import numpy as np
from numpy.typing import NDArray

FOREIGN, OWN, VOTE = "foreign share", "own share", "vote"


def vat_scores(
    answers: NDArray[np.integer],
    evidence: NDArray[np.floating],
    symbols: NDArray[np.int64],
    successor: NDArray[np.int64],
    known: NDArray[np.bool_],
    n_brains: int,
) -> dict[str, NDArray[np.float64]]:
    """Scores of each vat, [vat]; the unit is the vat, since brains of one vat agree by construction.

    Args:
        answers: of each brain by itself, [dish, trial].
        evidence: on each symbol, [dish, trial, symbol].
        symbols: asked, [dish, trial]; those of one vat are asked the same.
        successor: right answer to each symbol, [dish, symbol].
        known: which symbols each brain was taught about, [dish, symbol].
        n_brains: of a vat.

    Returns:
        Shares of right answers, means over the brains of a vat: `FOREIGN` to symbols that a brain was not
        taught about, `OWN` to the others, `all`; `worst` and `best`, of single brains; `VOTE`, of the summed
        evidence, and `majority`, of most answers; `agreement`, share of trials in which two brains answer
        alike.
    """
    right = np.take_along_axis(successor, symbols, axis=1)
    hit = answers == right
    own = np.take_along_axis(known, symbols, axis=1)
    share = hit.mean(1)
    in_vats = {
        FOREIGN: (hit & ~own).sum(1) / (~own).sum(1),
        OWN: (hit & own).sum(1) / own.sum(1),
        "all": share,
    }
    scores = {name: values.reshape(-1, n_brains).mean(1) for name, values in in_vats.items()}
    by_vat = share.reshape(-1, n_brains)
    scores |= {"worst": by_vat.min(1), "best": by_vat.max(1)}
    first = right[::n_brains]
    summed = evidence.reshape(-1, n_brains, *evidence.shape[1:]).sum(1)
    scores[VOTE] = (summed.argmax(2) == first).mean(1)
    ballots = answers.reshape(-1, n_brains, answers.shape[1])
    counts = (ballots[..., None] == np.arange(evidence.shape[2])).sum(1)
    scores["majority"] = (counts.argmax(2) == first).mean(1)
    scores["agreement"] = np.array([alike(b)[~np.eye(n_brains, dtype=bool)].mean() for b in ballots])
    return scores


def alike(answers: NDArray[np.integer]) -> NDArray[np.float64]:
    """Share of trials in which two brains answer the same: [brain, trial] -> [brain, brain]."""
    return (answers[:, None] == answers[None]).mean(2)
