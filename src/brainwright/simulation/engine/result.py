"""One run of the engine returns this."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of one trial, sorted by step, then neuron."""

    step: np.ndarray
    """int32 (spikes,): time step, counted from the start of the run."""
    neuron: np.ndarray
    """int32 (spikes,): index of the neuron."""
    n_neurons: int
    n_steps: int
    dt_s: float
    voltage_mV: np.ndarray
    """float (n_steps, recorded neurons): membrane at the end of each step."""
    recorded: np.ndarray
    """int32: the neurons whose voltage was recorded, in the order of its columns."""
    synaptic_events: int
    """Deliveries of a spike to a target."""
    examined: int
    """Neurons looked at, summed over steps: a sweep looks at all, event by event at a few."""
    sweep_steps: int
    """Steps that were done by the sweep; the others were event-driven."""

    @classmethod
    def restored(
        cls, step: np.ndarray, neuron: np.ndarray, synaptic_events: int, size: tuple[int, int, float]
    ) -> "Spikes":
        """Spikes that were kept without voltages and costs; `size`: neurons, steps, seconds per step."""
        n_neurons, n_steps, dt_s = size
        nobody = np.zeros(0, np.int32)
        blank = np.zeros((n_steps, 0))
        return cls(step, neuron, n_neurons, n_steps, dt_s, blank, nobody, synaptic_events, 0, 0)

    @property
    def time_s(self) -> np.ndarray:
        """The times are float64 (spikes,)."""
        return self.step * self.dt_s

    @property
    def duration_s(self) -> float:
        return self.n_steps * self.dt_s

    def count(self) -> np.ndarray:
        """It returns int64 (n_neurons,): spikes of each neuron."""
        return np.bincount(self.neuron, minlength=self.n_neurons)

    def rate_hz(self) -> np.ndarray:
        """It returns float64 (n_neurons,): spikes per second of each neuron.

        Raises:
            ValueError: a run of no duration has no rate.
        """
        if not self.n_steps:
            raise ValueError("a run of 0 s has no rate: expected at least one step")
        return self.count() / self.duration_s

    def key(self) -> np.ndarray:
        """It returns int64 (spikes,): `step * n_neurons + neuron`, for comparing runs as sets."""
        return self.step.astype(np.int64) * self.n_neurons + self.neuron


def common_share(first: Spikes, second: Spikes) -> float:
    """Spikes that two runs have in common, as a share of the larger run; 1 for two silent runs."""
    larger = max(first.step.size, second.step.size)
    return np.intersect1d(first.key(), second.key()).size / larger if larger else 1.0
