"""Compartments of the mushroom body: an output cell forgets where the dopamine cells that reach it speak.

What punishes excites the dopamine cells PPL1, what rewards those of PAM (Aso & Rubin 2016, eLife 5:e16135);
the output cells of the former lead towards an odour, those of the latter away from it (Aso et al. 2014, eLife
3:e04580), and each is depressed for odours that come with its dopamine.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from brainwright.connectome import Connectome

from .errors import SteeringError
from .mushroom_body import ACTIVE, DEPRESSED, Calyx, between, on_side

EVENTS = {"punished": "PPL1", "rewarded": "PAM"}
"""What happens, and how the types of dopamine cells that it excites begin."""


@dataclass(frozen=True, eq=False)
class Compartments:
    """Which dopamine cells reach which output cells.

    Attributes:
        dopamine: synapses, [output cell, type of dopamine cell]; of connections of five and more.
        types: their names.
        towards: 1 for output cells whose dopamine is mostly that of punishment, -1 of reward, 0 where most is
            of neither or none comes. It is where the output cells lead, and stays where types are shuffled.
    """

    dopamine: Float[np.ndarray, "output type"]
    types: tuple[str, ...]
    towards: np.ndarray

    @staticmethod
    def of(wiring: Connectome, side: str) -> "Compartments":
        """The output cells of a side, in the order of `Calyx.of`, with the dopamine cells of both sides.
        Raises SteeringError.
        """
        cells = wiring.cells
        if "type" not in cells:
            raise SteeringError(f"Compartments: expected cells with a type, got {sorted(cells.columns)}")
        output = on_side(wiring, side)[2]
        dopamine = np.flatnonzero((cells["class"] == "DAN").to_numpy())
        names, number = np.unique(cells["type"].astype(str).to_numpy()[dopamine], return_inverse=True)
        if not len(dopamine):
            raise SteeringError("Compartments: no dopamine cells (class DAN) in this wiring")
        of_type = between(wiring, dopamine, output) @ np.eye(len(names))[number]
        made = Compartments(of_type, tuple(names.tolist()), np.zeros(len(output)))
        punished, rewarded = (made.gate(event) > 0.5 for event in EVENTS)
        return Compartments(of_type, made.types, punished * 1.0 - rewarded)

    def gate(self, event: str) -> Float[np.ndarray, " output"]:
        """The share of an output cell's dopamine synapses that speak when something happens."""
        speak = np.array([name.startswith(EVENTS[event]) for name in self.types])
        return self.dopamine[:, speak].sum(1) / np.maximum(self.dopamine.sum(1), 1)

    def shuffled(self, seed: int) -> "Compartments":
        """A null: each type of dopamine cell that any event excites gets the output cells of another one,
        drawn; where output cells lead, and how much dopamine each gets, stays.
        """
        excited = np.flatnonzero([name.startswith(tuple(EVENTS.values())) for name in self.types])
        order = np.arange(len(self.types))
        order[excited] = np.random.default_rng([seed, 74]).permutation(excited)
        return Compartments(self.dopamine[:, order], self.types, self.towards)

    def everywhere(self) -> "Compartments":
        """A control: whatever happens, all dopamine cells speak to all output cells alike."""
        speak = [name.startswith(tuple(EVENTS.values())) for name in self.types]
        count = np.where(speak, 1.0 / np.maximum(self._of_event(), 1), 0.0)
        return Compartments(np.tile(count, (len(self.dopamine), 1)), self.types, self.towards)

    def _of_event(self) -> np.ndarray:
        """How many types the event of each type excites."""
        starts = [[name.startswith(start) for name in self.types] for start in EVENTS.values()]
        return np.array(starts, float).sum(1) @ np.array(starts, float)


def valence(
    calyx: Calyx,
    compartments: Compartments,
    given: Float[np.ndarray, "odour glomerulus"],
    seed: int,
    *,
    noise: float = 0.1,
    active: float = ACTIVE,
) -> float:
    """AUROC of odours that came with reward against as many that came with punishment, smelled again with
    noise: by the drive that is left to output cells which lead towards, less that of those which lead away.
    """
    rng = np.random.default_rng([seed, 75])
    punished = rng.permutation(len(given)) < len(given) // 2
    code, lost = calyx.code(given, active).astype(float), np.zeros_like(calyx.onto)
    for event, when in zip(EVENTS, (punished, ~punished), strict=True):
        gate = DEPRESSED * compartments.gate(event)
        lost += np.log1p(-gate)[:, None] * code[when].sum(0)
    again = calyx.code(given * np.exp(noise * rng.normal(size=given.shape)), active).astype(float)
    leads = []
    for side in (1, -1):
        own = compartments.towards == side
        before = again @ calyx.onto[own].sum(0)
        leads.append(again @ (calyx.onto[own] * np.exp(lost[own])).sum(0) / np.maximum(before, 1e-12))
    score = leads[0] - leads[1]
    ahead = score[~punished][:, None] - score[punished][None]
    return float((ahead > 0).mean() + 0.5 * (ahead == 0).mean())
