"""One dish in plain NumPy: the equations that `kernel.py` compiles, kept slow and obvious.

A test demands that both give the same detections, step for step, and the same weights.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .electrodes import artifact_spread
from .parameters import CultureParameters
from .state import ARTIFACT, BACKGROUND, NEVER, RECRUITMENT, random_streams
from .wiring import grow

Pulse = tuple[int, int, float]  # step, channel, strength (see `electrodes.strength`)
_MASK = (1 << 64) - 1


class SplitMix64:
    """The generator of Steele, Lea & Flood (2014, OOPSLA, 10.1145/2660193.2660195), in whole numbers."""

    def __init__(self, state: int):
        self.state = state

    def uniform(self) -> float:
        """It returns the next double in [0, 1)."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) >> 11) / 2**53


class ReferenceDish:
    """A culture of one dish, matrix by matrix: `weight` and `delay` are pre x post, zero where unconnected.

    Args as `SimulatedCulture`. Not for experiments: it is about a hundred times slower.
    """

    def __init__(
        self,
        seed: int,
        parameters: CultureParameters,
        *,
        plasticity: bool = True,
        synapses: tuple[float, float] = (1.0, 1.0),
        consolidating: bool = False,
        cells: bool = True,
    ):
        p = self.parameters = parameters
        self.ampa, self.gaba = synapses
        self.plasticity, self.cells = plasticity and self.ampa > 0, cells
        self.consolidating = consolidating
        wiring = grow(p, seed)
        n, n_e = p.n_neurons, p.n_excitatory
        self.linked, self.weight, self.delay = np.zeros((n, n), bool), np.zeros((n, n)), np.zeros((n, n), int)
        self.linked[wiring.pre, wiring.post] = True
        self.weight[wiring.pre, wiring.post] = wiring.weight
        self.delay[wiring.pre, wiring.post] = wiring.delay
        self.slow = self.weight.copy()
        self.gain, self.threshold, self.channel = wiring.gain, wiring.threshold, wiring.channel
        self.input_at_birth = self.weight[:n_e, :n_e].sum(axis=0)
        self.spread = artifact_spread(p)
        self.random = [SplitMix64(int(state)) for state in random_streams(seed)]

        self.t = 0
        self.v, self.excitation, self.inhibition = np.zeros(n), np.zeros(n), np.zeros(n)
        self.last_spike = np.full(n, NEVER)
        self.pre_trace, self.post_trace, self.resource = np.zeros(n_e), np.zeros(n_e), np.ones(n_e)
        self.arriving_excitation: dict[int, NDArray[np.float64]] = {}  # step of arrival -> [post]
        self.arriving_inhibition: dict[int, NDArray[np.float64]] = {}
        self.forced: set[tuple[int, int]] = set()  # (step, cell) of direct spikes to come
        self.artifact = np.zeros(p.n_channels)
        self.blank_until = 0
        self.next_kick: int | None = None

    def advance(self, n_steps: int, pulses: Iterable[Pulse] = ()) -> NDArray[np.int64]:
        """It advances by `n_steps`; returns detections [event, (step, channel, cell or -1 for an
        artifact)].
        """
        by_step: dict[int, list[tuple[int, float]]] = {}
        for step, channel, strength in pulses:
            by_step.setdefault(step, []).append((channel, strength))
        events: list[tuple[int, int, int]] = []
        for _ in range(n_steps):
            events += self._step(sorted(by_step.get(self.t, [])))
            self.t += 1
        return np.array(events, np.int64).reshape(-1, 3)

    def _step(self, pulses: list[tuple[int, float]]) -> list[tuple[int, int, int]]:
        events = []
        self._receive(pulses)
        if self.cells:
            self._integrate()
            spikes = self._fire()
            self._transmit(spikes)
            if self.plasticity:
                self._potentiate(spikes)
            self._update_traces(spikes)
            if (
                self.plasticity
                and (self.t + 1) % self.parameters.steps(self.parameters.scaling_interval_s) == 0
            ):
                self._consolidate()
                self._scale()
            if self.t >= self.blank_until:
                events += [(self.t, int(self.channel[i]), i) for i in spikes]
        return events + self._artifact_detections()

    def _decay(self, tau_s: float) -> float:
        return float(np.exp(-self.parameters.dt_s / tau_s)) if tau_s > 0 else 0.0

    def _receive(self, pulses: list[tuple[int, float]]) -> None:
        """It puts the artifact on every channel; recruitment is of cells with P = sigmoid((reach - threshold)
        / slope).
        """
        p = self.parameters
        if not pulses:
            return
        self.blank_until = self.t + p.steps(p.blanking_s)
        for channel, strength in pulses:
            self.artifact += p.artifact_threshold_ratio * strength * self.spread[channel]
        reach = sum(strength * self.gain[channel] for channel, strength in pulses)
        for i in range(p.n_neurons if self.cells else 0):
            z = (reach[i] - self.threshold[i]) / p.recruitment_slope
            if z < -30 or self.random[RECRUITMENT].uniform() >= 1 / (1 + np.exp(-z)):
                continue
            late = int(self.random[RECRUITMENT].uniform() * max(1, p.steps(p.direct_latency_spread_s)))
            self.forced.add((self.t + p.steps(p.direct_latency_s) + late, i))

    def _integrate(self) -> None:
        """It adds background kicks and arriving currents (exponential) to leaky membranes, at rest while
        refractory.
        """
        p = self.parameters
        self._kick()
        nothing = np.zeros(p.n_neurons)
        arriving_e = self.arriving_excitation.pop(self.t, nothing)
        arriving_i = self.arriving_inhibition.pop(self.t, nothing)
        self.excitation = self.excitation * self._decay(p.tau_excitation_s) + arriving_e
        self.inhibition = self.inhibition * self._decay(p.tau_inhibition_s) + arriving_i
        v = self.v * self._decay(p.tau_membrane_s) + (self.excitation - self.inhibition)
        self.v = np.where(self._may_fire(), v, 0.0)

    def _kick(self) -> None:
        """It flips an independent coin per cell and step, drawn as geometric gaps along (step, cell)."""
        p = self.parameters
        chance = p.kick_rate_hz * p.dt_s
        if chance == 0:
            return
        while self.next_kick is None or self.next_kick < (self.t + 1) * p.n_neurons:
            gap = int(np.log(1 - self.random[BACKGROUND].uniform()) / np.log1p(-chance))
            if self.next_kick is None:
                self.next_kick = self.t * p.n_neurons + gap
            else:
                self.excitation[self.next_kick % p.n_neurons] += p.kick_mV
                self.next_kick += 1 + gap

    def _may_fire(self) -> NDArray[np.bool_]:
        return self.t > self.last_spike + self.parameters.steps(self.parameters.refractory_s)

    def _fire(self) -> list[int]:
        """It returns the cells above threshold or forced, unless refractory."""
        above = (self.v >= self.parameters.threshold_mV) & self._may_fire()
        direct = [i for step, i in self.forced if step == self.t and self._may_fire()[i]]
        self.forced = {(step, i) for step, i in self.forced if step > self.t}
        spikes = sorted({*np.flatnonzero(above).tolist(), *direct})
        self.v[spikes] = 0.0
        self.last_spike[spikes] = self.t
        return spikes

    def _transmit(self, spikes: list[int]) -> None:
        """Release depresses (Tsodyks & Markram 1997); pre after post weakens: w -= A x_post w."""
        p, n_e = self.parameters, self.parameters.n_excitatory
        self.resource = 1 - (1 - self.resource) * self._decay(p.tau_depression_s)
        for i in spikes:
            post = np.flatnonzero(self.linked[i])
            if i < n_e:
                efficacy = self.resource[i] * self.ampa
                self.resource[i] -= p.depression_use * self.resource[i]
                self._send(self.arriving_excitation, i, post, self.weight[i, post] * efficacy)
            else:
                self._send(self.arriving_inhibition, i, post, self.weight[i, post] * self.gaba)
            if i < n_e and self.plasticity:
                weaken = p.learning_rate * p.depotentiation_ratio * self.post_trace
                self.weight[i, :n_e] -= weaken * self.weight[i, :n_e]

    def _send(
        self,
        arriving: dict[int, NDArray[np.float64]],
        i: int,
        post: NDArray[np.int64],
        amount: NDArray[np.float64],
    ) -> None:
        for j, current in zip(post, amount, strict=True):
            at = self.t + int(self.delay[i, j])
            arriving.setdefault(at, np.zeros(self.parameters.n_neurons))[j] += current

    def _potentiate(self, spikes: list[int]) -> None:
        """A post spike after a pre spike strengthens: w += A x_pre (w_max - w)."""
        p, n_e = self.parameters, self.parameters.n_excitatory
        for j in (i for i in spikes if i < n_e):
            gain = p.learning_rate * self.pre_trace * (p.weight_max_mV - self.weight[:n_e, j])
            self.weight[:n_e, j] += np.where(self.linked[:n_e, j], gain, 0.0)

    def _update_traces(self, spikes: list[int]) -> None:
        """It comes after the weights, so that spikes of one step do not pair; pre spikes enter `lag` steps
        late.
        """
        p, n_e = self.parameters, self.parameters.n_excitatory
        entering = self.last_spike[:n_e] == self.t - p.steps(p.pre_trace_lag_s)
        self.pre_trace = self.pre_trace * self._decay(p.tau_potentiation_s) + entering
        self.post_trace = self.post_trace * self._decay(p.tau_depotentiation_s) + np.isin(
            np.arange(n_e), spikes
        )

    def _consolidate(self) -> None:
        """Every scaling interval T, by the values before: s += (w - s)(1 - e^(-T / tau_s)) while the gate is
        open, w += (s - w)(1 - e^(-T / tau_w)).
        """
        p, n_e = self.parameters, self.parameters.n_excitatory
        if p.tau_return_s == 0:
            return
        follow, back = (
            -np.expm1(-p.scaling_interval_s / tau) for tau in (p.tau_consolidation_s, p.tau_return_s)
        )
        gap = (self.weight - self.slow)[:n_e, :n_e]
        self.slow[:n_e, :n_e] += follow * gap * self.consolidating
        self.weight[:n_e, :n_e] -= back * gap

    def _scale(self) -> None:
        """It multiplies each cell's E -> E inputs: their sum is that at birth (Turrigiano et al. 1998)."""
        n_e = self.parameters.n_excitatory
        total = self.weight[:n_e, :n_e].sum(axis=0)
        factor = np.where(total > 0, self.input_at_birth / np.where(total > 0, total, 1), 1)
        self.weight[:n_e, :n_e] = np.minimum(self.weight[:n_e, :n_e] * factor, self.parameters.weight_max_mV)

    def _artifact_detections(self) -> list[tuple[int, int, int]]:
        """It returns the channels whose decaying artifact (in thresholds) crosses: P = 1 - exp(1 - height)
        per step.
        """
        events = []
        for channel, height in enumerate(self.artifact):
            if (
                height > 1
                and self.t >= self.blank_until
                and self.random[ARTIFACT].uniform() < 1 - np.exp(1 - height)
            ):
                events.append((self.t, channel, -1))
        self.artifact = self.artifact * self._decay(self.parameters.artifact_tau_s)
        if self.artifact.max() <= 1e-3:  # nothing that could matter is left
            self.artifact[:] = 0.0
        return events
