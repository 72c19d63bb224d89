"""New edges of a directed, degree-corrected block model, all block pairs at once."""

import numpy as np

from brainwright.connectome.among import among
from brainwright.connectome.edges import in_order
from brainwright.connectome.expand.lottery import Lottery
from brainwright.connectome.expand.plan import Plan

ROUNDS = 30
"""Draws that collide are made again so often; each round places most of what is left, and what is left at the
end is counted.
"""


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
    taken, placed = np.sort(np.asarray(taken, np.int64)), np.empty(0, np.int64)
    group = np.repeat(np.arange(wanted.size, dtype=np.int32), wanted)
    for _ in range(ROUNDS):
        if not group.size:
            break
        key = senders.draw(rng, group // np.int32(2 * k)).astype(np.int64)
        key *= m
        key += receivers.draw(rng, group % np.int32(2 * k))
        fresh, refused = _placed(key, m, taken, placed)
        placed = np.sort(np.concatenate([placed, fresh]))
        group = group[refused]
    a = (placed // m).astype(np.int32)
    placed %= m
    b = placed.astype(np.int32)
    if undirected:
        keep = a < b
        a, b = a[keep], b[keep]
    return a, b, group.size


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


def _placed(key, m: int, taken, placed) -> tuple[np.ndarray, np.ndarray]:
    """It returns the pairs that may stand, sorted, and the positions in `key` of those that may not: loops,
    what is `taken` or `placed` (both sorted) already, and what came earlier in `key`.
    """
    key, order = in_order(key)
    stands = np.concatenate([[True], key[1:] != key[:-1]])[: key.size]
    stands &= key % (m + 1) != 0  # a m + a is a multiple, and no other pair is
    for before in (taken, placed):
        if before.size:
            stands &= ~among(key, before)
    return key[stands], np.sort(order[~stands])
