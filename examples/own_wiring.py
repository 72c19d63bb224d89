"""A wiring of one's own beside its null models: are connections answered more often than degrees explain?"""

import sys

import numpy as np

import brainwright as bw
from brainwright.connectome.statistics import reciprocity

DRAWS = 39  # fewer cannot give p <= 0.05


def made_up(path: str) -> str:
    """Stands for a file of yours: cells on a ring that answer their neighbours."""
    rng, rows = np.random.default_rng(0), ["source,target,synapses"]
    for a, b in {(int(a), int((a + step) % 60)) for a in range(60) for step in (-2, -1, 1, 2)}:
        if rng.random() < 0.8:
            rows.append(f"n{a},n{b},{rng.integers(1, 9)}")
    with open(path, "w") as file:
        file.write("\n".join(rows))
    return path


def main(path: str | None = None, draws: int = DRAWS) -> None:
    """Prints the summary of a wiring, and where it stands among rewired ones."""
    wiring = bw.Connectome.load(path or made_up("own_wiring.csv"))
    print(wiring.describe())
    for name, null in (("degrees kept", bw.nulls.degree_preserving), ("at random", bw.nulls.erdos_renyi)):
        print(f"{name}: {bw.nulls.ensemble(wiring, null, draws, reciprocity)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
