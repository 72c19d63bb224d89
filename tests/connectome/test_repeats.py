"""Repeated edges, autapses and empty fields: what a table holds is told, summed or kept, and not lost."""

import numpy as np
import pandas as pd
import pytest

from brainwright.connectome import Connectome, ConnectomeError, nulls

TABLE = pd.DataFrame({"pre": list("AAABBC"), "post": list("AABBCA"), "weight": [4, 7, 2, 1, 5, 3]})
SUMMED = TABLE.groupby(["post", "pre"])["weight"].sum().unstack(fill_value=0).to_numpy()


def test_repeats_are_told_or_summed_as_pandas_sums_them():
    with pytest.raises(ConnectomeError, match="repeated"):
        Connectome.from_dataframe(TABLE)
    wiring = Connectome.from_dataframe(TABLE, duplicates="sum")
    assert np.array_equal(wiring.weights().toarray(), SUMMED)
    assert wiring.n_synapses == 22
    largest = Connectome.from_dataframe(TABLE, duplicates="max").weights().toarray()
    assert np.array_equal(largest, TABLE.groupby(["post", "pre"])["weight"].max().unstack(fill_value=0))


def test_a_repeat_with_the_other_sign_is_summed_with_its_sign():
    table = pd.DataFrame({"pre": list("AAB"), "post": list("BBA"), "weight": [4, -7, 2]})
    wiring = Connectome.from_dataframe(table, duplicates="sum")
    assert wiring.weights("given").toarray().tolist() == [[0, 2], [-3, 0]]


def test_autapses_stay_through_nulls_and_go_when_asked():
    wiring = Connectome.from_dataframe(TABLE, duplicates="sum")
    assert wiring.describe().n_autapses == 2
    null = nulls.degree_preserving(wiring, 0)
    assert np.array_equal(np.diag(null.weights().toarray()), np.diag(SUMMED))
    assert not np.diag(wiring.without_autapses().weights().toarray()).any()


EMPTY = {
    "remark empty": "pre\tpost\tweight\tremark\nA\tB\t2\tx\nB\tC\t4\t\n",
    "every remark empty": "pre\tpost\tweight\tremark\nA\tB\t2\t\nB\tC\t4\t\n",
    "weight first": "weight\tpre\tpost\tremark\n2\tA\tB\t\n4\tB\tC\t\n",
    "windows lines": "pre\tpost\tweight\tremark\r\nA\tB\t2\t\r\nB\tC\t4\t\r\n",
    "byte order mark": "\ufeffpre\tpost\tweight\nA\tB\t2\nB\tC\t4\n",
    "commas": "pre,post,weight,remark\nA,B,2,\nB,C,4,\n",
    "no end of the last line": "pre\tpost\tweight\tremark\nA\tB\t2\t\nB\tC\t4\t",
}


@pytest.mark.parametrize("case", EMPTY)
def test_empty_fields_that_nobody_needs(tmp_path, case):
    (tmp_path / "e.tsv").write_bytes(EMPTY[case].encode())
    found = Connectome.from_csv(tmp_path / "e.tsv").synapses[["pre", "post", "count"]]
    assert found.to_numpy().tolist() == [["A", "B", 2], ["B", "C", 4]]


@pytest.mark.parametrize(
    "text",
    ["pre\tpost\tweight\nA\tB\t2\nB\tC\t\n", "pre\tpost\tweight\nA\t\t2\nB\tC\t1\n", "pre,post\nA,B\n,C\n"],
)
def test_empty_fields_that_are_needed_are_told(tmp_path, text):
    (tmp_path / "e.tsv").write_text(text)
    with pytest.raises(ConnectomeError, match="missing"):
        Connectome.from_csv(tmp_path / "e.tsv")
