"""Brains of a vat that lose what they know: what their partners give back to them, and what nobody can."""

from collections.abc import Callable

import numpy as np

from ..dishes.dishes import Arrays
from ..readout import IdentityReadout
from .arms import VatArm
from .phases import learn_together
from .vats import AGAIN, PARTS, Vats

LESIONED = 3
"""Of so many brains one is lesioned; every part of the rule stays with some that are not."""
LESIONS = {"mutual": VatArm(), "self_grad": VatArm("self"), "silent": VatArm(writes="nothing")}
"""What follows a lesion."""


def lesioned(vats: Vats) -> np.ndarray:
    """Which brains lose their synapses, bool [dish]: the first third of each vat."""
    return np.arange(vats.n) % vats.n_brains < vats.n_brains // LESIONED


def after_lesion(
    vats: Vats,
    arm: str,
    naive: Arrays,
    taught: Arrays,
    readout: IdentityReadout,
    seed: int,
    share: Callable[..., None] = lambda _: None,
) -> Arrays:
    """A third of the brains of a taught vat get the synapses of their naive day; then the vat goes on.

    Returns:
        Shares of right answers before the lesion, after it and at the end, of the lesioned and of the intact
        brains, [vat] each.
    """
    hurt = lesioned(vats)
    state = vats.with_weights(taught, naive, np.flatnonzero(hurt))
    rows = {"before": _right(vats, taught, readout), "lesion": _right(vats, state, readout)}
    # other symbols and emulators than those that taught it
    culture, _ = learn_together(vats, LESIONS[arm], state, readout, seed=seed + 1, purpose=AGAIN, share=share)
    rows["end"] = _right(vats, culture.snapshot(), readout)
    return {
        f"{name}, {when}": values[who].reshape(vats.n_vats, -1).mean(1)
        for when, values in rows.items()
        for name, who in (("lesioned", hurt), ("intact", ~hurt))
    }


def without_teachers(
    vats: Vats,
    naive: Arrays,
    private: Arrays,
    readout: IdentityReadout,
    seed: int,
    share: Callable[..., None] = lambda _: None,
) -> Arrays:
    """All who know the first part lose it before they meet the others: nobody can then teach it.

    Returns:
        Shares of right answers to symbols of the `lost` part and to the others (`taught`), of all brains that
        were not taught about them, [vat] each.
    """
    part = np.arange(vats.n) % vats.n_brains % PARTS
    state = vats.with_weights(private, naive, np.flatnonzero(part == 0))
    culture, _ = learn_together(vats, VatArm(), state, readout, seed=seed, share=share)
    answers = vats.probe(culture, readout)["answers"]
    right = answers == np.take_along_axis(vats.successor, vats.probe_symbols, axis=1)
    lost = np.take_along_axis(np.tile(vats.known[:1], (vats.n, 1)), vats.probe_symbols, axis=1)
    foreign = ~np.take_along_axis(vats.known & (part != 0)[:, None], vats.probe_symbols, axis=1)
    return {
        name: _mean(right, asked & foreign).reshape(vats.n_vats, -1).mean(1)
        for name, asked in (("lost part", lost), ("taught parts", ~lost))
    }


def _right(vats: Vats, state: Arrays, readout: IdentityReadout) -> np.ndarray:
    """Share of right answers of each brain in a state, [dish]."""
    answers = vats.probe(vats.culture(state, plasticity=False), readout)["answers"]
    return (answers == np.take_along_axis(vats.successor, vats.probe_symbols, axis=1)).mean(1)


def _mean(right: np.ndarray, where: np.ndarray) -> np.ndarray:
    return (right & where).sum(1) / where.sum(1)
