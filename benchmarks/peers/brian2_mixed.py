"""Make the golden spikes of a small net with everything that rounds or repeats, with Brian2.

    python benchmarks/peers/brian2_mixed.py --brian2-python brian/bin/python

Fifty cells, a fifth of them inhibitory, autapses among them; delays of whole, half and other parts of a step,
mixed within each cell's synapses; cells that are driven and so never refractory. Brian2 runs in its own
environment (``brian2_run.py``).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from brian2_golden import GOLDEN, run_brian2

MIXED = GOLDEN.with_name("brian2_mixed.npz")
DELAYS_MS = (0.15, 0.45, 1.0, 1.25, 1.8, 2.35, 2.71)  # of steps of 0.1 ms; Brian2 rounds halves up


def problem(seed: int = 26) -> dict[str, np.ndarray]:
    """What it holds is said in ``brian2_run.py``."""
    rng, n, steps = np.random.default_rng(seed), 50, 1200
    joined = rng.random((n, n)) < 0.13
    np.fill_diagonal(joined, np.arange(n) % 5 < 2)  # of excitatory and of inhibitory cells
    pre, post = np.nonzero(joined)
    sign = np.where(pre % 5 == 0, -1, 1)
    kicks = [(step, cell) for step in range(0, steps - 50, 30) for cell in sorted(rng.permutation(10)[:3])]
    return {
        "pre": pre.astype(np.int16),
        "post": post.astype(np.int16),
        "count": (rng.integers(25, 140, pre.size) * sign).astype(np.int16),
        "delay_s": 1e-3 * rng.choice(DELAYS_MS, pre.size),
        "n_neurons": np.array(n),
        "steps": np.array(steps),
        "kicks": np.array(kicks, np.int16),
        "driven": np.arange(12),  # two more than are kicked
        "silenced": np.zeros(0, np.int16),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brian2-python", required=True, help="python of the environment with Brian2")
    parser.add_argument("--target", choices=["cython", "numpy", "cpp"], default="numpy")
    arguments = parser.parse_args()
    given = problem()
    spikes = run_brian2(arguments.brian2_python, given, arguments.target)
    found = {name: spikes[name].astype(np.int16) for name in ("step", "neuron")}
    temporary = Path(MIXED).with_suffix(".part.npz")
    np.savez_compressed(temporary, **given, **found, brian2=spikes["brian2"])
    os.replace(temporary, MIXED)
    autapses = int((given["pre"] == given["post"]).sum())
    print(f"{MIXED.name}: {found['step'].size} spikes, {autapses} autapses, {MIXED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
