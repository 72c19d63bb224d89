"""`brainwright connectome`: look at a wiring diagram."""

import sys
from pathlib import Path
from typing import Literal

from brainwright.untrusted import printable

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
        pre: str = "",
        post: str = "",
        count: str = "",
    ) -> int:
        """Prints the summary of a wiring diagram and writes a figure, or saves it as Parquet and JSON.

        Args:
            verb: show (summary and figure) or save (into --folder).
            name: a data set, a folder written by save, or an edge list (CSV, TSV, Parquet, Feather, NPZ,
                GraphML).
            figure: file for the figure; NAME.png in the current folder by default, "none" for no figure.
            folder: where save writes cells.parquet, synapses.parquet and connectome.json.
            kind: only connections of this kind, for instance ad or electrical.
            pre: column of the presynaptic cell in an edge list; guessed, and then stated, where empty.
            post: column of the postsynaptic cell, likewise.
            count: column of the synapse count, likewise.
        """
        if verb == "save" and not folder:
            print("brainwright connectome save needs --folder", file=sys.stderr)
            return 2
        columns = {"pre": pre, "post": post, "count": count}
        columns = {end: column for end, column in columns.items() if column}
        return _run(name, kind, folder if verb == "save" else "", figure, columns)

    return tyro.cli(connectome, args=args, prog="brainwright connectome")


def _run(name: str, kind: str, folder: str, figure: str, columns: dict[str, str]) -> int:
    from brainwright.connectome import ConnectomeError
    from brainwright.datasets import DatasetError, MissingData

    try:
        wiring = _read(name, columns)
        wiring = wiring.of_kind(kind) if kind else wiring
        _save(wiring, folder) if folder else _show(wiring, figure or _figure_name(name))
    except (MissingData, OSError, ImportError) as error:
        print(printable(error, keep="\n"), file=sys.stderr)
        return 1
    except (ConnectomeError, DatasetError) as error:
        print(error, file=sys.stderr)
        return 1 if Path(name).exists() else 2
    return 0


def _save(wiring, folder: str) -> None:
    print(f"{wiring} saved in {wiring.save(folder)}")


def _show(wiring, figure: str) -> None:
    print(wiring.describe())
    if figure != "none":
        wiring.plot(figure)
        print(f"  figure           {printable(figure)}")


def _figure_name(name: str) -> str:
    """The figure lies in the current folder: of a file or folder it has the last name, of a data set all of
    its name.
    """
    path = Path(name).resolve()
    short = path.name.split(".")[0] or path.name if path.exists() else name.strip("/").replace("/", "-")
    return f"{short}.png"


def _read(name: str, columns: dict[str, str]):
    from brainwright.connectome import Connectome, ConnectomeError

    path = Path(name)
    table = path.is_file() and path.suffix not in (".npz", ".graphml")
    if columns and not table:
        raise ConnectomeError(f"{name} is no edge list: --{next(iter(columns))} does not apply")
    if not path.is_file():
        return Connectome.load(name)
    if path.suffix in TABLE_SUFFIXES:
        return Connectome.from_parquet(path, **columns)
    if path.suffix == ".npz":
        return Connectome.from_npz(path)
    if path.suffix == ".graphml":
        return Connectome.from_graphml(path)
    return Connectome.from_csv(path, **columns)
