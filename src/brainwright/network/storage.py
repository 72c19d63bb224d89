"""A network as a folder: `model.safetensors` and `model.json`. No pickle; written whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.described import sealed, unsealed

from .cells import Cells, InputCells
from .embedding import EmbeddingCells
from .errors import NetworkError
from .graph import GraphCells
from .lif import LIFCells
from .network import Network
from .projection import DenseProjection, GapJunctions, OneToOne, Projection
from .rate import RateCells
from .sparse import Pattern
from .storage_checks import DTYPES, check_description
from .synapses import Synapses

FORMAT_VERSION = 1
"""Raised when the layout of the files changes; another version is refused, not guessed at."""
TENSORS, DESCRIPTION = "model.safetensors", "model.json"
Tensors = dict[str, Tensor]


def save(network: Network, folder: str | Path) -> Path:
    """Writes weights, topology, dynamics, ids, pools and provenance; `load` reads them back.

    Raises:
        FileExistsError: `folder` holds files other than a saved network.
    """
    folder = Path(folder)
    if folder.exists() and any(path.name not in (TENSORS, DESCRIPTION) for path in folder.iterdir()):
        raise FileExistsError(f"{folder} holds other files: choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        save_file(_tensors(network), scratch / TENSORS)
        description = _description(network, _sha256(scratch / TENSORS))
        (scratch / DESCRIPTION).write_text(json.dumps(sealed(description), indent=1) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def load(folder: str | Path, *, bounds: Bounds | None = None) -> Network:
    """It reads back what `save` wrote.

    Args:
        folder: of a saved network.
        bounds: on the sizes that the description names, before anything of them is allocated.

    Raises:
        NetworkError: no such folder, another format version, a file that was changed, an unknown part, sizes
            or values that no saved network has.
    """
    folder = Path(folder)
    with refused_as(NetworkError, folder, "a saved network"):
        description = unsealed(folder / DESCRIPTION, FORMAT_VERSION)
        path = folder / TENSORS
        if not path.exists() or _sha256(path) != description.get("sha256"):
            raise NetworkError(f"{path} is missing or does not match its checksum in {DESCRIPTION}")
        check_description(description, path.stat().st_size, bounds or Bounds())
        # copied, for alignment: from unaligned memory the same weights give sums with another last digit
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
        return _built(description, tensors)


def _built(description: dict[str, Any], tensors: Tensors) -> Network:
    populations = {
        own["name"]: _cells(own, _of(tensors, f"populations.{own['name']}"))
        for own in description["populations"]
    }
    projections = [
        _projection(own, _of(tensors, f"projections.{k}")) for k, own in enumerate(description["projections"])
    ]
    pools = {
        name: (where, np.array(index, np.int64)) for name, (where, index) in description["pools"].items()
    }
    network = Network(
        populations, projections, ids=description["ids"], pools=pools, provenance=description["provenance"]
    )
    state = {name: tensor for name, tensor in tensors.items() if ".pattern_" not in name}
    network.load_state_dict(state, strict=True)
    return network


def _description(network: Network, sha256: str) -> dict[str, Any]:
    populations = [(name, network.cells(name)) for name in network.populations]
    projections = [network.projection(k) for k in range(len(network.projections))]
    return {
        "format_version": FORMAT_VERSION,
        "sha256": sha256,
        "populations": [
            {"name": name, "kind": cells.kind, **cells.config(), "dtype": _dtype(cells)}
            for name, cells in populations
        ],
        "projections": [{"kind": projection.kind, **projection.config()} for projection in projections],
        "ids": network.ids,
        "pools": {name: (where, index.tolist()) for name, (where, index) in network.pools.items()},
        "provenance": network.provenance,
    }


def _tensors(network: Network) -> Tensors:
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    for k in range(len(network.projections)):
        projection = network.projection(k)
        if isinstance(projection, Synapses):
            tensors[f"projections.{k}.pattern_pre"] = torch.from_numpy(projection.pattern.pre.copy())
            tensors[f"projections.{k}.pattern_post"] = torch.from_numpy(projection.pattern.post.copy())
    return tensors


def _of(tensors: Tensors, prefix: str) -> Tensors:
    start = prefix + "."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _cells(config: dict[str, Any], tensors: Tensors) -> Cells:
    """A population of the right shapes; `load_state_dict` then fills it."""
    config = dict(config)
    kind, dtype = config.pop("kind"), DTYPES[config.pop("dtype")]
    config.pop("name")
    makers: dict[str, Callable[..., Cells]] = {
        "input": lambda n: InputCells(n, dtype),
        "embedding": lambda **c: EmbeddingCells(**c, dtype=dtype),
        "rate": lambda **c: RateCells(**c, groups=_array(tensors, "groups"), dtype=dtype),
        "graph": lambda **c: GraphCells(**c, dtype=dtype),
        "lif": lambda **c: LIFCells(**c, dtype=dtype),
    }
    return _known(kind, makers)(**config)


def _projection(config: dict[str, Any], tensors: Tensors) -> Projection:
    config = dict(config)
    kind = config.pop("kind")
    pools: dict[str, Any] = {name: _array(tensors, name) for name in ("pre_pool", "post_pool")}

    def synapses(n_pre: int, n_post: int, **c) -> Synapses:
        pattern = Pattern.of(tensors["pattern_pre"], tensors["pattern_post"], n_pre, n_post)
        return Synapses(pattern=pattern, base=tensors["base"], group=_array(tensors, "group"), **c)

    makers: dict[str, Callable[..., Projection]] = {
        "dense": lambda **c: DenseProjection(
            weight=tensors["weight"], sign=tensors.get("sign"), **pools, **c
        ),
        "one to one": lambda **c: OneToOne(**pools, **c),
        "gap junctions": lambda **c: GapJunctions(
            first=tensors["first"], second=tensors["second"], conductance=tensors["conductance"], **c
        ),
        "synapses": synapses,
    }
    return _known(kind, makers)(**config)


def _known(kind: str, makers: dict[str, Callable]) -> Callable:
    if kind not in makers:
        raise NetworkError(
            f"expected a part of kind {', '.join(makers)}, got {kind!r}: is it your own? "
            "save its state_dict yourself"
        )
    return makers[kind]


def _array(tensors: Tensors, name: str) -> np.ndarray | None:
    return tensors[name].numpy() if name in tensors else None


def _dtype(cells: Cells) -> str:
    floats = [t for t in [*cells.parameters(), *cells.buffers()] if t.is_floating_point()]
    return str(floats[0].dtype).removeprefix("torch.")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
