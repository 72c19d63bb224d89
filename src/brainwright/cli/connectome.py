"""`brainwright connectome`: look at a wiring diagram."""

import re
import sys
from pathlib import Path
from typing import Any, Literal

from brainwright.untrusted import printable

SUMMARY = "look at a wiring diagram: show NAME or FILE with a figure, or save it as Parquet"


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
        kind_column: str = "",
        id: str = "",
        cells: str = "",
        delimiter: str = "",
        header: bool = True,
        duplicates: Literal["", "error", "sum", "max"] = "",
        rows: Literal["", "post", "pre"] = "",
        key: str = "",
        ids: str = "",
        unit: Literal["", "auto", "count", "real"] = "",
        undirected: Literal["", "electrical", "both"] = "",
    ) -> int:
        """Prints the summary of a wiring diagram and writes a figure, or saves it as Parquet and JSON.

        What is guessed of a file (columns, orientation, labels) stands in the notes of the summary.

        Args:
            verb: show (summary and figure) or save (into --folder).
            name: a data set, a folder written by save, or a file (CSV, TSV, Parquet, Feather, NPY, NPZ, MAT,
                GraphML, XLSX, a connectivity zip of The Virtual Brain).
            figure: file for the figure; NAME.png in the current folder by default, "none" for no figure.
            folder: where save writes cells.parquet, synapses.parquet and connectome.json.
            kind: only connections of this kind, for instance ad or electrical.
            pre: column of the presynaptic cell in an edge list; guessed, and then stated, where empty.
            post: column of the postsynaptic cell, likewise.
            count: column of the synapse count, likewise.
            kind_column: column that names the kind of each connection.
            id: id column of the table of cells.
            cells: file with a table of cells.
            delimiter: of a text file; told from its first line where empty.
            header: whether the first line names the columns; --no-header where it is data.
            duplicates: what becomes of repeated edges: error, sum or max.
            rows: of a matrix: "post" where entry [i, j] is from j onto i, "pre" where it is from i onto j.
            key: name of the matrix in an NPZ or MAT file, or of the sheet.
            ids: name of the list of labels in a MAT file.
            unit: "count" refuses fractions and negative weights, "real" takes any, "auto" looks.
            undirected: what the edges of an undirected graph are: electrical, or synapses in both directions.
        """
        if verb == "save" and not folder:
            print("brainwright connectome save needs --folder", file=sys.stderr)
            return 2
        said = {"pre": pre, "post": post, "count": count, "kind": kind_column, "id": id, "cells": cells}
        said |= {"delimiter": delimiter, "duplicates": duplicates, "rows": rows, "key": key, "ids": ids}
        said |= {"unit": unit, "undirected": undirected}
        options: dict[str, Any] = {option: value for option, value in said.items() if value}
        if not header:
            options["header"] = False
        return _run(name, kind, folder if verb == "save" else "", figure, options)

    return tyro.cli(connectome, args=args, prog="brainwright connectome")


def _run(name: str, kind: str, folder: str, figure: str, options: dict[str, Any]) -> int:
    from brainwright.connectome import ConnectomeError
    from brainwright.datasets import DatasetError, MissingData

    try:
        wiring = _read(name, options)
        wiring = wiring.of_kind(kind) if kind else wiring
        _save(wiring, folder) if folder else _show(wiring, figure or _figure_name(name))
    except (MissingData, OSError, ImportError) as error:
        print(printable(error, keep="\n"), file=sys.stderr)
        return 1
    except (ConnectomeError, DatasetError) as error:
        print(as_options(str(error)), file=sys.stderr)
        return 1 if Path(name).exists() else 2
    return 0


def as_options(message: str) -> str:
    """It turns what an error advises in Python into the options of this verb.

    Example:
        >>> as_options("pass header=False for a list, rows= for a matrix, duplicates=\\"sum\\"")
        'pass --no-header for a list, --rows for a matrix, --duplicates sum'
    """
    message = re.sub(r"\bheader=False", "--no-header", message)
    names = "pre|post|count|kind|id|ids|cells|duplicates|rows|key|unit|undirected|delimiter"
    return re.sub(rf"\b({names})=(?:[\"'](\w+)[\"'])?(?=[\s,;:.)]|$)", _option, message)


def _option(found: re.Match) -> str:
    name = {"kind": "kind-column"}.get(found[1], found[1])
    return f"--{name}" + (f" {found[2]}" if found[2] else "")


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


def _read(name: str, options: dict[str, Any]):
    from brainwright.connectome import Connectome, ConnectomeError
    from brainwright.connectome.readers.any_file import looks_like_a_file

    if options and not (Path(name).is_file() or looks_like_a_file(name)):
        raise ConnectomeError(f"{name} is no file: {next(iter(options))}= does not apply")
    return Connectome.load(name, **options)
