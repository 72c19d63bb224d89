"""Edge tables in Parquet or Feather."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import SIGN, guess, resolve, with_unread
from brainwright.connectome.readers.table import assemble
from brainwright.connectome.source import Source
from brainwright.untrusted import Bounds, refused_as

FEATHER = (".feather", ".arrow", ".ftr", ".ipc")
KIND = "a readable Parquet or Feather file"


def from_parquet(path, *, cells=None, bounds: Bounds | None = None, **options) -> Parts:
    """It reads the parts of a `Connectome` from a Parquet or Feather edge table; only the columns that matter
    are read.

    Args:
        path: the file; Feather is told by its suffix.
        cells: a cell table, or the path of one.
        bounds: how much the file may unpack to.
        options: as of `readers.table.from_dataframe`.

    Raises:
        ConnectomeError: broken file, sizes beyond the bounds, and all that `from_dataframe` refuses.
        FileNotFoundError: no such file.
    """
    path = Path(path)
    names = column_names(path)
    pre, post, count, _ = resolve(names, options.get("pre"), options.get("post"), options.get("count"))
    wanted = [name for name in dict.fromkeys((pre, post, count, options.get("kind"))) if name]
    if isinstance(cells, (str, Path)):
        cells = read_columns(Path(cells), bounds=bounds)
    sign = guess(names, SIGN)
    gaps = [sign] if sign and sign not in wanted else []
    unread = with_unread("", [name for name in names if name not in (*wanted, *gaps)])
    options["source"] = (options.get("source") or Source(name=path.name)).noted(*filter(None, [unread]))
    table = read_columns(path, [*wanted, *gaps], bounds, gaps=gaps)
    return assemble(dict(table.items()), cells, **options)


def column_names(path: Path) -> list[str]:
    """It returns the column names without reading the data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with refused_as(ConnectomeError, path.name, KIND):
        if path.suffix in FEATHER:
            with pa.memory_map(str(path)) as source:
                return pa.ipc.open_file(source).schema.names
        return pq.read_schema(path).names


def read_columns(
    path: Path, columns: list[str] | None = None, bounds: Bounds | None = None, *, gaps: Sequence[str] = ()
) -> pd.DataFrame:
    """It reads some columns of a Parquet or Feather file, as pandas, whole numbers kept whole. Values may be
    missing in `gaps` alone of the columns that are named.

    Raises:
        ConnectomeError: broken file, offsets that leave it, sizes beyond the bounds, missing values in
            `columns`.
    """
    import pyarrow as pa

    bounds = bounds or Bounds()
    with refused_as(ConnectomeError, path.name, KIND):
        table = (_feather if path.suffix in FEATHER else _parquet)(path, columns, bounds)
        if columns is not None and len(table.column_names) != len(columns):
            raise ConnectomeError(f"{path.name}: expected columns {columns}, got {table.column_names}")
        # offsets and dictionary codes that leave their buffers would crash what reads them
        table.validate(full=True)
        _refuse_missing(table, [name for name in columns or [] if name not in gaps], path)
        frame = table.to_pandas(split_blocks=True, self_destruct=True, ignore_metadata=True)
    del table
    pa.default_memory_pool().release_unused()
    return frame


def _feather(path: Path, columns: list[str] | None, bounds: Bounds):
    import pyarrow as pa
    import pyarrow.feather as feather

    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        _check_size(path, reader.schema, reader.count_rows(), columns, bounds)
    return feather.read_table(path, columns=columns, memory_map=False)


def _parquet(path: Path, columns: list[str] | None, bounds: Bounds):
    import pyarrow.parquet as pq

    # ARROW:schema in the metadata may name extension types; a plain table needs none of them
    file = pq.ParquetFile(path, arrow_extensions_enabled=False)
    with file:
        _check_size(path, file.schema_arrow, file.metadata.num_rows, columns, bounds)
        size = sum(file.metadata.row_group(k).total_byte_size for k in range(file.metadata.num_row_groups))
        bounds.check_values(size // 8, path.stat().st_size, path.name)
        return file.read(columns=columns)


def _check_size(path: Path, schema, n_rows: int, columns: list[str] | None, bounds: Bounds) -> None:
    missing = [name for name in columns or [] if name not in schema.names]
    if missing:
        raise ConnectomeError(f"{path.name}: expected columns {columns}, got {shown(schema.names, 20)}")
    bounds.check("columns", len(schema.names), path.name)
    bounds.check_values(n_rows * len(columns or schema.names), path.stat().st_size, path.name)


def _refuse_missing(table, columns, path: Path) -> None:
    """A null would turn whole-number ids into floats."""
    for name in columns:
        if table[name].null_count:
            raise ConnectomeError(f"{path.name}: column {name!r} has {table[name].null_count} missing values")
