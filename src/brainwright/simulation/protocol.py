"""What is done to a brain in a run: cells activated, silenced, clamped."""

from dataclasses import dataclass

import numpy as np

from brainwright.simulation.engine import LIFParameters, merge_events, poisson_events, train_events


@dataclass(frozen=True)
class Activation:
    """Cells that get external events: Poisson at a rate, or at given times."""

    cells: np.ndarray
    rate_hz: float | None
    times_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """What is done to the brain in a run; positions, not ids."""

    activations: tuple[Activation, ...] = ()
    silenced: tuple[int, ...] = ()
    clamped: tuple[int, ...] = ()
    forced: tuple[tuple[int, tuple[float, ...]], ...] = ()

    @property
    def driven(self) -> np.ndarray:
        """The positions are those of the activated cells, int32, sorted."""
        cells = [activation.cells for activation in self.activations]
        return np.unique(np.concatenate(cells)) if cells else np.zeros(0, np.int32)

    @property
    def unheard(self) -> np.ndarray:
        """These are the positions of the cells that reach nobody, int32, sorted: silenced, or clamped without
        spikes.
        """
        held = set(self.clamped) - {cell for cell, _ in self.forced}
        return np.array(sorted({*self.silenced, *held}), np.int32)

    def events(self, steps: int, seed: int, trial: int, parameters: LIFParameters) -> np.ndarray:
        """It returns the external events of one trial, int32 (events, 2): step, position of the cell."""
        tables = []
        for number, activation in enumerate(self.activations):
            if activation.rate_hz is None:
                trains = {int(cell): activation.times_s for cell in activation.cells}
                tables.append(train_events(trains, steps, parameters))
            else:
                rng = np.random.default_rng([seed, trial, number])
                tables.append(poisson_events(activation.cells, activation.rate_hz, steps, parameters, rng))
        return merge_events(tables)
