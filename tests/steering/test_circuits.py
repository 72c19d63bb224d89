"""Innate circuits, the body, the scorecard and the thought generator."""

import pytest
import torch

from brainwright.steering import (
    Body,
    Face,
    Flinch,
    Hunger,
    Pain,
    Salt,
    Scorecard,
    Status,
    SteeringError,
    Thoughts,
    Veto,
)
from brainwright.steering.scorecard import between


def body(salt=(0.0, 1.0), energy=(1.0, 0.2)):
    levels = {"salt": torch.tensor(salt), "energy": torch.tensor(energy)}
    return Body(levels, {"salt": 1.0, "energy": 1.0})


def test_truth_does_not_depend_on_the_body_and_the_want_does():
    senses = {"salt": torch.tensor([1.0, 1.0]), "food": torch.tensor([1.0, 0.5])}
    salt, food = Salt().sense(senses, body()), Hunger().sense(senses, body())
    assert salt.truth.tolist() == [1, 1], "the taste, not the wish"
    assert salt.reward.tolist() == pytest.approx([1.0, -0.1])
    assert food.reward.tolist() == pytest.approx([0.0, 0.4])
    assert Hunger().want(body()).tolist() == pytest.approx([0.0, 0.8])


def test_reflexes_run_off_where_their_own_sense_says_so():
    senses = {
        "looming": torch.tensor([1.9, 2.0]),
        "damage": torch.tensor([0.0, 0.3]),
        "face": torch.tensor([0.4, 0.9]),
        "regard": torch.tensor([0.5, -0.5]),
    }
    for circuit in (Flinch(), Pain(), Face(), Status()):
        assert circuit.sense(senses, body()).fires.tolist() == [False, True]
        assert circuit.want(body()).shape == (2,)
    assert Flinch().sense(senses, body()).reward.tolist() == [0, 0], "looming is not paid"
    assert Pain().sense(senses, body()).reward.tolist() == pytest.approx([0, -0.3])
    with pytest.raises(SteeringError, match="expected the sense 'salt', got damage"):
        Salt().sense({"damage": torch.zeros(2)}, body())
    with pytest.raises(SteeringError, match="finite values of the sense 'damage'"):
        Pain().sense({"damage": torch.tensor([0.0, torch.nan])}, body())


def test_a_body_that_is_no_body_is_refused():
    with pytest.raises(SteeringError, match="got salt = nan in body 1"):
        body(salt=(0.0, float("nan")))
    with pytest.raises(SteeringError, match="a set point for each level"):
        Body({"salt": torch.zeros(1)}, {})
    with pytest.raises(SteeringError, match="no level 'water', there are salt, energy"):
        body().need("water")
    fed = body().changed(energy=torch.tensor([0.0, 0.5]))
    assert fed.need("energy").tolist() == pytest.approx([0.0, 0.3])
    with pytest.raises(SteeringError, match="got energy = inf"):
        body().changed(energy=float("inf"))


def test_the_best_thought_is_wanted_and_not_flagged():
    card = Scorecard((Flinch(), Salt()), (Veto("flinch", 0.5),))
    said = torch.tensor([[[0.9, 5.0], [0.0, 0.8], [0.0, 0.0]], [[0.9, 5.0], [0.0, 0.8], [0.0, 0.0]]]).double()
    scored = card.score(body(), said)
    assert scored.best.tolist() == [1, -1], "the bait is flagged; who has salt prefers no thought at all"
    assert scored.value[0].tolist() == pytest.approx([-0.9 + 1.0 * 5, 0.8, 0.0])
    assert Scorecard((Flinch(), Salt())).score(body(), said).best[0] == 0, "without the veto the bait wins"
    with pytest.raises(SteeringError, match="a veto of pain: the channels are flinch, salt"):
        Scorecard((Flinch(), Salt()), (Veto("pain", 1.0),))
    with pytest.raises(SteeringError, match="expected finite scores"):
        card.score(body(), said * torch.nan)
    with pytest.raises(SteeringError, match=r"expected scores \[2 bodies, thought, 2 channels\]"):
        card.score(body(), said[..., :1])


def test_the_midpoint_between_two_clusters():
    values = torch.tensor([[0.1, 0.2, 0.3, 0.8, 1.0], [5.0, 5.0, 5.0, 9.0, 5.0]]).double()
    assert between(values).tolist() == pytest.approx([(0.2 + 0.9) / 2, 7.0])


def test_thoughts_follow_the_prediction_error():
    """h moves by η δ (chosen - p), V by η_v δ."""
    thoughts = Thoughts.start(1, 2)
    one = thoughts.learned(torch.tensor([1]), torch.tensor([2.0]))
    assert one.preferences[0].tolist() == pytest.approx([-0.3 * 2 * 0.5, 0.3 * 2 * 0.5])
    assert one.expected.tolist() == pytest.approx([0.2])
    same = one.learned(torch.tensor([0]), one.expected)
    assert torch.equal(same.preferences, one.preferences), "as expected: nothing to learn"
    with pytest.raises(SteeringError, match="finite scores"):
        thoughts.learned(torch.tensor([1]), torch.tensor([torch.nan]))
