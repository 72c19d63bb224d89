"""NetworkX graphs and GraphML. NetworkX is optional and imported only here."""

from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.readers.table import from_dataframe
from brainwright.connectome.source import Source


def _networkx():
    try:
        import networkx
    except ImportError as error:
        raise ImportError("this needs NetworkX, which is optional: pip install networkx") from error
    return networkx


def from_networkx(graph, *, count: str | None = "weight", kind: str | None = None, **options) -> Connectome:
    """A `Connectome` from a NetworkX graph; node attributes become cell columns.

    Args:
        graph: directed graphs give synapses; undirected ones give gap junctions.
        count: edge attribute holding the count; 1 where an edge has none of that name.
        kind: edge attribute holding the kind.
        options: as of `readers.table.from_dataframe`.

    Raises:
        ConnectomeError: no edges, and all that `from_dataframe` refuses.
    """
    rows = [(a, b, data.get(count, 1), data.get(kind, "chemical")) for a, b, data in graph.edges(data=True)]
    edges = pd.DataFrame(rows, columns=["pre", "post", "count", "kind"])
    if not graph.is_directed():
        edges["kind"] = ELECTRICAL
    nodes = [{**data, "id": node} for node, data in graph.nodes(data=True)]
    options.setdefault("duplicates", "sum" if graph.is_multigraph() else "error")
    return from_dataframe(
        edges, pd.DataFrame(nodes), pre="pre", post="post", count="count", kind="kind", id="id", **options
    )


def from_graphml(path, *, count: str | None = "weight", **options) -> Connectome:
    """A `Connectome` from a GraphML file, read by NetworkX; see `from_networkx`.

    Raises:
        ConnectomeError: not a GraphML file.
    """
    networkx, path = _networkx(), Path(path)
    if not path.exists():
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        head = file.read(65536)
    if b"<!ENTITY" in head:
        raise ConnectomeError(f"{path.name}: declares XML entities, which GraphML has no need of: refused")
    try:
        graph = networkx.read_graphml(path)
    except Exception as error:  # the XML parser and NetworkX raise many kinds for broken files
        raise ConnectomeError(f"{path.name}: not a readable GraphML file: {error}") from error
    options.setdefault("source", Source(name=path.name))
    return from_networkx(graph, count=count, **options)


def to_networkx(connectome):
    """`networkx.MultiDiGraph` with cell columns on nodes and count, kind, sign on edges."""
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
        graph.add_edge(pre, post, key=row["kind"], weight=row["count"], **row)
        if row["kind"] == ELECTRICAL and pre != post:
            graph.add_edge(post, pre, key=row["kind"], weight=row["count"], **row)
    return graph


def _missing(value) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
