"""What happens to vats, in order: read-outs are fixed, brains learn alone, then from one another."""

from collections.abc import Callable

import numpy as np

from brainwright.tissue import CultureParameters, Joined, SimulatedCulture, Tissue

from ..close_loop import close_loop
from ..couple import couple
from ..dishes.dishes import Arrays
from ..dishes.model import DishModel
from ..layout import symbol_of
from ..partners import BATCH, GRADIENT_STEPS
from ..present import Periods
from ..probe import fix_readout
from ..readout import IdentityReadout
from .arms import VatArm, layout_of, messages_of, vat_writer
from .vats import CALIBRATE, TOGETHER, Vats

Share = Callable[..., None]


def calibrate(vats: Vats) -> tuple[SimulatedCulture, IdentityReadout]:
    """The brains as they were born, and their read-outs, fixed with plasticity off."""
    culture = vats.culture(None, plasticity=False)
    rng = np.random.default_rng([vats.first_seed, CALIBRATE])
    symbols = rng.integers(0, vats.layout.n_symbols, (vats.n, vats.sizes.calibration))
    readout, _ = fix_readout(culture, vats.layout, symbols)
    return culture, readout


def learn_alone(vats: Vats, state: Arrays, seed: int, share: Share = lambda _: None) -> SimulatedCulture:
    """Each brain is taught by the ordinary loop to expect what comes in its own environment, where only its
    part of the rule holds.
    """
    n = vats.sizes.recorded + vats.sizes.private
    culture = vats.culture(state, plasticity=True)
    model = DishModel(batch=BATCH, seed=seed)
    writer = model.writer(vats.alone, vats.channels, GRADIENT_STEPS)
    close_loop(
        culture,
        vats.alone,
        vats.environments(n + 1),
        writer,
        record=vats.sizes.recorded,
        block=vats.sizes.private,
        refit=False,
        on_period=lambda done: share(done / n),
    )
    return culture


def learn_together(
    vats: Vats,
    arm: VatArm,
    state: Arrays,
    readout: IdentityReadout,
    *,
    written: np.ndarray | None = None,
    gradient_steps: int = GRADIENT_STEPS,
    seed: int = 0,
    purpose: int = TOGETHER,
    share: Share = lambda _: None,
) -> tuple[SimulatedCulture, Arrays]:
    """One arm of the vat, from a state; `purpose` says which symbols are drawn.

    Returns:
        The taught culture; what was `written` [dish, period, electrode] from the first write on, `named`
        [dish, period] the symbol of each write (-1: of none or of several), `charge_nC` and `pulses` [dish].
    """
    sizes = vats.sizes
    n = sizes.listen + sizes.together
    culture = vats.culture(state, plasticity=arm.plasticity)
    tissue: Tissue = culture
    symbols = vats.shared(n, purpose)
    if arm.noise:
        symbols = vats.copies(symbols, arm.noise)
    if arm.hears == "saline":
        parameters = CultureParameters(n_neurons=vats.n_neurons)
        saline = SimulatedCulture(vats.seeds, parameters, cells=False, threads=vats.threads)
        tissue, symbols = Joined([culture, saline]), np.concatenate([symbols, symbols])
    messages = messages_of(arm, vats, readout)
    options = {"written": written, "gradient_steps": gradient_steps, "seed": seed}
    heard = couple(
        tissue,
        layout_of(arm, vats),
        messages,
        symbols,
        listen=sizes.listen,
        writer=vat_writer(arm, vats, messages, **options),
        speakers=tuple(range(vats.n, tissue.n_dishes)),
        on_period=lambda done: share(done / n),
    )
    totals = culture.ledger.totals()
    told = what_was_written(vats, heard)
    return culture, told | {name: totals[name][: vats.n] for name in ("charge_nC", "pulses")}


def what_was_written(vats: Vats, heard: Periods) -> Arrays:
    """The electrodes of every write, and the symbol that they stand for in the brain's own map."""
    written = heard.written[: vats.n, vats.sizes.listen :]
    owner = symbol_of(vats.layout.electrodes, int(vats.layout.electrodes.max()) + 1)
    at = np.maximum(written, 0).reshape(vats.n, -1)
    stands_for = np.take_along_axis(owner, at, axis=1).reshape(written.shape)
    one = (stands_for == stands_for[..., :1]).all(2) & (written >= 0).all(2)
    symbols = heard.symbols[: vats.n, vats.sizes.listen :]
    right = np.take_along_axis(vats.successor, symbols, axis=1)
    named = np.where(one, stands_for[..., 0], -1)
    precision = np.where((written >= 0).all(2), named == right, np.nan)
    share = np.zeros(vats.n) if np.isnan(precision).all() else np.nanmean(precision, axis=1)
    return {"written": written.astype(np.int16), "named": named.astype(np.int8), "precision": share}
