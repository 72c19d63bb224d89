"""Arrays of a batch of dishes, laid out for the compiled kernel."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .parameters import CultureParameters
from .wiring import Wiring

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEVER = -(10**9)
BACKGROUND, RECRUITMENT, ARTIFACT = 0, 1, 2  # one random stream each, so that arms share the background


class Synapses(NamedTuple):
    """Fixed structure. Synapses of all dishes lie end to end; pointers are absolute.

    `group` dish x cell x (2 D + 1) delimits each cell's synapses, where D is the longest delay in steps:
    entries 0..D-1 start the E -> E synapses of delay 1..D, entries D..2D-1 the others, the last is the end.
    Synapses of one group reach different cells at one time, so that a spike is a plain indexed addition.
    `post` is the target of each synapse. `incoming` dish x (E+1), `in_synapse` and `in_pre` list the E -> E
    synapses by target; `in_sum` is the sum of each excitatory cell's incoming E -> E weights at birth, to
    which scaling returns it. `gain` dish x channel x cell, `threshold`, `channel` dish x cell: see `Wiring`.
    Cells are numbered in two bytes, because large dishes wait for memory.
    """

    group: Ints
    post: NDArray[np.uint16]
    incoming: Ints
    in_synapse: NDArray[np.uint32]
    in_pre: NDArray[np.uint16]
    in_sum: Floats
    gain: Floats
    threshold: Floats
    channel: NDArray[np.int32]


class State(NamedTuple):
    """Everything that changes. Leading axis = dish, except `weight` and `slow` (one entry per synapse; `slow`
    is empty in a culture without consolidation).
    """

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
    slow: Floats
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
    follow: float
    back: float
    recruitment_slope: float
    latency: int
    latency_spread: int
    blanking: int
    decay_artifact: float
    artifact_height: float


def constants(parameters: CultureParameters) -> Constants:
    """It turns physical parameters into per-step factors.

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

    def share(tau_s: float) -> float:
        """Of a gap that closes exponentially, from one scaling to the next."""
        every_s = max(1, p.steps(p.scaling_interval_s)) * p.dt_s
        return float(-np.expm1(-every_s / tau_s)) if tau_s > 0 else 1.0

    _check_learning_rate(p, refractory + 1)
    chance = p.kick_rate_hz * p.dt_s
    return Constants(  # floats stay floats: numba would compile anew for whole numbers
        n_excitatory=p.n_excitatory,
        decay_membrane=decay(p.tau_membrane_s),
        decay_excitation=decay(p.tau_excitation_s),
        decay_inhibition=decay(p.tau_inhibition_s),
        threshold=float(p.threshold_mV),
        refractory=refractory,
        kick=float(p.kick_mV),
        kick_log_miss=float(np.log1p(-chance)) if chance > 0 else 0.0,
        depression_use=float(p.depression_use),
        recovery=decay(p.tau_depression_s),
        decay_pre=decay(p.tau_potentiation_s),
        decay_post=decay(p.tau_depotentiation_s),
        potentiation=float(p.learning_rate),
        depotentiation=float(p.learning_rate * p.depotentiation_ratio),
        weight_max=float(p.weight_max_mV),
        lag=lag,
        scaling_every=max(1, p.steps(p.scaling_interval_s)),
        follow=share(p.tau_consolidation_s),
        back=share(p.tau_return_s) if p.tau_return_s > 0 else 0.0,
        recruitment_slope=float(p.recruitment_slope),
        latency=p.steps(p.direct_latency_s),
        latency_spread=max(1, p.steps(p.direct_latency_spread_s)),
        blanking=p.steps(p.blanking_s),
        decay_artifact=decay(p.artifact_tau_s),
        artifact_height=float(p.artifact_threshold_ratio),
    )


def _check_learning_rate(p: CultureParameters, interval: int) -> None:
    """A cell that fires every `interval` steps has the largest trace; a weight must stay in bounds."""

    def largest(tau_s: float) -> float:
        return 1 / -np.expm1(-interval * p.dt_s / tau_s) if tau_s > 0 else 1.0

    most = max(largest(p.tau_potentiation_s), p.depotentiation_ratio * largest(p.tau_depotentiation_s))
    if p.learning_rate * most > 1:
        raise ValueError(
            f"learning_rate must not exceed {1 / most:.3g} with these time constants, got {p.learning_rate}: "
            f"one spike could push a weight out of [0, weight_max_mV]"
        )


def random_streams(seed: int) -> NDArray[np.uint64]:
    """It returns the first states of a dish's generators: BACKGROUND, RECRUITMENT, ARTIFACT."""
    return np.asarray(np.random.SeedSequence([seed, 202]).generate_state(3, np.uint64), np.uint64)


def _groups(wiring: Wiring, parameters: CultureParameters, longest: int) -> Ints:
    """Start of each (cell, plastic or not, delay) run of one dish's synapses, cell x (2 longest + 1)."""
    n, n_e = parameters.n_neurons, parameters.n_excitatory
    fixed = (wiring.pre >= n_e) | (wiring.post >= n_e)
    key = (wiring.pre.astype(np.int64) * 2 + fixed) * longest + wiring.delay - 1
    start = np.searchsorted(key, np.arange(2 * longest * n + 1))
    return np.concatenate([start[:-1].reshape(n, -1), start[2 * longest :: 2 * longest, None]], axis=1)


def _incoming(wiring: Wiring, n_e: int) -> tuple[Ints, Ints, NDArray[np.int32]]:
    """It returns the E -> E synapses ordered by target: pointers, synapse numbers within the dish,
    presynaptic cells.
    """
    plastic = np.flatnonzero((wiring.pre < n_e) & (wiring.post < n_e))
    order = plastic[np.argsort(wiring.post[plastic], kind="stable")]
    counts = np.bincount(wiring.post[order], minlength=n_e)
    return np.concatenate([[0], np.cumsum(counts)]), order, wiring.pre[order]


def _structure(parameters: CultureParameters, wirings: list[Wiring], longest: int) -> Synapses:
    """It lays the wirings of a batch end to end."""
    n_e = parameters.n_excitatory
    groups, incoming, in_sum, in_synapse, in_pre = [], [], [], [], []
    first = first_incoming = 0
    for wiring in wirings:
        pointer, order, pre = _incoming(wiring, n_e)
        groups.append(_groups(wiring, parameters, longest) + first)
        incoming.append(pointer + first_incoming)
        in_sum.append(np.bincount(wiring.post[order], weights=wiring.weight[order], minlength=n_e))
        in_synapse.append(order + first)
        in_pre.append(pre)
        first, first_incoming = first + wiring.pre.size, first_incoming + order.size
    return Synapses(
        group=np.stack(groups),
        post=np.concatenate([w.post for w in wirings]).astype(np.uint16),
        incoming=np.stack(incoming),
        in_synapse=np.concatenate(in_synapse).astype(np.uint32),
        in_pre=np.concatenate(in_pre).astype(np.uint16),
        in_sum=np.stack(in_sum),
        gain=np.stack([w.gain for w in wirings]),
        threshold=np.stack([w.threshold for w in wirings]),
        channel=np.stack([w.channel for w in wirings]),
    )


def assemble(
    parameters: CultureParameters, wirings: list[Wiring], seeds: list[int]
) -> tuple[Synapses, State]:
    """It lays the wirings of a batch end to end and makes the resting state."""
    n, n_e, dishes = parameters.n_neurons, parameters.n_excitatory, len(wirings)
    longest = max(int(w.delay.max(initial=1)) for w in wirings)
    latest = parameters.steps(parameters.direct_latency_s) + max(
        1, parameters.steps(parameters.direct_latency_spread_s)
    )
    weight = np.concatenate([w.weight for w in wirings])
    state = State(
        v=np.zeros((dishes, n)),
        excitation=np.zeros((dishes, n)),
        inhibition=np.zeros((dishes, n)),
        last_spike=np.full((dishes, n), NEVER, np.int64),
        trace_pre=np.zeros((dishes, n_e)),
        trace_post=np.zeros((dishes, n_e)),
        resource=np.ones((dishes, n_e)),
        ring_e=np.zeros((dishes, longest + 1, n)),
        ring_i=np.zeros((dishes, longest + 1, n)),
        forced=np.zeros((dishes, latest + 1, n), np.uint8),
        weight=weight,
        slow=weight.copy() if parameters.tau_return_s > 0 else np.zeros(0),
        artifact=np.zeros((dishes, parameters.n_channels)),
        blank_until=np.zeros(dishes, np.int64),
        random=np.array([random_streams(seed) for seed in seeds]),
        next_kick=np.full(dishes, -1, np.int64),
        step=np.zeros(1, np.int64),
    )
    return _side_by_side(_structure(parameters, wirings, longest)), _side_by_side(state)


_Arrays = TypeVar("_Arrays", Synapses, State)
_LINE = 64  # bytes of a cache line


def _side_by_side(arrays: _Arrays) -> _Arrays:
    """It moves arrays into one stretch of memory, each to the beginning of a cache line: vectors that lie
    across two lines are read twice.
    """
    start = np.cumsum([0] + [-(-array.nbytes // _LINE) * _LINE for array in arrays])
    room = np.empty(start[-1] + _LINE, np.uint8)
    room = room[-room.ctypes.data % _LINE :]

    def moved(array: NDArray[Any], first: int) -> NDArray[Any]:
        place = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
        place[...] = array
        return place

    return type(arrays)(*map(moved, arrays, start[:-1]))
