"""The model written as its definition, in plain NumPy: slow, and the ground truth for the engine."""

from collections import defaultdict

import numpy as np
from numpy.typing import ArrayLike

from brainwright.signal.steps import nearest_steps

from .parameters import LIFParameters, propagator


def simulate(
    pre: np.ndarray,
    post: np.ndarray,
    signed_count: np.ndarray,
    n_neurons: int,
    steps: int,
    *,
    parameters: LIFParameters | None = None,
    delay_s: ArrayLike | None = None,
    kicks: ArrayLike = (),
    driven: ArrayLike | None = None,
    silenced: ArrayLike = (),
    clamped: ArrayLike = (),
    forced: ArrayLike = (),
    refractory_steps: dict[int, int] | None = None,
    record_voltage: ArrayLike = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Every neuron in every step: update, threshold, deliver, kick, reset.

    Arguments mean what they mean for `Wiring.from_edges` and `SpikingEngine.run`.

    Returns:
        int64 (spikes, 2), (step, neuron) in order, and float64 (steps, recorded): voltages in mV.
    """
    p = parameters or LIFParameters()
    decay_m, decay_s, transfer = propagator(p)
    threshold, reset = p.threshold_mV - p.rest_mV, p.reset_mV - p.rest_mV
    weight_mV = p.weight_mV * np.asarray(signed_count, dtype=np.float64)
    delay = np.full(len(pre), p.delay_steps) if delay_s is None else nearest_steps(delay_s, p.dt_s)
    by_pre = np.argsort(pre, kind="stable")
    row = np.searchsorted(np.asarray(pre)[by_pre], np.arange(n_neurons + 1))
    kicked, fired = defaultdict(list), defaultdict(list)
    kicks, forced = (np.asarray(events, int).reshape(-1, 2) for events in (kicks, forced))
    for step, neuron in kicks:
        kicked[step].append(neuron)
    for step, neuron in forced:
        fired[step].append(neuron)
    refractory = np.full(n_neurons, p.refractory_steps)
    refractory[kicks[:, 1] if driven is None else np.asarray(driven, int)] = 1
    for neuron, own in (refractory_steps or {}).items():
        refractory[neuron] = own
    held, mute = np.zeros((2, n_neurons), bool)
    held[np.asarray(clamped, int)] = True
    mute[np.asarray(silenced, int)] = True

    v, g = np.zeros(n_neurons), np.zeros(n_neurons)
    ready = np.zeros(n_neurons, dtype=np.int64)
    arriving = defaultdict(list)  # step -> edges whose presynaptic spike arrives then
    spikes, voltages = [], []
    for s in range(steps):
        active = (ready <= s) & ~held
        v = np.where(active, v * decay_m + g * transfer, v)
        g = np.where(active, g * decay_s, g)
        spiking = active & (v > threshold)
        spiking[fired[s]] = True
        ready[spiking] = s + refractory[spiking]

        for i in np.flatnonzero(spiking):
            spikes.append((s, i))
            edges = by_pre[row[i] : row[i + 1]]
            if not mute[i]:
                for when in np.unique(delay[edges]):
                    arriving[s + int(when)].append(edges[delay[edges] == when])
        for edges in arriving.pop(s, []):
            open_edges = edges[(ready[post[edges]] <= s) & ~held[post[edges]]]
            np.add.at(g, post[open_edges], weight_mV[open_edges])
        for j in kicked[s]:
            if ready[j] <= s and not held[j]:
                v[j] += p.kick_mV

        v[spiking], g[spiking] = reset, 0.0
        v[held], g[held] = 0.0, 0.0
        voltages.append(v[np.asarray(record_voltage, int)] + p.rest_mV)
    return np.array(spikes, dtype=np.int64).reshape(-1, 2), np.array(voltages)
