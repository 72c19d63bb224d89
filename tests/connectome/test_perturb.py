"""Errors of reconstruction: what each keeps exactly, what it changes, and in which proportion."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError, perturb, signs
from brainwright.connectome.edges import Edges, canonical
from brainwright.connectome.perturb import edits
from brainwright.connectome.signs import dale_violations

MODELS = {
    model.__name__: model
    for model in (
        perturb.delete_synapses,
        perturb.insert_synapses,
        perturb.split_neurons,
        perturb.merge_neurons,
        perturb.random_edits,
    )
}


@pytest.fixture(scope="module")
def worm():
    return Connectome.load("celegans/varshney2011").signed(signs.ByTransmitter("worm", unknown=1.0))


@pytest.fixture(scope="module")
def edge_signed():
    """Signs on edges, two kinds of them, text ids; cell c sends nothing."""
    rng = np.random.default_rng(4)
    pre, post = np.divmod(np.arange(900), 30)
    kept = (rng.random(900) < 0.3) & (pre != 2)
    sign = np.where(pre % 3 == 0, -1, 1)
    table = {
        "pre": pre,
        "post": post,
        "count": sign * rng.integers(1, 9, 900),
        "kind": rng.integers(0, 2, 900),
    }
    edges = pd.DataFrame(table)[kept].astype({"kind": str})
    names = [f"n{k}" for k in range(30)]
    edges = edges.assign(pre=[names[k] for k in edges["pre"]], post=[names[k] for k in edges["post"]])
    return Connectome.from_dataframe(edges, pd.DataFrame({"id": names}), kind="kind")


def matrix(connectome):
    return connectome.weights().toarray()


@pytest.mark.parametrize("name", MODELS)
def test_dose_zero_changes_nothing_and_equal_seeds_give_equal_errors(worm, name):
    model = MODELS[name]
    same = model(worm, 0.0, 3)
    assert (matrix(same) == matrix(worm)).all()
    first, again, other = model(worm, 0.1, 3), model(worm, 0.1, 3), model(worm, 0.1, 4)
    assert (matrix(first) == matrix(again)).all()
    assert matrix(first).shape != matrix(other).shape or (matrix(first) != matrix(other)).any()
    assert (matrix(worm) == matrix(model(worm, 0.0, 9))).all(), "the original was left as it was"


@pytest.mark.parametrize("name", MODELS)
def test_gap_junctions_and_dales_law_stay(worm, edge_signed, name):
    after = MODELS[name](worm, 0.2, 1)
    assert after.n_gap_junctions == worm.n_gap_junctions
    assert "synapses" in after.source.notes[-1]
    mixed = MODELS[name](edge_signed, 0.3, 1)
    assert dale_violations(mixed).size == 0
    assert mixed.is_signed
    assert mixed.kinds == edge_signed.kinds


def test_counted_synapses_are_the_edges_that_single_ones_sum_up_to():
    rng = np.random.default_rng(0)
    pre, post, kind = (rng.integers(0, n, 900).astype(np.int32) for n in (6, 7, 2))
    sign = np.where(pre % 2, 1, -1).astype(np.int8)
    single = Edges(pre, post, np.ones(900, np.int32), kind.astype(np.uint8), sign)
    counted = edits.counted(edits.Synapses(pre, post, single.kind, sign), 7, 2, np.dtype(np.int32))
    summed, _ = canonical(single, ("chemical", "slow"), 7, "sum")
    for ours, theirs in zip(counted, summed, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()
    nothing = edits.Synapses(*(column[:0] for column in (pre, post, single.kind, sign)))
    assert edits.counted(nothing, 7, 2, np.dtype(np.int32)).count.size == 0


def test_deletion_and_insertion_are_exact(worm):
    n = worm.n_synapses
    for dose in (0.003, 0.1, 0.5):
        k = round(dose * n)
        fewer, more = perturb.delete_synapses(worm, dose, 2), perturb.insert_synapses(worm, dose, 2)
        assert (fewer.n_synapses, more.n_synapses) == (n - k, n + k)
        assert (matrix(fewer) <= matrix(worm)).all()
        assert (matrix(more) >= matrix(worm)).all()
        added = matrix(more) - matrix(worm)
        assert np.trace(added) == 0
    assert perturb.delete_synapses(worm, 1.0, 0).n_synapses == 0


def test_deleted_synapses_are_drawn_one_by_one(worm):
    """Each edge loses in proportion to its count: the expected loss is that of a hypergeometric draw."""
    before = matrix(worm)
    left = np.mean([matrix(perturb.delete_synapses(worm, 0.3, seed)) for seed in range(40)], axis=0)
    large = before > 20
    assert left[large].sum() / before[large].sum() == pytest.approx(0.7, abs=0.01)
    assert left[before == 1].mean() == pytest.approx(0.7, abs=0.01)


def test_inserted_synapses_favour_cells_with_many(worm):
    before, after = matrix(worm), matrix(perturb.insert_synapses(worm, 1.0, 0))
    added = (after - before).sum(axis=0)
    assert np.corrcoef(added, before.sum(axis=0))[0, 1] > 0.9


def test_random_edits_keep_the_number_and_touch_k(worm):
    k = round(0.1 * worm.n_synapses)
    after = perturb.random_edits(worm, 0.1, 5)
    difference = matrix(after).astype(int) - matrix(worm)
    assert after.n_synapses == worm.n_synapses
    lost, won = -difference[difference < 0].sum(), difference[difference > 0].sum()
    assert lost == won <= k
    assert won > 0.9 * k, "few of those put elsewhere fall where one was taken"
    assert np.trace(difference) <= 0


@pytest.mark.parametrize("dose", [0.01, 0.15, 0.4])
def test_a_split_cell_and_its_part_have_its_synapses(worm, dose):
    after = perturb.split_neurons(worm, dose, 6)
    n = worm.n_cells
    assert after.ids[:n].tolist() == worm.ids.tolist()
    parent = after.locate(after.cells["parent"])
    assert (parent[:n] == np.arange(n)).all()
    assert len(set(parent[n:])) == after.n_cells - n, "no cell is split twice"
    assert (after.cells["sign"].to_numpy() == worm.cells["sign"].to_numpy()[parent]).all()
    assert (perturb.holders(worm, after) == np.arange(n)).all()
    back = np.zeros((n, n))
    np.add.at(back, np.ix_(parent, parent), matrix(after))
    assert (back == matrix(worm)).all(), "put together again it is the original"
    at_parts = after.n_synapses - matrix(after)[:n, :n].sum()
    assert at_parts == round(dose * worm.n_synapses)


@pytest.mark.parametrize("dose", [0.01, 0.15, 0.4])
def test_a_merged_pair_has_the_synapses_of_both_but_those_between_them(worm, dose):
    after = perturb.merge_neurons(worm, dose, 6)
    into = perturb.holders(worm, after)
    gone = np.flatnonzero(into != np.arange(worm.n_cells))
    assert gone.size > 0
    assert len(set(into[gone])) == gone.size, "no cell swallows two"
    assert (into[into[gone]] == into[gone]).all()
    was, now = matrix(worm), matrix(after)
    assert now[gone].sum() == now[:, gone].sum() == 0
    assert ((was + was.T)[gone, into[gone]] > 0).all(), "pairs touch"
    assert ((was.sum(0) + was.sum(1))[gone] <= (was.sum(0) + was.sum(1))[into[gone]]).all()
    between = (was[gone, into[gone]] + was[into[gone], gone] + was[gone, gone]).sum()
    assert worm.n_synapses > after.n_synapses
    at_wrong = was[gone].sum() + was[:, gone].sum() - was[np.ix_(gone, gone)].sum()
    assert at_wrong <= round(dose * worm.n_synapses), "the last cell may be swallowed in part"
    assert worm.n_synapses - after.n_synapses <= between + was.sum(axis=0).max()


def test_a_merged_cell_sends_with_the_sign_of_its_holder(edge_signed):
    after = perturb.merge_neurons(edge_signed, 0.3, 2)
    into = perturb.holders(edge_signed, after)
    assert (into != np.arange(30)).any()
    sign = np.zeros(30, int)
    sign[edge_signed.edges.pre] = edge_signed.edges.sign
    kept = sign[after.edges.pre] != 0
    assert (after.edges.sign[kept] == sign[after.edges.pre][kept]).all()


def test_a_holder_without_a_sign_takes_that_of_the_cell_it_swallows():
    edges = pd.DataFrame({"pre": [1, 2, 3, 4], "post": [0, 0, 0, 0], "count": [2, 2, 2, 2]})
    cells = pd.DataFrame({"id": range(5), "sign": [np.nan, -1, -1, -1, -1]})
    star = Connectome.from_dataframe(edges, cells)
    assert perturb.merge_neurons(star, 0.1, 0).n_synapses == 7, "the synapse lies between the two"
    chain = pd.DataFrame({"pre": [1, 1, 2, 3], "post": [0, 2, 0, 0], "count": [2, 1, 9, 9]})
    after = perturb.merge_neurons(Connectome.from_dataframe(chain, cells), 1.0 / 7, 1)
    assert not np.isnan(after.cells["sign"].to_numpy()[after.edges.pre]).any()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dose", [-0.1, 1.1, float("nan")])
def test_doses_out_of_bounds_are_refused(worm, name, dose):
    with pytest.raises(ConnectomeError, match="a dose from 0 to 1"):
        MODELS[name](worm, dose, 0)


@pytest.mark.parametrize("name", MODELS)
def test_real_weights_and_mixed_signs_are_refused(name):
    real = Connectome.from_matrix(np.array([[0, 0.5], [1.5, 0]]))
    with pytest.raises(ConnectomeError, match="whole counts"):
        MODELS[name](real, 0.1, 0)
    mixed = Connectome.from_matrix(np.array([[0, 0, 0], [2, 0, 0], [-3, 1, 0]]))
    with pytest.raises(ConnectomeError, match="both signs"):
        MODELS[name](mixed, 0.1, 0)


def test_a_dose_that_no_number_of_splits_or_merges_reaches_is_refused(worm):
    for model in (perturb.split_neurons, perturb.merge_neurons):
        with pytest.raises(ConnectomeError, match="expected a dose of at most 0"):
            model(worm, 0.99, 0)
