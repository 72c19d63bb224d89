"""The audit catches planted leaks, passes a clean decoder, and agrees with scikit-learn on the folds."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB

from brainwright.evidence import AuditError, Paired, audit
from brainwright.evidence.decoder.audit import CLAIM, EQUAL, FORCED, NOISE, SHUFFLED, STIMULUS
from brainwright.evidence.decoder.strata import strata, within

BLOCKS, LENGTH, WORDS = 30, 8, 4
PLACE = np.tile(np.arange(LENGTH), BLOCKS)
SENTENCE = np.repeat(np.arange(BLOCKS), LENGTH)


class OfPosition:
    """A decoder that never looks at what it is given: it knows what comes at which place."""

    def fit(self, x, target):
        self.known = np.array([np.bincount(target[k::LENGTH]).argmax() for k in range(LENGTH)])

    def predict(self, x):
        return np.tile(self.known, len(x) // LENGTH)


def activity_of(word, strength, rng):
    return strength * np.eye(WORDS)[word] @ rng.normal(size=(WORDS, 10)) + rng.normal(size=(len(word), 10))


def fixed_order(rng):
    """Words that mostly follow their place in the sentence."""
    return np.where(rng.random(len(PLACE)) < 0.8, PLACE % WORDS, rng.integers(0, WORDS, len(PLACE)))


def test_a_clean_decoder_passes_and_scores_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    word = rng.integers(0, WORDS, len(PLACE))
    heard = activity_of(word, 1.0, rng)
    made = audit(GaussianNB(), Paired(heard, word, confounds={"length": 3 + word // 3}, blocks=SENTENCE))
    assert made.verdict == "supported"
    assert "reads the activity" in made.sentence
    assert made.row(f"{EQUAL}length").less.verdict == "supported"
    folds = [(np.flatnonzero(k != SENTENCE // 6), np.flatnonzero(k == SENTENCE // 6)) for k in range(5)]
    expected = cross_val_score(GaussianNB(), heard, word, cv=folds).mean()
    np.testing.assert_allclose(made.row(CLAIM).score, expected)
    for name in (NOISE, SHUFFLED):
        assert made.row(name).over_constant.verdict != "supported"
    assert made.row("time alone").score < 0.5


def test_a_weak_decoder_passes_beside_a_confound_that_says_more():
    """Word length tells most words apart; the activity tells those of equal length apart."""
    rng = np.random.default_rng(8)
    word = rng.integers(0, WORDS, len(PLACE))
    heard = activity_of(word % 2, 1.0, rng)
    made = audit(GaussianNB(), Paired(heard, word, confounds={"half": word // 2}, blocks=SENTENCE))
    assert made.row("half alone").less.verdict != "supported"
    assert made.verdict == "supported"
    assert "half alone" in made.sentence


def test_a_decoder_that_reads_the_position_is_caught():
    rng = np.random.default_rng(1)
    word = fixed_order(rng)
    made = audit(OfPosition(), Paired(rng.normal(size=(len(word), 5)), word, blocks=SENTENCE))
    assert made.row(CLAIM).score > 0.7
    np.testing.assert_allclose(made.row(NOISE).score, made.row(CLAIM).score)
    assert made.verdict == "no difference"
    assert "does not come from the activity" in made.sentence
    assert made.row(NOISE).over_constant.verdict == "supported"


def test_activity_that_knows_the_position_alone_is_caught():
    rng = np.random.default_rng(2)
    word = fixed_order(rng)
    drift = np.eye(LENGTH)[PLACE] + 0.05 * rng.normal(size=(len(word), LENGTH))
    made = audit(GaussianNB(), Paired(drift, word, blocks=SENTENCE))
    assert made.row(NOISE).less.verdict == "supported", "noise alone would have let it pass"
    assert made.verdict != "supported"
    assert "that of a confound" in made.sentence
    assert "equal position in the block" in made.sentence
    assert made.row("position in the block alone").over_constant.verdict == "supported"


def test_teacher_forcing_that_carries_the_score_is_caught():
    rng = np.random.default_rng(3)
    word = np.concatenate([(rng.integers(WORDS) + np.arange(LENGTH)) % WORDS for _ in range(BLOCKS)])
    data = Paired(rng.normal(size=(len(word), 5)), word, blocks=SENTENCE)
    made = audit(GaussianNB(), data, generative=1)
    assert made.row(FORCED).score > 0.8
    assert made.row(CLAIM).score < 0.5
    assert made.verdict != "supported"
    assert "teacher forcing" in made.sentence
    heard = Paired(activity_of(word, 2.0, rng), word, blocks=SENTENCE)
    assert audit(GaussianNB(), heard, generative=1).verdict == "supported"


def test_numbers_a_function_as_decoder_and_a_stimulus():
    rng = np.random.default_rng(4)
    sound = rng.normal(size=(400, 2))
    target = sound @ rng.normal(size=(2, 3)) + 0.1 * rng.normal(size=(400, 3))
    heard = target @ rng.normal(size=(3, 12)) + rng.normal(size=(400, 12))

    def ridge(x, known, asked):
        return Ridge().fit(x, known).predict(asked)

    made = audit(ridge, Paired(heard, target, stimulus=sound))
    assert made.what == "R^2"
    assert made.row(CLAIM).score > 0.5
    assert made.row(f"{STIMULUS} alone").score > made.row(CLAIM).score
    assert made.verdict == "supported"
    assert "stimulus alone" in made.sentence, "the sound says more than the brain, and it is said"


def test_without_signal_nothing_is_supported():
    rng = np.random.default_rng(6)
    word = rng.integers(0, 2, 24)
    made = audit(GaussianNB(), Paired(rng.normal(size=(24, 3)), word, blocks=np.arange(24) // 4))
    assert made.verdict != "supported"
    assert made.sentence in str(made)


def test_shuffles_stay_among_equals():
    rng = np.random.default_rng(7)
    fold = np.arange(200) // 40
    few, many = rng.integers(0, 3, (200, 1)).astype(float), rng.normal(size=(200, 1))
    for table in (few, many, rng.normal(size=(200, 6))):
        groups = strata(table, fold)
        order = within(groups, rng)
        assert sorted(order) == list(range(200))
        np.testing.assert_array_equal(groups[order], groups)
        np.testing.assert_array_equal(fold[order], fold)
        assert (order != np.arange(200)).mean() > 0.5
    order = within(strata(few, fold), rng)
    np.testing.assert_array_equal(few[order], few)
    kept = many[within(strata(many, fold), rng), 0]
    assert np.corrcoef(kept, many[:, 0])[0, 1] > 0.9, "in the same tenth"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"activity": np.ones((7, 2))}, "activity: expected 40 samples"),
        ({"activity": np.full((40, 2), np.nan)}, "NaN"),
        ({"blocks": np.arange(40) // 10}, "6 or more"),
        ({"blocks": np.arange(40) % 8}, "one piece"),
        ({"confounds": {"length": np.ones(3)}}, "length: expected 40"),
    ],
)
def test_data_that_cannot_be_audited_are_refused(changed, said):
    with pytest.raises(AuditError, match=said):
        Paired(**({"activity": np.ones((40, 2)), "target": np.arange(40) % 2} | changed))


def test_something_that_is_no_decoder_is_refused():
    with pytest.raises(AuditError, match="fit and predict"):
        audit(3, Paired(np.ones((40, 2)), np.arange(40) % 2))
