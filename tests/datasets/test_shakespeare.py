"""Lines of Shakespeare: each once, none longer than asked, no speaker."""

import pytest

from brainwright.datasets import MissingData
from brainwright.datasets.shakespeare import SHORTEST, shakespeare_lines


def test_lines_are_different_and_within_their_length(tmp_path, monkeypatch):
    try:
        lines = shakespeare_lines(40)
    except MissingData as missing:
        pytest.skip(str(missing))
    assert len(set(lines)) == len(lines) > 5_000
    assert all(SHORTEST <= len(line.encode()) <= 40 for line in lines)
    assert "First Citizen:" not in lines
    assert set(lines) < set(shakespeare_lines(60))
    monkeypatch.delenv("BRAINWRIGHT_DATA", raising=False)
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(MissingData, match=r"input\.txt"):
        shakespeare_lines()
