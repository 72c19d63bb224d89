"""From a connectome to the engine's wiring, and from the published tables to a connectome."""

from pathlib import Path

import numpy as np

from brainwright.connectome import Connectome
from brainwright.simulation.engine import Wiring


def wiring_of(connectome: Connectome, delay_s: np.ndarray | None = None) -> Wiring:
    """Signed chemical connections of a connectome; gap junctions are left out, autapses kept.

    Raises:
        ValueError: signs missing for cells that send synapses.
    """
    edges = connectome.edges_of("chemical")
    if edges.sign is not None:
        sign = edges.sign
    else:
        of_cell = _cell_signs(connectome)
        sign = of_cell[edges.pre]
        if np.isnan(sign).any():
            n = np.unique(edges.pre[np.isnan(sign)]).size
            raise ValueError(
                f"{connectome.source.name}: {n} cells that send synapses have no sign; expected signs "
                "for all: sign it with connectome.signed(signs.ByTransmitter('fly', unknown=0.0)) "
                "or another policy"
            )
        if connectome.unit == "count" and np.isin(of_cell[~np.isnan(of_cell)], (-1, 0, 1)).all():
            sign = sign.astype(np.int8)
    if connectome.unit == "count" and np.issubdtype(sign.dtype, np.integer):
        count = edges.count * sign
        low, high = (count.min(), count.max()) if count.size else (0, 0)
        count = count.astype(np.int16) if low >= -(2**15) and high < 2**15 else count
    else:
        count = edges.count * sign.astype(np.float64)
    return Wiring.from_edges(edges.pre, edges.post, count, connectome.n_cells, delay_s=delay_s)


def _cell_signs(connectome: Connectome) -> np.ndarray:
    cells = connectome.cells
    if "sign" not in cells:
        raise ValueError(
            f"{connectome.source.name}: an unsigned connectome; expected the sign of each cell: sign it with "
            "connectome.signed(policy), where policy is signs.ByTransmitter('fly'), signs.Sampled(seed=0), "
            "or another of brainwright.connectome.signs"
        )
    return cells["sign"].to_numpy(np.float64, na_value=np.nan)


def read_published(path: Path, ids: str | Path | None) -> Connectome:
    import pandas as pd

    from brainwright.connectome.loaders.flywire import read

    if ids is None:
        raise ValueError(
            f"{path.name}: expected ids= with the completeness CSV (first column: ids in the order of the "
            "indices); it is published beside the connectivity table"
        )
    listed = pd.read_parquet(ids) if str(ids).endswith(".parquet") else pd.read_csv(ids)
    return read(path, listed.iloc[:, 0].to_numpy(np.int64))
