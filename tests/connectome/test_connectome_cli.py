"""The verbs `data` and `connectome`: output, exit codes, one clear line for unknown names."""

import subprocess
import sys

import pytest

from brainwright.cli import connectome, data


def test_list_and_info(capsys):
    assert data.main(["list"]) == 0
    out = capsys.readouterr().out
    assert "larva/winding2023" in out
    assert "built in" in out
    assert data.main(["info", "larva/winding2023"]) == 0
    out = capsys.readouterr().out
    assert "8c1f43809ed5" in out
    assert "licence" in out


def test_unknown_and_missing(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINWRIGHT_DATA", str(tmp_path))
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path / "cache"))
    assert data.main(["info", "lavra/winding2023"]) == 2
    assert "did you mean 'larva/winding2023'" in capsys.readouterr().err
    assert data.main(["where"]) == 2
    assert data.main(["where", "hemibrain"]) == 1
    assert capsys.readouterr().err.count("\n") == 3
    assert data.main(["get", "flywire/783"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(tmp_path / "flywire_783" / "Connectivity_783.parquet") in error
    assert data.main(["get", "celegans/varshney2011"]) == 0
    assert data.main(["where", "celegans/varshney2011"]) == 0


def test_show_a_name_and_a_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert connectome.main(["show", "celegans/varshney2011"]) == 0
    assert "edges            2,194" in capsys.readouterr().out
    assert (tmp_path / "celegans-varshney2011.png").stat().st_size > 10_000
    (tmp_path / "mine.csv").write_text("pre,post,count\na,b,3\nb,a,1\n")
    assert connectome.main(["show", "mine.csv", "--figure", "f.svg"]) == 0
    assert "columns guessed" in capsys.readouterr().out
    assert (tmp_path / "f.svg").read_text().startswith("<?xml")
    assert (
        connectome.main(["show", "celegans/varshney2011", "--kind", "electrical", "--figure", "gap.png"]) == 0
    )
    assert connectome.main(["show", "celegans/varshny2011", "--figure", "none"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert connectome.main(["save", "mine.csv", "--folder", "saved"]) == 0
    assert connectome.main(["show", "saved", "--figure", "none"]) == 0
    assert "synapses 4" in capsys.readouterr().out
    assert connectome.main(["save", "mine.csv"]) == 2
    (tmp_path / "bad.csv").write_text("")
    assert connectome.main(["show", "bad.csv", "--figure", "none"]) == 1


@pytest.mark.parametrize(
    "room",
    [
        "brainwright",
        "brainwright.datasets",
        "brainwright.connectome",
        "brainwright.cli.data",
        "brainwright.cli.connectome",
    ],
)
def test_imports_are_light(room):
    code = f"import sys, {room}; print(sorted({{'torch', 'matplotlib', 'networkx'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
