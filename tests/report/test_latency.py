"""The latency table says what the run folder holds."""

import re

import h5py
import numpy as np
import pytest

from brainwright.report import latency
from brainwright.report.html import block


def shown(folder) -> str:
    return "".join(map(block, latency(folder)))


def write(folder, ticks, reads):
    with h5py.File(folder / "session.h5", "w") as file:
        for name, columns in (("ticks", ticks), ("reads", reads)):
            for column, values in columns.items():
                file[f"{name}/{column}"] = values


def cells(html):
    return [re.sub("<[^>]+>", "|", row).strip("|").split("||") for row in re.findall("<tr>(.*?)</tr>", html)]


def test_percentiles_of_the_ticks(tmp_path):
    n = 1001
    due_s = 0.01 * np.arange(1, n + 1)
    late_s = np.linspace(0, 0.001, n)[np.random.default_rng(0).permutation(n)]
    late_s[500] = 0.02
    delivered_s = np.where(np.arange(n) % 10 == 0, due_s + 0.003, np.nan)
    ticks = {
        "tick": np.arange(n), "missed": (late_s >= 0.01).astype(int), "due_s": due_s,
        "entered_s": due_s + late_s, "left_s": due_s + late_s + 4e-5, "delivered_s": delivered_s,
    }  # fmt: skip
    write(tmp_path, ticks, {})
    html = shown(tmp_path)
    assert "1,001 ticks of 10 ms, 1 missed (0.100 %)" in html
    header, late, body, answer = cells(html)
    assert header == ["ms", "p50", "p90", "p99", "p99.9", "max"]
    assert [float(x) for x in late[1:]] == pytest.approx(
        np.percentile(1e3 * late_s, [50, 90, 99, 99.9, 100]), abs=6e-4
    )
    assert set(body[1:]) == {"0.040"}
    assert set(answer[1:]) == {"3.000"}
    assert "<svg" in html


def test_reads_stand_in_where_there_are_no_ticks(tmp_path):
    stop_s = 0.05 * np.arange(1, 21)
    reads = {"start_s": stop_s - 0.05, "stop_s": stop_s, "present_s": stop_s + 0.002}
    write(tmp_path, {"tick": np.zeros(0)}, reads)
    html = shown(tmp_path)
    assert "20 reads of 50 ms, 0 missed" in html
    assert cells(html)[1] == ["lateness", *["2.000"] * 5]


def test_virtual_time_is_named(tmp_path):
    stop_s = 0.05 * np.arange(1, 21)
    write(tmp_path, {"tick": np.zeros(0)}, {"start_s": stop_s - 0.05, "stop_s": stop_s, "present_s": stop_s})
    assert "virtual time, where nothing is late" in shown(tmp_path)


def test_without_a_session_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="brainwright doctor"):
        latency(tmp_path)
