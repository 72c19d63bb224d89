"""Run one spiking problem in Brian2 and save its spikes; needs Brian2 2.9 and nothing of brainwright.

Make an environment of its own: Brian2 2.9 needs numpy < 2.3.

    python3.11 -m venv brian && brian/bin/pip install "brian2==2.9.*" "numpy<2.3" cython "setuptools<81"
    brian/bin/python benchmarks/peers/brian2_run.py PROBLEM.npz SPIKES.npz --target cython

PROBLEM.npz holds pre, post, count, delay_s (nan: 1.8 ms), n_neurons, steps, kicks (step, neuron), driven,
silenced. SPIKES.npz gets step, neuron and the times taken.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("spikes")
    parser.add_argument("--target", choices=["cython", "numpy", "cpp"], default="cython")
    arguments = parser.parse_args()
    with np.load(arguments.problem) as file:
        problem = {name: file[name] for name in file.files}
    np.savez_compressed(arguments.spikes, **simulate(problem, arguments.target))


def simulate(problem: dict, target: str) -> dict:
    import brian2 as b2
    from brian2 import Hz, ms, mV  # noqa: F401 - units for the equations

    folder = tempfile.mkdtemp(prefix="brian2-") if target == "cpp" else None
    if target == "cpp":
        b2.set_device("cpp_standalone", build_on_run=False, directory=folder)
    else:
        b2.prefs.codegen.target = target
    b2.defaultclock.dt = 0.1 * ms
    began = time.process_time()
    n = int(problem["n_neurons"])
    neurons = b2.NeuronGroup(
        n,
        """
        dv/dt = (v_rest - v + g) / tau_m : volt (unless refractory)
        dg/dt = -g / tau_s : volt (unless refractory)
        deaf_time : second
        """,
        threshold="v > v_threshold",
        reset="v = v_reset; g = 0*mV",
        refractory="deaf_time",
        method="linear",
        namespace={
            "v_rest": -52 * mV,
            "v_reset": -52 * mV,
            "v_threshold": -45 * mV,
            "tau_m": 20 * ms,
            "tau_s": 5 * ms,
        },
    )
    neurons.v = -52 * mV
    deaf_ms = np.full(n, 2.2)
    deaf_ms[problem["driven"]] = 0.0
    neurons.deaf_time = deaf_ms * ms
    weight_mV = problem["count"].astype(float) * 0.275
    weight_mV[np.isin(problem["pre"], problem["silenced"])] = 0.0
    synapses = b2.Synapses(neurons, neurons, "weight : volt", on_pre="g += weight")
    synapses.connect(i=problem["pre"].astype(np.int32), j=problem["post"].astype(np.int32))
    synapses.weight = weight_mV * mV
    if np.isnan(problem["delay_s"]).all():
        synapses.delay = 1.8 * ms
    else:
        synapses.delay = np.where(np.isnan(problem["delay_s"]), 1.8e-3, problem["delay_s"]) * b2.second
    step, target_neuron = problem["kicks"].T
    driven = np.unique(target_neuron)
    source = b2.SpikeGeneratorGroup(driven.size, np.searchsorted(driven, target_neuron), step * 0.1 * ms)
    kick = b2.Synapses(source, neurons, on_pre="v += 68.75*mV")
    kick.connect(i=np.arange(driven.size), j=driven)
    monitor = b2.SpikeMonitor(neurons)
    network = b2.Network(neurons, synapses, source, kick, monitor)
    steps = int(problem["steps"])
    report = {"build_cpu_s": time.process_time() - began}
    began_cpu, began = time.process_time(), time.perf_counter()
    if target == "cpp":
        network.run(steps * 0.1 * ms)
        b2.device.build(directory=folder, compile=True, run=False, debug=False)
        report["compile_wall_s"] = time.perf_counter() - began
        began = time.perf_counter()
        b2.device.run(folder, with_output=False, run_args=[])
        report["process_wall_s"] = time.perf_counter() - began
        report["loop_s"] = float(b2.device._last_run_time)
    else:
        network.run(1 * ms)
        report["first_ms_cpu_s"] = time.process_time() - began_cpu
        began_cpu, began = time.process_time(), time.perf_counter()
        network.run((steps - 10) * 0.1 * ms)
        report["loop_cpu_s"] = time.process_time() - began_cpu
        report["loop_s"] = time.perf_counter() - began
    spike_step = np.rint(np.asarray(monitor.t / ms) * 10).astype(np.int32)
    neuron = np.asarray(monitor.i, dtype=np.int32)
    order = np.lexsort((neuron, spike_step))
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    return {"step": spike_step[order], "neuron": neuron[order], "brian2": b2.__version__, **report}


if __name__ == "__main__":
    main()
