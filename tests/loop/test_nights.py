"""Nights beyond pictures: streams of days, two tunes, an index that learns from what came next."""

from dataclasses import replace

import networkx
import numpy as np
import pytest
import torch

from brainwright.datasets.activity import Activity
from brainwright.datasets.labelled import Labelled
from brainwright.loop.nights import streams
from brainwright.loop.nights.asked_later import asked_later, stream_of
from brainwright.loop.nights.days import Day, forecast_r2, through_days
from brainwright.loop.nights.two_tunes import NO_SECOND, TwoTunes, by_dish, dishes_of, tunes, two_tunes
from brainwright.memory import Experiences, Hippocampus, RecallError
from brainwright.memory.hippocampus import LearnedIndex, nearest
from brainwright.world import Rooms
from brainwright.world.grid import MOVES


def turning(angle: float, seed: int, n: int = 600) -> Day:
    """A stream that turns in a plane by an angle from one moment to the next, with noise."""
    rng = np.random.default_rng(seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    values = [rng.normal(size=2)]
    for _ in range(n - 1):
        values.append(0.95 * turn @ values[-1] + 0.3 * rng.normal(size=2))
    return Day.of(Activity(np.array(values, np.float32)[None], 0.1, ("x", "y"), counts=False))


def test_a_day_holds_the_past_and_what_followed():
    values = np.arange(80, dtype=np.float32).reshape(1, 40, 2)
    day = Day.of(Activity(values, 0.1, ("x", "y"), counts=True), bins=2, tested=0.25)
    np.testing.assert_allclose(day.learned[3] ** 2, np.arange(6, 12), rtol=1e-5)
    assert float((day.asked[0] ** 2).min()) > float((day.learned[-1] ** 2).max()) - 1e-3, "no bin is in both"
    states, followed = Experiences.of(day.learned).parted(4).states, Experiences.of(day.learned).parted(4)
    assert states.shape[1] == 4
    torch.testing.assert_close(followed.targets, day.learned[:, 4:])
    with pytest.raises(RecallError, match="features before"):
        Experiences.of(day.learned).parted(6)
    with pytest.raises(RecallError, match="part what comes back"):
        Hippocampus(4).store(followed)


def test_a_night_keeps_the_forecast_of_an_earlier_day():
    """The second day turns the other way, so that what is learned of it is wrong for the first."""
    days = [turning(1.0, 0), turning(-1.0, 1)]
    about = {"updates": 80, "batch": 32, "cells": 40, "stored": 200}
    r2 = {kind: through_days(days, kind, **about) for kind in ("asleep", "awake")}
    assert all(scores[0, 0] > 0.2 for scores in r2.values())
    assert r2["asleep"][1, 0] > r2["awake"][1, 0] + 0.2
    with pytest.raises(RecallError, match="shortest day"):
        through_days(days, "asleep", stored=10_000)
    with pytest.raises(RecallError, match="same units"):
        through_days([days[0], replace(days[1], n_units=3)], "asleep")


def test_a_forecast_of_the_mean_has_no_skill():
    class Mean:
        def unroll(self, states):
            return type("Said", (), {"last": day.learned[:, 4:].mean(0).expand(len(states), -1)})

    day = turning(1.0, 3)
    assert forecast_r2(Mean(), day) == pytest.approx(0, abs=1e-6)


def test_an_index_learns_what_foretells():
    """Of two features the weak one tells what comes; the strong one is noise that a plain store goes by."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.arange(300) % 2
    told = (2.0 * kinds - 1)[:, None].expand(-1, 2)
    states = torch.cat([0.5 * told, 3 * torch.randn(300, 6, generator=generator)], 1)
    index = LearnedIndex(8, 4, seed=1)
    stream = Experiences.of(states, rewards=kinds.float())
    index.learn(stream, updates=100)
    stored, cue = states[:40], states[200:]
    right = kinds[:40][index.nearest(stored, cue)] == kinds[200:]
    plain = kinds[:40][nearest(stored, cue)] == kinds[200:]
    assert right.float().mean() > 0.9 > 0.75 > plain.float().mean()
    with pytest.raises(RecallError, match="state, 8"):
        index.keys(torch.zeros(2, 7))
    with pytest.raises(RecallError, match="three moments"):
        index.learn(stream.at(slice(0, 2)))
    with pytest.raises(RecallError, match="nothing is stored"):
        index.nearest(stored[:0], cue)


def test_a_stream_of_kinds_follows_its_rule():
    pictures, kinds = torch.randn(50, 4), torch.arange(50) % 5
    stream = stream_of(pictures, kinds, 400, torch.Generator().manual_seed(2))
    pairs = torch.zeros(5, 5)
    pairs.index_put_((stream.targets[:-1], stream.targets[1:]), torch.ones(399), accumulate=True)
    # .9 and a fifth of the rest; a binomial deviation of 80 is .03, of which four
    assert (pairs.amax(1) / pairs.sum(1) - 0.92).abs().max() < 0.13
    assert len(set(stream.targets[stream.rewards > 0].tolist())) == 3
    figures = asked_later(pictures, kinds, pictures, kinds, n=60, stored=20, updates=2)
    assert set(figures["learned"]) == {"kind", "reward", "episode"}


def test_two_tunes_share_no_note():
    wanted, heard = tunes()
    assert wanted.successor.tolist() == [1, 2, 3, 0, 5, 6, 7, 4]
    for tune, own in enumerate(heard):
        notes = own.draw(200, np.random.default_rng(tune))
        assert set((notes // 4).tolist()) == {tune}
        assert (np.diff(notes) != 0).all()


def test_two_tunes_in_a_small_dish():
    plan = TwoTunes(recorded=20, taught=6, rest_s=3.0, calibration=40, probe=16, n_neurons=64)
    plan = replace(plan, replay=replace(plan.replay, every_s=2.0, symbols=5))
    dishes = dishes_of([5001], plan)
    rows = two_tunes(dishes, plan)
    assert set(rows) == {"sleep", "silence", "sham sleep", NO_SECOND}
    same = [row["first, before"].tolist() for row in rows.values()]
    assert all(values == same[0] for values in same), "all begin from the same taught state"
    alone, silent = rows[NO_SECOND], rows["silence"]
    np.testing.assert_array_equal(alone["first, at the end"], silent["first, after the rest"])
    assert by_dish([7], rows)["7/sleep/second, at the end"] == rows["sleep"]["second, at the end"][0]


def test_moves_in_rooms_are_those_of_a_shortest_way():
    """Against networkx: every move that is learned leaves one step less to the goal of its context."""
    world = Rooms([0], lethal=False)
    graph = networkx.Graph()
    graph.add_nodes_from(map(tuple, world.free))
    for place in world.free:
        near = [tuple(place + move) for move in MOVES[1:]]
        graph.add_edges_from((tuple(place), there) for there in near if there in graph)
    goals = set()
    for k, (inputs, moves, asked, named) in enumerate(streams.rooms(n_each=5)):
        places = [np.unravel_index(int(row[:-4].argmax()), world.walls.shape) for row in inputs]
        # the goal is the one free place from which no move is learned
        (goal,) = set(graph) - set(places)
        goals.add(goal)
        left = networkx.single_source_shortest_path_length(graph, goal)
        for place, move in zip(places, moves, strict=True):
            assert left[tuple(place + MOVES[move])] == left[place] - 1
        assert (inputs[:, -4:].argmax(1) == k).all()
        assert len(asked) == len(named) == len(inputs) // 5
    assert len(goals) == 4


def test_what_is_asked_of_a_stream_lies_apart_from_what_is_learned():
    own = Labelled(np.arange(80.0)[:, None], np.array([0] * 60 + [1] * 20))
    learned, _, asked, _ = streams._cut(own)
    assert learned.max() + streams.APART < asked.min()
    even = streams._balanced(own)
    assert np.bincount(even.classes).tolist() == [20, 20]
    assert (np.diff(even.values[:, 0]) > 0).all()
