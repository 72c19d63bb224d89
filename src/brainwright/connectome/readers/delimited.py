"""Edge lists as text: CSV, TSV or white space, plain or gzip. Parsed by Arrow; ids stay whole numbers."""

import csv
import gzip
import io
import re
import zlib
from pathlib import Path

import pandas as pd

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import COUNT, SIGN, guess, plain, resolve, with_unread
from brainwright.connectome.readers.table import assemble
from brainwright.connectome.readers.text_columns import NULLS, TextColumn, typed
from brainwright.connectome.source import Source
from brainwright.signal.text_table import UTF16, delimiter_of, longer_than_header, number_in, refuse_repeated
from brainwright.untrusted import Bounds, Unreadable

LONGEST_LINE = 2**20
"""A megabyte: a row of an edge list has some tens of bytes, a file without line ends is none."""
BLOCK_BYTES = 2**24
"""16 MB: Arrow refuses lines that are longer than a block."""
LEAST_NUMBER = 2
"""Bytes of the shortest number in a table, with the mark behind it."""


def from_csv(
    path,
    *,
    cells=None,
    delimiter: str | None = None,
    header: bool = True,
    bounds: Bounds | None = None,
    source: Source | None = None,
    **options,
) -> Parts:
    """It reads the parts of a `Connectome` from a delimited edge list, plain or gzip.

    Args:
        path: the file; gzip is recognised by its first bytes.
        cells: a cell table, or the path of one.
        delimiter: "," or tab or ";" or " " (any white space); told from the first line where None.
        header: False where the first line is already data: columns are then pre, post and, if there, count.
        bounds: how much a packed file may become, and how many columns there may be.
        source: provenance.
        options: as of `readers.table.from_dataframe` (pre, post, count, unit, duplicates, ...).

    Raises:
        ConnectomeError: empty, truncated or over-long lines, ragged rows, and all that `from_dataframe`
            refuses.
        FileNotFoundError: no such file.
    """
    path = Path(path)
    check_sizes(path, bounds)
    names = column_names(path, delimiter, header)
    if header:
        pre, post, count, _ = resolve(names, options.get("pre"), options.get("post"), options.get("count"))
    else:
        pre, post, count, *_ = [*names, None, None, None]
        options = dict(zip(("pre", "post", "count"), names, strict=False)) | options
    if pre is None or post is None:
        raise ConnectomeError(f"{path.name}: expected two columns of cells or more, got {len(names)}")
    # only what `from_dataframe` will read, so that wide exports stay small in memory
    wanted = [
        name for name in dict.fromkeys((pre, post, count, options.get("kind"), guess(names, SIGN))) if name
    ]
    table = read_table(
        path,
        delimiter,
        header,
        wanted=wanted,
        ids=(pre, post),
        numbers=(count,) if count else (),
    )
    if isinstance(cells, (str, Path)):
        check_sizes(Path(cells), bounds)
        cells = read_table(Path(cells))
    unread = with_unread("", [name for name in names if name not in wanted])
    source = (source or Source(name=path.name)).noted(*filter(None, [unread]))
    return assemble(dict(table.items()), cells, source=source, **options)


def read_table(
    path: Path,
    delimiter: str | None = None,
    header: bool = True,
    *,
    wanted: list[str] | None = None,
    ids: tuple[str, ...] = (),
    numbers: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """It reads a text table as pandas. Columns without a name, such as the index that pandas writes, are left
    out.

    Args:
        path: the file, plain or gzip.
        delimiter, header: as of `from_csv`.
        wanted: columns to keep; all that have a name where None.
        ids: columns that hold one set of ids: text where any of them has a leading zero.
        numbers: columns of numbers, such as counts; those that are named like counts where None.
    """
    path = Path(path)
    names = column_names(path, delimiter, header)
    columns = [name for name in names if name] if wanted is None else wanted
    if numbers is None:
        numbers = tuple(name for name in columns if plain(name) in COUNT)
    delimiter = delimiter or told_delimiter(first_line(path))
    return _parsed(path, delimiter, names, int(header), columns, ids, numbers)


def column_names(path: Path, delimiter: str | None = None, header: bool = True) -> list[str]:
    """It returns the names of the columns without blanks around them, "" where one has none; numbered without
    a header.

    Raises:
        ConnectomeError: an empty or unreadable first line, one of numbers alone, a name that stands twice.
    """
    first = first_line(path)
    delimiter = delimiter or told_delimiter(first)
    if delimiter == " ":
        first = " ".join(first.split())
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    except csv.Error as error:
        raise ConnectomeError(f"{path.name}: not a readable header line ({error})") from error
    if not header:
        return [f"column {i}" for i in range(len(names))]
    if all(number_in(name) is not None for name in names):
        raise ConnectomeError(
            f"{path.name}: the first line holds only numbers: pass header=False if it is data"
        )
    refuse_repeated(names, path.name, ConnectomeError)
    return names


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
    """It returns the header line. Raises `ConnectomeError` for empty, binary, truncated or endless ones."""
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
    if head.startswith(UTF16):
        raise ConnectomeError(f"{path.name}: not UTF-8 text but UTF-16: save it as UTF-8")
    try:
        return head.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConnectomeError(f"{path.name}: not UTF-8 text ({error.reason})") from error


def is_gzip(path: Path) -> bool:
    """It is True where the file starts with gzip's two magic bytes."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def told_delimiter(line: str) -> str:
    """It returns the most frequent of tab, comma, semicolon; white space where there is none of them."""
    mark = delimiter_of(line)
    return mark if mark in line else " "


def _parsed(path: Path, delimiter: str, names, skipped: int, columns, ids, numbers) -> pd.DataFrame:
    """It returns the columns, numbers as Arrow reads them, all others by how their cells are written."""
    import pyarrow as pa

    try:
        try:
            table = _arrow(path, delimiter, names, skipped, columns, numbers)
        except pa.ArrowInvalid as error:
            if "conversion error to double" not in str(error):
                raise
            table = _arrow(path, delimiter, names, skipped, columns, ())  # then the cell can be shown
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ConnectomeError(f"{path.name}: not a readable table: {_reason(error)}") from error
    parsed = {}
    for name in columns:  # column by column, each freed once it is copied
        column = table.column(name)
        is_text = pa.types.is_dictionary(column.type)
        parsed[name] = TextColumn(column) if is_text else column.to_pandas()
        table = table.drop_columns([name])
    texts = {name: column for name, column in parsed.items() if isinstance(column, TextColumn)}
    parsed |= typed(texts, tuple(name for name in ids if name in texts), path.name)
    pa.default_memory_pool().release_unused()
    return pd.DataFrame(parsed, columns=columns, copy=False)


def _arrow(path: Path, delimiter: str, names, skipped: int, columns, numbers):
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text = pa.dictionary(pa.int32(), pa.string())
    types = {name: pa.float64() if name in numbers else text for name in columns}
    unique = [name or f"column {i}" for i, name in enumerate(names)]
    with _stream(path, delimiter) as stream:
        try:
            return arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=unique, skip_rows=skipped, block_size=BLOCK_BYTES
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=columns, column_types=types, strings_can_be_null=True, null_values=NULLS
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                raise
            return pa.table({name: pa.array([], kind) for name, kind in types.items()})


def _stream(path: Path, delimiter: str):
    """It returns the file as bytes; runs of white space, where they part the columns, as one blank each."""
    import pyarrow as pa

    if delimiter != " ":
        return pa.input_stream(str(path), compression="gzip" if is_gzip(path) else None)
    _refuse_long_lines(path)
    with (gzip.open if is_gzip(path) else open)(path, "rb") as file:
        return io.BytesIO(re.sub(rb" ?\n ?", b"\n", re.sub(rb"[ \t\r\f\v]+", b" ", file.read())).strip(b" "))


def _reason(error: Exception) -> str:
    words = str(error).splitlines()[0]
    counts = re.search(r"Expected (\d+) columns, got (\d+)", words)
    if counts and int(counts[2]) > int(counts[1]):
        return longer_than_header(int(counts[2]), int(counts[1]))
    return words.replace("invalid UTF8 data", "expected UTF-8 text, got other bytes")


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
