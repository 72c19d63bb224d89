"""Edge tables in Parquet or Feather."""

from pathlib import Path

import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.readers.columns import resolve
from brainwright.connectome.readers.table import assemble
from brainwright.connectome.source import Source

FEATHER = (".feather", ".arrow", ".ftr", ".ipc")


def from_parquet(path, *, cells=None, **options) -> Connectome:
    """A `Connectome` from a Parquet or Feather edge table; only the columns that matter are read.

    Args:
        path: the file; Feather is told by its suffix.
        cells: a cell table, or the path of one.
        options: as of `readers.table.from_dataframe`.

    Raises:
        ConnectomeError: broken file, and all that `from_dataframe` refuses.
        FileNotFoundError: no such file.
    """
    path = Path(path)
    pre, post, count, _ = resolve(
        column_names(path), options.get("pre"), options.get("post"), options.get("count")
    )
    wanted = [name for name in dict.fromkeys((pre, post, count, options.get("kind"))) if name]
    if isinstance(cells, (str, Path)):
        cells = read_columns(Path(cells))
    options.setdefault("source", Source(name=path.name))
    return assemble(dict(read_columns(path, wanted).items()), cells, **options)


def column_names(path: Path) -> list[str]:
    """Column names without reading the data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix in FEATHER:
            with pa.memory_map(str(path)) as source:
                return pa.ipc.open_file(source).schema.names
        return pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise _broken(path, error) from error


def read_columns(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Some columns of a Parquet or Feather file, as pandas, whole numbers kept whole."""
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    try:
        read = feather.read_table if path.suffix in FEATHER else pq.read_table
        table = read(path, columns=columns)
        if columns is not None and len(table.column_names) != len(columns):
            raise ConnectomeError(f"{path.name}: expected columns {columns}, got {table.column_names}")
        _refuse_missing(table, columns or [], path)
        frame = table.to_pandas(split_blocks=True, self_destruct=True)
        del table
        pa.default_memory_pool().release_unused()
        return frame
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise _broken(path, error) from error


def _refuse_missing(table, columns, path: Path) -> None:
    """A null would turn whole-number ids into floats."""
    for name in columns:
        if table[name].null_count:
            raise ConnectomeError(f"{path.name}: column {name!r} has {table[name].null_count} missing values")


def _broken(path: Path, error: Exception) -> Exception:
    if isinstance(error, FileNotFoundError):
        return error
    return ConnectomeError(
        f"{path.name}: not a readable Parquet or Feather file: {str(error).splitlines()[0]}"
    )
