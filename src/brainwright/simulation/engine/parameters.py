"""Constants of the leaky integrate-and-fire model, and what follows from them per time step."""

import math
from dataclasses import dataclass

from brainwright.signal.steps import nearest_steps, whole_steps


@dataclass(frozen=True, kw_only=True)
class LIFParameters:
    """Whole-brain leaky integrate-and-fire model (Shiu et al., Nature 634, 2024).

    Per neuron, with membrane `v` and synaptic variable `g` (both mV)::

        dv/dt = (rest - v + g) / tau_m        dg/dt = -g / tau_s

    both frozen, and deaf to input, while refractory. A spike is `v > threshold`, strictly; it sets
    `v = reset` and `g = 0`. After `delay_s` a spike adds `weight_mV` times the signed synapse
    count to the target's `g`. An external kick adds `kick_mV` to `v` itself.

    The defaults are the published ones (constants there credited to Kakaria and de Bivort 2017,
    10.3389/fnbeh.2017.00008, and Paul et al. 2015, 10.3389/fncel.2015.00029).

    Raises:
        ValueError: a constant outside the range in which the model means something, with that range.
    """

    dt_s: float = 1e-4
    """Time step; the update itself is exact at any step."""
    tau_m_s: float = 20e-3
    """Membrane time constant."""
    tau_s_s: float = 5e-3
    """Synaptic time constant, of excitation and inhibition alike."""
    rest_mV: float = -52.0
    reset_mV: float = -52.0
    threshold_mV: float = -45.0
    refractory_s: float = 2.2e-3
    """Of ordinary neurons; neurons that receive kicks have none, as in the published model."""
    delay_s: float = 1.8e-3
    """Of every synapse whose delay is not given apart."""
    weight_mV: float = 0.275
    """Jump of `g` per synapse."""
    kick_mV: float = 68.75
    """Jump of `v` per external event: 250 synapses' worth, so one kick makes a spike."""

    def __post_init__(self) -> None:
        for name in ("dt_s", "tau_m_s", "tau_s_s", "delay_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name}: expected a positive number of seconds, got {value!r}")
        if not (math.isfinite(self.refractory_s) and self.refractory_s >= 0):
            raise ValueError(f"refractory_s: expected seconds >= 0, got {self.refractory_s!r}")
        for name in ("rest_mV", "reset_mV", "threshold_mV", "weight_mV", "kick_mV"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name}: expected a finite number of mV, got {getattr(self, name)!r}")
        if self.weight_mV <= 0:
            raise ValueError(f"weight_mV: expected > 0 (signs belong to the wiring), got {self.weight_mV!r}")
        if not (self.threshold_mV > self.rest_mV and self.threshold_mV > self.reset_mV):
            raise ValueError(
                f"threshold_mV: expected above rest ({self.rest_mV}) and reset ({self.reset_mV}), got "
                f"{self.threshold_mV}; neurons that fire without input are outside this model"
            )
        if self.dt_s > min(self.tau_m_s, self.tau_s_s):
            raise ValueError(
                f"dt_s = {self.dt_s} is larger than a time constant ({self.tau_m_s} s, {self.tau_s_s} s): "
                "spikes would be placed more coarsely than the dynamics move; use a smaller dt_s"
            )
        if self.delay_s < self.dt_s * (1 - 1e-6):
            raise ValueError(
                f"dt_s = {self.dt_s} is larger than delay_s = {self.delay_s}: a spike would arrive before "
                f"the step in which it was fired; use dt_s <= {self.delay_s}"
            )

    @property
    def delay_steps(self) -> int:
        """The nearest whole number of steps, halves upwards, as in Brian2."""
        return int(nearest_steps(self.delay_s, self.dt_s))

    @property
    def refractory_steps(self) -> int:
        """Steps from a spike to the next update; 1, the next step, where there is no refractory time.

        A part of a step does not count, as in Brian2: 2.2 ms are 8 steps of 0.25 ms.
        """
        return max(1, int(whole_steps(self.refractory_s, self.dt_s)))

    def steps(self, duration_s: float) -> int:
        """Number of whole steps in `duration_s`.

        Raises:
            ValueError: a negative or non-finite duration, or one that is not a whole number of steps.
        """
        if not (math.isfinite(duration_s) and duration_s >= 0):
            raise ValueError(f"duration_s: expected a number of seconds >= 0, got {duration_s!r}")
        steps = round(duration_s / self.dt_s)
        if abs(steps * self.dt_s - duration_s) > 1e-6 * self.dt_s + 1e-12 * duration_s:
            raise ValueError(
                f"duration_s: expected a whole number of steps of {self.dt_s} s, got {duration_s}; "
                f"the nearest is {steps * self.dt_s}"
            )
        return steps

    @property
    def time_constant_ratio(self) -> float:
        """`tau_s / (tau_m - tau_s)`: share of `g` that enters the slow mode of `v`."""
        return self.tau_s_s / (self.tau_m_s - self.tau_s_s)

    @property
    def peak_share(self) -> float:
        """`rho`: highest `v` that a unit of `g` can bring about from rest.

        The maximum over time of `ratio * (exp(-t/tau_m) - exp(-t/tau_s))`; 0.15749 for 20 and 5 ms.
        """
        quotient = self.tau_s_s / self.tau_m_s
        if abs(quotient - 1) < 1e-9:
            return math.exp(-1.0)
        return quotient ** (1 / (1 - quotient))


def propagator(parameters: LIFParameters) -> tuple[float, float, float]:
    """Exact one-step update `v <- v*Em + g*C`, `g <- g*Es`: returns `(Em, Es, C)`."""
    em = math.exp(-parameters.dt_s / parameters.tau_m_s)
    es = math.exp(-parameters.dt_s / parameters.tau_s_s)
    if abs(parameters.tau_m_s - parameters.tau_s_s) < 1e-9 * parameters.tau_m_s:
        return em, es, em * parameters.dt_s / parameters.tau_m_s
    return em, es, (em - es) * parameters.time_constant_ratio
