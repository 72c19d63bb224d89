"""What `live.json` holds, and that watching changes nothing."""

import json

import numpy as np
import pytest

from brainwright.tissue import Live, SimulatedCulture, StimulusPlan, check_tissue


def culture() -> SimulatedCulture:
    return SimulatedCulture([1, 2])


def test_without_a_path_the_tissue_is_left_alone():
    tissue = culture()
    assert Live(None).watch(tissue, "anything") is tissue


def test_watched_tissue_keeps_the_contract(tmp_path):
    check_tissue(lambda: Live(tmp_path / "live.json", every_s=0.0).watch(culture(), "checked"))


def test_watching_changes_nothing(tmp_path):
    def run(live: Live) -> np.ndarray:
        tissue = live.watch(culture(), "run")
        parts = []
        for _ in range(20):
            tissue.write(StimulusPlan.biphasic([0, 1], [9, 11], tissue.now_s() + 0.01))
            parts.append(tissue.read(0.1))
        return np.concatenate([part.time_s for part in parts])

    assert (run(Live(None)) == run(Live(tmp_path / "live.json", every_s=0.0))).all()


def test_the_file_holds_what_passed_through(tmp_path):
    path = tmp_path / "live.json"
    tissue = Live(path, every_s=0.0).watch(culture(), "full: adaptive")
    heard = []
    for i in range(100):
        tissue.write(StimulusPlan.biphasic([0, 0, 1], [9, 10, 9], tissue.now_s() + 0.01))
        heard.append(tissue.read(0.1))
        if i < 9:
            assert not path.exists()  # too little was heard for a picture
    found = json.loads(path.read_text())
    assert found["stage"] == "full: adaptive"
    assert found["tissue_s"] == pytest.approx(10.0)
    raster = found["raster"]
    assert raster["stop_s"] - raster["start_s"] == pytest.approx(3.0, abs=0.11)
    mine = [(t, c) for part in heard[-30:] for d, t, c in zip(part.dish, part.time_s, part.channel) if d == 0]  # noqa: B905 (columns of one table)
    shown = list(zip(raster["time_s"], raster["channel"], strict=True))
    assert {(round(float(t), 4), int(c)) for t, c in mine} <= set(shown)
    charge = {d["limit"].split()[0]: (d["used"], d["of"]) for d in found["dose"]}
    assert charge["charge"] == (pytest.approx(100 * 2 * 0.4), 10_000.0)  # the fuller dish
    assert charge["pulses"] == (200, 25_000)
    assert len(found["rate_hz"]) == 2
    assert found["latency_ms"]["n"] == 99  # each write but the first follows a read
    assert 0 < found["latency_ms"]["p50"] <= found["latency_ms"]["worst"] < 1_000


def test_only_the_last_minute_counts(tmp_path):
    path = tmp_path / "live.json"
    tissue = Live(path, every_s=0.0).watch(SimulatedCulture([1], cells=False), "long")
    tissue.write(StimulusPlan.biphasic([0], [9], [0.5]))
    tissue.read(30.0)
    assert json.loads(path.read_text())["dose"][1]["used"] == 1
    tissue.read(32.0)
    assert json.loads(path.read_text())["dose"][1]["used"] == 0


def test_it_is_written_now_and_then_only(tmp_path):
    clock = {"s": 0.0}
    live = Live(tmp_path / "live.json", every_s=1.0, clock=lambda: clock["s"])
    tissue, marks = live.watch(culture(), "run"), []
    for i in range(60):
        clock["s"] = 0.1 * i
        tissue.read(0.1)
        if (tmp_path / "live.json").exists():
            marks.append(json.loads((tmp_path / "live.json").read_text())["tissue_s"])
    assert 5 <= len(set(marks)) <= 6
    assert [path.name for path in tmp_path.iterdir()] == ["live.json"]


def test_the_dose_of_a_tissue_that_begins_anew_is_shown(tmp_path):
    tissue = culture()
    born = tissue.snapshot()
    watched = Live(tmp_path / "live.json", every_s=0.0).watch(tissue, "again")
    watched.write(StimulusPlan.biphasic([0, 1], 9, 0.01))
    watched.read(1.0)
    tissue.restore(born)
    watched.read(1.0)
    assert watched.ledger is tissue.ledger
    assert [dose["used"] for dose in json.loads((tmp_path / "live.json").read_text())["dose"]] == [0.0, 0]
