"""Leaky integrate-and-fire cells whose spikes are samples of binary variables, with any of them clamped."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from .model import AnySubset
from .networks import Blankets
from .variables import AnySubsetError

REFRACTORY_S = 0.01
"""A cell counts as 1 for as long after each spike, and its synapses act as long."""
MEMBRANE_S = 5e-4
"""Short against the refractory time, as in the high-conductance state: what has ended is soon forgotten."""
DT_S = 2.5e-4


@dataclass(frozen=True, eq=False)
class SpikingSampler:
    """LIF cells with escape noise, whose refractory states follow p(z) ~ exp(z W z / 2 + b z) (neural
    sampling: Buesing et al. 2011, doi:10.1371/journal.pcbi.1002211; with LIF cells: Petrovici et al. 2016,
    doi:10.1103/PhysRevE.94.042312).

    tau_m du/dt = b + W z - u; a cell that is not refractory fires at the rate exp(u) / tau_ref, is then 1 for
    tau_ref, and its synapses deliver W for as long. With u at rest the share of refractory time is the
    logistic function of u; the lag of the membrane is what makes the samples inexact. Clamped cells are held
    at 1 or 0.

    Args:
        weights: W, symmetric, diagonal unused, [cell, cell].
        biases: b, [cell].
    """

    weights: Float[np.ndarray, "cell cell"]
    biases: Float[np.ndarray, " cell"]

    @classmethod
    def of(cls, model: AnySubset) -> "SpikingSampler":
        """Cells whose synapses are what each learned from its neighbours. Raises AnySubsetError unless the
        network is one of `Blankets` over binary variables.
        """
        if not isinstance(model.network, Blankets):
            raise AnySubsetError('spikes need couplings: AnySubset.fit(..., network="blankets")')
        weights, biases = model.network.couplings()
        return cls(weights.double().numpy(), biases.double().numpy())

    def probabilities(
        self,
        values: np.ndarray,
        given: np.ndarray,
        *,
        seconds: float = 2.0,
        chains: int = 10,
        burn_in_s: float = 0.2,
        seed: int = 0,
    ) -> Float[np.ndarray, "row cell"]:
        """Share of the time in which each cell is refractory, the mean over chains; 0 or 1 where given.

        Args:
            values: 0 or 1 where given, [row, cell].
            given: which cells are clamped.
            seconds: simulated by each chain after `burn_in_s`.
            chains: for each row.
            seed: of the spikes.
        """
        rng = np.random.default_rng(seed)
        free, on = np.tile(~given, (chains, 1)), np.tile(given & (values > 0), (chains, 1))
        synapses = (self.weights * (1 - np.eye(len(self.biases)))).T.astype(np.float32)
        biases = self.biases.astype(np.float32)
        steps, first = round((seconds + burn_in_s) / DT_S), round(burn_in_s / DT_S)
        hold, leak = round(REFRACTORY_S / DT_S), np.float32(np.exp(-DT_S / MEMBRANE_S))
        membrane = np.broadcast_to(biases, free.shape).copy()
        left = np.zeros(free.shape, np.int16)
        total = np.zeros(free.shape)
        for step in range(steps):
            target = biases + np.where(free, left > 0, on).astype(np.float32) @ synapses
            membrane = target + leak * (membrane - target)
            # of a rate r, a step of dt holds no spike with probability exp(-r dt)
            expected = np.exp(membrane) / hold
            fires = (left <= 0) & (rng.standard_exponential(free.shape, dtype=np.float32) < expected)
            left = np.where(fires, hold, left - 1).astype(np.int16)
            if step >= first:
                total += left > 0
        return np.where(free, total / (steps - first), on).reshape(chains, *given.shape).mean(0)
