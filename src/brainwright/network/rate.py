"""Leaky rate cells, integrated exactly for input that is constant within a step (exponential Euler)."""

from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .cells import Cells, nonlinearity, zeros
from .errors import NetworkError

FORMS = ("voltage", "rate")
PER = ("none", "cell", "type")
SILENT = 1e-8
"""Added to a mean square before it divides, so that a silent population stays silent: its root, 1e-4, is
small beside activity of order 1, whose normalisation it changes by 5e-9.
"""


class RateState(NamedTuple):
    """The state is a voltage (form "voltage") or a rate (form "rate")."""

    x: Float[Tensor, "batch cells"]


class RateCells(Cells):
    """tau dx/dt = -x + b + I with output phi(x) (form "voltage"), or tau dx/dt = -x + phi(b + I) with output
    x (form "rate").

    One step is `x <- a x + (1 - a) (b + I)` with `a = exp(-dt / tau)`: weights keep their meaning whatever
    dt is. `tau_s = 0` gives the discrete form `x <- b + I`, or `x <- phi(b + I)` (the biological processing
    unit of Yu et al. 2025, arXiv:2507.10951; echo-state networks).

    Args:
        n: number of cells.
        phi: nonlinearity.
        tau_s: time constant, one for all or [cell]; >= 0.
        dt_s: time step; without time constants it changes nothing.
        form: see above.
        bias: "none", "cell" (one per cell) or "type" (one per group).
        groups: [cell] group of each cell, for what goes by type.
        train_tau: whether a factor of the time constants is learned: "none", "cell" or "type". It is
            exp(theta) with theta = 0 at first, so tau stays positive; cells with `tau_s = 0` stay discrete.
        normalise: what cells send is divided by its root mean square over the population (divisive
            normalisation, Carandini & Heeger 2012), so that it says nothing of how active they are together.
        dtype: of everything.

    Raises:
        NetworkError: negative or non-finite times, unknown names, groups missing.
    """

    kind = "rate"
    has_voltage = True
    keep: Tensor
    groups: Tensor

    def __init__(
        self,
        n: int,
        phi: str = "relu",
        *,
        tau_s: float | np.ndarray = 0.0,
        dt_s: float = 1e-3,
        form: str = "voltage",
        bias: str = "none",
        groups: Int[np.ndarray, " cell"] | None = None,
        train_tau: str = "none",
        normalise: bool = False,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        self.n, self.phi, self.form, self.bias_mode, self.dt_s = n, phi, form, bias, dt_s
        self.train_tau = train_tau
        self.normalise = normalise
        self._phi = nonlinearity(phi)
        if form not in FORMS or bias not in PER or train_tau not in PER:
            raise NetworkError(
                f"expected form of {FORMS}, bias and train_tau of {PER}, "
                f"got {form!r}, {bias!r}, {train_tau!r}"
            )
        self.register_buffer("keep", torch.tensor(_keep(n, tau_s, dt_s), dtype=dtype))
        if "type" in (bias, train_tau):
            if groups is None or groups.shape != (n,):
                raise NetworkError(f"what goes by type needs one group per cell, shape ({n},)")
            self.register_buffer("groups", torch.from_numpy(groups.astype(np.int64)))
        sizes = {"cell": n, "type": 0 if groups is None else int(groups.max(initial=-1)) + 1}
        self.bias = None if bias == "none" else nn.Parameter(torch.zeros(sizes[bias], dtype=dtype))
        self.theta = None if train_tau == "none" else nn.Parameter(torch.zeros(sizes[train_tau], dtype=dtype))

    def rest(self, batch: int) -> RateState:
        """At rest x = 0."""
        return RateState(zeros(batch, self.n, self.keep))

    def advance(self, state: RateState, synaptic: Tensor | None, drive: Tensor | None) -> RateState:
        """The cells advance by one step."""
        current = torch.zeros_like(state.x) if synaptic is None and drive is None else None
        for part in (synaptic, drive, self.bias_of_cells()):
            if part is not None:
                current = part if current is None else current + part
        assert current is not None
        target = self._phi(current) if self.form == "rate" else current
        keep = self.keep_of_cells()
        return RateState(keep * state.x + (1 - keep) * target)

    def output(self, state: RateState) -> Float[Tensor, "batch cells"]:
        """The output is phi(x), or x in the form "rate"; normalised where asked for."""
        sent = state.x if self.form == "rate" else self._sent(state.x)
        if not self.normalise:
            return sent
        return sent / (sent.square().mean(-1, keepdim=True) + SILENT).sqrt()

    def voltage(self, state: RateState) -> Float[Tensor, "batch cells"]:
        """The voltage is x."""
        return state.x

    def config(self) -> dict[str, Any]:
        """See `Cells.config`."""
        plain = {"n": self.n, "phi": self.phi, "dt_s": self.dt_s, "form": self.form, "bias": self.bias_mode}
        return {**plain, "train_tau": self.train_tau, "normalise": self.normalise}

    @property
    def is_discrete(self) -> bool:
        """Whether nothing is kept from one step to the next."""
        return not self.keep.any()

    def respond(self, current: Tensor) -> Tensor:
        """The response is phi(current)."""
        return self._phi(current)

    def _sent(self, x: Tensor) -> Tensor:
        """phi(x); without gradients it is taken once of a state that several projections and records read,
        and lies with it as long as neither is changed. With gradients each reader has its own: to share it
        would add theirs before the slope, which changes last digits.
        """
        if torch.is_grad_enabled() or x.is_inference():
            return self._phi(x)
        phi, version, sent, unchanged = vars(x).get("_sent", (None, None, x, None))
        if (phi, version, unchanged) != (self.phi, x._version, sent._version):
            sent = self._phi(x)
            if sent is not x:
                vars(x)["_sent"] = self.phi, x._version, sent, sent._version
        return sent

    def bias_of_cells(self) -> Float[Tensor, " cell"] | None:
        """The bias is b of each cell, None without one."""
        return None if self.bias is None else self._spread(self.bias, self.bias_mode)

    def keep_of_cells(self) -> Float[Tensor, " cell"]:
        """exp(-dt / tau) of each cell; a factor exp(theta) of tau is a power of it."""
        if self.theta is None:
            return self.keep
        return self.keep ** self._spread(-self.theta, self.train_tau).exp()

    def _spread(self, values: Tensor, per: str) -> Float[Tensor, " cell"]:
        return values[self.groups] if per == "type" else values


def _keep(n: int, tau_s: float | np.ndarray, dt_s: float) -> np.ndarray:
    """exp(-dt / tau) for each cell; 0 where tau is 0."""
    tau = np.broadcast_to(np.asarray(tau_s, np.float64), (n,))
    if not (np.isfinite(tau).all() and (tau >= 0).all() and np.isfinite(dt_s) and dt_s > 0):
        raise NetworkError(
            f"expected tau_s >= 0 and dt_s > 0 in seconds, got tau_s {tau.min(initial=0)}..."
            f"{tau.max(initial=0)} and dt_s {dt_s}"
        )
    return np.exp(-dt_s / np.where(tau > 0, tau, np.inf)) * (tau > 0)
