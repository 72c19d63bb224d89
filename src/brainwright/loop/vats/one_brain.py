"""One brain with the cells and the lessons of a whole vat: what a critic would build instead."""

from collections.abc import Callable

import numpy as np

from brainwright.tissue import CultureParameters, SimulatedCulture

from ..close_loop import close_loop
from ..dishes.dishes import Arrays
from ..dishes.model import DishModel
from ..partners import BATCH, GRADIENT_STEPS
from ..probe import fix_readout, untaught_copy
from .vats import PARTS, PRIVATE, SYMBOLS, Vats, another, answers_of, walk

MOST_CELLS = 3072
"""Twelve brains of 256: up to there rates at rest and driven are those of small cultures; a larger vat is
given as many cells as this, and all its lessons.
"""


def one_brain(vats: Vats, seed: int, share: Callable[..., None] = lambda _: None) -> Arrays:
    """For each vat one culture with as many cells as all its brains, taught for as many symbols as all of
    them together, by the ordinary loop, in an environment that holds the whole rule: every symbol is followed
    by its successor as often as in all private environments together, and else by any other symbol.

    Returns:
        `answers` [vat, trial] and `evidence` [vat, trial, symbol] to the symbols that the brains of the vat
        were asked; `charge_nC` [vat].
    """
    sizes, firsts = vats.sizes, slice(None, None, vats.n_brains)
    cells = min(MOST_CELLS, vats.n_neurons * vats.n_brains)
    seeds = vats.seeds[firsts]
    culture = SimulatedCulture(
        seeds, CultureParameters(n_neurons=cells), plasticity=False, threads=vats.threads
    )
    layout, alone = (type(p)(p.electrodes[firsts], p.timing) for p in (vats.layout, vats.alone))
    calibration = np.random.default_rng([vats.first_seed, PRIVATE]).integers(
        0, SYMBOLS, (len(seeds), sizes.calibration)
    )
    readout, _ = fix_readout(culture, layout, calibration)
    lessons = vats.n_brains * (sizes.private + sizes.together)
    n = sizes.recorded + lessons
    culture.plasticity = True
    close_loop(
        culture,
        alone,
        _environments(vats, n + 1),
        DishModel(batch=BATCH, seed=seed).writer(alone, vats.channels, GRADIENT_STEPS),
        record=sizes.recorded,
        block=lessons,
        refit=False,
        on_period=lambda done: share(done / n),
    )
    charge_nC = culture.ledger.totals()["charge_nC"]
    asked = answers_of(untaught_copy(culture), layout, readout, vats.probe_symbols[firsts])
    return asked | {"charge_nC": charge_nC}


def _environments(vats: Vats, n: int) -> np.ndarray:
    """What each of them hears, [vat, n]."""

    def of_vat(seed: int, successor: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([seed, PRIVATE, 1])

        def follow(symbol: int) -> int:
            return successor[symbol] if rng.random() < 1 / PARTS else another(symbol, rng)

        return walk(n, rng, follow)

    firsts = slice(None, None, vats.n_brains)
    return np.stack([of_vat(*each) for each in zip(vats.seeds[firsts], vats.successor[firsts], strict=True)])
