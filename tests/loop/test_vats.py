"""Vats: rules, what each brain hears alone, what is scored, whom each arm hears, what each arm writes."""

import numpy as np
import pytest

from brainwright.loop.vats import (
    VAT_ARMS,
    VatArm,
    Vats,
    VatSizes,
    VatWork,
    alike,
    calibrate,
    chain,
    learn_together,
    vat_scores,
)
from brainwright.loop.vats.arms import graph_of
from brainwright.loop.vats.scores import FOREIGN, OWN, VOTE
from brainwright.loop.vats.vats import rules

TINY = VatSizes(calibration=40, recorded=8, private=8, listen=6, together=6, probe=12)


def vats(n=2, sizes=TINY, **options):
    return Vats(n, 3, first_seed=7_300, sizes=sizes, n_neurons=64, threads=1, **options)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_rules_are_single_cycles_and_neighbours_share_as_many_successors_as_chance_has_it(n):
    every = rules(n, 5)
    for rule in every:
        seen, at = [], 0
        for _ in range(6):
            seen.append(at)
            at = rule[at]
        assert sorted(seen) == list(range(6))
    shared = [(every[vat] == every[(vat + 1) % n]).sum() for vat in range(n)]
    assert shared == {1: [6], 2: [1, 1], 3: [1, 1, 1], 8: [1, 1, 1, 2, 1, 1, 1, 2]}[n]


def test_rules_are_drawn_anew_where_none_fits_at_the_end():
    assert len(rules(8, 44)) == 8


def test_alone_a_brain_hears_its_part_of_the_rule_and_nothing_of_the_rest():
    v = vats()
    heard = v.environments(6_000)
    for dish in range(v.n):
        now, after = heard[dish, :-1], heard[dish, 1:]
        for symbol in range(6):
            follow = np.bincount(after[now == symbol], minlength=6) / (now == symbol).sum()
            right = v.successor[dish, symbol]
            if v.known[dish, symbol]:
                assert follow[right] == 1
            else:  # five others, alike: 2 % is over three standard errors of a fifth of about a thousand
                np.testing.assert_allclose(np.delete(follow, symbol), 0.2, atol=0.05)
    assert v.known.sum(1).tolist() == [2] * 6
    assert v.known[:3].sum(0).tolist() == [1] * 6, "three brains know the whole rule together"


def test_all_hear_the_same_and_never_a_symbol_twice():
    symbols = vats().shared(500, 3)
    assert (symbols == symbols[0]).all()
    assert (np.diff(symbols[0]) != 0).all()
    noisy = vats().copies(symbols, 0.2)
    assert 0.14 < (noisy != symbols).mean() < 0.26
    assert len(np.unique(noisy, axis=0)) == 6


def test_scores_by_hand():
    """Two vats of three; the brains of the first answer right where they were taught, those of the second
    agree on a wrong rule.
    """
    successor = np.tile([1, 2, 3, 4, 5, 0], (6, 1))
    known = np.arange(6) // 2 == (np.arange(6) % 3)[:, None]
    symbols = np.tile(np.arange(6), (6, 1))
    answers = np.where(known, successor, 5)
    answers[3:] = 3
    evidence = np.eye(6)[answers]
    scores = vat_scores(answers, evidence, symbols, successor, known, 3)
    # of the first vat: 5 follows 4 by guessing, which two of three were not taught: 2 of 12 foreign questions
    assert scores[FOREIGN].tolist() == pytest.approx([2 / 12, 2 / 12])
    assert scores[OWN].tolist() == pytest.approx([1, 1 / 6])
    assert scores["all"].tolist() == pytest.approx([8 / 18, 1 / 6])
    assert (scores["worst"][0], scores["best"][0]) == pytest.approx((2 / 6, 3 / 6))
    assert scores["agreement"][1] == 1
    assert scores[VOTE].tolist() == pytest.approx([1 / 6, 1 / 6]), "those who do not know outvote the rest"
    assert alike(np.array([[1, 2], [1, 3]])).tolist() == [[1, 0.5], [0.5, 1]]


def test_whom_each_arm_hears():
    v = vats()
    partners = graph_of(VatArm(), v)
    assert partners[0].tolist() == [0, 1, 1, 0, 0, 0]
    assert graph_of(VatArm("self"), v)[0].tolist() == pytest.approx([np.sqrt(2), 0, 0, 0, 0, 0])
    assert graph_of(VatArm("other vat"), v)[0].tolist() == [0, 0, 0, 0, 1, 1]
    assert graph_of(VatArm("ring"), v)[0].tolist() == pytest.approx([0, np.sqrt(2), 0, 0, 0, 0])
    saline = graph_of(VatArm("saline"), v)
    assert saline.shape == (12, 12)
    assert saline[0, 6:].tolist() == partners[0].tolist()
    assert not saline[:, :6].any()


@pytest.fixture(scope="module")
def begun():
    v = vats()
    culture, readout = calibrate(v)
    return v, culture.snapshot(), readout


@pytest.mark.parametrize("name", list(VAT_ARMS))
def test_every_arm_writes_what_it_says(begun, name):
    v, state, readout = begun
    written = np.tile(np.sort(v.layout.electrodes[:, 0])[:, None], (1, TINY.together, 1))
    _, told = learn_together(v, VAT_ARMS[name], state, readout, written=written, gradient_steps=1)
    assert told["written"].shape == (6, TINY.together, 9)
    pulses = 9 * (TINY.listen + TINY.together * (1 + (name != "silent")))
    assert told["pulses"].tolist() == [pulses] * 6
    if name == "silent":
        assert (told["written"] == -1).all()
    elif name == "yoked":
        np.testing.assert_array_equal(told["written"], np.roll(written, -3, axis=0))
    else:
        symbols = v.shared(TINY.listen + TINY.together, 23)[:, TINY.listen :]
        assert (told["named"] != symbols).all(), "what is heard now is not said to come next"
    if name == "oracle":
        assert told["precision"].tolist() == [1] * 6


def test_a_frozen_vat_stays_as_it_is_and_another_does_not(begun):
    v, state, readout = begun
    culture, _ = learn_together(v, VAT_ARMS["frozen"], state, readout, gradient_steps=1)
    np.testing.assert_array_equal(culture.snapshot()["weight"], state["weight"])
    culture, _ = learn_together(v, VAT_ARMS["mutual"], state, readout, gradient_steps=1)
    assert (culture.snapshot()["weight"] != state["weight"]).any()


def test_lesioned_brains_get_the_synapses_of_another_state_and_nobody_else_does(begun):
    v, state, _ = begun
    other = {name: array.copy() for name, array in state.items()}
    other["weight"] += 1.0
    culture = v.culture(None, plasticity=False)
    mixed = v.with_weights(state, other, np.array([1, 4]))
    for dish in range(6):
        moved = mixed["weight"][culture.synapses_of(dish)] - state["weight"][culture.synapses_of(dish)]
        np.testing.assert_allclose(moved, 1.0 if dish in (1, 4) else 0.0, rtol=1e-12)


def test_without_gradient_steps_mutual_is_ungraded(begun):
    v, state, readout = begun
    rows = [
        learn_together(v, VAT_ARMS[name], state, readout, gradient_steps=0)[1]["written"]
        for name in ("mutual", "ungraded")
    ]
    np.testing.assert_array_equal(*rows)


def test_a_chain_begins_with_founders_and_goes_on():
    found = chain("relay", 2, 1, first_seed=7_400, sizes=TINY, n_neurons=64)
    assert found["share"].shape == (2, 2)
    with pytest.raises(ValueError, match="one of gradient"):
        chain("magic", 2, 1, first_seed=7_400, sizes=TINY)


def test_bad_vats_are_refused():
    with pytest.raises(ValueError, match="one for each part"):
        Vats(2, 2, first_seed=0)
    with pytest.raises(ValueError, match="expected 3 brains"):
        vats(graph=np.eye(4))
    assert VatWork(vats()).arms["mutual"] == VatArm()
