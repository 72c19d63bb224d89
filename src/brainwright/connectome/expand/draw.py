"""New edges of a directed, degree-corrected block model, all block pairs at once."""

import numpy as np

from brainwright.connectome.expand.plan import Plan

ROUNDS = 30
"""Draws that collide are made again so often; each round places most of what is left, and what is left at the
end is counted.
"""


class Lottery:
    """Draws cells of one block and one generation in proportion to a propensity.

    Args:
        block: (M,) block of each cell. propensity: (M,). n: number of originals, which come first.
    """

    def __init__(self, block: np.ndarray, propensity: np.ndarray, n: int):
        self.group = block * 2 + (np.arange(block.size) >= n)
        self.order = np.argsort(self.group, kind="stable")
        self.cumulated = np.concatenate([[0.0], np.cumsum(propensity[self.order])])
        groups = 2 * (int(block.max()) + 1)
        self.bounds = np.searchsorted(self.group[self.order], np.arange(groups + 1))
        self.total = np.diff(self.cumulated[self.bounds])

    def draw(self, rng, group: np.ndarray) -> np.ndarray:
        """It returns one cell for each entry of `group` (2 × block + generation)."""
        low = self.cumulated[self.bounds[group]]
        at = (
            np.searchsorted(self.cumulated, low + rng.random(group.size) * self.total[group], side="right")
            - 1
        )
        return self.order[np.clip(at, self.bounds[group], self.bounds[group + 1] - 1)]


def new_edges(rng, pre, post, plan: Plan, undirected: bool, taken=()) -> tuple[np.ndarray, np.ndarray, int]:
    """It returns the endpoints of the edges to add, and how many could not be placed.

    Expected number from block r to block s in each new quadrant: E_rs × share of out-propensity × share of
    in-propensity × thinning, where propensities are the parents' degrees.

    Args:
        pre, post: (E,) original edges without autapses; for gap junctions listed in both directions.
        undirected: keep only pairs with the lower position first.
        taken: keys (a × M + b) of pairs that must not be drawn.
    """
    m, k = plan.parent.size, int(plan.block.max()) + 1
    out, into = (
        np.bincount(pre, minlength=plan.n)[plan.parent],
        np.bincount(post, minlength=plan.n)[plan.parent],
    )
    senders, receivers = Lottery(plan.block, out, plan.n), Lottery(plan.block, into, plan.n)
    wanted = _quotas(rng, pre, post, plan, senders, receivers, k)
    taken = np.asarray(taken, np.int64)
    used, group = taken, np.repeat(np.arange(wanted.size), wanted)
    for _ in range(ROUNDS):
        if not group.size:
            break
        a, b = senders.draw(rng, group // (2 * k)), receivers.draw(rng, group % (2 * k))
        key = a * m + b
        fresh = _fresh(key, used) & (a != b)
        used = np.concatenate([used, key[fresh]])
        group = group[~fresh]
    a, b = np.divmod(np.sort(used[taken.size :]), m)
    keep = a < b if undirected else np.ones(a.size, bool)
    return a[keep], b[keep], group.size


def _quotas(rng, pre, post, plan: Plan, senders: Lottery, receivers: Lottery, k: int) -> np.ndarray:
    """It returns the (4 k²,) number of new edges for each pair of sender group and receiver group, rounded at
    random.
    """
    blocks = np.bincount(plan.block[pre] * k + plan.block[post], minlength=k * k).reshape(k, 1, k, 1)
    old = np.maximum(senders.total[::2], 1), np.maximum(receivers.total[::2], 1)
    share_out = senders.total.reshape(k, 2) / old[0][:, None]
    share_in = receivers.total.reshape(k, 2) / old[1][:, None]
    expected = blocks * share_out[:, :, None, None] * share_in[None, None] * plan.thinning
    expected[:, 0, :, 0] = 0.0  # the original stays as it is
    return np.floor(expected.ravel() + rng.random(expected.size)).astype(np.int64)


def _fresh(key: np.ndarray, used: np.ndarray) -> np.ndarray:
    """It marks what appears for the first time within `key`, and is not among `used`."""
    first = np.zeros(key.size, bool)
    first[np.unique(key, return_index=True)[1]] = True
    return first & ~np.isin(key, used)


def inherited_counts(rng, edges, plan: Plan, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """It returns the count of each new edge: of a random edge of the parent into the same block, else of that
    pair of blocks, else of any.

    Args:
        edges: original `Edges` to copy from. pre, post: ends of the new edges.
    """
    k = int(plan.block.max()) + 1
    levels = [
        (edges.pre * np.int64(k) + plan.block[edges.post], plan.parent[pre] * k + plan.block[post]),
        (plan.block[edges.pre] * k + plan.block[edges.post], plan.block[pre] * k + plan.block[post]),
        (np.zeros(edges.pre.size, np.int64), np.zeros(pre.size, np.int64)),
    ]
    count, open_ = np.zeros(pre.size, edges.count.dtype), np.ones(pre.size, bool)
    for have, want in levels:
        order = np.argsort(have, kind="stable")
        low = np.searchsorted(have[order], want[open_])
        high = np.searchsorted(have[order], want[open_], side="right")
        hit = high > low
        at = low + (rng.random(low.size) * (high - low)).astype(np.int64)
        place = np.flatnonzero(open_)[hit]
        count[place] = edges.count[order[at[hit]]]
        open_[place] = False
    return count
