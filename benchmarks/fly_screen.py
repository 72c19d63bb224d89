"""Time of a screen at the size of the fly's brain: 200 single silencings x 5 trials x 0.5 s, and its nulls.

    python benchmarks/fly_screen.py [--threads 2] [--nulls 39] [--seed 77]

The synthetic brain is made first (about half a minute, not counted). Wall seconds depend on what else the
machine does; CPU seconds stand beside them.
"""

import argparse
import time

from brainwright.simulation.screen import screen
from brainwright.simulation.whole_brain import WholeBrain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nulls", type=int, default=39, help="sign shuffles for the ten strongest (0: none)")
    parser.add_argument("--candidates", type=int, default=200)
    arguments = parser.parse_args()
    brain = WholeBrain.load("synthetic/fly_like", seed=arguments.seed).activate("input", rate_hz=150)
    cells = brain.connectome.cells
    upstream = cells["id"][cells["layer"].isin([0, 1, 2])].tolist()[: arguments.candidates]
    outputs = cells["id"][cells["layer"] == 3].tolist()
    options = {"duration_s": 0.5, "trials": 5, "seed": arguments.seed, "threads": arguments.threads}
    screen(brain, upstream[:2], outputs, **options)  # compile, or load compiled code
    for null in (None, "signs") if arguments.nulls else (None,):
        began, began_cpu = time.perf_counter(), time.process_time()
        found = screen(brain, upstream, outputs, null=null, n_nulls=arguments.nulls, **options)
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        also = f" and {arguments.nulls} sign shuffles of the ten strongest" if null else ""
        print(
            f"{len(upstream)} silencings x 5 trials x 0.5 s{also}: {wall:.1f} s wall, {cpu:.1f} s CPU, "
            f"{arguments.threads} threads; strongest {found.table['effect_hz'].iloc[0]:+.3f} Hz of "
            f"{found.baseline_hz.mean():.3f} Hz"
        )
    if arguments.nulls:
        print(found.nulls.to_string(index=False))


if __name__ == "__main__":
    main()
