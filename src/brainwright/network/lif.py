"""Leaky integrate-and-fire cells: exact integration forward, a surrogate gradient backward."""

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from brainwright.signal.steps import nearest_steps, whole_steps

from .cells import Cells, zeros
from .errors import NetworkError


class LIFState(NamedTuple):
    """Membrane and synaptic variable (mV from rest), steps since the last spike, spikes on their way (one
    entry per step of delay, oldest first), and a running rate.
    """

    v_mV: Float[Tensor, "batch cells"]
    g_mV: Float[Tensor, "batch cells"]
    since: Float[Tensor, "batch cells"]
    travelling: tuple[Float[Tensor, "batch cells"], ...]
    rate_hz: Float[Tensor, "batch cells"]

    @property
    def spikes(self) -> Float[Tensor, "batch cells"]:
        """Spikes (0 or 1) of the step just made."""
        return self.travelling[-1]


class _Spike(torch.autograd.Function):
    """1 above 0; its gradient is replaced by that of a fast sigmoid, 1 / (slope |x| + 1)^2 (Zenke & Ganguli
    2018).
    """

    @staticmethod
    def forward(ctx, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.slope = slope
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return gradients[0] / (ctx.slope * x.abs() + 1).square(), None


class LIFCells(Cells):
    """dv/dt = (-v + g + I) / tau_m, dg/dt = -g / tau_s, both frozen and deaf while refractory; a spike is
    v > threshold, sets v = reset and g = 0, and after `delay_s` adds `synapse_mV` times its weight to the g
    of its targets (Shiu et al. 2024, Nature 634:210). Within a step: integrate, threshold, arrivals, reset.

    Integration is exact for I constant within a step. The gradient of a spike is a surrogate; none passes
    through the reset. `readout` is a running rate, filtered with `tau_rate_s`.

    Args:
        n: number of cells.
        dt_s: time step.
        tau_m_s, tau_s_s: of membrane and synapse; they must differ.
        threshold_mV, reset_mV: from rest.
        refractory_s: one for all or [cell]; parts of a step do not count.
        delay_s: of every synapse, at least one step; the nearest number of steps, halves upwards.
        synapse_mV: jump of g per unit of weight.
        tau_rate_s: of the rate that is read out.
        drive_as: "current" (mV, held during the step) or "kick" (mV, added to v after the threshold).
        slope: of the surrogate, per mV.
        dtype: of everything.
    """

    kind = "lif"
    has_voltage = True
    refractory_steps: Tensor

    def __init__(
        self,
        n: int,
        *,
        dt_s: float = 1e-4,
        tau_m_s: float = 20e-3,
        tau_s_s: float = 5e-3,
        threshold_mV: float = 7.0,
        reset_mV: float = 0.0,
        refractory_s: float | np.ndarray = 2.2e-3,
        delay_s: float = 1.8e-3,
        synapse_mV: float = 0.275,
        tau_rate_s: float = 20e-3,
        drive_as: str = "current",
        slope: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        self.n, self.dt_s, self.tau_m_s, self.tau_s_s = n, dt_s, tau_m_s, tau_s_s
        self.threshold_mV, self.reset_mV, self.delay_s = threshold_mV, reset_mV, delay_s
        self.synapse_mV, self.tau_rate_s, self.drive_as, self.slope = synapse_mV, tau_rate_s, drive_as, slope
        self._check()
        refractory = np.broadcast_to(np.asarray(refractory_s, np.float64), (n,))
        if not (np.isfinite(refractory) & (refractory >= 0)).all():
            raise NetworkError(f"expected refractory_s >= 0 in seconds, got {refractory_s}")
        steps = np.maximum(1, whole_steps(refractory, dt_s))
        self.register_buffer("refractory_steps", torch.tensor(steps, dtype=dtype))
        self.delay_steps = int(nearest_steps(delay_s, dt_s))
        self.keep_v, self.keep_g = math.exp(-dt_s / tau_m_s), math.exp(-dt_s / tau_s_s)
        self.transfer = tau_s_s / (tau_m_s - tau_s_s) * (self.keep_v - self.keep_g)

    def rest(self, batch: int) -> LIFState:
        """At rest, long after any spike, nothing on its way."""
        zero = zeros(batch, self.n, self.refractory_steps)
        return LIFState(zero, zero, zero + 1e6, (zero,) * self.delay_steps, zero)

    def advance(self, state: LIFState, synaptic: Tensor | None, drive: Tensor | None) -> LIFState:
        """One step of `dt_s`."""
        since = state.since + 1
        awake: Bool[Tensor, "batch cells"] = since >= self.refractory_steps
        v, g = self._integrated(state, drive if self.drive_as == "current" else None)
        v, g = torch.where(awake, v, state.v_mV), torch.where(awake, g, state.g_mV)
        spikes = spike(v - self.threshold_mV, self.slope) * awake
        fired = spikes.detach() > 0
        hears = awake & ~fired
        if synaptic is not None:
            g = g + self.synapse_mV * synaptic * hears
        if drive is not None and self.drive_as == "kick":
            v = v + drive * hears
        v = torch.where(fired, torch.full_like(v, self.reset_mV), v)
        g = torch.where(fired, torch.zeros_like(g), g)
        since = torch.where(fired, torch.zeros_like(since), since)
        mix = math.exp(-self.dt_s / self.tau_rate_s)
        rate_hz = mix * state.rate_hz + (1 - mix) * spikes / self.dt_s
        return LIFState(v, g, since, (*state.travelling[1:], spikes), rate_hz)

    def output(self, state: LIFState) -> Float[Tensor, "batch cells"]:
        """Spikes that arrive in the coming step."""
        return state.travelling[0]

    def readout(self, state: LIFState) -> Float[Tensor, "batch cells"]:
        """The running rate, in Hz."""
        return state.rate_hz

    def voltage(self, state: LIFState) -> Float[Tensor, "batch cells"]:
        """v, mV from rest."""
        return state.v_mV

    def config(self) -> dict[str, Any]:
        """See `Cells.config`."""
        names = "n dt_s tau_m_s tau_s_s threshold_mV reset_mV delay_s synapse_mV tau_rate_s drive_as slope"
        return {name: getattr(self, name) for name in names.split()}

    def _integrated(self, state: LIFState, current: Tensor | None) -> tuple[Tensor, Tensor]:
        v = self.keep_v * state.v_mV + self.transfer * state.g_mV
        if current is not None:
            v = v + (1 - self.keep_v) * current
        return v, self.keep_g * state.g_mV

    def _check(self) -> None:
        for name in ("dt_s", "tau_m_s", "tau_s_s", "delay_s", "tau_rate_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise NetworkError(f"expected {name} > 0 in seconds, got {getattr(self, name)}")
        if self.tau_m_s == self.tau_s_s:
            raise NetworkError(f"expected tau_m_s and tau_s_s to differ, got {self.tau_m_s} for both")
        if nearest_steps(self.delay_s, self.dt_s) < 1:
            raise NetworkError(f"expected delay_s of at least one step of {self.dt_s} s, got {self.delay_s}")
        if not self.threshold_mV > max(0.0, self.reset_mV):
            raise NetworkError(
                f"expected threshold_mV above rest (0) and reset ({self.reset_mV}), got {self.threshold_mV}"
            )
        if self.drive_as not in ("current", "kick"):
            raise NetworkError(f"expected drive_as 'current' or 'kick', got {self.drive_as!r}")


def spike(x_mV: Tensor, slope: float) -> Tensor:
    """1 where x > 0, else 0, with a surrogate gradient; see `_Spike`."""
    found = _Spike.apply(x_mV, slope)
    assert isinstance(found, Tensor)
    return found
