"""`brainwright data`: data sets by name."""

import sys
from typing import Literal

SUMMARY = "data sets by name: list, info, get, where"


def main(args: list[str]) -> int:
    """Runs `brainwright data ARGS`; 0 when it worked, 1 when data is missing or broken, 2 for unknown
    names.
    """
    import tyro

    def data(
        verb: tyro.conf.Positional[Literal["list", "info", "get", "where"]],
        name: tyro.conf.Positional[str] = "",
        /,
    ) -> int:
        """Lists data sets, says what is known of one, fetches it, or says where its files are.

        Args:
            verb: list all; info NAME; get NAME (download what can be had); where NAME (paths of its files).
            name: name of the data set, for instance larva/winding2023.
        """
        return _run(verb, name)

    return tyro.cli(data, args=args, prog="brainwright data")


def _run(verb: str, name: str) -> int:
    from brainwright import datasets

    if verb == "list":
        return _list(datasets)
    if not name:
        print(f"brainwright data {verb} needs a name: `brainwright data list` shows all", file=sys.stderr)
        return 2
    try:
        entry = datasets.dataset(name)
    except datasets.DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return {"info": _info, "get": _get, "where": _where}[verb](datasets, entry)
    except BrokenPipeError:  # no fault of the data: `brainwright` itself ends quietly then
        raise
    except (datasets.DatasetError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _state(datasets, entry) -> str:
    if entry.built_in:
        return "built in"
    missing = [file for file in entry.files if not file.optional and datasets.find(entry, file) is None]
    if not missing:
        return "here"
    return "can be fetched" if all(file.url and file.sha256 for file in missing) else "by hand"


def _list(datasets) -> int:
    width = max(len(name) for name in datasets.names())
    for name in datasets.names():
        entry = datasets.dataset(name)
        print(f"{name:{width}}  {_state(datasets, entry):14}  {entry.title}")
    return 0


def _info(datasets, entry) -> int:
    rows = {
        "name": entry.name,
        "what": entry.title,
        "cite": entry.citation,
        "licence": entry.licence + ("" if entry.commercial else " (not for commercial use)"),
        "from": entry.where,
        "notes": entry.notes,
        "state": _state(datasets, entry),
    }
    for label, value in rows.items():
        if value:
            print(f"{label:8} {value}")
    for file in entry.files:
        size = f"{file.size_bytes:,} bytes" if file.size_bytes else "size unknown"
        of = " (of the content)" if file.packed else ""
        proof = f"sha256{of} {file.sha256}" if file.sha256 else "no checksum known"
        print(f"file     {file.name}: {size}, {proof}{', optional' if file.optional else ''}")
    return 0


def _get(datasets, entry) -> int:
    from brainwright.cli.download import DownloadProgress

    if entry.built_in:
        print(f"{entry.name} ships with brainwright: nothing to fetch")
        return 0
    with DownloadProgress() as progress:
        paths = datasets.get(entry, progress)
    for path in paths:
        print(path)
    print(f"licence: {entry.licence}")
    return 0


def _where(datasets, entry) -> int:
    if entry.built_in:
        print(f"{entry.name} ships with brainwright")
        return 0
    missing = 0
    for file in entry.files:
        path = datasets.find(entry, file)
        if path is not None:
            print(path)
        elif not file.optional:
            missing += 1
            print(datasets.missing_line(entry, file), file=sys.stderr)
    return 1 if missing else 0
