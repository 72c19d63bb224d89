"""One compiled step loop for a batch of dishes; `reference.py` says the same in plain NumPy.

Order within a step: pulses, background kicks, arriving currents, membranes, spikes (threshold or
forced), delivery with depression and post-before-pre weakening, pre-before-post strengthening,
traces, scaling, detections.
"""

import numpy as np

from brainwright.compiled import njit

from .state import ARTIFACT, BACKGROUND, RECRUITMENT
from .turns import take

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53


@njit(cache=True, inline="always")
def _uniform(random, stream):
    """It draws by SplitMix64 (Steele, Lea & Flood 2014): a double in [0, 1)."""
    random[stream] += _GAMMA
    z = random[stream]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return ((z ^ (z >> _S31)) >> _S11) * _UNIT


@njit(cache=True)
def _recruit(t, c, gain, threshold, forced, random, channel, strength):
    """It recruits cells by the pulses of this step and queues their direct spikes."""
    reach = np.zeros(threshold.size)
    for k in range(channel.size):
        row, force = gain[channel[k]], strength[k]
        for i in range(reach.size):
            reach[i] += force * row[i]
    for i in range(threshold.size):
        z = (reach[i] - threshold[i]) / c.recruitment_slope
        if z < -30.0:
            continue
        if _uniform(random, RECRUITMENT) < 1.0 / (1.0 + np.exp(-z)):
            late = c.latency + int(_uniform(random, RECRUITMENT) * c.latency_spread)
            forced[(t + late) % forced.shape[0], i] = 1


@njit(cache=True)
def _kick(t, c, excitation, random, next_kick):
    """It draws the background input: geometric gaps over the (step, cell) raster give independent coin
    flips.
    """
    n = excitation.size
    base = t * n
    if next_kick < 0:
        next_kick = base + int(np.log(1.0 - _uniform(random, BACKGROUND)) / c.kick_log_miss)
    while next_kick < base + n:
        excitation[next_kick - base] += c.kick
        next_kick += 1 + int(np.log(1.0 - _uniform(random, BACKGROUND)) / c.kick_log_miss)
    return next_kick


@njit(cache=True)
def _receive(current, decay, arriving):
    """A synaptic current decays and receives what arrives now."""
    for i in range(current.size):
        current[i] = current[i] * decay + arriving[i]
    arriving[:] = 0.0


@njit(cache=True)
def _integrate(t, c, v, last_spike, excitation, inhibition):
    """Membranes leak and rest while refractory. (Apart from the currents: few arrays per loop vectorise.)"""
    for i in range(v.size):
        new = v[i] * c.decay_membrane + (excitation[i] - inhibition[i])
        v[i] = new if t > last_spike[i] + c.refractory else 0.0


@njit(cache=True)
def _fire(t, c, v, last_spike, forced, spikes):
    """It fires cells above threshold or forced, unless refractory; returns their number, cells in
    `spikes`.
    """
    above = 0
    for i in range(v.size):  # in most steps there is none; unlike the loop below this one vectorises
        above += v[i] >= c.threshold
    struck = 0
    for i in range(v.size):
        struck |= forced[i]
    if above == 0 and struck == 0:
        return 0
    count = 0
    for i in range(v.size):
        if (v[i] >= c.threshold) | (forced[i] != 0):
            if t > last_spike[i] + c.refractory:
                spikes[count] = i
                count += 1
                v[i] = 0.0
                last_spike[i] = t
            forced[i] = 0
    return count


@njit(cache=True)
def _send(arriving, first, last, post, weight, scale):
    """It sends to one group of synapses, first..last: currents that arrive at one step."""
    for k in range(np.uint64(first), np.uint64(last)):  # unsigned: no index can count from the end
        arriving[post[k]] += weight[k] * scale


@njit(cache=True)
def _send_and_weaken(arriving, first, last, post, weight, scale, rate, trace_post):
    """It sends as `_send` does; and a pre spike after a post spike weakens: w -= rate x_post w."""
    for k in range(np.uint64(first), np.uint64(last)):
        j = post[k]
        w = weight[k]
        arriving[j] += w * scale
        weight[k] = w - rate * trace_post[j] * w


@njit(cache=True)
def _strengthen(c, first, last, synapse, pre, weight, trace_pre):
    """A post spike after a pre spike strengthens: w += A x_pre (w_max - w)."""
    for k in range(np.uint64(first), np.uint64(last)):
        w = weight[synapse[k]]
        weight[synapse[k]] = w + c.potentiation * trace_pre[pre[k]] * (c.weight_max - w)


@njit(cache=True)
def _transmit(t, c, plastic, drugs, spikes, group, post, weight, resource, trace_post, ring_e, ring_i):
    """Spikes travel along their synapses; excitatory release depresses."""
    n_slots = ring_e.shape[0]
    longest = n_slots - 1
    for i in range(resource.size):
        resource[i] = 1.0 - (1.0 - resource[i]) * c.recovery
    for i in spikes:
        excitatory = i < c.n_excitatory
        scale = drugs[1]
        ring = ring_i
        if excitatory:
            scale = resource[i] * drugs[0]
            resource[i] -= c.depression_use * resource[i]
            ring = ring_e
        ends, slot = group[i], (t + 1) % n_slots
        for late in range(longest):
            arriving = ring[slot]
            slot = slot + 1 if slot < longest else 0
            first, last = ends[late], ends[late + 1]
            if plastic:
                _send_and_weaken(arriving, first, last, post, weight, scale, c.depotentiation, trace_post)
            else:
                _send(arriving, first, last, post, weight, scale)
            _send(arriving, ends[longest + late], ends[longest + late + 1], post, weight, scale)


@njit(cache=True)
def _trace(t, c, last_spike, trace_pre, trace_post):
    """Traces decay and take up spikes: the post trace now, the pre trace `lag` steps later."""
    for i in range(trace_pre.size):
        trace_pre[i] = trace_pre[i] * c.decay_pre + (1.0 if last_spike[i] == t - c.lag else 0.0)
        trace_post[i] = trace_post[i] * c.decay_post + (1.0 if last_spike[i] == t else 0.0)


@njit(cache=True)
def _scale(c, weight, group, post, in_sum, longest):
    """It multiplies each cell's incoming E -> E weights so that they sum to their sum at birth."""
    factor = np.zeros(in_sum.size)
    for i in range(in_sum.size):
        first, last = group[i, 0], group[i, longest]
        _send(factor, first, last, post, weight, 1.0)
    for j in range(in_sum.size):
        factor[j] = in_sum[j] / factor[j] if factor[j] > 0.0 else 1.0
    for i in range(in_sum.size):
        first, last = group[i, 0], group[i, longest]
        row, targets = weight[first:last], post[first:last]
        for k in range(row.size):
            row[k] = min(row[k] * factor[targets[k]], c.weight_max)


@njit(cache=True)
def _consolidate(c, gate, weight, slow, group, n, longest):
    """Slow E -> E weights follow the fast ones while the gate is open; fast ones always return to them."""
    for i in range(n):
        first, last = group[i, 0], group[i, longest]
        for k in range(first, last):
            w, s = weight[k], slow[k]
            if gate:
                slow[k] = s + c.follow * (w - s)
            weight[k] = w + c.back * (s - w)


@njit(cache=True)
def _detect(t, c, blanked, artifact, random, events, count):
    """It finds channels on which the artifact crosses, P = 1 - exp(1 - height) per step; then it decays."""
    largest = 0.0
    for j in range(artifact.size):
        crosses = artifact[j] > 1.0 and not blanked
        if crosses and _uniform(random, ARTIFACT) < 1.0 - np.exp(1.0 - artifact[j]):
            events[count, 0] = t
            events[count, 1] = j
            events[count, 2] = -1
            count += 1
        artifact[j] *= c.decay_artifact
        largest = max(largest, artifact[j])
    if largest <= 1e-3:  # nothing that could matter is left
        artifact[:] = 0.0
    return count, largest > 1e-3


@njit(cache=True)
def _read_through(array):
    """It reads a byte of every cache line, in order; returns their sum, which keeps a compiler from
    leaving it out.
    """
    line = array.view(np.uint8)
    total = 0
    for i in range(0, line.size, 64):
        total += line[i]
    return total


@njit(cache=True)
def _bring_near(b, synapses, state):
    """It fetches dish `b` into the cache. Spikes would fetch the same lines one by one in any order, which
    takes memory several times longer; the dishes of a batch together are larger than a cache.
    """
    group, incoming = synapses.group[b], synapses.incoming[b]
    first, last = group[0, 0], group[-1, -1]
    total = _read_through(state.weight[first:last]) + _read_through(synapses.post[first:last])
    first, last = incoming[0], incoming[-1]
    total += _read_through(synapses.in_synapse[first:last]) + _read_through(synapses.in_pre[first:last])
    total += _read_through(group.reshape(-1)) + _read_through(synapses.threshold[b])
    total += _read_through(state.ring_e[b].reshape(-1)) + _read_through(state.ring_i[b].reshape(-1))
    total += _read_through(state.excitation[b]) + _read_through(state.inhibition[b])
    total += _read_through(state.v[b]) + _read_through(state.last_spike[b])
    total += _read_through(state.trace_pre[b]) + _read_through(state.trace_post[b])
    return total + _read_through(state.resource[b]) + _read_through(state.forced[b].reshape(-1))


@njit(cache=True)
def _advance_dish(b, n_steps, c, synapses, state, plastic, gate, cells, drugs, pulses, spread, events):
    """It advances dish `b`; returns the number of detections."""
    v, last_spike, weight = state.v[b], state.last_spike[b], state.weight
    excitation, inhibition = state.excitation[b], state.inhibition[b]
    trace_pre, trace_post, resource = state.trace_pre[b], state.trace_post[b], state.resource[b]
    ring_e, ring_i, forced = state.ring_e[b], state.ring_i[b], state.forced[b]
    artifact, random = state.artifact[b], state.random[b]
    group, post, channel = synapses.group[b], synapses.post, synapses.channel[b]
    incoming, in_synapse, in_pre = synapses.incoming[b], synapses.in_synapse, synapses.in_pre
    n_slots, n_late = ring_e.shape[0], forced.shape[0]
    spikes = np.empty(v.size, np.int64)
    next_kick, blank_until = state.next_kick[b], state.blank_until[b]
    cursor, last_pulse = pulses.pointer[b], pulses.pointer[b + 1]
    ringing = artifact.max() > 0.0
    count = 0
    if cells and last_pulse > cursor and n_steps >= c.latency + c.latency_spread:  # many cells will fire
        events[0, 0] = _bring_near(b, synapses, state) & 1  # a place that the first event overwrites
    for t in range(state.step[0], state.step[0] + n_steps):
        start = cursor
        while cursor < last_pulse and pulses.step[cursor] <= t:
            cursor += 1
        if cursor > start:
            blank_until, ringing = t + c.blanking, True
            for k in range(start, cursor):
                artifact += c.artifact_height * pulses.strength[k] * spread[pulses.channel[k]]
            if cells:
                _recruit(
                    t, c, synapses.gain[b], synapses.threshold[b], forced, random,
                    pulses.channel[start:cursor], pulses.strength[start:cursor],
                )  # fmt: skip
        if cells:
            if c.kick_log_miss < 0.0:
                next_kick = _kick(t, c, excitation, random, next_kick)
            slot = t % n_slots
            _receive(excitation, c.decay_excitation, ring_e[slot])
            _receive(inhibition, c.decay_inhibition, ring_i[slot])
            _integrate(t, c, v, last_spike, excitation, inhibition)
            n_spikes = _fire(t, c, v, last_spike, forced[t % n_late], spikes)
            now = spikes[:n_spikes]
            _transmit(t, c, plastic, drugs, now, group, post, weight, resource, trace_post, ring_e, ring_i)
            if plastic:
                for j in now:
                    if j < c.n_excitatory:
                        first, last = incoming[j], incoming[j + 1]
                        _strengthen(c, first, last, in_synapse, in_pre, weight, trace_pre)
            _trace(t, c, last_spike, trace_pre, trace_post)
            if plastic and (t + 1) % c.scaling_every == 0:
                if c.back > 0.0:
                    _consolidate(c, gate, weight, state.slow, group, c.n_excitatory, n_slots - 1)
                _scale(c, weight, group, post, synapses.in_sum[b], n_slots - 1)
            if t >= blank_until:
                for i in now:
                    events[count, 0] = t
                    events[count, 1] = channel[i]
                    events[count, 2] = i
                    count += 1
        if ringing:
            count, ringing = _detect(t, c, t < blank_until, artifact, random, events, count)
    state.next_kick[b] = next_kick
    state.blank_until[b] = blank_until
    return count


@njit(cache=True, nogil=True)
def advance(
    taken, order, n_steps, c, synapses, state, plastic, gate, cells, drugs, pulses, spread, events, n_events
):  # fmt: skip
    """It advances the dishes of `order` by n_steps; several threads may call it with one counter `taken`.

    `gate` lets slow weights follow; `drugs` are the (excitatory, inhibitory) synaptic scales, `pulses` a
    `queue.Due`, `spread` the artifact's reach, channel x channel; `events` [dish, capacity, 3] receives
    (step, channel, cell or -1 for an artifact), `n_events` [dish] their number.
    """
    turn = take(taken)  # ty: ignore[missing-argument] - an intrinsic
    while turn < order.size:
        b = order[turn]
        n_events[b] = _advance_dish(
            b, n_steps, c, synapses, state, plastic, gate, cells, drugs, pulses, spread, events[b]
        )  # fmt: skip
        turn = take(taken)


@njit(cache=True)
def collect(events, n_events, dt_s):
    """It lays the detections of all dishes end to end: dish, channel, time in seconds, cell, [detection]."""
    n = n_events.sum()
    dish, channel, cell = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    time_s = np.empty(n)
    k = 0
    for b in range(n_events.size):
        for i in range(n_events[b]):
            dish[k], channel[k], cell[k] = b, events[b, i, 1], events[b, i, 2]
            time_s[k] = events[b, i, 0] * dt_s
            k += 1
    return dish, channel, time_s, cell
