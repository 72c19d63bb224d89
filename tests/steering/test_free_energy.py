"""Expected free energy by hand, its two decompositions, and the dark room."""

import numpy as np
import pytest

from brainwright.steering.planning import foreseen, maze_shares
from brainwright.steering.planning.maze import DARK, LEFT, MIDDLE, RIGHT, SIGN, likelihood, transition, wanted


def test_by_hand():
    """Two states, a sensor that is right 3 times in 4, a move that changes nothing, an even belief."""
    sensor, still, even = np.array([[0.75, 0.25], [0.25, 0.75]]), np.eye(2), np.array([0.5, 0.5])
    ahead = foreseen(sensor, still, even, np.array([0.9, 0.1]))
    noise = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert ahead.ambiguity == pytest.approx(noise)
    assert ahead.surprise == pytest.approx(np.log(2))
    assert ahead.epistemic == pytest.approx(np.log(2) - noise)
    assert ahead.pragmatic == pytest.approx(0.5 * np.log(0.9) + 0.5 * np.log(0.1))
    assert ahead.risk == pytest.approx(-np.log(2) - ahead.pragmatic)


def test_both_decompositions_are_the_same_number():
    rng = np.random.default_rng(0)
    for _ in range(20):
        sensor, moves = rng.dirichlet(np.ones(5), 4).T, rng.dirichlet(np.ones(4), 4).T
        ahead = foreseen(sensor, moves, rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(5)))
        assert ahead.free_energy == pytest.approx(-ahead.epistemic - ahead.pragmatic)
        assert min(ahead.risk, ahead.epistemic) >= 0


# Made once with inferactively-pymdp 0.0.7.1 (its NumPy code, installed without what it draws with):
# construct_policies([3], [2], policy_len=2), then update_posterior_policies(qs, A, B, C, policies, gamma=2),
# also with use_states_info_gain=False and with use_utility=False. G there is minus the expected free energy,
# summed over steps; C is log preference up to a constant. Its mutual information takes logarithms of
# p + exp(-16), which moves each by at most exp(-16) for every outcome and step: hence the tolerances.
SENSOR = np.array([[0.7, 0.1, 0.2], [0.1, 0.6, 0.1], [0.1, 0.2, 0.3], [0.1, 0.1, 0.4]])
MOVES = (
    np.array([[0.9, 0.2, 0.1], [0.05, 0.7, 0.1], [0.05, 0.1, 0.8]]),
    np.array([[0.1, 0.6, 0.3], [0.8, 0.2, 0.3], [0.1, 0.2, 0.4]]),
)
PREFERENCE, BELIEF = np.array([0.0, 1.5, -1.0, 0.5]), np.array([0.5, 0.3, 0.2])
THEIRS = {
    "epistemic": [0.48047581233425807, 0.4909849489094025, 0.5152673754700408, 0.5149775182283762],
    "pragmatic": [-3.538324931001949, -3.3331749310019494, -3.2533999310019492, -3.255849931001949],
    "posterior": [0.15823436416669634, 0.24356784419991412, 0.29991838204179494, 0.2982794095915946],
}
MAZE = [-9.586228361046983, -8.396012226486933, -8.297973225742169, -8.199934224997405, -9.586228586117294]
OFFSET = np.exp(-16)


def of_policies(sensor, moves, belief, wanted, policies):
    """What is foreseen at both steps of each policy."""
    rows = []
    for first, then in policies:
        one = foreseen(sensor, moves[first], belief, wanted)
        rows.append((one, foreseen(sensor, moves[then], one.state, wanted)))
    return rows


def softmax(values):
    return np.exp(values) / np.exp(values).sum()


def test_values_and_posteriors_are_those_of_pymdp():
    policies = [(0, 0), (0, 1), (1, 0), (1, 1)]
    rows = of_policies(SENSOR, MOVES, BELIEF, softmax(PREFERENCE), policies)
    for name in ("epistemic", "pragmatic"):
        own = [sum(getattr(step, name) for step in row) for row in rows]
        np.testing.assert_allclose(
            own, THEIRS[name], rtol=0, atol=1e-9 + 2 * 4 * OFFSET * (name == "epistemic")
        )
    worth = np.array([-sum(step.free_energy for step in row) for row in rows])
    np.testing.assert_allclose(softmax(2.0 * worth), THEIRS["posterior"], rtol=0, atol=2 * 8 * OFFSET)


def test_policies_of_the_maze_are_worth_what_pymdp_says():
    """The same version, its `update_posterior_policies` of five policies with gamma 1."""
    policies = [(MIDDLE, MIDDLE), (LEFT, LEFT), (SIGN, LEFT), (SIGN, SIGN), (DARK, DARK)]
    belief = np.zeros((5, 2))
    belief[MIDDLE] = 0.5
    moves = [transition(to) for to in range(5)]
    rows = of_policies(likelihood(), moves, belief.reshape(-1), wanted(), policies)
    worth = [-sum(step.free_energy for step in row) for row in rows]
    np.testing.assert_allclose(worth, MAZE, rtol=0, atol=2 * 30 * OFFSET)


def test_in_the_maze_the_sign_tells_all_and_an_arm_nearly_all():
    belief = np.zeros((5, 2))
    belief[MIDDLE] = 0.5
    at_sign, at_arm = (
        foreseen(likelihood(), transition(to), belief.reshape(-1), wanted()) for to in (SIGN, RIGHT)
    )
    assert at_sign.epistemic == pytest.approx(np.log(2))
    assert at_sign.ambiguity == pytest.approx(0)
    assert at_sign.error == pytest.approx(0.5), "one of two signs, guessed half and half: .5² + .5²"
    doubt = -(0.98 * np.log(0.98) + 0.02 * np.log(0.02))
    assert at_arm.epistemic == pytest.approx(np.log(2) - doubt)
    assert at_arm.pragmatic == pytest.approx(at_sign.pragmatic), "food and pain are as likely: worth nothing"


def test_least_surprise_hides_in_the_dark_and_free_energy_looks_first():
    shares = maze_shares(7, episodes=30)
    for agent in ("least surprise", "least embedding error"):
        assert shares[agent]["dark room"] == 1
        assert shares[f"{agent}, no dark room"]["dark room"] == 0
    free = shares["expected free energy"]
    assert free["sign first"] == 1
    assert free["food"] == 1
    assert shares["preferences alone"]["food"] < 1
