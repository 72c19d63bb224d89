"""Values against definitions that are dear, closed forms, and what dopamine cells are known to do."""

from functools import partial

import numpy as np
import pytest
from scipy.optimize import brentq

from brainwright.steering.value import (
    BEST,
    TD,
    Drive,
    OpAL,
    Trial,
    TrueOnlineTD,
    ValueFunctionError,
    conditioned,
    expectiles_of,
    gae,
    lambda_returns,
    learned_reversal_points,
    offline_td,
    online_lambda_return,
    quantile_step,
    quantiles_of,
    random_walk_scores,
)


def series(seed: int, steps: int = 40, size: int = 5):
    """Features that overlap, rewards, and discounts of which some end an episode."""
    rng = np.random.default_rng(seed)
    discounts = np.where(rng.random(steps) < 0.15, 0.0, rng.uniform(0.5, 1.0, steps))
    return rng.normal(size=size), rng.normal(size=(steps + 1, size)), rng.normal(size=steps), discounts


def learned(method, weights, features, rewards, discounts):
    state, kept = method.begin(weights), []
    for t in range(len(rewards)):
        state, _ = method.step(state, features[t], rewards[t], discounts[t], features[t + 1])
        kept.append(state.weights)
    return np.array(kept)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 1.0])
def test_true_online_td_is_the_online_lambda_return_algorithm_step_by_step(decay):
    given = series(int(10 * decay))
    oracle = online_lambda_return(*given, rate=0.05, decay=decay)
    np.testing.assert_allclose(learned(TrueOnlineTD(0.05, decay), *given), oracle, rtol=0, atol=1e-10)
    if decay:
        assert np.abs(learned(TD(0.05, decay), *given) - oracle).max() > 1e-3, "plain traces are another rule"


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
def test_offline_td_is_the_update_of_the_lambda_return(decay):
    weights, features, rewards, _ = series(3)
    discounts = np.append(np.full(len(rewards) - 1, 0.9), 0.0)  # one episode
    values = features @ weights
    change = np.zeros_like(weights)
    for t in range(len(rewards)):
        total, last = 0.0, len(rewards) - t  # by the definition: a mixture of n-step returns
        for n in range(1, last + 1):
            paid = sum(0.9**i * rewards[t + i] for i in range(n))
            back = paid + (0.9**n * values[t + n] if n < last else 0.0)
            total += back * ((1 - decay) * decay ** (n - 1) if n < last else decay ** (n - 1))
        change += 0.1 * (total - values[t]) * features[t]
    learned_offline = offline_td(weights, features, rewards, discounts, rate=0.1, decay=decay)
    np.testing.assert_allclose(learned_offline, weights + change, atol=1e-12)


def test_a_sweep_is_one_tensor():
    weights, features, rewards, discounts = series(1)
    rates, decays = np.array([0.01, 0.1]), np.array([[0.0], [0.5], [0.9]])
    together = learned(TrueOnlineTD(rates, decays), np.tile(weights, (3, 2, 1)), features, rewards, discounts)
    alone = learned(TrueOnlineTD(0.1, 0.5), weights, features, rewards, discounts)
    np.testing.assert_allclose(together[:, 1, 1], alone, atol=1e-12)


@pytest.mark.parametrize("method", [TD, TrueOnlineTD])
def test_the_random_walk_is_learned_as_well_as_the_book_says(method):
    scores = random_walk_scores(range(100), (0.4, 0.8, 0.9, 0.95), (0.1, 0.2, 0.4, 0.6, 0.8), method=method)
    assert BEST[0] <= scores.best <= BEST[1]


def test_advantages_are_discounted_sums_of_errors_within_episodes():
    rng = np.random.default_rng(0)
    rewards, values, following = rng.normal(size=(3, 12, 4))
    over = rng.random((12, 4)) < 0.3
    terminated = over & (rng.random((12, 4)) < 0.5)
    told = gae(rewards, values, following, terminated, over, discount=0.9, decay=0.8)
    for body in range(4):
        for t in range(12):
            total, faded = 0.0, 1.0
            for k in range(t, 12):
                ahead = 0.0 if terminated[k, body] else 0.9 * following[k, body]
                total += faded * (rewards[k, body] + ahead - values[k, body])
                faded *= 0.9 * 0.8
                if over[k, body]:
                    break
            assert told[t, body] == pytest.approx(total, abs=1e-12)


def test_with_full_decay_the_lambda_return_is_the_discounted_reward():
    rewards, values = np.arange(1.0, 5)[:, None], np.full((4, 1), 7.0)
    over = np.array([[False], [False], [False], [True]])
    told = lambda_returns(rewards, values, values, over, over, discount=0.5, decay=1.0)
    np.testing.assert_allclose(told[:, 0], [1 + 1 + 0.75 + 0.5, 2 + 1.5 + 1, 3 + 2, 4])


LEVELS = np.linspace(0.1, 0.9, 9)
OUTCOMES, CHANCES = np.array([0.1, 1.0, 2.0, 5.0]), np.array([0.3, 0.3, 0.3, 0.1])


def test_expectiles_solve_their_equation():
    def balance(e, tau):
        return tau * CHANCES @ np.maximum(OUTCOMES - e, 0) - (1 - tau) * CHANCES @ np.maximum(e - OUTCOMES, 0)

    solved = [brentq(balance, 0.1, 5.0, args=(tau,)) for tau in LEVELS]
    np.testing.assert_allclose(expectiles_of(OUTCOMES, LEVELS, CHANCES), solved, rtol=1e-9)
    assert expectiles_of(OUTCOMES, np.array([0.5]), CHANCES)[0] == pytest.approx(OUTCOMES @ CHANCES)


def test_cells_come_to_rest_at_the_expectiles_and_quantiles_of_the_rewards():
    rng = np.random.default_rng(5)
    rewards = rng.choice(OUTCOMES, 60_000, p=CHANCES)
    told = learned_reversal_points(rewards, LEVELS)
    np.testing.assert_allclose(told, expectiles_of(OUTCOMES, LEVELS, CHANCES), rtol=0.02)
    normal = rng.normal(3, 1, 60_000)  # quantiles of few outcomes jump, those of a density do not
    told = learned_reversal_points(normal, LEVELS, step=quantile_step)
    np.testing.assert_allclose(told, quantiles_of(normal, LEVELS), rtol=0.02)


CUE = partial(Trial, {"cue": 5})


def test_the_error_moves_from_the_reward_to_the_cue():
    told = conditioned([CUE({15: 1.0})] * 200)
    first, last = told.delta[0], told.delta[-1]
    assert first[15] == 1
    assert np.abs(np.delete(first, 15)).max() == 0
    assert last[5] == pytest.approx(0.98**10, abs=0.01), "the discounted reward, at the cue"
    assert np.abs(np.delete(last, 5)).max() < 0.01


def test_an_omitted_reward_leaves_a_dip_and_a_late_one_both():
    told = conditioned([CUE({15: 1.0})] * 200 + [CUE({})])
    assert told.delta[-1, 15] == pytest.approx(-1, abs=0.01)
    late = conditioned([CUE({15: 1.0})] * 200 + [CUE({17: 1.0})]).delta[-1]
    assert late[15] < -0.95
    assert late[17] > 0.95


def test_a_foretold_reward_teaches_nothing_about_a_second_cue():
    def second(first):
        taught = [Trial({first: 5}, {15: 1.0})] * 200 + [Trial({"a": 5, "b": 5}, {15: 1.0})] * 40
        return conditioned([*taught, Trial({"b": 5})]).values[-1, 5]

    assert abs(second("a")) < 0.02 < 0.3 < second("c"), "blocked; and as much as it can share unblocked"


def test_errors_ramp_up_where_value_is_coded_by_nearness_and_not_where_each_place_has_its_own():
    """Gershman 2014, 10.1162/NECO_a_00559: a convex code of nearness cannot hold a flat value."""
    near = (np.linspace(0, 1, 11) ** 2)[:, None]
    for code, ramps in ((near, True), (np.eye(11), False)):
        td, state, errors = TD(rate=0.2, decay=0.0), None, []
        for _ in range(300):
            state, errors = td.begin(np.zeros(code.shape[1]) if state is None else state.weights), []
            for t in range(11):
                last = t == 10
                arrived = code[0] if last else code[t + 1]
                state, delta = td.step(state, code[t], float(last), float(not last), arrived)
                errors.append(float(delta))
        before = np.array(errors[:-1])
        if ramps:
            assert (np.diff(before) > 0).all()
            assert before[-1] > 0.1
        else:
            assert np.abs(before).max() < 0.02


def test_without_learning_nothing_moves():
    told = conditioned([CUE({15: 1.0})] * 5, learning=False)
    assert (told.delta == told.delta[0]).all()
    assert not told.weights.any()


def test_go_tells_apart_what_is_often_good_and_no_go_what_is_often_bad():
    def tells(chances):
        rng, opal = np.random.default_rng(2), OpAL()
        state = opal.begin(2, (200,))
        for _ in range(100):
            action = rng.integers(0, 2, 200)
            state = opal.learn(state, action, 2.0 * (rng.random(200) < np.take(chances, action)) - 1)
        better = state.go[:, 0] - state.go[:, 1]
        worse = state.no_go[:, 1] - state.no_go[:, 0]
        return better.mean(), worse.mean()

    rich, lean = tells([0.8, 0.7]), tells([0.3, 0.2])
    assert rich[0] > 0
    assert lean[1] > 0
    assert rich[0] > rich[1]
    assert lean[1] > lean[0]


def test_opal_by_hand():
    opal = OpAL(rate=0.1, critic_rate=0.5, go=2.0)
    state = opal.learn(opal.begin(2), 1, 1.0)
    assert float(state.critic) == 0.5
    np.testing.assert_allclose(opal.act(state), [1.0, 2 * 1.1 - 0.9])


def test_rewards_of_a_drive_add_up_to_what_is_gone_and_pay_more_in_need():
    drive, path = Drive((1.0, 0.0)), np.random.default_rng(0).normal(size=(30, 2))
    total = drive.reward(path[:-1], path[1:]).sum()
    assert total == pytest.approx(drive.of(path[0]) - drive.of(path[-1]))
    doses = [float(drive.reward([1.0 - need, 0.0], [1.1 - need, 0.0])) for need in (0.1, 0.5, 1.0)]
    assert doses == sorted(doses)
    assert doses[0] > 0
    assert drive.reward([1.0, 0.0], [1.1, 0.0]) < 0, "beyond the set point it costs"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: TD(rate=0.1, decay=1.5), "lambda between 0 and 1"),
        (lambda: TD(rate=0.0), "alpha above 0"),
        (lambda: Drive((0.0,)).of([np.nan]), "finite numbers, got nan"),
        (lambda: Drive((0.0,)).of([1.0, 2.0]), "expected 1 variables"),
        (lambda: Trial({"a": 0}), "at 1 to 19"),
        (lambda: conditioned([Trial(), Trial(steps=5)]), "of one length"),
        (lambda: expectiles_of([1, 2], LEVELS, [0.5, 0.6]), "sum to 1"),
        (lambda: OpAL(rate=0.0), "rates above 0"),
    ],
)
def test_what_cannot_work_is_one_line(wrong, words):
    with pytest.raises(ValueFunctionError, match=words):
        wrong()
