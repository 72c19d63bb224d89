"""Make the golden spike trains of the parity tests with Brian2.

    python benchmarks/peers/brian2_golden.py --brian2-python brian/bin/python

Draws one small wiring and four problems (sparse, dense, several delays, silenced and shielded), runs each
in Brian2 (``brian2_run.py``, in its own environment) and writes them into one compressed file of numbers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from brainwright.connectome.synthetic import fly_like
from brainwright.simulation.engine.parameters import LIFParameters
from brainwright.simulation.engine.stimulus import merge_events, poisson_events

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parents[1] / "tests" / "simulation" / "golden" / "brian2_lif.npz"
STEPS = 3000


def problems(seed: int = 20_240_711) -> dict[str, dict[str, np.ndarray]]:
    """Problems over one wiring of 1,000 neurons; what they hold is said in ``brian2_run.py``."""
    brain = fly_like(1000, 18_000, seed, n_followers=100)
    kind, layer = brain.cells["type"].to_numpy(), brain.cells["layer"].to_numpy()
    inputs = np.flatnonzero(kind == "input")
    edges = brain.edges_of("chemical")
    rng = np.random.default_rng(seed + 1)
    parameters = LIFParameters()
    wiring = {
        "pre": edges.pre.astype(np.int16),
        "post": edges.post.astype(np.int16),
        "count": (edges.count * brain.cells["sign"].to_numpy()[edges.pre]).astype(np.int16),
        "n_neurons": np.array(1000),
        "steps": np.array(STEPS),
    }
    one_delay = np.array([np.nan])
    several = rng.choice([np.nan, 0.1e-3, 0.7e-3, 4.3e-3], edges.pre.size).astype(np.float32)
    crowd = np.sort(rng.choice(1000, 250, replace=False))
    sparse = poisson_events(inputs, 150.0, STEPS, parameters, rng)
    dense = poisson_events(crowd, 130.0, STEPS, parameters, rng)
    # kicks faster than one can follow, so that some fall into the step of the neuron's own spike
    storm = merge_events(
        [sparse, poisson_events(np.flatnonzero(layer == 2)[:3], 3000.0, STEPS, parameters, rng)]
    )
    nobody = np.zeros(0, np.int32)
    return {
        "sparse": wiring | {"kicks": sparse, "silenced": nobody, "delay_s": one_delay},
        "dense": wiring | {"kicks": dense, "silenced": nobody, "delay_s": one_delay},
        "delays": wiring | {"kicks": dense, "silenced": nobody, "delay_s": several},
        "shielded": wiring
        | {
            "kicks": storm,
            "silenced": np.r_[inputs[:3], np.flatnonzero(layer == 0)[:4]],
            "delay_s": one_delay,
        },
    }


def run_brian2(python: str, problem: dict[str, np.ndarray], target: str = "cython") -> dict[str, np.ndarray]:
    """Spikes and timings of one problem, from Brian2 in the environment of ``python``."""
    full = dict(problem)
    full["delay_s"] = np.broadcast_to(problem["delay_s"], problem["pre"].shape).astype(np.float64)
    full.setdefault("driven", np.unique(problem["kicks"][:, 1]))
    with tempfile.TemporaryDirectory() as folder:
        given, got = Path(folder, "problem.npz"), Path(folder, "spikes.npz")
        np.savez(given, **full)
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        command = [python, str(HERE / "brian2_run.py"), str(given), str(got), "--target", target]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Brian2 failed ({done.returncode}):\n{done.stderr[-2000:]}")
        with np.load(got) as file:
            return {name: file[name] for name in file.files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brian2-python", required=True, help="python of the environment with Brian2")
    parser.add_argument("--target", choices=["cython", "numpy", "cpp"], default="cython")
    arguments = parser.parse_args()
    shared: dict[str, np.ndarray] = {}
    for name, problem in problems().items():
        spikes = run_brian2(arguments.brian2_python, problem, arguments.target)
        print(f"{name}: {spikes['step'].size} spikes of {np.unique(spikes['neuron']).size} neurons")
        for field in ("pre", "post", "count", "n_neurons", "steps"):
            shared[field] = problem[field]
        for field in ("kicks", "silenced", "delay_s"):
            value = problem[field]
            shared[f"{name}.{field}"] = value.astype(np.int16) if field == "kicks" else value
        shared[f"{name}.step"] = spikes["step"].astype(np.int16)
        shared[f"{name}.neuron"] = spikes["neuron"].astype(np.int16)
        shared["brian2"] = spikes["brian2"]
    temporary = GOLDEN.with_suffix(".part.npz")
    np.savez_compressed(temporary, **shared)
    os.replace(temporary, GOLDEN)
    print(f"{GOLDEN.name}: {GOLDEN.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
