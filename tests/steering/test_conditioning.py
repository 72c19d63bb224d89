"""A conditioning table of one's own: scores against closed forms, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from brainwright.steering import Delta, Hebb, SteeringError, conditioned, read_conditioning
from brainwright.steering.conditioning import table_of

RATE = 0.2


def table(first=8, both=5, off=6, subjects=2):
    """A alone, then A with B, then B alone without the outcome."""
    rows = [
        {"subject": f"rat {s}", "phase": phase, "light": a, "tone": b, "outcome": us, "response": a * us}
        for s in range(subjects)
        for phase, n, a, b, us in (("1", first + s, 1, 0, 1), ("2", both, 1, 1, 1), ("3", off, 1, 0, 0))
        for _ in range(n)
    ]
    return pd.DataFrame(rows)


def test_scores_are_the_closed_forms():
    done = conditioned(table_of(table()), Delta(RATE))
    compound, left = (1 - (1 - RATE) ** 5) / 2, np.array([(1 - RATE) ** 8, (1 - RATE) ** 9])
    assert set(done.blocking) == {("light", "tone", "outcome")}
    np.testing.assert_allclose(done.blocking["light", "tone", "outcome"], (1 - left) * compound)
    assert set(done.extinction) == {("light", "outcome")}
    np.testing.assert_allclose(done.extinction["light", "outcome"], 1 - (1 - RATE) ** 6)
    np.testing.assert_allclose(done.in_the_end[:, 1, 0], left * compound)
    assert done.said.shape == (2, 20, 1)
    assert np.isnan(done.said[0, 19:]).all(), "the first rat has a trial less"
    np.testing.assert_allclose(done.said[0, :3, 0], 1 - (1 - RATE) ** np.arange(3))
    assert (done.likeness > 0.1).all()


def test_without_an_error_there_is_no_blocking_and_no_extinction():
    done = conditioned(table_of(table()), Hebb(RATE))
    np.testing.assert_allclose(done.blocking["light", "tone", "outcome"], 0, atol=1e-12)
    np.testing.assert_allclose(done.extinction["light", "outcome"], 0, atol=1e-12)


def test_a_cue_that_was_shown_before_cannot_be_blocked():
    rows = pd.concat([pd.DataFrame([{"subject": "rat 0", "tone": 1, "outcome": 0}]), table(subjects=1)])
    assert conditioned(table_of(rows.drop(columns=["phase", "response"]).fillna(0))).blocking == {}


def test_files_are_read_and_wrong_ones_refused(tmp_path):
    path = tmp_path / "mine.tsv"
    table().to_csv(path, sep="\t", index=False)
    read = read_conditioning(path)
    assert (read.cues, read.outcomes, read.subjects) == (("light", "tone"), ("outcome",), ("rat 0", "rat 1"))
    with pytest.raises(SteeringError, match=r"none\.csv: no such file"):
        read_conditioning(tmp_path / "none.csv")
    path.write_text("light,tone\n1,0\n")
    with pytest.raises(SteeringError, match='columns that begin with "outcome"'):
        read_conditioning(path)
    path.write_text("light,outcome\n1,0\nyes,1\n")
    with pytest.raises(
        SteeringError, match=r"column 'light', trial 2: expected a finite number .*, got 'yes'"
    ):
        read_conditioning(path)
    path.write_text("light,outcome\n1,0\n1,\n")
    with pytest.raises(SteeringError, match="column 'outcome', trial 2"):
        read_conditioning(path)
    path.write_text("")
    with pytest.raises(SteeringError, match=r"mine\.tsv: expected a CSV or TSV table"):
        read_conditioning(path)
