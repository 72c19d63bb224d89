"""Arrays of a batch of dishes, laid out for the compiled kernel."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .parameters import CultureParameters
from .wiring import Wiring

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEVER = -(10**9)
BACKGROUND, RECRUITMENT, ARTIFACT = 0, 1, 2  # one random stream each, so that arms share the background


class Synapses(NamedTuple):
    """Fixed structure. Rows of all dishes lie end to end; pointers are absolute.

    `out_ptr` dish x (N+1) delimits each cell's synapses, of which those before `ee_end` go E -> E;
    `slot_offset` is delay * N + post (an index into the flat ring buffer); `in_ptr` dish x (E+1),
    `in_synapse` and `in_pre` list the E -> E synapses by target; `in_sum` is the sum of each
    excitatory cell's incoming E -> E weights at birth, to which scaling returns it.
    """

    out_ptr: Ints
    ee_end: Ints
    post: NDArray[np.int32]
    slot_offset: NDArray[np.int32]
    in_ptr: Ints
    in_synapse: NDArray[np.int32]
    in_pre: NDArray[np.int32]
    in_sum: Floats
    gain: Floats
    threshold: Floats
    channel: NDArray[np.int32]


class State(NamedTuple):
    """Everything that changes. Leading axis = dish, except `weight` (one entry per synapse)."""

    v: Floats
    excitation: Floats
    inhibition: Floats
    last_spike: Ints
    trace_pre: Floats
    trace_post: Floats
    resource: Floats
    ring_e: Floats
    ring_i: Floats
    forced: NDArray[np.uint8]
    weight: Floats
    artifact: Floats
    blank_until: Ints
    random: NDArray[np.uint64]
    next_kick: Ints
    step: Ints


class Constants(NamedTuple):
    """Scalars of the kernel, in steps and per-step decay factors."""

    n_excitatory: int
    decay_membrane: float
    decay_excitation: float
    decay_inhibition: float
    threshold: float
    refractory: int
    kick: float
    kick_log_miss: float
    depression_use: float
    recovery: float
    decay_pre: float
    decay_post: float
    potentiation: float
    depotentiation: float
    weight_max: float
    lag: int
    scaling_every: int
    recruitment_slope: float
    latency: int
    latency_spread: int
    blanking: int
    decay_artifact: float
    artifact_height: float


def constants(parameters: CultureParameters) -> Constants:
    """Turn physical parameters into per-step factors.

    Raises:
        ValueError: the trace lag reaches the refractory period (the kernel keeps one last spike per cell).
    """
    p = parameters
    lag, refractory = p.steps(p.pre_trace_lag_s), p.steps(p.refractory_s)
    if lag > refractory:
        raise ValueError(
            f"pre_trace_lag_s must not exceed refractory_s, got {p.pre_trace_lag_s} > {p.refractory_s}"
        )

    def decay(tau_s: float) -> float:
        return float(np.exp(-p.dt_s / tau_s)) if tau_s > 0 else 0.0

    chance = p.kick_rate_hz * p.dt_s
    return Constants(
        n_excitatory=p.n_excitatory,
        decay_membrane=decay(p.tau_membrane_s),
        decay_excitation=decay(p.tau_excitation_s),
        decay_inhibition=decay(p.tau_inhibition_s),
        threshold=p.threshold_mV,
        refractory=refractory,
        kick=p.kick_mV,
        kick_log_miss=float(np.log1p(-chance)) if chance > 0 else 0.0,
        depression_use=p.depression_use,
        recovery=decay(p.tau_depression_s),
        decay_pre=decay(p.tau_potentiation_s),
        decay_post=decay(p.tau_depotentiation_s),
        potentiation=p.learning_rate,
        depotentiation=p.learning_rate * p.depotentiation_ratio,
        weight_max=p.weight_max_mV,
        lag=lag,
        scaling_every=max(1, p.steps(p.scaling_interval_s)),
        recruitment_slope=p.recruitment_slope,
        latency=p.steps(p.direct_latency_s),
        latency_spread=max(1, p.steps(p.direct_latency_spread_s)),
        blanking=p.steps(p.blanking_s),
        decay_artifact=decay(p.artifact_tau_s),
        artifact_height=p.artifact_threshold_ratio,
    )


def _incoming(wiring: Wiring, n_excitatory: int) -> tuple[Ints, NDArray[np.int64], NDArray[np.int32]]:
    """E -> E synapses ordered by target: pointers, synapse numbers within the dish, presynaptic cells."""
    plastic = np.flatnonzero((wiring.pre < n_excitatory) & (wiring.post < n_excitatory))
    order = plastic[np.argsort(wiring.post[plastic], kind="stable")]
    counts = np.bincount(wiring.post[order], minlength=n_excitatory)
    return np.concatenate([[0], np.cumsum(counts)]), order, wiring.pre[order]


def assemble(parameters: CultureParameters, wirings: list[Wiring], seeds: list[int]) -> tuple[Synapses, State]:
    """Lay the wirings of a batch end to end and make the resting state."""
    n, n_e, dishes = parameters.n_neurons, parameters.n_excitatory, len(wirings)
    sizes = np.array([w.pre.size for w in wirings])
    start = np.concatenate([[0], np.cumsum(sizes)])
    out_ptr = np.empty((dishes, n + 1), np.int64)
    ee_end = np.empty((dishes, n), np.int64)
    in_ptr = np.empty((dishes, n_e + 1), np.int64)
    in_sum = np.empty((dishes, n_e))
    in_synapse, in_pre = [], []
    n_incoming = 0
    for dish, wiring in enumerate(wirings):
        out_ptr[dish] = start[dish] + np.searchsorted(wiring.pre, np.arange(n + 1))
        to_e = np.bincount(wiring.pre[wiring.post < n_e], minlength=n)
        ee_end[dish] = out_ptr[dish, :-1] + to_e
        pointer, order, pre = _incoming(wiring, n_e)
        in_ptr[dish] = pointer + n_incoming
        in_sum[dish] = np.bincount(wiring.post[order], weights=wiring.weight[order], minlength=n_e)
        in_synapse.append(order + start[dish])
        in_pre.append(pre)
        n_incoming += order.size
    delay = np.concatenate([w.delay for w in wirings])
    post = np.concatenate([w.post for w in wirings])
    synapses = Synapses(
        out_ptr=out_ptr,
        ee_end=ee_end,
        post=post,
        slot_offset=(delay * n + post).astype(np.int32),
        in_ptr=in_ptr,
        in_synapse=np.concatenate(in_synapse).astype(np.int32),
        in_pre=np.concatenate(in_pre).astype(np.int32),
        in_sum=in_sum,
        gain=np.stack([w.gain for w in wirings]),
        threshold=np.stack([w.threshold for w in wirings]),
        channel=np.stack([w.channel for w in wirings]),
    )
    longest = parameters.steps(parameters.direct_latency_s) + max(1, parameters.steps(parameters.direct_latency_spread_s))
    ring = (dishes, (int(delay.max(initial=1)) + 1) * n)
    state = State(
        v=np.zeros((dishes, n)),
        excitation=np.zeros((dishes, n)),
        inhibition=np.zeros((dishes, n)),
        last_spike=np.full((dishes, n), NEVER, np.int64),
        trace_pre=np.zeros((dishes, n_e)),
        trace_post=np.zeros((dishes, n_e)),
        resource=np.ones((dishes, n_e)),
        ring_e=np.zeros(ring),
        ring_i=np.zeros(ring),
        forced=np.zeros((dishes, longest + 1, n), np.uint8),
        weight=np.concatenate([w.weight for w in wirings]),
        artifact=np.zeros((dishes, parameters.n_channels)),
        blank_until=np.zeros(dishes, np.int64),
        random=np.array([np.random.SeedSequence([seed, 202]).generate_state(3, np.uint64) for seed in seeds]),
        next_kick=np.full(dishes, -1, np.int64),
        step=np.zeros(1, np.int64),
    )
    return synapses, state
