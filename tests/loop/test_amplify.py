"""Amplifying features: every arm's electrodes, equal charge, what counts as a rise."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from brainwright.emulator.features import FeaturePlan
from brainwright.loop.amplify import ARMS, AmplifyWork, CueReadout, CueTask, writes_for
from brainwright.loop.amplify.targets import CORRELATED, LOOKUP, OTHER, OWN, PERMUTED, SILENT, Known, drawn
from brainwright.runs import Units

RNG = np.random.default_rng(0)
WORK = AmplifyWork(
    (5_000, 5_001), 90, 3, 2, FeaturePlan(n_features=10, k=2, batch=32, updates=30)
)  # fmt: skip


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    units = Units(tmp_path_factory.mktemp("amplify"))
    for step in WORK.steps():
        units.save(step.name, step.work(units, lambda *_, **__: None))
    return units


def test_every_arm_has_equal_charge_and_none_touches_a_cue(units):
    outcomes, told = WORK.outcomes(units), units.load("features")
    assert outcomes.arms == list(ARMS)
    charges = {arm: outcomes.values(arm, "charge_nC") for arm in ARMS if arm != SILENT}
    for charge in charges.values():
        np.testing.assert_allclose(charge, 6 * 0.4)  # six pulses of 2 uA and 200 us
    assert not outcomes.values(SILENT, "charge_nC").any()
    for arm in charges:
        writes = told[f"write_{arm}"]
        assert (writes.sum(2) == 6).all()
        assert not (writes & ~WORK.task.free[:, None]).any()
    assert not units.load("saline")["counts"].any(), "no artifact in the window"


def test_silence_rises_by_nothing(units):
    rise = WORK.rises(units)
    for name in ("firing", "elsewhere", "rise"):
        np.testing.assert_allclose(getattr(rise[SILENT], name).mean(), 0, atol=0.8)
    assert rise[OWN].firing.min() > 0
    assert ((rise[OWN].rank >= 0) & (rise[OWN].rank <= 1)).all()
    np.testing.assert_allclose(rise[OWN].specific, rise[OWN].rise - rise[OWN].others)


def test_the_electrodes_of_each_arm():
    n_trials, n_inputs = 60, 12
    free = np.arange(n_inputs) >= 3
    writes = np.zeros((n_trials, n_inputs), bool)
    for trial in range(0, n_trials, 2):
        writes[trial, RNG.choice(np.flatnonzero(free), 2, replace=False)] = True
    codes = RNG.random((n_trials, 4)) + 3.0 * writes[:, [5]] * (np.arange(4) == 1)
    frames = RNG.random((n_trials, 20))
    frames[:, 9] = codes[:, 1]
    electrodes = np.arange(n_inputs) + 1
    patterns = RNG.random((4, 20))
    patterns[1, electrodes[[0, 7, 10]]] = 3, 2, 2
    known = Known(patterns, codes, frames, writes, electrodes, free)
    arms = writes_for(known, np.array([1]), np.array([2]), 2, np.random.default_rng(1))
    assert np.flatnonzero(arms[OWN][0]).tolist() == [7, 10], "input 0 has more weight and is a cue's"
    best = free.nonzero()[0][np.argsort(-patterns[2, electrodes[free]])[:2]]
    assert set(np.flatnonzero(arms[OTHER][0])) == set(best)
    assert arms[CORRELATED][0, 8], "channel 9 goes with the feature"
    assert arms[LOOKUP][0, 5], "a pulse there raises it"
    some = writes.any(1)
    by_hand = codes[writes[:, 5], 1].mean() - codes[some & ~writes[:, 5], 1].mean()
    np.testing.assert_allclose(known.responses(1)[5], by_hand)
    np.testing.assert_allclose(known.correlations(1)[3], np.corrcoef(codes[:, 1], frames[:, 4])[0, 1])
    assert not arms[SILENT].any()
    assert arms[PERMUTED].sum() == 2


def test_permuted_weights_choose_every_free_electrode_alike():
    known = Known(RNG.random((2, 20)), np.ones((5, 2)), np.ones((5, 20)), np.zeros((5, 12), bool),
                  np.arange(12), np.arange(12) >= 4)  # fmt: skip
    rng = np.random.default_rng(0)
    one, two = np.array([0]), np.array([1])
    chosen = sum(writes_for(known, one, two, 2, rng)[PERMUTED][0].astype(int) for _ in range(800))
    np.testing.assert_allclose(chosen[4:], 200, atol=5 * 200**0.5)  # five deviations of such a count
    assert not chosen[:4].any()


def test_targets_live_and_have_another_partner():
    alive = RNG.random((3, 12)) < 0.8
    targets = drawn(alive, 4, [np.random.default_rng(k) for k in range(3)])
    for dish in range(3):
        assert alive[dish, targets.own[dish]].all()
        assert alive[dish, targets.other[dish]].all()
        assert len(set(targets.own[dish])) == 4
    assert (targets.own != targets.other).all()
    with pytest.raises(ValueError, match="4 live features"):
        drawn(np.zeros((1, 9), bool), 4, [RNG])


def test_the_readout_is_a_shrunken_linear_discriminant():
    cue = np.arange(400) % 4
    frames = RNG.normal(size=(4, 6))[cue] + RNG.normal(size=(400, 6))
    readout = CueReadout.fit(frames[None], cue[None], 4)
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(frames, cue)
    named = readout.probabilities(frames[None])[0]
    np.testing.assert_allclose(named.sum(1), 1)
    assert (named.argmax(1) == lda.predict(frames)).mean() > 0.93
    with pytest.raises(ValueError, match="all 5 cues"):
        CueReadout.fit(frames[None], cue[None], 5)


def test_cues_are_disjoint_and_a_dish_has_its_own():
    task = CueTask.draw([1, 2])
    assert (task.cues.sum(2) == 6).all()
    assert (task.cues.sum(1) <= 1).all()
    assert (task.free == ~task.cues.any(1)).all()
    np.testing.assert_array_equal(CueTask.draw([2]).cues[0], task.cues[1])
