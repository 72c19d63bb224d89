"""Pong through a dish: places, moves, writes, feedback, what is refused."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from brainwright.loop import (
    KINDS,
    PACE,
    GradientWriter,
    Layout,
    Motor,
    OracleWriter,
    PongLesson,
    Stimuli,
    babbling,
    by_parts,
    game_scores,
    play_pong,
    pong_layout,
    present,
    survival,
    symbol_of,
    to_the_ball,
)
from brainwright.loop.pong.feedback import BURST_HZ, BURST_S, LASTS_S, RATE_HZ
from brainwright.loop.pong.sites import DOWN, EDGES, PLACE_ELECTRODES, PLACES, UP, permuted, place_of
from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusRefused, usable_channels
from brainwright.world import COLUMNS, Bounce, Pong

SEEDS = [11, 12]
LAYOUT = pong_layout(SEEDS, usable_channels())
POLICY = to_the_ball(2)


def culture(**options) -> SimulatedCulture:
    return SimulatedCulture(SEEDS, CultureParameters(n_neurons=64), plasticity=False, **options)


@pytest.fixture(scope="module")
def heard():
    symbols = np.stack([np.random.default_rng(seed).integers(0, PLACES + 2, 80) for seed in SEEDS])
    wanted = np.take_along_axis(POLICY, np.minimum(symbols, PLACES - 1), axis=1)
    return present(culture(), LAYOUT, symbols, targets=np.where(symbols < PLACES, wanted, -1))


@pytest.fixture(scope="module")
def motor(heard):
    return Motor.fit(heard)


def test_every_dish_has_a_map_of_its_own_and_no_electrode_twice():
    sizes = [int((row >= 0).sum()) for row in LAYOUT.electrodes[0]]
    assert sizes == [5] * PLACES + [9, 9]
    for electrodes in LAYOUT.electrodes:
        used = electrodes[electrodes >= 0]
        assert len(set(used.tolist())) == used.size
        assert set(used.tolist()) <= set(usable_channels())
    assert not np.array_equal(*LAYOUT.electrodes)
    alone = pong_layout(SEEDS[1:], usable_channels())
    np.testing.assert_array_equal(alone.electrodes[0], LAYOUT.electrodes[1])


def test_a_symbol_of_few_electrodes_is_a_plan_of_few_pulses():
    plan = LAYOUT.plan(LAYOUT.of(np.array([0, UP])), 1.0)
    assert np.bincount(plan.dish).tolist() == [5, 9]
    assert (plan.channel >= 0).all()
    owner = symbol_of(LAYOUT.electrodes, 64)
    for symbol in (0, UP):
        own = LAYOUT.electrodes[0, symbol]
        assert np.flatnonzero(owner[0] == symbol).tolist() == sorted(own[own >= 0].tolist())
    assert (owner >= 0).sum() == 2 * 58
    for sizes in ((3, 0), (30, 30), ()):
        with pytest.raises(ValueError, match="sizes: expected at least one electrode"):
            Layout.of_sizes(SEEDS, sizes, usable_channels(), PACE)


def test_places_are_told_in_order_and_the_policy_is_the_sign_of_the_offset():
    offsets = np.array([-0.5, -0.2, -0.1, -0.01, 0.0, 0.1, 0.2, 0.5])
    assert place_of(offsets).tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert len(EDGES) == PLACES - 1
    np.testing.assert_array_equal(POLICY[0], np.where(offsets < 0, DOWN, UP))


def test_permuted_policies_are_right_in_half_of_the_places_above_and_below():
    right = permuted(list(range(20))) == to_the_ball(20)
    assert (right[:, : PLACES // 2].sum(1) == PLACES // 4).all()
    assert (right[:, PLACES // 2 :].sum(1) == PLACES // 4).all()


def test_babbling_holds_a_direction_and_leaves_the_rest_to_tissue():
    drawn = babbling(list(range(100)), 600)
    assert set(np.unique(drawn)) == {-1, 0, 1}
    assert (drawn.reshape(100, 100, 6) == drawn.reshape(100, 100, 6)[:, :, :1]).all()
    assert (drawn != 0).mean() == pytest.approx(0.7, abs=0.02)


def test_the_motor_favours_no_direction_on_naive_answers(heard, motor):
    """The mean over answers to places is the threshold, and a region's own spikes move the paddle its way."""
    for dish in range(2):
        answers = heard.counts[dish, heard.symbols[dish] < PLACES, 2]
        assert (answers @ motor.weight[dish]).mean() + motor.offset[dish] == pytest.approx(0, abs=1e-9)
    spikes = np.zeros((2, 64))
    for region, move in ((UP, 1), (DOWN, -1)):
        spikes[:] = heard.counts[np.arange(2), :, 0].mean(1)
        for dish in range(2):
            spikes[dish] = heard.counts[dish, heard.symbols[dish] == region, 0].mean(0) * 20
        assert motor.moves(spikes).tolist() == [move, move]


def test_what_is_told_and_written_in_a_game(motor):
    tissue = culture()
    babble = np.tile(np.array([0, 1, -1]), (2, 10))
    played = play_pong(
        tissue, LAYOUT, Pong([1, 2]), motor, 30, policy=POLICY, writer=OracleWriter(LAYOUT), babble=babble
    )
    np.testing.assert_array_equal(played.moves[:, 1::3], 1)
    np.testing.assert_array_equal(played.moves[:, 2::3], -1)
    np.testing.assert_array_equal(played.places, place_of(played.court[:, :, 1] - played.court[:, :, 2]))
    wanted = LAYOUT.electrodes[np.arange(2)[:, None], played.wanted]
    np.testing.assert_array_equal(played.written, np.sort(wanted, axis=2))
    table = tissue.ledger.table()
    assert len(table["dish"]) == 2 * 30 * (PLACE_ELECTRODES + 9)
    starts = np.unique(np.round(table["requested_s"] / PACE.period_s % 1 * PACE.period_s, 6))
    assert starts.tolist() == [0.0, PACE.write_at_s]


def test_a_game_repeats_itself_and_a_dish_does_not_know_the_other(motor):
    first, again = (
        play_pong(culture(), LAYOUT, Pong([1, 2]), motor, 12, policy=POLICY).arrays() for _ in range(2)
    )
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    alone = play_pong(
        SimulatedCulture(SEEDS[:1], CultureParameters(n_neurons=64), plasticity=False),
        pong_layout(SEEDS[:1], usable_channels()),
        Pong([1]),
        Motor(motor.weight[:1], motor.offset[:1]),
        12,
        policy=POLICY[:1],
    ).arrays()
    np.testing.assert_array_equal(alone["moves"][0], first["moves"][0])
    np.testing.assert_array_equal(alone["spikes"][0], first["spikes"][0])


def test_the_distance_is_the_rate_of_a_place(motor):
    tissue = culture()
    played = play_pong(tissue, LAYOUT, Pong([1, 2]), motor, 30, policy=POLICY, depth=True)
    near = int((played.court[:, :, 0] < COLUMNS / 2).sum())
    assert 0 < near < 60
    assert len(tissue.ledger.table()["dish"]) == PLACE_ELECTRODES * (60 + near)


def test_a_miss_is_followed_by_as_long_a_wait_as_its_stimulus(motor):
    kind, tissue = KINDS["DishBrain's rule"], culture()
    stimuli = Stimuli(LAYOUT, SEEDS)
    played = play_pong(tissue, LAYOUT, Pong([1, 2]), motor, 60, policy=POLICY, feedback=kind, stimuli=stimuli)
    ticks = -(-LASTS_S // PACE.period_s)
    for dish in range(2):
        waits = played.places[dish] < 0
        (missed,) = np.nonzero(played.missed[dish])
        first = int(missed[0])
        assert waits[first + 1 : first + 1 + int(ticks)].all()
        assert first + 1 + ticks >= 60 or not waits[int(first + 1 + ticks)]
        assert not (played.hit | played.missed)[dish][waits].any()
        assert (played.moves[dish][waits] == 0).all()
    silent = play_pong(
        culture(), LAYOUT, Pong([1, 2]), motor, 60, policy=POLICY, feedback=KINDS["silent feedback"]
    )
    assert (silent.places < 0).any()


def test_stimuli_have_their_rates():
    stimuli, yes, no = Stimuli(LAYOUT, SEEDS), np.array([True, False]), np.array([False, False])
    burst = stimuli.plan(yes, no, 1.0)
    assert burst.n_pulses == PLACES * round(BURST_HZ * BURST_S)
    assert set(burst.dish.tolist()) == {0}
    assert burst.last_s == pytest.approx(1.0 + BURST_S - 1 / BURST_HZ)
    n = sum(stimuli.plan(no, yes, 0.24 * k).n_pulses for k in range(200))
    expected = RATE_HZ * PLACES * PLACE_ELECTRODES * 200 * PACE.period_s
    assert n == pytest.approx(expected, abs=5 * np.sqrt(expected))
    waits = KINDS["DishBrain's rule"].waits(Bounce(yes, ~yes), PACE.period_s)
    assert waits.tolist() == [1, 17]


def test_without_feedback_the_ball_comes_back_and_at_rest_nothing_is_told(motor):
    tissue = culture()
    play_pong(tissue, LAYOUT, Pong([1, 2]), motor, 10, policy=POLICY, feedback=KINDS["rest"])
    assert len(tissue.ledger.table()["dish"]) == 0
    free = play_pong(culture(), LAYOUT, Pong([1, 2]), motor, 60, policy=POLICY, feedback=KINDS["no feedback"])
    assert free.missed.any()
    assert (np.abs(np.diff(free.court[:, :, 0], axis=1)) <= 1).all()


def test_where_nothing_is_wanted_no_gradient_is_taken(heard):
    """-1 among what was heard neither fails nor counts."""
    writer = GradientWriter(PLACES + 2, 9, usable_channels(), gradient_steps=1, batch=16, fit_steps=2)
    writer.learn(heard)
    goal = writer._wanted[:, :20]
    assert (goal < 0).any()
    losses = writer._losses(writer._past[:, :20], goal)
    assert losses.isfinite().all()
    nothing = goal.clone().fill_(-1)
    assert writer._losses(writer._past[:, :20], nothing).tolist() == [0, 0]


def test_scores_of_a_game():
    """Hit, hit, miss, miss, hit and no end: rallies of two and of none."""
    hit = np.array([[True, True, False, False, True], [False] * 5])
    missed = np.array([[False, False, True, True, False], [False] * 5])
    scores = game_scores(hit, missed)
    assert scores["balls"].tolist() == [0.6, 0]
    assert scores["rally"].tolist() == [1.5, 0]
    assert scores["aces"].tolist() == [0.5, 0]
    assert scores["long"].tolist() == [0, 0]
    assert survival(hit, missed, 2).tolist() == [[1, 0.5, 0.5], [0, 0, 0]]
    assert by_parts(hit, missed, 2).tolist() == [[2 / 3, 0.5], [0, 0]]


def test_refusals(motor):
    with pytest.raises(ValueError, match="as many dishes of tissue and layout as games"):
        play_pong(culture(), LAYOUT, Pong([1]), motor, 1, policy=POLICY)
    rule = KINDS["DishBrain's rule"]
    with pytest.raises(ValueError, match="expected some, got None"):
        play_pong(culture(), LAYOUT, Pong([1, 2]), motor, 1, policy=POLICY, feedback=rule)
    with pytest.raises(ValueError, match="teacher: expected one of gradient"):
        PongLesson("gradients")


def test_pulses_outside_the_limits_are_refused(motor):
    from brainwright.tissue import StimulusLimits

    strict = StimulusLimits(channels=usable_channels(), simultaneous_channels=4)
    with pytest.raises(StimulusRefused, match="at most 4 channels"):
        play_pong(culture(limits=strict), LAYOUT, Pong([1, 2]), motor, 1, policy=POLICY)


def test_the_example_prints_both_shares(capsys):
    example = Path(__file__).parents[2] / "examples" / "pong.py"
    runpy.run_path(str(example))["main"](calibration=60, taught=6, probe=20, n_neurons=64)
    assert capsys.readouterr().out.startswith("balls hit before 0.")
