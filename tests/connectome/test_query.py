"""Questions to cells are parsed, never run: the grammar against pandas' own answers, and all else refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.connectome.query import answered

CELLS = pd.DataFrame(
    {
        "id": [1, 2, 3, 4, 5],
        "type": ["KC", "MBON", None, "KC", "it's"],
        "x_um": [1.0, np.nan, 3.0, -4.0, 5.5],
        "count": [3, 1, 4, 1, 5],
        "core": [True, False, True, True, False],
        "pool:mine": [False, True, True, False, True],
        "side of brain": ["left", "right", "left", "left", "right"],
        "class": pd.Categorical(["a", "b", "a", None, "b"]),
    }
)
ASKED = {
    "type == 'KC'": [1, 0, 0, 1, 0],
    "type != 'KC'": [0, 1, 1, 0, 1],
    "not type == 'KC'": [0, 1, 1, 0, 1],
    "type in ['KC', 'MBON']": [1, 1, 0, 1, 0],
    "type not in ('KC',)": [0, 1, 1, 0, 1],
    'type == "it\'s"': [0, 0, 0, 0, 1],
    "count > 1 and x_um < 5": [1, 0, 1, 0, 0],
    "1 < count <= 4": [1, 0, 1, 0, 0],
    "x_um > -5": [1, 0, 1, 1, 1],
    "x_um == -4": [0, 0, 0, 1, 0],
    "-4 == x_um": [0, 0, 0, 1, 0],
    "count < x_um": [0, 0, 0, 0, 1],
    "core": [1, 0, 1, 1, 0],
    "not core": [0, 1, 0, 0, 1],
    "core == True": [1, 0, 1, 1, 0],
    "~core & (count == 5)": [0, 0, 0, 0, 1],
    "core and count == 3 or type == 'MBON'": [1, 1, 0, 0, 0],
    "core and (count == 3 or type == 'MBON')": [1, 0, 0, 0, 0],
    "`pool:mine` and `side of brain` == 'left'": [0, 0, 1, 0, 0],
    "`side of brain` == '`core`'": [0, 0, 0, 0, 0],
    "`core` or core": [1, 0, 1, 1, 0],
    "`class` == 'a'": [1, 0, 1, 0, 0],
    "id in [1, 99]": [1, 0, 0, 0, 0],
    " (id == 2)\n": [0, 1, 0, 0, 0],
}


@pytest.mark.parametrize("query", ASKED)
def test_questions_and_their_answers(query):
    assert answered(CELLS, query).astype(int).tolist() == ASKED[query]


@pytest.mark.parametrize(
    "query", [query for query in ASKED if "not in (" not in query and "`core` or" not in query]
)
def test_pandas_gives_the_same_answer(query):
    if "class" in query:
        pytest.skip("pandas' eval compares categories otherwise")
    truth = CELLS.eval(query.strip())
    assert answered(CELLS, query).tolist() == truth.to_numpy(bool, na_value=False).tolist()


NO_QUESTIONS = {
    "@__builtins__['__import__']('os').system('true') == 0": "syntax",
    "@pd.io.common.os.system('true') == 0": "syntax",
    "__import__('os').system('true') == 0": "column, a text or a number",
    "type.__class__.__init__.__globals__ == 0": "column, a text or a number",
    "id.to_csv('x') == 0": "column, a text or a number",
    "cells.to_csv('x')": "true or false",
    "type.to_pickle('x')": "true or false",
    "id == id.to_frame().to_csv('x')": "column, a text or a number",
    "[x for x in id]": "true or false",
    "lambda: 0": "true or false",
    "(id := 3)": "true or false",
    "f'{id}' == 'x'": "column, a text or a number",
    "id == b'x'": "column, a text or a number",
    "id == 1j": "column, a text or a number",
    "id == None": "column, a text or a number",
    "id == ...": "column, a text or a number",
    "id is 3": "or in",
    "id if core else core": "true or false",
    "id + 1 == 2": "column, a text or a number",
    "id[0] == 1": "column, a text or a number",
    "id == 2 & count == 1": "parentheses",
    "id": "true or false",
    "3": "true or false",
    "'a' == 'a'": "a column on one side",
    "1 < 2": "a column on one side",
    "'KC' in type": "a column before in",
    "type in 'KC'": "a list behind in",
    "type in [id]": "a column",
    "type in [3]": "write texts in quotes",
    "type == 3": "write texts in quotes",
    "id == '1'": "write texts in quotes",
    "`class` < 'b'": "cannot compare",
    "colour == 'red'": r"no column 'colour': the columns are id, type, x_um",
    "`no such` == 1": "no column 'no such'",
    "type == 'KC": "unterminated",
    "import os": "syntax",
    "": "syntax",
    "id == 1; id == 2": "syntax",
    "id == 1 #" + "x" * 3000: "2000 characters",
    "not " * 400 + "core": "50 levels",
    "(" * 900 + "core" + ")" * 900: "parenthes",
    "id == " + "-" * 600 + "1": "column, a text or a number",
    "id == " + "9" * 1900: "",
    "id == \x00": "null",
    "id in [" + "1," * 900 + "'a']": "quotes",
}


@pytest.mark.parametrize("query", NO_QUESTIONS, ids=range(len(NO_QUESTIONS)))
def test_everything_else_is_refused(query, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if query.startswith("id == 9"):
        assert not answered(CELLS, query).any()  # a number that no cell has
        return
    with pytest.raises(ConnectomeError, match=NO_QUESTIONS[query]) as error:
        answered(CELLS, query)
    assert "does not fit the cells" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_subset_asks():
    edges = pd.DataFrame({"pre": [1, 2, 4], "post": [4, 3, 1]})
    wiring = Connectome.from_dataframe(edges, CELLS)
    assert wiring.subset(where="type == 'KC'").synapses[["pre", "post"]].to_numpy().tolist() == [
        [1, 4],
        [4, 1],
    ]
    with pytest.raises(ConnectomeError, match="query"):
        wiring.subset(where="@wiring")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="idtypecount_()[]'\"`@.=<>!&|~-+ 019,\n\\:{}", max_size=40))
def test_whatever_is_asked_ends_in_an_answer_or_in_our_error(query):
    try:
        found = answered(CELLS, query)
    except ConnectomeError:
        return
    assert found.shape == (5,)
    assert found.dtype == bool
