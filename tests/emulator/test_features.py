"""Sparse features against known dictionaries, scikit-learn, and closed forms."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA, MiniBatchDictionaryLearning

from brainwright.datasets.activity import Activity
from brainwright.emulator.features import (
    FeaturePlan,
    FeaturesError,
    drives,
    fit_features,
    frames_of,
    fvu,
    held_out,
    judged,
    known_dictionary,
    live,
    load_features,
    match,
    match_floor,
    pca_fvu,
    save_features,
    stability,
    stability_floor,
)
from brainwright.emulator.features.fit import _Weights
from brainwright.signal import Recording

KNOWN = known_dictionary(3, n_units=12, n_features=16, active=2, n_frames=1_200, noise=0.02)
TRAIN, TEST = KNOWN.frames[:900], KNOWN.frames[900:]
PLAN = FeaturePlan(n_features=20, k=2, updates=300, batch=64, rate=1e-2, per_unit=False)


@pytest.fixture(scope="module")
def fitted():
    return fit_features(TRAIN, PLAN, [1, 2])


def test_the_known_dictionary_comes_back(fitted):
    codes = fitted.encode(TEST)
    patterns = fitted.decoder.numpy()
    assert ((codes > 0).sum(2) <= 2).all()
    assert (codes >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(patterns, axis=2), 1, rtol=1e-5)
    floor = match_floor(KNOWN.patterns, 20)
    assert all(match(KNOWN.patterns, each) > 0.9 > floor + 0.2 for each in patterns)
    assert (live(codes).mean(1) >= 0.9).all()
    assert (stability(patterns, live(codes)) > stability_floor(20, 12) + 0.3).all()


def test_it_leaves_no_more_than_scikit_learn_and_less_than_components(fitted):
    left = fvu(TEST, fitted.decode(fitted.encode(TEST)))
    pursuit = {"transform_algorithm": "omp", "transform_n_nonzero_coefs": 2}
    learning = MiniBatchDictionaryLearning(
        20, alpha=0.1, max_iter=1, batch_size=64, random_state=0, **pursuit
    ).fit(TRAIN)
    theirs = fvu(TEST, (learning.transform(TEST) @ learning.components_)[None])[0]
    rank, chosen = pca_fvu(TRAIN, TEST, 2)
    assert left.max() < theirs + 0.05, "orthogonal matching pursuit also takes negative strengths"
    assert left.max() < chosen < rank


def test_components_are_those_of_scikit_learn_and_the_eigenvalues():
    pca = PCA(3).fit(TRAIN)
    again = pca.inverse_transform(pca.transform(TRAIN))
    eigenvalues = np.linalg.eigvalsh(np.cov(TRAIN.T.astype(float)))[::-1]
    rank = pca_fvu(TRAIN, TRAIN, 3).equal_rank
    np.testing.assert_allclose(rank, fvu(TRAIN, again[None])[0], rtol=1e-4)
    np.testing.assert_allclose(rank, 1 - eigenvalues[:3].sum() / eigenvalues.sum(), rtol=1e-4)
    np.testing.assert_allclose(pca_fvu(TRAIN, TRAIN, 12), 0, atol=1e-9)


def test_a_single_pattern_has_a_closed_form():
    """Frames a d with a > 0: the best feature is d itself, and leaves nothing."""
    pattern = np.array([3.0, 4.0, 0.0]) / 5
    frames = np.linspace(0.5, 2.0, 200)[:, None] * pattern
    plan = replace(PLAN, n_features=2, k=1, updates=300)
    one = fit_features(frames, plan, [0])
    assert fvu(frames, one.decode(one.encode(frames)))[0] < 5e-3
    np.testing.assert_allclose(np.abs(one.decoder[0].numpy() @ pattern).max(), 1, atol=5e-3)


def test_a_model_does_not_depend_on_the_others_of_its_batch(fitted):
    alone, short = (fit_features(TRAIN, replace(PLAN, updates=5), seeds) for seeds in ([2], [1, 2]))
    other = fit_features(np.stack([TRAIN[::-1], TRAIN]), replace(PLAN, updates=5), [1, 2])
    for name in ("encoder", "bias", "decoder", "centre"):
        np.testing.assert_allclose(getattr(short, name)[1], getattr(alone, name)[0], atol=1e-6)
        np.testing.assert_allclose(getattr(short.take([1]), name)[0], getattr(alone, name)[0], atol=1e-6)
        np.testing.assert_allclose(getattr(other, name)[1], getattr(alone, name)[0], atol=1e-6)


def test_nested_prefixes_explain_more_and_more():
    nested = fit_features(TRAIN, replace(PLAN, prefixes=(0.25, 0.5), updates=150), [1])
    assert nested.prefixes == (5, 10, 20)
    codes = nested.encode(TEST)
    left = [fvu(TEST, nested.decode(codes * (np.arange(20) < stop)))[0] for stop in nested.prefixes]
    plain = fit_features(TRAIN, replace(PLAN, updates=150), [1])
    first = plain.encode(TEST) * (np.arange(20) < 5)
    assert left[0] > left[1] > left[2]
    assert left[0] < fvu(TEST, plain.decode(first))[0], "the first features are made to do alone"


def test_the_auxiliary_loss_moves_dead_features_and_no_others():
    """A feature that no frame activates has no gradient; what the others leave gives it one."""
    frames = torch.from_numpy(TRAIN[None, :64])
    for auxiliary in (False, True):
        draws = [torch.Generator().manual_seed(0)]
        weights = _Weights(replace(PLAN, n_features=30, k=1, auxiliary=auxiliary), 12, draws)
        with torch.no_grad():
            drive = frames[0] @ weights.encoder[0].T
            weights.bias[0, 7] = 0.01 - drive[:, 7].max()  # hardly driven, and never the most
            drive += weights.bias[0]
        assert (drive.argmax(1) != 7).all()
        dead = torch.arange(30)[None] == 7
        loss, active = weights.loss(frames, dead)
        loss.backward()
        assert not active[0, 7]
        assert bool(weights.decoder.grad[0, 7].any()) == auxiliary


def test_saved_and_read_back(fitted, tmp_path):
    save_features(fitted, tmp_path)
    again = load_features(tmp_path)
    np.testing.assert_array_equal(again.encode(TEST), fitted.encode(TEST))
    assert {f.name for f in fields(again)} == {f.name for f in fields(fitted)}
    assert (again.k, again.prefixes) == (2, (20,))
    for changed, said in (
        ({"k": 21}, "k: expected 1 to 20"),
        ({"prefixes": (5, 4)}, "prefixes: expected rising"),
    ):
        save_features(replace(fitted, **changed), tmp_path / "odd")
        with pytest.raises(FeaturesError, match=said):
            load_features(tmp_path / "odd")
    save_features(replace(fitted, bias=fitted.centre.clone()), tmp_path / "odd")
    with pytest.raises(FeaturesError, match="bias: expected shape"):
        load_features(tmp_path / "odd")
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(FeaturesError, match="checksum"):
        load_features(tmp_path)
    with pytest.raises(FeaturesError, match=r"model\.json"):
        load_features(tmp_path / "nowhere")


def test_frames_of_spikes_counts_and_arrays():
    spikes = Recording([0, 0, 0, 0], [1, 1, 3, 1], [0.01, 0.02, 0.03, 0.31], 1, 4, 0.0, 0.4)
    np.testing.assert_allclose(frames_of(spikes, bin_s=0.1), [[2**0.5, 1], [0, 0], [0, 0], [1, 0]])
    values = np.arange(12.0).reshape(2, 3, 2)
    values[0, 1, 0] = np.nan
    activity = Activity(values, 0.1, ("a", "b"), counts=False)
    assert frames_of(activity).shape == (5, 2), "a frame with a missing value is left out"
    np.testing.assert_array_equal(frames_of(values[1]), values[1])


def test_what_drives_a_feature(fitted):
    codes = fitted.encode(TEST)[0]
    condition = (codes[:, 3] > 0).astype(int)
    shown = {drive.feature: drive for drive in drives(fitted, TEST, condition, top=3)}
    three = shown[3]
    assert three.tuning[0] == 0 < three.tuning[1]
    assert three.selectivity == pytest.approx(0.5)
    assert three.moments[0] == codes[:, 3].argmax()
    assert three.strengths[0] == codes[:, 3].max()
    assert three.units[0] == fitted.decoder[0, 3].abs().argmax()
    assert [drive.active for drive in shown.values()] == sorted(
        (d.active for d in shown.values()), reverse=True
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones((3, 4, 5)), "models"),
        (np.full((30, 4), np.nan), "finite"),
        (np.ones((2, 4)), "more than 2 frames"),
    ],
)
def test_what_cannot_be_fitted_is_refused(values, said):
    with pytest.raises(FeaturesError, match=said):
        fit_features(values, PLAN, [0])


def test_other_refusals(fitted):
    with pytest.raises(FeaturesError, match="k: expected 1 to 4"):
        FeaturePlan(n_features=4, k=5)
    with pytest.raises(FeaturesError, match=r"prefixes.*shares"):
        FeaturePlan(prefixes=(2.0,))
    with pytest.raises(FeaturesError, match=r"frames \[time, 12\]"):
        fitted.encode(np.ones((5, 3)))
    with pytest.raises(FeaturesError, match="bin_s"):
        frames_of(Recording([0], [0], [0.1], 1, 2, 0.0, 1.0))
    with pytest.raises(FeaturesError, match="missing"):
        frames_of(np.full((4, 3), np.nan))
    with pytest.raises(ValueError, match="two models"):
        stability(np.ones((1, 2, 3)), np.ones((1, 2), bool))


def test_judged_by_blocks_that_were_not_fitted():
    fitted, test = held_out(100, gap=2)
    assert test.sum() == 20
    assert not (fitted & test).any()
    for frame in np.flatnonzero(test):
        assert not fitted[max(0, frame - 2) : frame + 3].any()
    plan = replace(PLAN, updates=30)
    found = judged(KNOWN.frames, plan, [1, 2])
    fitted, test = held_out(len(KNOWN.frames))
    by_hand = fit_features(KNOWN.frames[fitted], plan, [1, 2])
    again = by_hand.decode(by_hand.encode(KNOWN.frames[test]))
    np.testing.assert_allclose(found.fvu, fvu(KNOWN.frames[test], again), rtol=1e-3)
    np.testing.assert_allclose(found.pca, pca_fvu(KNOWN.frames[fitted], KNOWN.frames[test], 2), rtol=1e-4)
    with pytest.raises(FeaturesError, match="25 frames"):
        held_out(10)
