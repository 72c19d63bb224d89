"""Independent trials of one brain, in threads, kept as units where asked for."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from brainwright.runs import Units
from brainwright.simulation.engine import Spikes, memory_estimate_bytes
from brainwright.simulation.engine.wiring import refuse_if_too_little_memory
from brainwright.simulation.fingerprint import settings_of
from brainwright.simulation.fly_run import FlyRun
from brainwright.simulation.whole_brain import WholeBrain


def run(
    brain: WholeBrain,
    steps: int,
    trials: int,
    seed: int,
    recorded: np.ndarray | None,
    threads: int | None,
    keep: Units | None,
    report: Callable[[int, int], None] | None,
) -> FlyRun:
    """What `WholeBrain.run` does; `recorded` are positions."""
    if trials < 1:
        raise ValueError(f"trials: expected at least 1, got {trials}")
    if keep is not None and recorded is not None:
        raise ValueError("keep: expected no record_voltage beside it, since units hold spikes alone")
    threads = min(threads or os.cpu_count() or 1, trials)
    _refuse_if_too_large(brain, steps, trials, threads, 0 if recorded is None else recorded.size)
    if keep is not None:
        keep.claim(settings_of(brain) | {"steps": steps, "seed": seed})
    one_trial = partial(_trial, brain, keep, steps, seed, recorded)
    done: list[Spikes] = []
    with ThreadPoolExecutor(threads) as pool:
        tasks = [pool.submit(one_trial, trial) for trial in range(trials)]
        try:
            for task in tasks:
                done.append(task.result())
                if report:
                    report(len(done), trials)
        except BaseException:  # Ctrl-C too: do not work off what is waiting first
            pool.shutdown(cancel_futures=True)
            raise
    return FlyRun(brain, tuple(done), seed)


def _trial(
    brain: WholeBrain, keep: Units | None, steps: int, seed: int, recorded: np.ndarray | None, trial: int
) -> Spikes:
    """One trial; from its unit where that is there."""
    if keep is None:
        return brain.trial(steps, seed, trial, recorded)
    name = f"trial-{trial:03d}"
    if not keep.done(name):
        spikes = brain.trial(steps, seed, trial)
        keep.save(
            name, {"step": spikes.step, "neuron": spikes.neuron, "events": np.array(spikes.synaptic_events)}
        )
        return spikes
    kept = keep.load(name)
    size = brain.connectome.n_cells, steps, brain.parameters.dt_s
    return Spikes.restored(kept["step"], kept["neuron"], int(kept["events"]), size)


def _refuse_if_too_large(brain: WholeBrain, steps: int, trials: int, threads: int, n_recorded: int) -> None:
    """Raises MemoryError where the trials need more memory than is free."""
    need = memory_estimate_bytes(brain.connectome.n_cells, 0, parallel_trials=threads)
    # events and spikes: as many of each as are given from outside, at the least; and rates by trial
    rates = sum(a.cells.size * (a.rate_hz or 0.0) for a in brain.protocol.activations)
    given = int(16 * rates * steps * brain.parameters.dt_s)
    need += trials * (steps * (8 + 16 * n_recorded) + given + 8 * brain.connectome.n_cells)
    refuse_if_too_little_memory(need, f"{trials} trials of {steps} steps, {n_recorded} cells recorded,")
