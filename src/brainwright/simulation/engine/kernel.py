"""The compiled time step of the spiking engine, in the frame in which nothing decays.

Between events a neuron obeys `v(t) = a exp(-t/tau_m) - b exp(-t/tau_s)`. The kernel stores the two
amplitudes as seen from one common origin, so an event is two additions and a silent neuron is never
touched, whatever the time since its last event (see `frame.py` for the tables). Two ways to find the
spikes share that state: `LAZY` follows only the "hot" neurons that could still reach threshold without
another event, `SWEEP` looks at all of them.
"""

import numpy as np

from brainwright.compiled import njit
from brainwright.prefetch import prefetch

from .pairs import add_to_pair

LAZY, SWEEP = 0, 1
BLOCK = 1024
"""Neurons that one vectorised threshold test covers: 16 kB of pairs in float64, half of the nearest cache."""
ROWS_AHEAD = 3
"""Rows of the wiring that are under way from memory while one is delivered, about half a kB each."""
STARTS_AHEAD = 9
"""Where rows start is called near this many spikes ahead: a row whose start were still under way could not be
called near, and all would wait."""

# No fast mathematics anywhere: even fused multiply-add rounds differently from one loop to the next, and
# then the two ways of finding spikes would not agree bit for bit.


@njit(nogil=True, cache=True, error_model="numpy")
def _hot(a, b, model, va, vb, gb):
    """Whether a neuron may cross threshold later without another event; never wrongly False.

    With `g` the synaptic variable, `v` can rise only while `g > v`, and never above
    `max(v, 0) + rho * max(g, 0)`.
    """
    v = a * va + b * vb
    g = b * gb
    return (g > v or v > model.near_threshold) and (
        max(v, model.zero) + model.rho * max(g, model.zero) > model.near_threshold
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _sort_slice(x, lo, hi):
    """Sort a slice in place: none that is in order, a short one by insertion, a long one by numpy's sort."""
    ordered = lo + 1
    while ordered < hi and x[ordered - 1] <= x[ordered]:
        ordered += 1
    if ordered >= hi:
        return
    if hi - lo > 64:  # insertion sort takes the square of the length, but starts at once
        x[lo:hi] = np.sort(x[lo:hi])
        return
    for i in range(ordered, hi):
        key = x[i]
        k = i - 1
        while k >= lo and x[k] > key:
            x[k + 1] = x[k]
            k -= 1
        x[k + 1] = key


@njit(nogil=True, cache=True, error_model="numpy")
def refill_hot(amplitude, hot, is_hot, model, va, vb, gb):
    """Rebuild the hot list from all neurons; returns its length."""
    n_hot = 0
    for j in range(amplitude.shape[0]):
        if _hot(amplitude[j, 0], amplitude[j, 1], model, va, vb, gb):
            is_hot[j] = 1
            hot[n_hot] = j
            n_hot += 1
        else:
            is_hot[j] = 0
    return n_hot


@njit(nogil=True, cache=True, error_model="numpy")
def move_origin(amplitude, aa, ab, bb, tiny):
    """Let the origin of the frame move forward in time; what has faded below `tiny` becomes zero."""
    zero = tiny - tiny
    for j in range(amplitude.shape[0]):
        a = amplitude[j, 0] * aa + amplitude[j, 1] * ab
        b = amplitude[j, 1] * bb
        amplitude[j, 0] = a if abs(a) > tiny else zero
        amplitude[j, 1] = b if abs(b) > tiny else zero


@njit(nogil=True, cache=True, error_model="numpy")
def _mark_above(block, va, vb, threshold, above):
    """Note in `above` which of a block of (a, b) pairs are above threshold; no branch, so it becomes vector
    code.
    """
    for k in range(block.size // 2):
        above[k] = block[2 * k] * va + block[2 * k + 1] * vb > threshold


@njit(nogil=True, cache=True, error_model="numpy")
def _find_by_sweep(amplitude, release, s, spikes, n, va, vb, threshold, above):
    """Append every neuron above threshold, in order; returns the new length of the spike list."""
    flat = amplitude.reshape(amplitude.size)
    eights = above.view(np.uint64)  # eight marks at a time: nearly all are zero
    for lo in range(0, flat.size, 2 * BLOCK):
        block = flat[lo : min(lo + 2 * BLOCK, flat.size)]
        _mark_above(block, va, vb, threshold, above)
        above[block.size // 2 :] = 0
        for w in range(eights.size):
            if eights[w] == 0:
                continue
            for k in range(8 * w, 8 * w + 8):
                j = lo // 2 + k
                if above[k] and release[j] <= s:
                    spikes[n] = j
                    n += 1
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def _find_hot(amplitude, release, s, spikes, n, hot, n_hot, is_hot, model, va, vb, gb):
    """Append the hot neurons above threshold, drop the cold ones; returns both new lengths."""
    kept = 0
    for i in range(n_hot):
        j = hot[i]
        a = amplitude[j, 0]
        b = amplitude[j, 1]
        if release[j] > s:  # refractory: whatever arrived will be discarded before release
            is_hot[j] = 0
        elif a * va + b * vb > model.threshold:
            spikes[n] = j
            n += 1
            is_hot[j] = 0
        elif _hot(a, b, model, va, vb, gb):
            hot[kept] = j
            kept += 1
        else:
            is_hot[j] = 0
    return n, kept


@njit(nogil=True, cache=True, error_model="numpy")
def _call_near(row, word, spikes, q, n):
    """Ask for rows of the wiring ahead of their delivery: those of spikes of this step, or of one that is
    delivered soon.
    """
    if q + STARTS_AHEAD < n:
        prefetch(row, spikes[q + STARTS_AHEAD])  # ty: ignore[missing-argument] - an intrinsic
    if q + ROWS_AHEAD < n:
        i = spikes[q + ROWS_AHEAD]
        for e in range(row[i], row[i + 1], 64 // word.itemsize):  # one request per cache line of 64 bytes
            prefetch(word, e)  # ty: ignore[missing-argument]


# Both loops walk all rows of a step: called for each row, they would spend a third of their time on passing
# arrays.


@njit(nogil=True, cache=True, error_model="numpy")
def _deliver_lazy(
    amplitude, row, words, muted, spikes, lo, hi, n, to_a, to_b,
    screen, hot, n_hot, is_hot, model, va, vb, gb,
):  # fmt: skip
    """Add the outgoing weights of a slice of the spike list and note the targets that became hot.

    Returns:
        (the hot length, weights added).
    """
    word, table, bits, mask = words
    events = 0
    for q in range(lo, hi):
        _call_near(row, word, spikes, q, n)
        i = spikes[q]
        if muted[i]:
            continue
        events += row[i + 1] - row[i]
        for e in range(row[i], row[i + 1]):
            j = word[e] >> bits
            a = add_to_pair(amplitude, j, table[word[e] & mask], to_a, to_b)  # ty: ignore[missing-argument]
            # v(t) <= a exp(-t/tau_m) while b >= 0, and v cannot rise through zero while b < 0
            if a > screen and _hot(a, amplitude[j, 1], model, va, vb, gb) and is_hot[j] == 0:
                is_hot[j] = 1
                hot[n_hot] = j
                n_hot += 1
    return n_hot, events


@njit(nogil=True, cache=True, error_model="numpy")
def _deliver_sweep(amplitude, row, words, muted, spikes, lo, hi, n, to_a, to_b):
    """Add the outgoing weights of a slice of the spike list; returns how many."""
    word, table, bits, mask = words
    events = 0
    for q in range(lo, hi):
        _call_near(row, word, spikes, q, n)
        i = spikes[q]
        if muted[i]:
            continue
        events += row[i + 1] - row[i]
        for e in range(row[i], row[i + 1]):
            j = word[e] >> bits
            add_to_pair(amplitude, j, table[word[e] & mask], to_a, to_b)  # ty: ignore[missing-argument]
    return events


@njit(nogil=True, cache=True, error_model="numpy")
def _discard(amplitude, release, s, spikes, lo, hi, model, v_to_a):
    """Reset those of a slice of the spike list that are still refractory after step `s`."""
    for q in range(lo, hi):
        j = spikes[q]
        if release[j] > s:
            amplitude[j, 0] = model.reset * v_to_a
            amplitude[j, 1] = model.zero


@njit(nogil=True, cache=True, error_model="numpy")
def advance(mode, wiring, cells, model, frame, state, ring, stimulus, probe, span):
    """Run steps `span.start ... span.stop - 1`, or fewer if the spike buffer fills up.

    The order inside a step is the model's: spikes of this step, arrivals and kicks, resets. A refractory
    neuron may collect input, but it cannot spike, and in its last refractory step all is discarded.

    Returns:
        (step reached, spikes stored, hot neurons, kicks used, forced spikes used, synaptic events,
        neurons looked at).
    """
    amplitude, hot, is_hot, release = state
    spikes, first = ring
    n, n_hot, kick, forced = span.n_spikes, span.n_hot, span.kick, span.forced
    base = span.base
    events = 0
    looked = 0
    n_neurons = amplitude.shape[0]
    above = np.empty(BLOCK, np.uint8)
    for s in range(span.start, span.stop):
        k = s - span.origin
        va, vb, gb = frame.look[k, 0], frame.look[k, 1], frame.look[k, 2]
        to_a, to_b, v_to_a = frame.add[k, 0], frame.add[k, 1], frame.add[k, 2]
        begin = n
        candidates = n_hot if mode == LAZY else n_neurons
        if candidates + stimulus.most_forced > spikes.size - n:
            return s, n, n_hot, kick, forced, events, looked
        looked += candidates
        if mode == LAZY:
            n, n_hot = _find_hot(amplitude, release, s, spikes, n, hot, n_hot, is_hot, model, va, vb, gb)
        else:
            n = _find_by_sweep(amplitude, release, s, spikes, n, va, vb, model.threshold, above)
        while forced < stimulus.forced.shape[0] and stimulus.forced[forced, 0] == s:
            spikes[n] = stimulus.forced[forced, 1]
            n += 1
            forced += 1
        _sort_slice(spikes, begin, n)
        first[s - base] = begin
        first[s - base + 1] = n
        for q in range(begin, n):
            j = spikes[q]
            release[j] = max(release[j], s + cells.refractory[j])

        screen = model.near_threshold * v_to_a
        for d in range(wiring.delay.size):
            t = s - wiring.delay[d]
            if t < base:
                continue
            lo, hi, row = first[t - base], first[t - base + 1], wiring.row[d]
            if mode == LAZY:
                n_hot, added = _deliver_lazy(
                    amplitude, row, wiring.words, cells.muted, spikes, lo, hi, n, to_a, to_b,
                    screen, hot, n_hot, is_hot, model, va, vb, gb,
                )  # fmt: skip
            else:
                added = _deliver_sweep(
                    amplitude, row, wiring.words, cells.muted, spikes, lo, hi, n, to_a, to_b
                )
            events += added

        while kick < stimulus.kicks.shape[0] and stimulus.kicks[kick, 0] == s:
            j = stimulus.kicks[kick, 1]
            amplitude[j, 0] += model.kick * v_to_a
            if mode == LAZY and is_hot[j] == 0:  # v may be above threshold already: follow it anyway
                is_hot[j] = 1
                hot[n_hot] = j
                n_hot += 1
            kick += 1

        # at once, for what is above threshold would be looked at again and again; and in the last refractory
        # step, with all that arrived meanwhile
        _discard(amplitude, release, s, spikes, begin, n, model, v_to_a)
        for d in range(cells.refractory_values.size):
            t = s + 1 - cells.refractory_values[d]
            if base <= t < s:
                _discard(amplitude, release, s, spikes, first[t - base], first[t - base + 1], model, v_to_a)

        for q in range(probe.cells.size):
            j = probe.cells[q]
            v = amplitude[j, 0] * va + amplitude[j, 1] * vb
            probe.voltage[s - probe.start, q] = v if release[j] <= s + 1 else model.reset
    return span.stop, n, n_hot, kick, forced, events, looked
