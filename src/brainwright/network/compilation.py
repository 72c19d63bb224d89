"""`compile`: a connectome becomes a network, the same weights and signs whatever the dynamics."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from brainwright.connectome import ELECTRICAL, Connectome

from .cells import Cells, InputCells
from .dynamics import DYNAMICS, Dynamics
from .errors import NetworkError
from .layers import uniform
from .network import Network
from .projection import DenseProjection, GapJunctions, OneToOne, Projection
from .rate import RateCells
from .scaling import Raw, Scaling
from .sparse import Pattern
from .synapses import Synapses


@dataclass(frozen=True)
class Train:
    """What of the core may train; see `synapses.Synapses`. Mode "dense" gives up the topology and keeps only
    the starting weights (and, with `dale`, the sign of each cell): a control, for small networks. Rank 4 has
    24,000 values where the larva has 110,000 edges.
    """

    mode: str = "frozen"
    rank: int = 4
    magnitude: str = "exp"
    dale: bool = True


def compile(
    connectome: Connectome,
    dynamics: str | Dynamics = "rate",
    *,
    n_inputs: int | None = None,
    n_outputs: int | None = None,
    input_pool: str = "sensory",
    output_pool: str = "output",
    train: str | Train = "frozen",
    signs=None,
    scaling: Scaling | None = None,
    exponent: float = 1.0,
    gap_conductance: float = 0.01,
    autapses: bool = False,
    type_column: str = "type",
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    backend: str = "auto",
) -> Network:
    """It returns a network of three populations: "input" → "cells" (the connectome, joined to itself) →
    "output".

    The weight of an edge is `sign × scale × count^exponent`; matrices are post × pre. Weights, signs and ids
    depend on nothing but the connectome, `signs`, `scaling`, `exponent` and `autapses`.

    Args:
        connectome: with the two pools in its `pool` column or made by `with_pool`.
        dynamics: "rate", "graph", "lif" (with defaults), or a `Rate`, `Graph` or `LIF`.
        n_inputs: width of the drive, mapped to the input pool by trained weights; None: each cell of the pool
            is an input.
        n_outputs: width of the read-out, a trained linear map from the output pool; None: each cell of the
            pool is an output.
        input_pool, output_pool: which pools.
        train: a mode, or `Train` for its options.
        signs: as for `Connectome.weights`: "given", (n_cells,) signs or `signs.Signs`; "unsigned" to ask for
            counts without sign. None takes the signs that the connectome carries.
        scaling: `Raw()` (the default), `SpectralRadius(0.95)`, `FanIn()`, or any function like them. See
            also `match_activity`.
        exponent: of the counts.
        gap_conductance: conductance of one gap junction, in units of the leak; 0 leaves them out. The default
            is a convention: a hundred junctions conduct as much as the leak.
        autapses: whether a cell may synapse onto itself; the number dropped is in the provenance.
        type_column: of the cells, for train mode "gain" and for values given per type.
        seed: of all initial values.
        dtype: of everything.
        backend: of the sparse product.

    Raises:
        NetworkError: an empty pool, no signs, an unknown name, a spectral radius asked of an acyclic graph.

    Example:
        >>> from brainwright.network import FanIn
        >>> worm = Connectome.load("celegans/varshney2011")
        >>> network = compile(worm, n_inputs=64, n_outputs=10, signs="unsigned", scaling=FanIn())
        >>> network.unroll(torch.zeros(2, 64), steps=6).last.shape
        torch.Size([2, 10])
    """
    how = _dynamics(dynamics)
    train = Train(train) if isinstance(train, str) else train
    generator = torch.Generator().manual_seed(seed)
    pattern, weights, dropped = wiring(connectome, signs, autapses, exponent)
    weights, report = (scaling or Raw())(pattern, weights)
    types, names = _types(connectome, type_column)
    cells = how.cells(connectome.n_cells, types, names, generator, dtype)
    pools = {name: _pool(connectome, name) for name in dict.fromkeys((input_pool, output_pool))}
    core = _core(pattern, torch.tensor(weights, dtype=dtype), types, train, generator, backend)
    populations, maps = _maps(cells, pools[input_pool], pools[output_pool], n_inputs, n_outputs, seed, dtype)
    provenance = {
        "made_by": "compile",
        "source": connectome.source.to_dict(),
        "signs": _sign_note(signs, connectome),
        "scaling": report,
        "exponent": exponent,
        "autapses_dropped": dropped,
        "cells_without_sign": int(_silent(pattern, weights)),
        "gap_conductance": gap_conductance,
        "seed": seed,
    }
    return Network(
        populations,
        [maps[0], core, *_gaps(connectome, gap_conductance, dtype), maps[1]],
        ids={"cells": connectome.ids.tolist()},
        pools={name: ("cells", index) for name, index in {**connectome.pools, **pools}.items()},
        provenance=provenance,
    )


def wiring(
    connectome: Connectome, signs=None, autapses: bool = False, exponent: float = 1.0
) -> tuple[Pattern, np.ndarray, int]:
    """Topology and signed weights in the order (pre, post), synapse kinds summed; and how many autapses were
    dropped.

    Raises:
        NetworkError: no signs known and none asked for.
    """
    if signs is None:
        if not connectome.is_signed and "sign" not in connectome.cells:
            raise NetworkError(
                "this connectome carries no signs: call signed() with a policy of "
                'brainwright.connectome.signs, or pass signs="unsigned"'
            )
        signs = "given"
    asked = None if isinstance(signs, str) and signs == "unsigned" else signs
    matrix = connectome.weights(asked, kind="chemical", format="csc", dtype=np.float64)
    matrix.sort_indices()
    pre = np.repeat(np.arange(connectome.n_cells, dtype=np.int32), np.diff(matrix.indptr))
    post, weights = matrix.indices, matrix.data
    kept = np.ones(pre.size, bool) if autapses else pre != post
    if not kept.all():  # large wirings are not copied for nothing
        pre, post, weights = pre[kept], post[kept], weights[kept]
    if exponent != 1:
        weights = np.sign(weights) * np.abs(weights) ** exponent
    pattern = Pattern.of(pre, post, connectome.n_cells, connectome.n_cells)
    return pattern, weights, int((~kept).sum())


def _dynamics(dynamics: str | Dynamics) -> Dynamics:
    if isinstance(dynamics, str):
        if dynamics not in DYNAMICS:
            raise NetworkError(f"expected dynamics of {', '.join(DYNAMICS)}, got {dynamics!r}")
        return DYNAMICS[dynamics]()
    return dynamics


def _types(connectome: Connectome, column: str) -> tuple[np.ndarray | None, list[str]]:
    """(index of each cell's type, names); cells without one share the type "unknown"."""
    if column not in connectome.cells:
        return None, []
    codes, names = pd.factorize(
        connectome.cells[column].astype(object).fillna("unknown").astype(str), sort=True
    )
    return codes.astype(np.int64), [str(name) for name in names]


def _pool(connectome: Connectome, name: str) -> np.ndarray:
    pools = connectome.pools
    if name not in pools:
        raise NetworkError(
            f"no pool {name!r}: there are {', '.join(pools) or 'none'}; make it by with_pool({name!r}, ids)"
        )
    if not len(pools[name]):
        raise NetworkError(f"pool {name!r} is empty: nothing could be driven or read there")
    return pools[name]


def _core(pattern, weights, types, train: Train, generator, backend) -> Projection:
    if train.mode == "dense":
        return _dense_core(pattern, weights, train)
    group = None
    if train.mode == "gain" and types is not None:
        pair = types[pattern.pre] * (int(types.max(initial=0)) + 1) + types[pattern.post]
        group = np.unique(pair, return_inverse=True)[1].astype(np.int64)
    return Synapses(
        "cells",
        "cells",
        pattern,
        weights,
        mode=train.mode,
        group=group,
        rank=train.rank,
        magnitude=train.magnitude,
        dale=train.dale,
        generator=generator,
        backend=backend,
    )


def _dense_core(pattern: Pattern, weights: torch.Tensor, train: Train) -> DenseProjection:
    matrix, sign = pattern.dense(weights), None
    if train.dale:
        sign = torch.zeros(pattern.n_pre, dtype=weights.dtype)
        sign[torch.from_numpy(pattern.pre).long()] = weights.sign()
        if not torch.equal(sign[torch.from_numpy(pattern.pre).long()], weights.sign()):
            raise NetworkError("train mode 'dense' under Dale's law needs one sign per cell; pass dale=False")
        matrix = matrix.abs()
    n = pattern.n_pre
    return DenseProjection("cells", "cells", n, n, matrix, delay_steps=1, sign=sign)


def _maps(
    cells: Cells,
    into: np.ndarray,
    out: np.ndarray,
    n_inputs: int | None,
    n_outputs: int | None,
    seed: int,
    dtype,
) -> tuple[dict[str, Cells], list[Projection]]:
    """It returns the input and output populations and the maps between them and the cells. Their initial
    values depend on the seed and on sizes alone, so that a connectome and its nulls share them.
    """
    generator = torch.Generator().manual_seed(seed)
    width = cells.channels
    for name, n in (("n_inputs", n_inputs), ("n_outputs", n_outputs)):
        if n is not None and n < 1:
            raise NetworkError(f"expected {name} of at least 1, or None for the cells themselves, got {n}")
    if n_outputs is None and width > 1:
        raise NetworkError("cells with channels cannot be read one to one: say n_outputs=")
    populations: dict[str, Cells] = {"input": InputCells(n_inputs or len(into), dtype), "cells": cells}
    populations["output"] = RateCells(
        n_outputs or len(out), "identity", bias="none" if n_outputs is None else "cell", dtype=dtype
    )
    if n_inputs is None:
        entry: Projection = OneToOne("input", "cells", len(into), cells.n, post_pool=into)
    else:
        weight = uniform(len(into), n_inputs, n_inputs, generator, dtype)
        entry = DenseProjection("input", "cells", n_inputs, cells.n, weight, post_pool=into)
    if n_outputs is None:
        return populations, [entry, OneToOne("cells", "output", cells.n, len(out), pre_pool=out)]
    weight = uniform(n_outputs, len(out) * width, len(out) * width, generator, dtype)
    return populations, [entry, DenseProjection("cells", "output", cells.n, n_outputs, weight, pre_pool=out)]


def _gaps(connectome: Connectome, conductance: float, dtype: torch.dtype) -> list[GapJunctions]:
    if ELECTRICAL not in connectome.kinds or conductance == 0:
        return []
    edges = connectome.edges_of(ELECTRICAL)
    real = edges.pre != edges.post
    values = torch.tensor(edges.count[real] * conductance, dtype=dtype)
    return [GapJunctions("cells", connectome.n_cells, edges.pre[real], edges.post[real], values)]


def _silent(pattern: Pattern, weights: np.ndarray) -> int:
    """Cells that have synapses but sign 0, and so send nothing."""
    has, sends = np.zeros((2, pattern.n_pre), bool)
    has[pattern.pre] = True
    sends[pattern.pre[weights != 0]] = True
    return int((has & ~sends).sum())


def _sign_note(signs, connectome: Connectome) -> str:
    if isinstance(signs, str):
        return signs
    if signs is None:
        return "given per edge" if connectome.is_signed else "given per cell"
    report: Any = getattr(signs, "report", None)
    return report() if report else "an array of the caller"
