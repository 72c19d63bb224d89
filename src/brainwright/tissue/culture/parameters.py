"""Constants of the simulated culture, with units in their names."""

from dataclasses import dataclass, fields

GRID = 8  # electrodes per side of the array: 8 x 8 = 64 channels
GROUNDED = (0, 4, 7, 56, 63)  # reference and corner electrodes that never stimulate


@dataclass(frozen=True, kw_only=True)
class CultureParameters:
    """A leaky integrate-and-fire culture on an 8 x 8 electrode array.

    Distances are in electrode pitches; membrane potentials in mV above rest. Sources: trace STDP with
    multiplicative bounds (van Rossum et al. 2000, J Neurosci 20:8812; Gutig et al. 2003, J Neurosci
    23:3697), short-term depression (Tsodyks & Markram 1997, PNAS 94:719), normalisation of the summed
    excitatory input (Turrigiano et al. 1998, Nature 391:892), electrode recruitment falling with the
    squared distance and Lapicque's strength-duration curve (Ranck 1975, Brain Res 98:417).
    """

    n_neurons: int = 256
    excitatory_fraction: float = 0.8
    dt_s: float = 0.001

    # wiring
    p_near: float = 0.6
    p_far: float = 0.05
    reach_pitch: float = 4.0
    weight_mV: float = 0.3  # upper end of U(0, .) at 400 neurons; scaled by 400 / n_neurons
    inhibition: float = 1.5  # inhibitory weights are U(0, inhibition * weight)
    delay_s: float = 0.001
    delay_per_pitch_s: float = 0.0003

    # neuron
    tau_membrane_s: float = 0.020
    tau_excitation_s: float = 0.005
    tau_inhibition_s: float = 0.010
    threshold_mV: float = 20.0
    refractory_s: float = 0.003
    kick_mV: float = 3.0  # per step, into the excitatory current
    kick_rate_hz: float = 15.0  # background kicks per neuron

    # synapses
    depression_use: float = 0.5
    tau_depression_s: float = 0.5
    tau_potentiation_s: float = 0.015
    tau_depotentiation_s: float = 0.025
    learning_rate: float = 0.012
    depotentiation_ratio: float = 1.0
    weight_max_mV: float = 8.0
    pre_trace_lag_s: float = 0.002  # spikes no further apart than this do not count as "pre before post"
    scaling_interval_s: float = 0.2

    # consolidation: an assumption about tissue (gated by neuromodulation), off by default
    tau_return_s: float = 0.0  # with which weights return to their slow part; 0: there is none
    tau_consolidation_s: float = 10.0  # with which the slow part follows while the gate is open

    # electrodes
    recruitment_radius_pitch: float = 0.4
    recruitment_threshold: float = 0.45
    recruitment_threshold_sd: float = 0.25  # of the logarithm
    recruitment_slope: float = 0.02
    reference_current_uA: float = 2.0
    reference_width_us: float = 200.0
    chronaxie_us: float = 300.0
    direct_latency_s: float = 0.002
    direct_latency_spread_s: float = 0.003  # forced spikes come in [latency, latency + spread)

    # amplifier
    blanking_s: float = 0.001
    artifact_tau_s: float = 0.001
    artifact_threshold_ratio: float = 8.0  # artifact on the pulsed channel, in detection thresholds
    artifact_reach_pitch: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"{field.name} must be zero or more and finite, got {value!r}")
        for name in ("recruitment_slope", "recruitment_radius_pitch", "reach_pitch", "chronaxie_us"):
            self._require_positive(name)
        self._require_positive("tau_consolidation_s")
        for name in ("reference_current_uA", "reference_width_us", "threshold_mV", "weight_max_mV"):
            self._require_positive(name)
        if self.n_neurons != int(self.n_neurons):
            raise ValueError(f"n_neurons must be a whole number, got {self.n_neurons!r}")
        if self.n_neurons < 20:
            raise ValueError(f"n_neurons must be at least 20 (5 % would be one cell), got {self.n_neurons}")
        if self.n_neurons > 2**16:
            raise ValueError(f"n_neurons must not exceed {2**16}, got {self.n_neurons}")
        if not 0 < self.excitatory_fraction <= 1:
            raise ValueError(f"excitatory_fraction must lie in (0, 1], got {self.excitatory_fraction}")
        if not 0 < self.dt_s <= 0.001:
            raise ValueError(f"dt_s must lie in (0, 0.001], got {self.dt_s}")
        if self.kick_rate_hz * self.dt_s >= 1:
            raise ValueError("kick_rate_hz * dt_s must be below one: lower the rate or the step")
        if self.depression_use > 1:
            raise ValueError(f"depression_use is a fraction, at most 1, got {self.depression_use}")
        heaviest = self.weight_mV * 400 / self.n_neurons
        if heaviest > self.weight_max_mV:
            raise ValueError(
                f"weight_mV {self.weight_mV} gives weights up to {heaviest:.3g} mV in {self.n_neurons} "
                f"neurons, beyond weight_max_mV {self.weight_max_mV}: lower one or raise the other"
            )

    def _require_positive(self, name: str) -> None:
        if getattr(self, name) <= 0:
            raise ValueError(f"{name} must be above zero, got {getattr(self, name)!r}")

    @property
    def n_excitatory(self) -> int:
        return round(self.excitatory_fraction * self.n_neurons)

    @property
    def n_channels(self) -> int:
        return GRID * GRID

    def steps(self, duration_s: float) -> int:
        """It returns the whole simulation steps in a duration (rounded)."""
        return round(duration_s / self.dt_s)
