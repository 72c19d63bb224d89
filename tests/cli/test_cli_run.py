"""The verb run: folders, progress, refusals, stops and resumption."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from brainwright.cli import main, moved
from brainwright.tissue.anchor import keep_head


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_a_run_leaves_a_whole_folder(cookbook, capsys):
    assert main(["run", "count-up", "--seed", "3", "--out", "here"]) == 0
    out = capsys.readouterr().out
    assert "Verdict (read with care): supported: sum, a against b: difference 27.75 [" in out
    assert "Check failed: even (odd)" in out
    assert lines(out)[-1] == f"Report: {Path('here/report.html')}"
    names = {path.name for path in Path("here").iterdir()}
    wanted = {"recipe.json", "provenance.json", "metrics.jsonl", "result.json", "report.html", "units"}
    assert names == wanted
    recipe = json.loads(Path("here/recipe.json").read_text())
    assert recipe["recipe"] == "count-up"
    assert recipe["config"]["seed"] == 3
    assert recipe["config"]["arms"] == ["a", "b"]
    result = json.loads(Path("here/result.json").read_text())
    assert result["recipe"] == "count-up"
    assert result["seconds"] >= 0
    assert result["primary"]["n"] == 6
    assert result["headline"] == "It counts."
    provenance = json.loads(Path("here/provenance.json").read_text())
    assert provenance["sources"] == ["Nobody 1900"]
    assert provenance["packages"]["numpy"]
    events = [json.loads(line) for line in Path("here/metrics.jsonl").read_text().splitlines()]
    assert [e.get("event") or e["unit"] for e in events] == [
        "start",
        "unit0",
        "unit1",
        "unit2",
        "unit3",
        "end",
    ]
    assert events[2]["fraction"] == 0.5
    page = Path("here/report.html").read_text()
    for words in ("Counted", "It counts.", "Counting is not understanding.", "Nobody 1900", "read with care"):
        assert words in page


def test_folders_are_named_by_recipe_date_and_hash(cookbook):
    for _ in range(2):
        assert main(["run", "count_up"]) == 0
    folders = sorted(Path("runs").iterdir())
    assert len(folders) == 2
    assert all(folder.name.startswith("count") for folder in folders)


def test_two_runs_of_one_seed_agree_apart_from_time(cookbook):
    results = []
    for out in ("a", "b"):
        main(["run", "count-up", "--seed", "5", "--out", out])
        results.append(json.loads(Path(out, "result.json").read_text()) | {"seconds": 0})
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rum"], "unknown verb 'rum'; did you mean run?"),
        (["run", "count-pu"], "unknown recipe 'count-pu'; did you mean count-up?"),
        (["run", "count-up", "--sede", "3"], "unknown option --sede; did you mean --seed?"),
        (["run", "count-up", "--outt=x"], "unknown option --outt; did you mean --out?"),
        (["run", "count-up", "--seed", "x"], "--seed"),
        (["run", "count-up", "--seed"], "--seed"),
        (["run", "organoid", "--stream", "rule"], "the recipes continual and heard have it"),
        (
            ["run", "--csv=a.csv"],
            "unknown option --csv; the recipe heard has it: brainwright run heard --csv",
        ),
        (["run", "heard", "--tune", "a.mid"], "the recipe organoid has it: brainwright run organoid --tune"),
        (["run", "count-up", "7"], "7"),
        (["run", "count-up", "--units", "0"], "run: --units must be at least 1, got 0"),
        (["run", "count-up", "--resume", "nowhere"], "run: expected a run folder, got nowhere"),
        (["report"], "report: expected one run folder, got none"),
        (["report", "nowhere"], "report: expected a run folder"),
        (["list", "all"], "list: expected no arguments"),
        (["doctor", "a", "b"], "doctor: expected at most one"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(cookbook, capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(lines(captured.err)) == 1
    assert captured.err.startswith("brainwright: ")
    assert message in captured.err
    assert list(Path().iterdir()) == []  # nothing was written


def test_a_folder_that_holds_something_is_refused(cookbook, capsys):
    Path("full").mkdir()
    Path("full/thesis.txt").write_text("mine")
    assert main(["run", "count-up", "--out", "full"]) == 2
    assert "--resume full" in capsys.readouterr().err
    assert [path.name for path in Path("full").iterdir()] == ["thesis.txt"]
    assert main(["run", "count-up", "--out", "full/thesis.txt"]) == 2
    Path("empty").mkdir()
    assert main(["run", "count-up", "--out", "empty"]) == 0


def test_a_failure_keeps_what_was_finished_and_is_not_hidden(cookbook, capsys):
    with pytest.raises(RuntimeError, match="unlucky"):
        main(["run", "count-up", "--seed", "13", "--out", "here"])
    assert "run --resume here" in capsys.readouterr().out
    assert '"failed"' in Path("here/metrics.jsonl").read_text()
    assert not Path("here/result.json").exists()
    assert main(["report", "here"]) == 0
    assert "Not finished" in capsys.readouterr().out
    assert "3 pieces of work are missing" in Path("here/report.html").read_text()
    assert main(["doctor", "here"]) == 1
    assert "not finished" in capsys.readouterr().out


def test_input_that_proves_wrong_only_in_the_run_is_one_line_and_exit_code_2(cookbook, capsys):
    """With something finished the folder stays; with nothing it can be used again at once."""
    assert main(["run", "count-up", "--seed", "14", "--out", "kept"]) == 2
    out, err = capsys.readouterr()
    assert "What was finished is kept; go on with: brainwright run --resume kept" in out
    said = lines(err)
    assert said[-1] == "brainwright: run: no cell is called 14; nearest: 15"
    assert not any("Traceback" in line for line in said)
    assert '"failed"' in Path("kept/metrics.jsonl").read_text()
    assert main(["run", "count-up", "--seed", "15", "--out", "again"]) == 2
    assert not Path("again").exists()
    assert "--resume" not in capsys.readouterr().out
    assert main(["run", "count-up", "--out", "again"]) == 0


def stop_in_the_middle(start: Callable, how: signal.Signals) -> tuple[int, str]:
    process = start("run", "count-up", "--units", "30", "--pause-s", "0.05", "--out", "here")
    deadline = time.monotonic() + 20
    while not Path("here/units/unit3.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    out, _ = process.communicate(timeout=20)
    return process.returncode, out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_goes_on_to_the_same_result(start, how, capsys):
    code, out = stop_in_the_middle(start, how)
    if how == signal.SIGINT:
        assert code == 130
        assert "run --resume here" in out
    assert not Path("here/result.json").exists()
    done = len(list(Path("here/units").glob("unit*.npz")))
    assert 4 <= done < 30
    first = Path("here/units/unit0.npz").stat().st_mtime_ns
    assert main(["run", "--resume", "here"]) == 0
    assert Path("here/units/unit0.npz").stat().st_mtime_ns == first
    main(["run", "count-up", "--units", "30", "--pause-s", "0.05", "--out", "straight"])
    ours, straight = (json.loads(Path(f, "result.json").read_text()) for f in ("here", "straight"))
    assert ours | {"seconds": 0} == straight | {"seconds": 0}
    assert ours["seconds"] >= 1.4  # both sessions together
    assert len(json.loads(Path("here/provenance.json").read_text())["resumed"]) == 1
    assert main(["doctor", "here"]) == 0
    capsys.readouterr()
    assert main(["run", "--resume=here"]) == 0
    assert "finished already" in capsys.readouterr().out


def test_resuming_names_every_difference(cookbook, capsys):
    with pytest.raises(RuntimeError):
        main(["run", "count-up", "--seed", "13", "--source", "a.txt", "--out", "here"])

    def refused(*words: str) -> str:
        capsys.readouterr()
        assert main(["run", *words]) == 2
        return capsys.readouterr().err

    assert "seed = 13, got 14" in refused("--resume", "here", "--seed", "14")
    assert "--out or --resume" in refused("--resume", "here", "--out", "there")
    assert "recipe 'count-up' of here, got 'organoid'" in refused("organoid", "--resume", "here")
    with pytest.raises(RuntimeError, match="unlucky"):  # the same options are no difference
        main(["run", "count-up", "--resume", "here", "--seed", "13", "--source", "a.txt"])
    with pytest.raises(RuntimeError, match="unlucky"):  # nor is a number of processes
        main(["run", "count-up", "--resume", "here", "--workers", "1"])
    path = Path("here/recipe.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"format_version": 99}))
    assert "expected format version 2, got 99" in refused("--resume", "here")
    path.write_text(json.dumps(content | {"version": "0.0.1"}))
    assert "begun with brainwright 0.0.1" in refused("--resume", "here")
    path.write_text(json.dumps(content | {"config": {**content["config"], "colour": 1}}))
    assert "difference in: colour" in refused("--resume", "here")
    path.write_text("{")
    assert "readable JSON" in refused("--resume", "here")


def test_an_option_that_became_a_recipe_runs_it_and_says_so(cookbook, capsys, monkeypatch):
    """Whatever is behind it is read by the other recipe; the folder is one of that recipe."""
    for words in (["organoid", "--heard"], ["--heard"]):
        assert main(["run", *words, "--text", "nowhere.txt"]) == 2
        note, error = lines(capsys.readouterr().err)
        assert note == "organoid --heard is a recipe of its own: brainwright run heard"
        assert "expected a readable text file at nowhere.txt" in error
    monkeypatch.setattr(moved, "MOVED", {("organoid", "--counted"): "count-up"})
    assert main(["run", "--counted", "--units", "2", "--out", "here"]) == 0
    capsys.readouterr()
    assert json.loads(Path("here/recipe.json").read_text())["recipe"] == "count-up"
    assert main(["run", "--counted", "--resume", "here"]) == 0
    assert "finished already" in capsys.readouterr().out


def test_a_run_with_options_that_are_gone_is_refused_in_one_line(cookbook, capsys):
    """Its page would miss what it never held."""
    main(["run", "count-up", "--out", "here"])
    path = Path("here/recipe.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"config": {**content["config"], "heard": True}}))
    for words in (["report", "here"], ["run", "--resume", "here"]):
        capsys.readouterr()
        assert main(words) == 2
        (error,) = lines(capsys.readouterr().err)
        assert "here was made with other options than the recipe count-up has now" in error
        assert "a difference in: heard" in error
        assert "or begin anew" in error


def test_a_run_of_other_code_without_what_its_page_shows_is_refused_in_one_line(cookbook, capsys):
    main(["run", "count-up", "--out", "here"])
    result = json.loads(Path("here/result.json").read_text())
    del result["arms"]["a"]["mean"]
    Path("here/result.json").write_text(json.dumps(result))
    with pytest.raises(KeyError):  # the code that made it: a fault of the recipe, which is not hidden
        main(["report", "here"])
    facts = json.loads(Path("here/provenance.json").read_text())
    Path("here/provenance.json").write_text(json.dumps(facts | {"commit": "0" * 40}))
    capsys.readouterr()
    assert main(["report", "here"]) == 2
    (error,) = lines(capsys.readouterr().err)
    assert "here lacks 'mean', which the page of count-up shows now" in error


def test_a_recipe_json_alone_repeats_its_run(cookbook):
    main(["run", "count-up", "--seed", "8", "--out", "first"])
    Path("again").mkdir()
    Path("again/recipe.json").write_bytes(Path("first/recipe.json").read_bytes())
    assert main(["run", "--resume", "again"]) == 0
    first, again = (json.loads(Path(f, "result.json").read_text()) for f in ("first", "again"))
    assert first | {"seconds": 0} == again | {"seconds": 0}
    assert json.loads(Path("again/provenance.json").read_text())["seed"] == 8


def test_report_is_made_anew_from_the_folder(cookbook, capsys):
    main(["run", "count-up", "--out", "here"])
    page = Path("here/report.html").read_text()
    Path("here/report.html").unlink()
    assert main(["doctor", "here"]) == 1
    assert "make it with: brainwright report here" in capsys.readouterr().out
    assert main(["report", "here"]) == 0
    assert Path("here/report.html").read_text() == page
    keep_head(Path("here/provenance.json"), "ledger.jsonl", "5eed")
    assert main(["report", "here"]) == 0
    assert "ledger.jsonl ends with 5eed" in Path("here/report.html").read_text()


def test_a_page_as_markdown(cookbook, capsys):
    main(["run", "count-up", "--out", "here"])
    assert main(["report", "here", "--markdown", "page.md"]) == 0
    page = Path("page.md").read_text()
    assert page.startswith("# It counts.\n\n**supported, read with care.** 15.75 more\n")
    assert "| a | 16 |" in page
    assert main(["report", "here", "--markdown"]) == 2
    assert "expected a file after --markdown" in capsys.readouterr().err


def test_another_input_file_of_the_same_name_is_refused(cookbook, capsys):
    Path("words.txt").write_text("one")
    with pytest.raises(RuntimeError):
        main(["run", "count-up", "--seed", "13", "--source", "words.txt", "--out", "here"])
    Path("words.txt").write_text("two")
    assert main(["run", "--resume", "here"]) == 2
    assert "made with another source" in capsys.readouterr().err
