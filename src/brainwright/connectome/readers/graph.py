"""NetworkX graphs and GraphML. NetworkX is optional and imported only here."""

from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.table import from_dataframe
from brainwright.connectome.source import Source
from brainwright.untrusted import Bounds, refused_as

UNDIRECTED = {
    "electrical": "the graph is undirected: its edges were taken as gap junctions; pass undirected='both' "
    "where they are synapses in both directions",
    "both": "the graph is undirected: each edge became a synapse in both directions",
}


def _networkx():
    try:
        import networkx
    except ImportError as error:
        raise ImportError("this needs NetworkX, which is optional: pip install networkx") from error
    return networkx


def from_networkx(
    graph,
    *,
    count: str | None = "weight",
    kind: str | None = "kind",
    undirected: str = "electrical",
    **options,
) -> Parts:
    """It takes the parts of a `Connectome` from a NetworkX graph, such as `to_networkx` gives; node
    attributes become cell columns.

    Args:
        graph: directed graphs give synapses; of undirected ones see `undirected`.
        count: edge attribute holding the count; 1 where an edge has none of that name.
        kind: edge attribute holding the kind, "chemical" where an edge has none; "electrical" edges that a
            directed graph lists in both directions are one gap junction.
        undirected: what an edge without direction is: "electrical" (a gap junction) or "both" (a synapse each
            way). The notes say which was taken.
        options: as of `readers.table.from_dataframe`.

    Raises:
        ConnectomeError: no edges, and all that `from_dataframe` refuses.
    """
    rows = [(a, b, data.get(count, 1), data.get(kind, "chemical")) for a, b, data in graph.edges(data=True)]
    edges = pd.DataFrame(rows, columns=["pre", "post", "count", "kind"])
    if undirected not in ("electrical", "both"):
        raise ConnectomeError(f'expected undirected="electrical" or "both", got {undirected!r}')
    note = "" if graph.is_directed() else UNDIRECTED[undirected]
    if graph.is_directed():
        edges = _junctions_once(edges)
    elif undirected == "electrical":
        edges["kind"] = ELECTRICAL
    else:
        there = edges["pre"] != edges["post"]
        back = edges[there].rename(columns={"pre": "post", "post": "pre"})
        edges = pd.concat([edges, back[list(edges.columns)]], ignore_index=True)
    nodes = [{**data, "id": node} for node, data in graph.nodes(data=True)]
    options.setdefault("duplicates", "sum" if graph.is_multigraph() else "error")
    source = options.pop("source", None) or Source()
    options["source"] = source.noted(note) if note else source
    return from_dataframe(
        edges, pd.DataFrame(nodes), pre="pre", post="post", count="count", kind="kind", id="id", **options
    )


def _junctions_once(edges: pd.DataFrame) -> pd.DataFrame:
    """It lists gap junctions that came in both directions once each, with the larger of the two
    conductances.
    """
    gap = edges["kind"] == ELECTRICAL
    if not gap.any():
        return edges
    junctions = edges[gap]
    code, _ = pd.factorize(pd.concat([junctions["pre"], junctions["post"]]))
    pre, post = np.split(code, 2)
    directed = junctions.assign(low=np.minimum(pre, post), high=np.maximum(pre, post), forth=pre <= post)
    sums = directed.groupby(["low", "high", "forth"], as_index=False).agg(
        {"pre": "first", "post": "first", "count": "sum", "kind": "first"}
    )
    larger = sums.sort_values("count", kind="stable").drop_duplicates(["low", "high"], keep="last")
    return pd.concat([edges[~gap], larger[list(edges.columns)]], ignore_index=True)


def from_graphml(path, *, count: str | None = "weight", bounds: Bounds | None = None, **options) -> Parts:
    """It reads the parts of a `Connectome` from a GraphML file, by NetworkX; see `from_networkx`.

    Raises:
        ConnectomeError: not a GraphML file, more attributes than `bounds` allow columns.
        FileNotFoundError: no such file.
    """
    networkx, path = _networkx(), Path(path)
    with refused_as(ConnectomeError, path.name, "a readable GraphML file"):
        _refuse_entities(path)
        graph = networkx.read_graphml(path)
    names = {name for _, attributes in graph.nodes(data=True) for name in attributes}
    (bounds or Bounds()).check("columns", len(names), path.name)
    options.setdefault("source", Source(name=path.name))
    return from_networkx(graph, count=count, **options)


def _refuse_entities(path: Path) -> None:
    """A few lines of entities can stand for gigabytes of text, or for other files."""
    raw = path.read_bytes()
    if b"\0" in raw:
        raise ConnectomeError(f"{path.name}: expected UTF-8 text, got zero bytes: save it as UTF-8")
    if b"<!ENTITY" in raw or b"<!DOCTYPE" in raw:
        raise ConnectomeError(f"{path.name}: declares XML entities, which GraphML has no need of: refused")


def to_networkx(connectome):
    """It returns a `networkx.MultiDiGraph` with cell columns on nodes and count, kind, sign on edges;
    `weight` is sign × count.
    """
    networkx = _networkx()
    graph = networkx.MultiDiGraph(name=connectome.source.name)
    cells = connectome.cells
    for row in cells.to_dict("records"):
        graph.add_node(
            row.pop("id"), **{str(name): value for name, value in row.items() if not _missing(value)}
        )
    edges = connectome.synapses
    for row in edges.to_dict("records"):
        pre, post = row.pop("pre"), row.pop("post")
        graph.add_edge(pre, post, key=row["kind"], weight=row["count"] * row.get("sign", 1), **row)
        if row["kind"] == ELECTRICAL and pre != post:
            graph.add_edge(post, pre, key=row["kind"], weight=row["count"], **row)
    return graph


def _missing(value) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
