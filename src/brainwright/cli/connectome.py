"""`brainwright connectome`: look at a wiring diagram."""

import sys
from pathlib import Path
from typing import Literal

SUMMARY = "look at a wiring diagram: show NAME or FILE with a figure, or save it as Parquet"
TABLE_SUFFIXES = (".parquet", ".feather", ".arrow")


def main(args: list[str]) -> int:
    """Runs `brainwright connectome ARGS`; 0 when it worked, 1 for broken data, 2 for unknown names."""
    import tyro

    def connectome(
        verb: tyro.conf.Positional[Literal["show", "save"]],
        name: tyro.conf.Positional[str],
        /,
        figure: str = "",
        folder: str = "",
        kind: str = "",
    ) -> int:
        """Prints the summary of a wiring diagram and writes a figure, or saves it as Parquet and JSON.

        Args:
            verb: show (summary and figure) or save (into --folder).
            name: a data set, a folder written by save, or an edge list (CSV, TSV, Parquet, Feather, NPZ,
                GraphML).
            figure: file for the figure; NAME.png in the current folder by default, "none" for no figure.
            folder: where save writes cells.parquet, synapses.parquet and connectome.json.
            kind: only connections of this kind, for instance ad or electrical.
        """
        if verb == "save" and not folder:
            print("brainwright connectome save needs --folder", file=sys.stderr)
            return 2
        return _run(name, kind, folder if verb == "save" else "", figure)

    return tyro.cli(connectome, args=args, prog="brainwright connectome")


def _run(name: str, kind: str, folder: str, figure: str) -> int:
    from brainwright.connectome import ConnectomeError
    from brainwright.datasets import DatasetError, MissingData

    try:
        wiring = _read(name)
        wiring = wiring.of_kind(kind) if kind else wiring
    except (MissingData, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except (ConnectomeError, DatasetError) as error:
        print(error, file=sys.stderr)
        return 1 if Path(name).exists() else 2
    if folder:
        print(f"{wiring} saved in {wiring.save(folder)}")
        return 0
    print(wiring.describe())
    if figure != "none":
        path = Path(figure or name.strip("/").replace("/", "-").rsplit(".", 1)[0] + ".png")
        wiring.plot(path)
        print(f"  figure           {path}")
    return 0


def _read(name: str):
    from brainwright.connectome import Connectome

    path = Path(name)
    if not path.is_file():
        return Connectome.load(name)
    if path.suffix in TABLE_SUFFIXES:
        return Connectome.from_parquet(path)
    if path.suffix == ".npz":
        return Connectome.from_npz(path)
    if path.suffix == ".graphml":
        return Connectome.from_graphml(path)
    return Connectome.from_csv(path)
