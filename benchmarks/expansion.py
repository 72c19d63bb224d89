"""Structured expansion of the larval brain to 1 to 5 times its size, beside its controls.

`python benchmarks/expansion.py` prints, for each factor, what the expansion keeps: the block model, then
clones of the original's own edges, then the block model of a degree-preserving null. Needs the zip of
`larva/winding2023`; a synthetic diagram of that size stands in where it is absent. 1 where a promise is
missed.
"""

import sys

import numpy as np
import pandas as pd

from brainwright.connectome import Connectome, expand, nulls, signs, synthetic
from brainwright.datasets import MissingData

FACTORS = (1, 1.5, 2, 3, 4, 5)


def main() -> int:
    """Prints three tables; the first is checked."""
    wiring = brain().signed(signs.Sampled(0.3, seed=0))
    print(wiring)
    table = expand.report(wiring, FACTORS, by="type")
    show("block model, degree kept", table)
    assert expand.block_model(wiring, 1) is wiring
    show("clones, degree kept", expand.report(wiring, FACTORS[2:], by="type", expansion=expand.clone))
    control = nulls.degree_preserving(wiring, seed=1)
    show("block model of a degree-preserving null", expand.report(control, FACTORS[2:], by="type"))
    kept = (
        table["dale_violations"].eq(0).all()
        and np.nanmax(table[["ks_out", "ks_in", "ks_weight"]].to_numpy()) <= 0.05
        and table["block_low"].min() >= 0.9
        and table["block_high"].max() <= 1.1
    )
    print(f"Dale violations 0, KS <= 0.05, block densities within 10 %: {'kept' if kept else 'MISSED'}")
    return not kept


def brain() -> Connectome:
    """The larva with its four kinds merged, or a synthetic diagram of equal size."""
    try:
        return Connectome.load("larva/winding2023").merge_parallel()
    except MissingData as missing:
        print(f"{missing}; taking a synthetic diagram instead")
        return synthetic.fly_like(2_952, 110_677, seed=1)


def show(title: str, table: pd.DataFrame) -> None:
    """One table."""
    print(f"\n{title}")
    print(table.to_string(float_format=lambda value: f"{value:.4g}"))


if __name__ == "__main__":
    sys.exit(main())
