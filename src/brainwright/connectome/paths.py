"""Components and shortest paths over the sparse graph."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.errors import ConnectomeError


def graph(connectome) -> sparse.csr_array:
    """It is the (n_cells, n_cells) pre × post 0/1 graph over all kinds, gap junctions in both directions."""
    pre, post = ends(connectome)
    shape = (connectome.n_cells, connectome.n_cells)
    return sparse.csr_array(sparse.coo_array((np.ones(pre.size, np.int8), (pre, post)), shape=shape))


def ends(connectome) -> tuple[np.ndarray, np.ndarray]:
    """It returns the positions (pre, post) over all kinds, gap junctions in both directions."""
    edges = connectome.edges
    if ELECTRICAL not in connectome.kinds:
        return edges.pre, edges.post
    gap = (edges.kind == connectome.kinds.index(ELECTRICAL)) & (edges.pre != edges.post)
    return np.concatenate([edges.pre, edges.post[gap]]), np.concatenate([edges.post, edges.pre[gap]])


def largest_component(connectome, connection: str = "weak") -> np.ndarray:
    """It returns the sorted positions of the largest component."""
    if connection not in ("weak", "strong"):
        raise ConnectomeError(f'expected connection "weak" or "strong", got {connection!r}')
    if connectome.n_cells == 0:
        return np.empty(0, np.int64)
    _, label = csgraph.connected_components(graph(connectome), directed=True, connection=connection)
    return np.flatnonzero(label == np.bincount(label).argmax())


def hops(connectome, sources, targets=None) -> np.ndarray:
    """It counts the fewest connections from any source to each target, breadth first.

    Args:
        sources, targets: pool names or ids; every cell where `targets` is None.

    Returns:
        (n_targets,) int32: 0 for a source itself, -1 where no path leads.
    """
    wiring = graph(connectome)
    distance = np.full(connectome.n_cells, -1, np.int32)
    front = members(connectome, sources)
    distance[front] = 0
    step = 0
    while front.size:
        step += 1
        reached = np.unique(wiring[front].indices)
        front = reached[distance[reached] < 0]
        distance[front] = step
    return distance if targets is None else distance[members(connectome, targets)]


def members(connectome, cells) -> np.ndarray:
    """It returns the positions of a pool (by name) or of ids."""
    if isinstance(cells, str) and cells in connectome.pools:
        return connectome.pools[cells]
    return connectome.locate(cells)
