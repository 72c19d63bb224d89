"""What makes expansion fast draws and refuses as plain NumPy and plain sets do."""

import numpy as np
import pytest

from brainwright.connectome.among import among
from brainwright.connectome.edges import Edges, in_order
from brainwright.connectome.expand.draw import _placed
from brainwright.connectome.expand.inherit import inherited_counts
from brainwright.connectome.expand.lottery import Lottery
from brainwright.connectome.expand.plan import Plan


def test_among():
    rng = np.random.default_rng(0)
    key, other = np.sort(rng.integers(0, 300, 200)), np.sort(rng.integers(-5, 320, 150))
    assert np.array_equal(among(key, other), np.isin(key, other))
    assert not among(key, other[:0]).any()


@pytest.mark.parametrize("largest", [1, 1 << 20, 1 << 61])
def test_in_order_is_stable(largest):
    key = np.random.default_rng(0).integers(0, largest, 1000) // 7 * 7
    expected = np.argsort(key, kind="stable")
    values, order = in_order(key.copy())
    assert np.array_equal(order, expected)
    assert np.array_equal(values, key[expected])


def test_lottery_is_the_inverse_of_the_cumulated_propensity():
    """Blocks of many sizes, some cells and one whole group without propensity."""
    rng = np.random.default_rng(1)
    block, propensity = rng.integers(0, 5, 400), rng.integers(0, 4, 400) * rng.random(400)
    propensity[(block == 2)] = 0
    lottery = Lottery(block, propensity, 150)
    group = rng.integers(0, 10, 5000)
    low, total = lottery.cumulated[lottery.bounds[group]], lottery.total[group]
    chance = np.random.default_rng(2).random(group.size)
    at = np.searchsorted(lottery.cumulated, low + chance * total, side="right") - 1
    expected = lottery.order[np.clip(at, lottery.bounds[group], lottery.bounds[group + 1] - 1)]
    assert np.array_equal(lottery.draw(np.random.default_rng(2), group), expected)
    assert (lottery.group[expected] == group).all()


def test_pairs_are_refused_as_by_a_set():
    rng, m = np.random.default_rng(3), 12
    taken, placed = np.unique(rng.integers(0, m * m, 20)), np.unique(rng.integers(0, m * m, 20))
    key = rng.integers(0, m * m, 200)
    seen, stands, refused = {*taken.tolist(), *placed.tolist()}, [], []
    for at, pair in enumerate(key.tolist()):
        a, b = divmod(pair, m)
        if a == b or pair in seen:
            refused.append(at)
        else:
            stands.append(pair)
            seen.add(pair)
    found = _placed(key, m, taken, placed)
    assert found[0].tolist() == sorted(stands)
    assert found[1].tolist() == refused


def test_counts_come_from_the_narrowest_group_that_has_edges():
    rng, n, k = np.random.default_rng(4), 30, 3
    parent = np.concatenate([np.arange(n), rng.integers(0, n, 40)])
    plan = Plan(parent, (np.arange(n) % k)[parent], n, 1.0)
    pre, post = np.nonzero(rng.random((n, n)) < 0.1)
    edges = Edges(pre, post, np.arange(pre.size, dtype=np.int32), np.zeros(pre.size, np.uint8))
    a, b = rng.integers(0, parent.size, (2, 500))
    copied = inherited_counts(np.random.default_rng(5), edges, plan, a, b)
    for source, target, count in zip(a, b, copied, strict=True):
        into = plan.block[post] == plan.block[target]
        levels = (pre == parent[source]) & into, (plan.block[pre] == plan.block[source]) & into
        level = next((found for found in levels if found.any()), np.ones(pre.size, bool))
        assert count in edges.count[level]
