"""Edge lists as text: CSV, TSV or white space, plain or gzip. Parsed by Arrow; ids stay whole numbers."""

import csv
import gzip
import zlib
from pathlib import Path

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.readers.columns import resolve
from brainwright.connectome.readers.table import assemble
from brainwright.connectome.source import Source
from brainwright.untrusted import Bounds, Unreadable

LONGEST_LINE = 2**20
BLOCK_BYTES = 2**24
LEAST_NUMBER = 2
"""Bytes of the shortest number in a table, with the mark behind it."""
NULLS = ["", "nan", "NaN", "NA", "null", "NULL"]


def from_csv(
    path,
    *,
    cells=None,
    delimiter: str | None = None,
    header: bool = True,
    bounds: Bounds | None = None,
    **options,
) -> Connectome:
    """A `Connectome` from a delimited edge list, plain or gzip.

    Args:
        path: the file; gzip is recognised by its first bytes.
        cells: a cell table, or the path of one.
        delimiter: "," or tab or ";" or " " (any white space); told from the first line where None.
        header: False where the first line is already data: columns are then pre, post and, if there, count.
        bounds: how much a packed file may become, and how many columns there may be.
        options: as of `readers.table.from_dataframe` (pre, post, count, unit, duplicates, ...).

    Raises:
        ConnectomeError: empty, truncated or over-long lines, ragged rows, and all that `from_dataframe`
            refuses.
        FileNotFoundError: no such file.
    """
    path = Path(path)
    check_sizes(path, bounds)
    table = dict(read_table(path, delimiter, header, wanted=_wanted(options) if header else None).items())
    if not header:
        options = dict(zip(("pre", "post", "count"), table, strict=False)) | options
    if isinstance(cells, (str, Path)):
        check_sizes(Path(cells), bounds)
        cells = read_table(Path(cells))
    options.setdefault("source", Source(name=path.name))
    return assemble(table, cells, **options)


def read_table(path: Path, delimiter: str | None = None, header: bool = True, wanted=None) -> pd.DataFrame:
    """A text table as pandas; `wanted` maps the header to the columns to keep."""
    first = first_line(path)
    delimiter = delimiter or told_delimiter(first)
    if delimiter == " ":
        return _white_space(path, header)
    try:
        names = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise ConnectomeError(f"{path.name}: not a readable header line ({error})") from error
    if header and all(_is_number(name) for name in names):
        raise ConnectomeError(
            f"{path.name}: the first line holds only numbers: pass header=False if it is data"
        )
    return _arrow(path, delimiter, header, wanted(names) if wanted else None)


def check_sizes(path: Path, bounds: Bounds | None = None) -> None:
    """Raises `ConnectomeError` where the file has too many columns, or unpacks to more text than `bounds`
    allow
    numbers of two letters: counted without keeping it.
    """
    bounds = bounds or Bounds()
    first = first_line(path)
    try:
        bounds.check("columns", 1 + max(first.count(mark) for mark in "\t,; "), path.name)
        if is_gzip(path):
            n_bytes, size = 0, path.stat().st_size
            with gzip.open(path, "rb") as file:
                while block := file.read(BLOCK_BYTES):
                    n_bytes += len(block)
                    bounds.check_values(n_bytes // LEAST_NUMBER, size, path.name)
    except Unreadable as error:
        raise ConnectomeError(str(error)) from error
    except (EOFError, zlib.error, OSError) as error:
        raise ConnectomeError(f"{path.name}: broken gzip file ({error}): fetch it again") from error


def first_line(path: Path) -> str:
    """The header line. Raises `ConnectomeError` for empty, binary, truncated or endless ones."""
    opener = gzip.open if is_gzip(path) else open
    try:
        with opener(path, "rb") as file:
            head = file.readline(LONGEST_LINE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ConnectomeError(f"{path.name}: broken gzip file ({error}): fetch it again") from error
    if not head.strip():
        raise ConnectomeError(f"{path.name}: empty file or empty first line: expected a header line")
    if len(head) == LONGEST_LINE and not head.endswith(b"\n"):
        raise ConnectomeError(
            f"{path.name}: the first line is longer than {LONGEST_LINE:,} bytes: not an edge list"
        )
    try:
        return head.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConnectomeError(f"{path.name}: not UTF-8 text ({error.reason})") from error


def is_gzip(path: Path) -> bool:
    """True where the file starts with gzip's two magic bytes."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def told_delimiter(line: str) -> str:
    """The most frequent of tab, comma, semicolon; white space where there is none of them."""
    counts = {mark: line.count(mark) for mark in ("\t", ",", ";")}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else " "


def _wanted(options: dict):
    """Keeps only the columns that `from_dataframe` will read, so that wide exports stay small in memory."""

    def choose(names: list[str]) -> list[str]:
        pre, post, count, _ = resolve(names, options.get("pre"), options.get("post"), options.get("count"))
        return [name for name in dict.fromkeys((pre, post, count, options.get("kind"))) if name]

    return choose


def _arrow(path: Path, delimiter: str, header: bool, columns) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = None if header else [f"column {i}" for i in range(len(first_line(path).split(delimiter)))]

    def parsed(reader, block_size, types=None):
        with pa.input_stream(str(path), compression="gzip" if is_gzip(path) else None) as stream:
            return reader(
                stream,
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=block_size),
                parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=columns, column_types=types, strings_can_be_null=True, null_values=NULLS
                ),
            )

    try:
        try:  # types told from the first lines, so that no column is kept as text until the last
            types = _whole(parsed(arrow_csv.open_csv, LONGEST_LINE).schema)
            return _taken_apart(parsed(arrow_csv.read_csv, BLOCK_BYTES, types))
        except pa.ArrowInvalid:
            return _taken_apart(parsed(arrow_csv.read_csv, BLOCK_BYTES))
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, KeyError) as error:
        raise ConnectomeError(f"{path.name}: not a readable table: {str(error).splitlines()[0]}") from error


def _whole(schema) -> dict:
    """The columns that start as whole numbers."""
    import pyarrow as pa

    return {field.name: field.type for field in schema if pa.types.is_integer(field.type)}


def _taken_apart(table) -> pd.DataFrame:
    """To pandas column by column, each freed once it is copied."""
    import pyarrow as pa

    columns = {}
    for name in table.column_names:
        if pa.types.is_binary(table.column(name).type):
            raise pa.ArrowInvalid(f"column {name!r} is not UTF-8 text")
        columns[name] = table.column(name).to_pandas()
        table = table.drop_columns([name])
    pa.default_memory_pool().release_unused()
    return pd.DataFrame(columns, copy=False)


def _refuse_long_lines(path: Path) -> None:
    """Pandas would take a line of any length into memory; Arrow, for other delimiters, has its block size."""
    with (gzip.open if is_gzip(path) else open)(path, "rb") as file:
        length = 0  # of the line so far
        while block := file.read(LONGEST_LINE):
            length = len(block) - block.rfind(b"\n") - 1 if b"\n" in block else length + len(block)
            if length > LONGEST_LINE:
                raise ConnectomeError(
                    f"{path.name}: a line is longer than {LONGEST_LINE:,} bytes: not an edge list"
                )


def _white_space(path: Path, header: bool) -> pd.DataFrame:
    try:
        _refuse_long_lines(path)
        table = pd.read_csv(
            path, sep=r"\s+", header=0 if header else None, compression="gzip" if is_gzip(path) else None
        )
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        EOFError,
        zlib.error,
        UnicodeDecodeError,
        OSError,
    ) as error:
        raise ConnectomeError(f"{path.name}: not a readable table: {str(error).splitlines()[0]}") from error
    return table if header else table.rename(columns=lambda i: f"column {i}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
