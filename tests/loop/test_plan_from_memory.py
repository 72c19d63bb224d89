"""The way is the shortest, what is implied is what was seen last, and planning needs both."""

import networkx
import numpy as np
import pytest
import torch

from brainwright.errors import UserError
from brainwright.loop.plan_from_memory import ARMS, N_CONTEXT, Explored, explore, implied, planned, search
from brainwright.memory import Experiences, Hippocampus
from brainwright.world import Rooms


def test_ways_are_the_shortest():
    rooms = Rooms([1], lethal=False)
    free = ~rooms.walls
    graph = networkx.grid_2d_graph(*free.shape)
    graph.remove_nodes_from([tuple(place) for place in np.argwhere(rooms.walls).tolist()])
    places = rooms.free
    for a, b in zip(places, places[::-1], strict=True):
        way = search(free, a, b)
        assert len(way) == networkx.shortest_path_length(graph, tuple(a), tuple(b))
        steps = np.abs(np.diff(np.stack([a, *way]), axis=0)).sum(1)
        assert (steps == 1).all()
        if way:
            assert (way[-1] == b).all()


def test_there_is_no_way_through_walls():
    free = np.ones((5, 5), bool)
    free[:, 2] = False
    free[0] = free[-1] = free[:, 0] = free[:, -1] = False
    assert search(free, np.array([1, 1]), np.array([1, 3])) == []


def test_what_is_implied_is_where_the_goal_was_seen_last():
    rooms = Rooms(range(20), lethal=False, limit=10_000)
    rng = np.random.default_rng(0)
    right = []
    for k in range(20):
        known = explore(rooms, k, 600, rng, seed=3)
        place = implied(known, rooms.walls.shape)
        right.append(place is not None and (place == rooms.goal[k]).all())
    # of a walk by chance some never see where the goal went
    assert np.mean(right) >= 0.6


@pytest.mark.parametrize("by", ["hippocampus", "any subset"])
def test_what_is_implied_follows_the_context_and_not_how_often_a_place_was_seen(by):
    """Two contexts that are opposite: a place is seen in one 20 times, another in the other 5 times."""
    generator = torch.Generator().manual_seed(0)
    context = torch.randn(N_CONTEXT, generator=generator)
    contexts = torch.cat([context.expand(20, -1), -context.expand(5, -1)])
    places = torch.nn.functional.one_hot(torch.tensor([7] * 20 + [11] * 5), 12).float()
    store = Hippocampus(12 + N_CONTEXT, capacity=64, n_cells=512, winners=24, beta=40.0)
    noisy = contexts + 0.3 * torch.randn(contexts.shape, generator=generator)
    store.store(Experiences.of(torch.cat([4 * places, noisy / N_CONTEXT**0.5], 1)))
    for now, place in ((context, 7), (-context, 11)):
        known = Explored(store, np.ones((3, 4), bool), now / N_CONTEXT**0.5)
        assert tuple(implied(known, (3, 4), by)) == divmod(place, 4)


def test_another_way_of_completion_is_refused():
    known = explore(Rooms([5]), 0, 10, np.random.default_rng(0), seed=0)
    with pytest.raises(UserError, match="any subset"):
        implied(known, (9, 9), "cortex")


def test_planning_needs_the_implied_state_and_the_search():
    reached = planned(1, n_rooms=10)
    assert set(reached) == set(ARMS)
    assert reached["all"] > max(reached[arm] for arm in ARMS if not arm.startswith("all"))


def test_nothing_seen_implies_nothing():
    known = explore(Rooms([5]), 0, 0, np.random.default_rng(0), seed=0)
    assert implied(known, (9, 9)) is None
    assert planned(2, n_rooms=2, explored=2)["all"] == pytest.approx(0.5, abs=0.5)
