"""Assessors against closed forms: Rescorla-Wagner, least squares, TD(0), loops worked out by hand."""

import warnings

import numpy as np
import pytest
import torch

from brainwright.learning import Backpropagation, FeedbackAlignment
from brainwright.network import layered
from brainwright.steering import (
    Assessors,
    ByRule,
    Delta,
    Hebb,
    Moments,
    SteeringError,
    check_assessor,
    growth,
    refuse_gain,
    refuse_growth,
    refuse_unanchored,
    wiring_gain,
)
from brainwright.steering.checking import AssessorBroken

RATE = 0.2


def trials_of(*cues, came=1.0):
    """Two steps: cues, then what comes, which is always sensed."""
    context = torch.zeros(1, len(cues), 2, 3)
    for number, shown in enumerate(cues):
        for cue in shown:
            context[0, number, 0, "ABC".index(cue)] = 1
    truth = torch.zeros(1, len(cues), 2, 1)
    truth[0, :, 1, 0] = torch.as_tensor(came)
    override = torch.zeros_like(truth, dtype=torch.bool)
    override[:, :, 1] = True
    return Moments(context, truth, override)


def worth(predictor, moments, cue):
    assessors = Assessors(("shock",), "override", predictor)
    cues = torch.zeros(1, 1, 3)
    cues[0, 0, "ABC".index(cue)] = 1
    return float(assessors.read(assessors.learn(moments), cues))


def test_acquisition_is_that_of_rescorla_and_wagner():
    assessors, seen = Assessors(("shock",), "override", Delta(RATE)), []
    moments = trials_of(*["A"] * 10)
    cue = moments.context[:, :1, 0]
    assessors.learn(moments, after=lambda n, state: seen.append(float(assessors.read(state, cue))))
    np.testing.assert_allclose(seen, 1 - (1 - RATE) ** np.arange(1, 11), rtol=1e-12)


def test_blocking_is_the_closed_form_and_a_rule_without_an_error_cannot_block():
    first, both = 9, 6
    compound = (1 - (1 - RATE) ** both) / 2  # two cues share the error
    blocked, control = trials_of(*["A"] * first, *["AB"] * both), trials_of(*["C"] * first, *["AB"] * both)
    left = (1 - RATE) ** first  # of the error, once A alone is learned
    assert worth(Delta(RATE), blocked, "B") == pytest.approx(left * compound, rel=1e-12)
    assert worth(Delta(RATE), control, "B") == pytest.approx(compound, rel=1e-12)
    assert worth(Hebb(RATE), blocked, "B") == pytest.approx(RATE * both / 2, rel=1e-12)
    assert worth(Hebb(RATE), control, "B") == pytest.approx(RATE * both / 2, rel=1e-12)


def test_extinction_with_the_truth_and_none_behind_a_closed_gate():
    came = torch.tensor([1.0] * 8 + [0.0] * 5)
    moments = trials_of(*["A"] * 13, came=came)
    there = (1 - (1 - RATE) ** 8) * (1 - RATE) ** 5
    assert worth(Delta(RATE), moments, "A") == pytest.approx(there, rel=1e-12)
    gate = torch.ones_like(moments.override)
    gate[:, 8:] = False
    closed = Moments(moments.context, moments.truth, moments.override, gate)
    assert worth(Delta(RATE), closed, "A") == pytest.approx(1 - (1 - RATE) ** 8, rel=1e-12)


def test_passes_without_end_reach_the_least_norm_solution():
    draws = torch.Generator().manual_seed(0)
    context = torch.randn(3, 4, 1, 6, generator=draws, dtype=torch.float64).repeat(1, 1, 2, 1)
    truth = torch.randn(3, 4, 1, 2, generator=draws, dtype=torch.float64).repeat(1, 1, 2, 1)
    override = torch.ones_like(truth, dtype=torch.bool)
    assessors = Assessors(("one", "two"), "override", Delta(0.7))
    state = assessors.learn(Moments(context, truth, override), passes=400)
    for world in range(3):
        exact = np.linalg.pinv(context[world, :, 0].numpy()) @ truth[world, :, 0].numpy()
        np.testing.assert_allclose(state[world].numpy().T, exact, atol=1e-6)


def chain(length, discount, mode="defer", reward=0.0):
    """States in a row, each a feature of its own; the last is overridden by 1."""
    context = torch.eye(length).expand(1, 1, -1, -1)
    truth = torch.zeros(1, 1, length, 1)
    truth[0, 0, -1] = 1
    override = torch.zeros_like(truth, dtype=torch.bool)
    override[0, 0, -1] = True
    rewards = torch.full_like(truth, reward)
    assessors = Assessors(("value",), mode, Delta(0.5), discount=discount)
    state = assessors.learn(Moments(context, truth, override, reward=rewards), passes=400)
    return assessors.read(state, context)[0, 0, :-1, 0].numpy()


def test_where_nothing_overrides_it_is_td_and_the_value_function_one_channel():
    steps = np.arange(4)[::-1]
    np.testing.assert_allclose(chain(5, 0.9), 0.9**steps, atol=1e-9)
    expected = 0.9**steps + 0.3 * (1 - 0.9**steps) / 0.1
    np.testing.assert_allclose(chain(5, 0.9, reward=0.3), expected, atol=1e-9)
    np.testing.assert_allclose(chain(5, 0.9, "override"), [0, 0, 0, 1], atol=1e-9)


def test_a_longer_delay_is_taught_by_a_later_moment():
    context = torch.eye(4).expand(1, 1, -1, -1)
    truth = torch.tensor([0.0, 0.0, 5.0, 7.0]).reshape(1, 1, 4, 1)
    moments = Moments(context, truth, torch.ones_like(truth, dtype=torch.bool))
    assessors = Assessors(("late",), "override", Delta(1.0), delay=2)
    said = assessors.read(assessors.learn(moments), context)[0, 0, :, 0]
    assert said.tolist() == [5, 7, 0, 0]


def loop_of(before, after, *, anchored=False, discount=1.0, channels=1):
    context = torch.tensor([before, after]).reshape(1, 1, 2, 1)
    truth = torch.zeros(1, 1, 2, channels)
    override = torch.zeros_like(truth, dtype=torch.bool)
    override[:, :, 1] = anchored
    names = tuple(f"channel {k}" for k in range(channels))
    assessors = Assessors(names, "defer", Delta(RATE), discount=discount, unanchored="warn")
    return assessors, Moments(context, truth, override)


def test_growth_of_the_loop_is_what_the_hand_works_out():
    """w <- w + η (γ c2 w - c1 w) c1 / c1² = w (1 + η (γ c2 / c1 - 1))."""
    for after, discount in ((1.5, 1.0), (1.0, 1.0), (1.0, 0.9), (0.5, 1.0)):
        factor = 1 + RATE * (discount * after - 1)
        grown = float(growth(*loop_of(1.0, after, discount=discount)))
        assert grown == pytest.approx(factor**100, rel=1e-9)
    anchored = float(growth(*loop_of(1.0, 1.5, anchored=True)))
    assert anchored == pytest.approx((1 - RATE) ** 100, rel=1e-6), "an override stops the loop"


def test_growth_that_the_eigenvalues_do_not_show():
    """Contexts (1, 0), (1, 1): M = η [[0, -1], [0, 0]] is defective, all eigenvalues 0, yet y climbs by η w2
    a sweep.
    """
    context = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).reshape(1, 1, 2, 2)
    truth = torch.zeros(1, 1, 2, 1)
    moments = Moments(context, truth, torch.zeros_like(truth, dtype=torch.bool))
    state = torch.tensor([[[0.0, 1.0]]], dtype=torch.float64)
    assessors = Assessors(("flinch",), predictor=Delta(RATE), unanchored="warn")
    climbed = 100 * RATE
    expected = np.sqrt(climbed**2 + (climbed + 1) ** 2)  # y was (0, 1)
    assert float(growth(assessors, moments, state)) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(SteeringError, match=r"flinch: what this assessor says grows 29 x over 100 sweeps"):
        refuse_growth(assessors, moments, state)
    assert float(refuse_growth(*loop_of(1.0, 1.0))) == pytest.approx(1.0, rel=1e-9), "holding is allowed"


def test_the_worst_channel_is_named():
    assessors, moments = loop_of(1.0, 1.5, channels=2)
    moments.override[:, :, 1, 0] = True
    with pytest.raises(SteeringError, match="channel 1: what this assessor says grows"):
        refuse_growth(assessors, moments)


def test_the_wiring_gain_is_the_spectral_radius():
    weights = torch.tensor([[0.5, 0.2], [0.0, 1.25]])
    said = torch.zeros(2)
    gain, channel = wiring_gain(lambda y: torch.tanh(weights @ y), said)
    assert gain == pytest.approx(1.25, rel=1e-6)
    assert channel == 1
    rotation = torch.tensor([[0.0, -0.8], [0.8, 0.0]])  # oscillates: eigenvalues ± 0.8 i
    assert wiring_gain(lambda y: rotation @ y, said)[0] == pytest.approx(0.8, rel=1e-6)
    assessors = Assessors(("flinch", "salt"))
    assert refuse_gain(assessors, lambda y: y, said) == pytest.approx(1.0), "holding is allowed"
    with pytest.raises(SteeringError, match=r"salt: .* a gain of 1\.25, expected at most 1"):
        refuse_gain(assessors, lambda y: weights @ y, said)


def test_an_assessor_that_nothing_overrides_is_refused_or_warned_of():
    assessors, moments = loop_of(1.0, 1.0)
    with pytest.raises(SteeringError, match="every constant is a fixed point"):
        Assessors(("flinch",)).learn(moments)
    with pytest.warns(UserWarning, match="flinch: no moment that learns is followed by an override"):
        Assessors(("flinch",), unanchored="warn").learn(moments)
    with pytest.raises(SteeringError, match="channel 0: nothing overrides"):
        refuse_unanchored(assessors, moments)
    held = torch.full((1, 1, 1), 0.7, dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torch.equal(assessors.learn(moments, held.clone(), passes=50), held), "0.7 for ever"


def test_predictors_keep_the_contract_and_one_that_does_not_is_told():
    check_assessor(Delta())
    check_assessor(Hebb(), learns=False)
    check_assessor(ByRule(FeedbackAlignment(), lambda n, seed: layered([n, 4, 1], "tanh", seed=seed), 0.1))
    with pytest.raises(AssessorBroken, match="it does not learn"):
        check_assessor(Hebb(1.0))

    class Leaky(Delta):
        def learn(self, state, context, target, gate):
            return Delta.learn(self, state, context, target, torch.ones_like(gate))

    with pytest.raises(AssessorBroken, match="a closed gate did not stop the update"):
        check_assessor(Leaky())


def test_the_loop_of_a_rule_over_a_network_is_run():
    rule = ByRule(
        Backpropagation(), lambda features, seed: layered([features, 1], bias=False, seed=seed), 0.1
    )
    anchored = Assessors(("a",), predictor=rule)
    _, moments = loop_of(1.0, 1.5, anchored=True)
    state = anchored.start(1, 1)
    before = anchored.read(state, moments.context).clone()
    # a linear network on a single context: squared error, so w <- w (1 - 2 η c²)
    assert float(growth(anchored, moments, state)) == pytest.approx(0.8**100, rel=1e-2)
    assert torch.equal(anchored.read(state, moments.context), before), "measured on a copy"
    _, alone = loop_of(1.0, 1.5)
    grown = float(growth(Assessors(("a",), predictor=rule, unanchored="warn"), alone, state))
    assert grown == pytest.approx(1.1**100, rel=1e-2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": ()}, "expected distinct channels"),
        ({"channels": ("a",), "mode": "both"}, "expected the mode override or defer"),
        ({"channels": ("a",), "delay": 0}, "delay of 1 step or more"),
        ({"channels": ("a", "b"), "discount": (1.0,)}, "expected 2 discounts"),
        ({"channels": ("a",), "discount": 1.5}, "discounts of 0 to 1"),
    ],
)
def test_options_that_cannot_work_are_refused(options, message):
    with pytest.raises(SteeringError, match=message):
        Assessors(**options)
    with pytest.raises(SteeringError, match="a rate above 0"):
        Delta(0.0)


def test_moments_that_do_not_fit_are_refused():
    good = trials_of("A")
    with pytest.raises(SteeringError, match="expected override as bool"):
        Moments(good.context, good.truth, good.override.float())
    with pytest.raises(SteeringError, match="expected truth as"):
        Moments(good.context, good.truth[:, :, :1], good.override[:, :, :1])
    with pytest.raises(SteeringError, match="expected truths of 2 channels"):
        Assessors(("a", "b")).learn(good)
