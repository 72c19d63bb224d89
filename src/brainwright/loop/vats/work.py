"""Arms of vats as pieces of work that a run can resume: all begin from what each brain learned alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainwright.runs import Units, of_prefix, with_prefix

from ..dishes.dishes import Arrays
from ..dishes.naive import readout_of
from ..partners import GRADIENT_STEPS
from .arms import VARIED, VAT_ARMS, VatArm
from .lesions import after_lesion, without_teachers
from .one_brain import one_brain
from .phases import calibrate, learn_alone, learn_together
from .scores import FOREIGN, vat_scores
from .vats import Vats

Share = Callable[..., None]
NAIVE, PRIVATE, MUTUAL = "naive", "private", "mutual"
"""Units from which others begin."""
NO_TEACHERS = "no teachers"


@dataclass(frozen=True, eq=False)
class VatWork:
    """Vats, and arms in the order in which they run; each becomes a unit under its name.

    Attributes:
        vats: of all arms.
        arms: by name; "mutual" is among them, first.
        seed: of emulators.
        gradient_steps: per symbol.
        lesions: whether brains will be lesioned, for which the state after `mutual` is kept.
    """

    vats: Vats
    arms: Mapping[str, VatArm] = field(default_factory=lambda: {**VAT_ARMS, **VARIED})
    seed: int = 0
    gradient_steps: int = GRADIENT_STEPS
    lesions: bool = False

    def naive(self, units: Units, share: Share) -> Arrays:
        """Read-outs are fixed on brains as they were born."""
        culture, readout = calibrate(self.vats)
        kept = {"readout_weight": readout.weight, "readout_offset": readout.offset}
        return kept | with_prefix("state_", culture.snapshot()) | self.vats.probe(culture, readout)

    def private(self, units: Units, share: Share) -> Arrays:
        """Each brain learns its part alone."""
        naive = units.load(NAIVE)
        culture = learn_alone(self.vats, of_prefix("state_", naive), self.seed, share)
        return with_prefix("state_", culture.snapshot()) | self.vats.probe(culture, readout_of(naive))

    def arm(self, name: str, units: Units, share: Share) -> Arrays:
        """One arm, from what each brain learned alone."""
        readout = readout_of(units.load(NAIVE))
        arm = self.arms[name]
        replayed = units.load(MUTUAL)["written"].astype(np.int64) if arm.writes == "replay" else None
        state = of_prefix("state_", units.load(PRIVATE))
        told: dict[str, Any] = {"written": replayed, "gradient_steps": self.gradient_steps, "seed": self.seed}
        culture, unit = learn_together(self.vats, arm, state, readout, share=share, **told)
        if name != MUTUAL:
            del unit["written"]
        elif self.lesions:
            unit |= with_prefix("state_", culture.snapshot())
        unit |= self.vats.probe(culture, readout)
        share(1.0, unit=name, score=round(float(self.scores(unit)[FOREIGN].mean()), 4))
        return unit

    def one_brain(self, units: Units, share: Share) -> Arrays:
        """For each vat one brain with all cells and all lessons."""
        return one_brain(self.vats, self.seed, share)

    def lesion(self, name: str, units: Units, share: Share) -> Arrays:
        """What is left, and what comes back, where brains lose their synapses."""
        naive = units.load(NAIVE)
        states = [of_prefix("state_", unit) for unit in (naive, units.load(PRIVATE), units.load(MUTUAL))]
        readout = readout_of(naive)
        if name == NO_TEACHERS:
            return without_teachers(self.vats, states[0], states[1], readout, self.seed, share)
        return after_lesion(self.vats, name, states[0], states[2], readout, self.seed, share)

    def scores(self, unit: Mapping[str, np.ndarray]) -> Arrays:
        """What every vat knows, by metric [vat]; with what was written where that is told."""
        v = self.vats
        asked = v.probe_symbols, v.successor, v.known, v.n_brains
        scores = vat_scores(unit["answers"], unit["evidence"], *asked)
        told = (unit.get(name, np.zeros(v.n)) for name in ("precision", "charge_nC"))
        return scores | {
            name: values.reshape(v.n_vats, -1).mean(1)
            for name, values in zip(("precision", "charge_nC"), told, strict=True)
        }

    def scores_of_one(self, unit: Mapping[str, np.ndarray]) -> Arrays:
        """Of brains that were taught the whole rule: no part is foreign to one, and its vote is its own."""
        firsts = slice(None, None, self.vats.n_brains)
        right = np.take_along_axis(self.vats.successor, self.vats.probe_symbols, axis=1)[firsts]
        share = (unit["answers"] == right).mean(1)
        names = (FOREIGN, "all", "worst", "best", "vote", "majority")
        return dict.fromkeys(names, share) | {"charge_nC": unit["charge_nC"]}
