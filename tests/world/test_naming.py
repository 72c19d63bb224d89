"""The world of things and names: what streams hold, and what ties a name to a thing."""

import numpy as np
import pytest

from brainwright.world import WorldError
from brainwright.world.naming import N_KINDS, SIGHT, SIZE, SOUND, NamingWorld, group_of, met


def pairs(stream):
    """What is seen when something is heard the step before, with nothing in view then."""
    see, hear = stream[..., 0], stream[..., 1]
    told = (see[:, :-1] < 0) & (hear[:, :-1] >= 0) & (hear[:, :-1] < N_KINDS) & (see[:, 1:] >= 0)
    return hear[:, :-1][told], see[:, 1:][told]


def test_names_foretell_things_unless_they_are_shuffled_or_never_come_first():
    world, rng = NamingWorld(4), np.random.default_rng(0)
    right = {}
    for name, options in (("any", {}), ("shuffled", {"shuffled": True}), ("never", {"order": "never first"})):
        heard, seen = pairs(world.streams(400, 24, rng, **options))
        right[name] = np.mean(heard == seen)
    assert right["any"] > 0.5
    assert right["shuffled"] < 0.1
    assert right["never"] < 0.1, "by chance alone, across events"


def test_inputs_are_looks_size_and_words_in_units_of_their_own():
    world = NamingWorld(1)
    values = world.inputs(np.array([[3, -1], [-1, 3], [3, 3], [-1, -1]]))
    np.testing.assert_array_equal(values[2], values[0] + values[1])
    np.testing.assert_array_equal(values[0, SIGHT], world.looks[3])
    assert not values[0, SOUND].any()
    assert values[:, SIZE].tolist() == [0.25, 0, 0.25, 0]
    assert not values[3].any()
    noisy = world.inputs(np.full((500, 2), -1), np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.05, rel=0.05)


def test_kinds_of_a_group_are_alike_and_names_are_not():
    near, far, named = [], [], []
    for seed in range(30):
        world = NamingWorld(seed)
        looks = world.looks[:16]  # danger, salt
        cosine = looks @ looks.T / np.linalg.norm(looks, axis=1) / np.linalg.norm(looks, axis=1)[:, None]
        near.append(cosine[:8, :8][~np.eye(8, dtype=bool)].mean())
        far.append(cosine[:8, 8:].mean())
        words = world.words[:16]
        named.append((words[:8] @ words[:8].T)[~np.eye(8, dtype=bool)].mean())
    shared = 0.5 + 0.5  # two prototypes; what looms alone and what tastes alone differ in both
    assert np.mean(near) == pytest.approx(shared / (shared + 1.5**2), abs=0.05)
    assert np.mean(far) == pytest.approx(-shared / (shared + 1.5**2), abs=0.05)
    assert abs(np.mean(named)) < 0.1


def test_two_of_each_group_are_kept_from_the_animal():
    kinds = np.arange(N_KINDS)
    assert np.bincount(group_of(kinds[~met(kinds)])).tolist() == [2, 2, 2, 2]
    with pytest.raises(WorldError, match="a seed of 0 or more"):
        NamingWorld(-1)


def test_what_looms_alone_looks_no_saltier_than_what_does_nothing():
    """A linear reader without an offset, taught what tastes: were neutral things but the lack of a look, it
    would take what looms for saltier in .58 of the pairs.
    """
    kinds, shares = np.arange(N_KINDS), []
    taught, tastes = met(kinds), np.isin(group_of(kinds), (1, 2)).astype(float)
    for seed in range(100):
        looks = NamingWorld(seed).looks
        known = looks[taught]
        weights = np.linalg.solve(known.T @ known + 0.3 * np.eye(known.shape[1]), known.T @ tastes[taught])
        danger, neutral = (looks[taught & (group_of(kinds) == group)] @ weights for group in (0, 3))
        shares.append((danger[:, None] > neutral).mean())
    assert abs(np.mean(shares) - 0.5) < 0.05  # three standard errors of 100 worlds


def test_new_words_name_the_same_things():
    world = NamingWorld(5)
    other = world.renamed()
    np.testing.assert_array_equal(other.looks, world.looks)
    assert np.abs(np.einsum("wu,wu->w", other.words, world.words)).mean() < 0.25 * 1.5**2
    np.testing.assert_array_equal(world.renamed().words, other.words)
