"""What does a wiring remember, and how far does it predict? Any signed wiring, beside rewired ones."""

import numpy as np

from brainwright.connectome import Connectome, nulls, signs
from brainwright.evidence import against_nulls
from brainwright.network.reservoir import recurrent_matrix, reservoir_scores

SEEDS, DRAWS = 3, 39  # fewer rewired wirings than 39 cannot give p <= 0.05


def scores(wiring: Connectome, seed: int) -> dict[str, float]:
    """Sensory cells are driven and output cells read; input and its weights follow from the seed."""
    sensory, output = wiring.pools["sensory"], wiring.pools["output"]
    return reservoir_scores(recurrent_matrix(wiring), sensory, output, np.random.default_rng(seed))


def main(seeds: int = SEEDS, draws: int = DRAWS) -> None:
    """Prints a line for each score."""
    # your own: Connectome.from_csv("edges.csv"), then `with_pool` for the two pools and `signed` for signs
    worm = Connectome.load("celegans/varshney2011").of_kind("chemical").without_autapses()
    worm = worm.signed(signs.Sampled(0.3, seed=0))
    rewire = nulls.named("degree")
    real = [scores(worm, seed) for seed in range(seeds)]
    rewired = [[scores(rewire(worm, seed=draw), seed) for seed in range(seeds)] for draw in range(draws)]
    for name in real[0]:
        values = np.array([row[name] for row in real])
        null = np.array([[row[name] for row in graph] for graph in rewired])
        (row,) = against_nulls(values, {"degrees kept": null}, name)
        ends = f"[{row.difference.low:+.2f}, {row.difference.high:+.2f}]"
        print(f"{name}: {row.real_mean:.2f}, rewired {row.null_mean:.2f}, difference {ends}, {row.verdict}")


if __name__ == "__main__":
    main()
