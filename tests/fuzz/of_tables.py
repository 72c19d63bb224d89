"""Tables: edge lists as text, Parquet and Feather, GraphML; activity, streams and openings as text; idx
images.
"""

import gzip
import struct
from functools import partial
from pathlib import Path

from mutate import bytes_of, text_of
from targets import Target, changing

EDGES = (
    b"pre,post,count\n10,20,3\n10,30,1\n30,10,2\n",
    b"source\ttarget\tweight\tkind\na\tb\t-2.5\tad\nb\tc\t1\telectrical\nc\ta\t0\tad\n",
    'from;to;syn_count\nÄ;b c;4\n"x;y";b c;5\n'.encode(),
    b"\xef\xbb\xbf,pre,post,w\n0,007,7,1\n1,7,8,2\n",
)
BLANKS = (b"pre post count\n1 2 5\n2 1 1\n", b"1 2 5\n2 1 1\n", b"a b\nb c\n")
CELLS = (b"id,type,x_um\n10,KC,1.5\n20,MBON,\n30,KC,2\n",)
GRAPHML = b"""<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="long"/>
<key id="t" for="node" attr.name="type" attr.type="string"/>
<graph edgedefault="directed"><node id="a"><data key="t">KC</data></node><node id="b"/><node id="c"/>
<edge source="a" target="b"><data key="w">3</data></edge>
<edge source="b" target="c"><data key="w">2</data></edge>
</graph></graphml>
"""
EVENTS = (
    b"time_s,unit\n0.01,7\n0.11,3\n0.12,3\n0.5,7\n",
    b"time_s,AVAL,RIML\n0,1,2\n0.6,3,\n1.2,5,6\n1.8,4,4\n",
)
COLUMN = ("t,v\n" + "\n".join(f"{i},{(i * 7) % 11}" for i in range(60)) + "\n").encode()
TEXT = ("The quick brown fox jumps over the lazy dog; здравствуй, мир! " * 8).encode()
CHESS = b"eco\tname\tpgn\nA00\tx\t1. e4 e5 2. Nf3 Nc6\nA01\ty\t1. d4 d5\n"
IDX = struct.pack(">BBBBII", 0, 0, 8, 2, 3, 4) + bytes(range(12))


def targets() -> list[Target]:
    """All of this file."""
    return [
        Target("csv edges", _text(EDGES, "e.csv"), _csv, _connectome),
        Target("white-space edges", _text(BLANKS, "e.txt"), _csv, _connectome),
        Target("csv edges without header", _text(BLANKS, "e.txt"), _headless, _connectome),
        Target("csv edges, gzip", _packed(EDGES, "e.csv.gz"), _csv, _connectome),
        Target("csv cells", _text(CELLS, "c.csv"), _cells, _connectome),
        Target("parquet edges", _columnar("parquet"), _parquet, _connectome),
        Target("feather edges", _columnar("feather"), _parquet, _connectome),
        Target("graphml", _text((GRAPHML,), "g.graphml"), _graphml, _connectome),
        Target("published spikes", _spikes, _published, _published_raises),
        Target("activity csv", _text(EVENTS, "a.csv"), _activity, _dataset),
        Target("idx", _text((IDX,), "i.idx"), _idx, _dataset),
        Target("idx, gzip", _packed((IDX,), "i.idx.gz"), _idx, _dataset),
        Target("openings", _text((CHESS,), "c.tsv"), _openings, _dataset),
        Target("stream of a column", _text((COLUMN,), "s.csv"), _column, _stream),
        Target("stream of a text", _text((TEXT,), "s.txt"), _letters, _stream),
    ]


def _text(seeds, name: str):
    return lambda folder: changing(list(seeds), text_of, name)


def _packed(seeds, name: str):
    """Half with changed contents, half with changed bytes of the package."""

    def change(r, data, others=()):
        if r.random() < 0.5:
            return bytes_of(r, gzip.compress(data, mtime=0))
        return gzip.compress(text_of(r, data, others), 1, mtime=0)

    return lambda folder: changing(list(seeds), change, name)


def _columnar(kind: str):
    def prepare(folder: Path):
        import pandas as pd
        import pyarrow as pa
        import pyarrow.feather as feather

        numbers = pd.DataFrame({"pre": [10, 10, 30], "post": [20, 30, 10], "count": [3, 1, 2]})
        names = pd.DataFrame(
            {"source": ["a", "b", "c"], "target": ["b", "c", "a"], "weight": [0.5, -1.0, 2.0]}
        )
        coded = numbers.assign(pre=pd.Categorical(["x", "y", "x"]), post=pd.Categorical(["y", "x", "x"]))
        seeds = []
        for k, table in enumerate((numbers, names, coded)):
            for packing in ("none", "zstd", "lz4"):
                path = folder / f"{k}-{packing}.{kind}"
                if kind == "parquet":
                    table.to_parquet(path, compression=None if packing == "none" else packing)
                else:
                    plain = {"none": "uncompressed"}.get(packing, packing)
                    feather.write_feather(pa.Table.from_pandas(table), path, compression=plain)
                seeds.append(path.read_bytes())
        return changing(seeds, bytes_of, f"e.{kind}")

    return prepare


def _spikes(folder: Path):
    import pandas as pd

    pd.DataFrame({"t": [0.1, 0.2], "trial": [0, 1], "flywire_id": [720575940600000001, 5]}).to_parquet(
        folder / "s.parquet"
    )
    return changing([(folder / "s.parquet").read_bytes()], bytes_of, "x.parquet")


def _csv(path: Path):
    from brainwright.connectome import Connectome

    return repr(Connectome.from_csv(path))


def _headless(path: Path):
    from brainwright.connectome import Connectome

    return Connectome.from_csv(path, header=False)


def _cells(path: Path):
    from brainwright.connectome import Connectome

    (path.parent / "edges.csv").write_bytes(EDGES[0])
    return Connectome.from_csv(path.parent / "edges.csv", cells=path).synapses


def _parquet(path: Path):
    from brainwright.connectome import Connectome

    return Connectome.from_parquet(path).weights()


def _graphml(path: Path):
    from brainwright.connectome import Connectome

    return Connectome.from_graphml(path)


def _published(path: Path):
    from brainwright.simulation.published import read_spikes

    return read_spikes(path)


def _activity(path: Path):
    from brainwright.datasets.activity_files import read_table

    return read_table(path, bin_s=0.05)


def _idx(path: Path):
    from brainwright.datasets.images import read_idx

    return read_idx(path)


def _openings(path: Path):
    from brainwright.datasets.chess import read_openings

    return read_openings(path)


def _column(path: Path):
    from brainwright.signal.table import csv_column

    return csv_column(path, "v").bayes_ceiling


def _letters(path: Path):
    from brainwright.signal.text import text

    return text(path).entropy_rate_bits


def _raised(module: str, *names: str) -> tuple[type[BaseException], ...]:
    import importlib

    return tuple(getattr(importlib.import_module(module), name) for name in names)


_connectome = partial(_raised, "brainwright.connectome", "ConnectomeError")
_dataset = partial(_raised, "brainwright.datasets", "DatasetError")
_stream = partial(_raised, "brainwright.signal.errors", "StreamError")


def _published_raises() -> tuple[type[BaseException], ...]:
    return (*_connectome(), *_raised("brainwright.untrusted", "Unreadable"))
