"""One compiled step loop for a batch of dishes; `reference.py` says the same in plain NumPy.

Order within a step: pulses, background kicks, arriving currents, membranes, spikes (threshold or
forced), delivery with depression and post-before-pre weakening, pre-before-post strengthening,
traces, scaling, detections.
"""

import numpy as np
from numba import njit

from .state import ARTIFACT, BACKGROUND, RECRUITMENT

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53


@njit(cache=True, inline="always")
def _uniform(random, stream):
    """SplitMix64 (Steele, Lea & Flood 2014): a double in [0, 1)."""
    random[stream] += _GAMMA
    z = random[stream]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return ((z ^ (z >> _S31)) >> _S11) * _UNIT


@njit(cache=True)
def _pulse(t, c, gain, threshold, forced, random, channel, current, first, last):
    """Recruit cells by the pulses first..last of this step and queue their direct spikes."""
    n = threshold.size
    length = forced.shape[0]
    for i in range(n):
        reach = 0.0
        for k in range(first, last):
            reach += current[k] * gain[channel[k], i]
        z = (reach - threshold[i]) / c.recruitment_slope
        if z < -30.0:
            continue
        if _uniform(random, RECRUITMENT) < 1.0 / (1.0 + np.exp(-z)):
            late = c.latency + int(_uniform(random, RECRUITMENT) * c.latency_spread)
            forced[(t + late) % length, i] = 1


@njit(cache=True)
def _kick(t, c, excitation, random, next_kick):
    """Background input: geometric gaps over the (step, cell) raster give independent coin flips."""
    n = excitation.size
    base = t * n
    if next_kick < 0:
        next_kick = base + int(np.log(1.0 - _uniform(random, BACKGROUND)) / c.kick_log_miss)
    while next_kick < base + n:
        excitation[next_kick - base] += c.kick
        next_kick += 1 + int(np.log(1.0 - _uniform(random, BACKGROUND)) / c.kick_log_miss)
    return next_kick


@njit(cache=True)
def _scale(c, weight, in_ptr, in_synapse, in_sum):
    """Multiply each cell's incoming E -> E weights so that they sum to their sum at birth."""
    for i in range(in_sum.size):
        total = 0.0
        for k in range(in_ptr[i], in_ptr[i + 1]):
            total += weight[in_synapse[k]]
        if total > 0.0:
            factor = in_sum[i] / total
            for k in range(in_ptr[i], in_ptr[i + 1]):
                weight[in_synapse[k]] = min(weight[in_synapse[k]] * factor, c.weight_max)


@njit(cache=True, nogil=True)
def advance(
    first_dish, last_dish, n_steps, c, synapses, state, plastic, cells, drugs, pulses, spread, events, n_events
):
    """Advance dishes first..last by n_steps.

    pulses = (ptr dish x (P+1) by step order, step, channel, relative current); spread is channel x channel
    artifact reach; drugs = (excitatory, inhibitory) synaptic scale; events dish x capacity x 3 receives
    (step, channel, cell or -1 for an artifact), n_events their number per dish.
    """
    ampa, gaba = drugs
    pulse_ptr, pulse_step, pulse_channel, pulse_current = pulses
    weight = state.weight
    n_e = c.n_excitatory
    n = state.v.shape[1]
    spikes = np.empty(n, np.int64)
    for b in range(first_dish, last_dish):
        v, last_spike = state.v[b], state.last_spike[b]
        excitation, inhibition = state.excitation[b], state.inhibition[b]
        trace_pre, trace_post, resource = state.trace_pre[b], state.trace_post[b], state.resource[b]
        ring_e, ring_i, forced = state.ring_e[b], state.ring_i[b], state.forced[b]
        artifact, random = state.artifact[b], state.random[b]
        out_ptr, ee_end = synapses.out_ptr[b], synapses.ee_end[b]
        in_ptr, channel = synapses.in_ptr[b], synapses.channel[b]
        ring_size = ring_e.size
        next_kick, blank_until = state.next_kick[b], state.blank_until[b]
        cursor, last_pulse = pulse_ptr[b], pulse_ptr[b + 1]
        count = 0
        ringing = artifact.max() > 1e-3
        for t in range(state.step[0], state.step[0] + n_steps):
            start = cursor
            while cursor < last_pulse and pulse_step[cursor] <= t:
                cursor += 1
            if cursor > start:
                blank_until = t + c.blanking
                ringing = True
                for k in range(start, cursor):
                    height = c.artifact_height * abs(pulse_current[k])
                    for j in range(artifact.size):
                        artifact[j] += height * spread[pulse_channel[k], j]
                if cells:
                    _pulse(
                        t, c, synapses.gain[b], synapses.threshold[b], forced, random,
                        pulse_channel, pulse_current, start, cursor,
                    )  # fmt: skip
            if cells:
                slot = (t * n) % ring_size
                arriving_e, arriving_i = ring_e[slot : slot + n], ring_i[slot : slot + n]
                if c.kick_log_miss < 0.0:
                    next_kick = _kick(t, c, excitation, random, next_kick)
                for i in range(n):
                    excitation[i] = excitation[i] * c.decay_excitation + arriving_e[i]
                    inhibition[i] = inhibition[i] * c.decay_inhibition + arriving_i[i]
                    arriving_e[i] = 0.0
                    arriving_i[i] = 0.0
                    new = v[i] * c.decay_membrane + (excitation[i] - inhibition[i])
                    v[i] = new if t > last_spike[i] + c.refractory else 0.0
                now = forced[t % forced.shape[0]]
                n_spikes = 0
                for i in range(n):
                    if v[i] >= c.threshold or now[i]:
                        if t > last_spike[i] + c.refractory:
                            spikes[n_spikes] = i
                            n_spikes += 1
                        now[i] = 0

                for i in range(n_e):
                    resource[i] = 1.0 - (1.0 - resource[i]) * c.recovery
                for s in range(n_spikes):
                    i = spikes[s]
                    v[i] = 0.0
                    last_spike[i] = t
                    if i < n_e:
                        efficacy = resource[i] * ampa
                        resource[i] -= c.depression_use * resource[i]
                        if plastic:
                            for k in range(out_ptr[i], ee_end[i]):
                                at = slot + synapses.slot_offset[k]
                                at -= ring_size if at >= ring_size else 0
                                ring_e[at] += weight[k] * efficacy
                                weight[k] -= c.depotentiation * trace_post[synapses.post[k]] * weight[k]
                        else:
                            for k in range(out_ptr[i], ee_end[i]):
                                at = slot + synapses.slot_offset[k]
                                at -= ring_size if at >= ring_size else 0
                                ring_e[at] += weight[k] * efficacy
                        for k in range(ee_end[i], out_ptr[i + 1]):
                            at = slot + synapses.slot_offset[k]
                            at -= ring_size if at >= ring_size else 0
                            ring_e[at] += weight[k] * efficacy
                    else:
                        for k in range(out_ptr[i], out_ptr[i + 1]):
                            at = slot + synapses.slot_offset[k]
                            at -= ring_size if at >= ring_size else 0
                            ring_i[at] += weight[k] * gaba
                if plastic:
                    for s in range(n_spikes):
                        i = spikes[s]
                        if i < n_e:
                            for k in range(in_ptr[i], in_ptr[i + 1]):
                                j = synapses.in_synapse[k]
                                weight[j] += c.potentiation * trace_pre[synapses.in_pre[k]] * (c.weight_max - weight[j])
                for i in range(n_e):
                    trace_pre[i] = trace_pre[i] * c.decay_pre + (1.0 if last_spike[i] == t - c.lag else 0.0)
                    trace_post[i] = trace_post[i] * c.decay_post + (1.0 if last_spike[i] == t else 0.0)
                if plastic and (t + 1) % c.scaling_every == 0:
                    _scale(c, weight, in_ptr, synapses.in_synapse, synapses.in_sum[b])
                if t >= blank_until:
                    for s in range(n_spikes):
                        events[b, count, 0] = t
                        events[b, count, 1] = channel[spikes[s]]
                        events[b, count, 2] = spikes[s]
                        count += 1
            if ringing:
                ringing = False
                for j in range(artifact.size):
                    if artifact[j] > 1.0:
                        if t >= blank_until and _uniform(random, ARTIFACT) < 1.0 - np.exp(1.0 - artifact[j]):
                            events[b, count, 0] = t
                            events[b, count, 1] = j
                            events[b, count, 2] = -1
                            count += 1
                    artifact[j] *= c.decay_artifact
                    ringing = ringing or artifact[j] > 1e-3
        state.next_kick[b] = next_kick
        state.blank_until[b] = blank_until
        n_events[b] = count
