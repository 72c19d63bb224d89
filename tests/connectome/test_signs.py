"""Sign policies: conventions, coverage that adds up, reproducible draws, Dale's law."""

import warnings

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError, signs

EDGES = pd.DataFrame(
    {"pre": [0, 1, 2, 3, 4, 5], "post": [1, 2, 3, 4, 5, 0], "count": [10, 20, 30, 25, 10, 5]}
)


def fly(**columns) -> Connectome:
    cells = pd.DataFrame(
        {"id": range(6), "transmitter": ["ACH", "gaba", "Glu", "histamine", "5-HT", None], **columns}
    )
    return Connectome.from_dataframe(EDGES, cells)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("fly", [1, -1, -1, -1, 1, 0]),
        ("shiu", [1, -1, -1, 0, 1, 0]),
        ("flygm", [1, -1, 1, 1, 0, 0]),
        ("worm", [1, -1, 1, 0, 0, 0]),
    ],
)
def test_conventions_differ_as_documented(table, expected):
    assert signs.ByTransmitter(table, unknown=0.0)(fly()).values.tolist() == expected


def test_coverage_adds_up():
    found = signs.ByTransmitter("shiu", unknown=1.0)(fly())
    assert found.labelled.tolist() == [True, True, True, False, True, False]
    assert found.coverage["labelled"] == pytest.approx(4 / 6)
    assert found.coverage["unlabelled_synapses"] == pytest.approx(30 / 100)
    assert sum(found.coverage[k] for k in ("excitatory", "inhibitory", "zero")) == 6
    assert "2 cells get 1" in found.unknown
    assert "30.0% of synapses" in found.report()


def test_unknowns_warn_unless_chosen():
    with pytest.warns(UserWarning, match="1 of 6 cells have no label"):
        signs.ByTransmitter("fly")(fly())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        signs.ByTransmitter("fly", unknown=0.0)(fly())


def test_overrides_and_own_tables():
    policy = signs.ByTransmitter("fly", overrides={"glutamate": 1, "histamine": 0.5}, unknown=0)
    assert policy(fly()).values.tolist() == [1, -1, 1, 0.5, 1, 0]
    assert signs.ByTransmitter({"ach": -1}, unknown=0)(fly()).values.tolist() == [-1, 0, 0, 0, 0, 0]
    with pytest.raises(ConnectomeError, match="no sign table 'flies'"):
        signs.ByTransmitter("flies")(fly())
    with pytest.raises(ConnectomeError, match="within"):
        signs.ByTransmitter({"ACH": 3})(fly())
    with pytest.raises(ConnectomeError, match="'transmitter' column"):
        signs.ByTransmitter("fly")(Connectome.from_dataframe(EDGES))


def probabilities() -> Connectome:
    p = pd.DataFrame(
        0.0, index=range(6), columns=[f"{t}_avg" for t in ("ach", "gaba", "glut", "da", "ser", "oct")]
    )
    p["ach_avg"] = [1.0, 0.2, 0.5, 0.25, 0.0, 0.0]
    p["gaba_avg"] = [0.0, 0.8, 0.5, 0.25, 1.0, 0.0]
    p["da_avg"] = [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]
    return fly(**{name: p[name] for name in p})


def test_expected_and_argmax_signs():
    expected = signs.FromProbabilities("expected", unknown=0)(probabilities())
    assert expected.values == pytest.approx([1, -0.6, 0, 0.5, -1, 0])
    assert signs.FromProbabilities("argmax", unknown=0)(probabilities()).values[[0, 1, 4]].tolist() == [
        1,
        -1,
        -1,
    ]
    assert expected.coverage["low_confidence"] == 0.0
    assert expected.coverage["labelled"] == pytest.approx(5 / 6)


def test_sampled_signs_follow_the_probabilities():
    wiring = probabilities()
    draws = np.array(
        [signs.FromProbabilities("sampled", unknown=0, seed=s)(wiring).values for s in range(1_000)]
    )
    assert np.array_equal(draws[7], signs.FromProbabilities("sampled", unknown=0, seed=7)(wiring).values)
    assert draws.mean(axis=0) == pytest.approx([1, -0.6, 0, 0.5, -1, 0], abs=0.1)
    assert set(np.unique(draws[:, :5])) == {-1.0, 1.0}


def test_probabilities_are_checked():
    with pytest.raises(ConnectomeError, match="lack the probability columns"):
        signs.FromProbabilities()(fly())
    with pytest.raises(ConnectomeError, match="sum to about 1"):
        signs.FromProbabilities(unknown=0)(
            fly(**{c: 0.9 for c in ("ach_avg", "gaba_avg", "glut_avg", "da_avg", "ser_avg", "oct_avg")})
        )
    with pytest.raises(ConnectomeError, match='mode "expected"'):
        signs.FromProbabilities("guessed", unknown=0)(probabilities())


def test_by_class_sampled_unsigned():
    wiring = fly(type=["KC", "LN", "KC", "PN", None, "LN"])
    policy = signs.ByClass({"KC": 1, "LN": -1}, overrides={3: -1}, unknown=0)
    assert policy(wiring).values.tolist() == [1, -1, 1, -1, 0, -1]
    drawn = signs.Sampled(0.5, seed=2)(wiring)
    assert sorted(drawn.values) == [-1, -1, -1, 1, 1, 1]
    assert drawn.coverage["labelled"] == 0
    assert signs.Unsigned()(wiring).values.tolist() == [1] * 6
    with pytest.raises(ConnectomeError, match="share"):
        signs.Sampled(1.5)(wiring)


def test_signed_and_given():
    wiring = fly().signed(signs.ByTransmitter("fly", unknown=0))
    assert signs.Given()(wiring).values.tolist() == [1, -1, -1, -1, 1, 0]
    assert any("by transmitter (fly)" in note for note in wiring.source.notes)
    assert wiring.weights(signs="given").sum() == 10 - 20 - 30 - 25 + 10
    with pytest.raises(ConnectomeError, match="carries no signs"):
        fly().weights(signs="given")


def test_dale_violations_in_a_matrix():
    matrix = np.array([[0, 1, -1], [1, 0, -2], [-1, 3, 0]])
    assert signs.dale_violations(matrix).tolist() == [0]


def test_overrides_are_spelled_as_transmitters_are():
    assert signs.ByTransmitter("worm", {" 5-HT": -1}, unknown=0)(fly()).values[4] == -1
    with pytest.raises(ConnectomeError, match="GLUTMATE"):
        signs.ByTransmitter("worm", {"glutmate": -1}, unknown=0)(fly())
    with pytest.raises(ConnectomeError, match=r"within \[-1, 1\]"):
        signs.ByClass({"ACH": 5}, "transmitter", unknown=0)(fly())
