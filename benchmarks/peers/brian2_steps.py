"""How many steps Brian2 takes for delays and refractory times that are no whole number of them.

    brian/bin/python benchmarks/peers/brian2_steps.py tests/simulation/golden/brian2_steps.json

Runs in the environment of ``brian2_run.py`` and needs nothing of brainwright. Writes rows of time step (s),
span (s), steps of a synaptic delay of that span, steps from spike to spike of a cell that is driven at every
step and refractory for that span.
"""

import json
import os
import sys
from pathlib import Path

import brian2 as b2
import numpy as np

STEPS_S = (7e-5, 1e-4, 1.25e-4, 1.5e-4, 2e-4, 2.5e-4, 3e-4, 5e-4, 7e-4, 1e-3)
SPANS_MS = (0.35, 0.45, 0.7, 0.75, 1, 1.05, 1.25, 1.35, 1.7, 1.75, 1.8, 1.85, 2, 2.2, 2.35, 2.4, 2.5, 3, 4.5)


def delay(dt_s: float, span_s: float) -> int:
    """Steps from a spike to its effect."""
    source = b2.SpikeGeneratorGroup(1, [0], [0] * b2.second)
    target = b2.NeuronGroup(1, "x : 1")
    synapse = b2.Synapses(source, target, on_pre="x += 1")
    synapse.connect()
    synapse.delay = span_s * b2.second
    monitor = b2.StateMonitor(target, "x", record=True, when="end")
    b2.Network(source, target, synapse, monitor).run((span_s / dt_s + 3) * dt_s * b2.second)
    return int(np.flatnonzero(monitor.x[0] > 0)[0])


def refractory(dt_s: float, span_s: float) -> int:
    """Steps from spike to spike."""
    cell = b2.NeuronGroup(
        1,
        "dx/dt = 1 / second : 1 (unless refractory)\ndeaf : second",
        threshold="x > -1",
        reset="x = 0",
        refractory="deaf",
        method="euler",
    )
    cell.deaf = span_s * b2.second
    monitor = b2.SpikeMonitor(cell)
    b2.Network(cell, monitor).run((span_s / dt_s + 2) * 6 * dt_s * b2.second)
    (interval,) = set(np.diff(np.rint(np.asarray(monitor.t) / dt_s).astype(int)).tolist())
    return interval


def main() -> None:
    b2.prefs.codegen.target = "numpy"
    rows = []
    for dt_s in STEPS_S:
        b2.defaultclock.dt = dt_s * b2.second
        for span_ms in SPANS_MS:
            span_s = span_ms / 1000
            rows.append([dt_s, span_s, delay(dt_s, span_s), refractory(dt_s, span_s)])
    target = Path(sys.argv[1])
    temporary = target.with_suffix(".part")
    lines = ",\n".join(json.dumps(row) for row in rows)
    temporary.write_text(f'{{"brian2": "{b2.__version__}", "rows": [\n{lines}\n]}}\n')
    os.replace(temporary, target)


if __name__ == "__main__":
    main()
