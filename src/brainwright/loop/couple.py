"""Couple pieces of tissue: each is taught to predict what the others will answer."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import DoseLedger, MissPolicy, StimulusPlan, StimulusRefused, Tissue

from .close_loop import close_loop
from .graphs import check_reached
from .layout import Layout
from .messages import Messages
from .partners import PartnerWriter
from .present import PeriodDone, Periods, Writer

LISTEN = 40
"""Periods that are listened to before anything is written: each of six symbols comes about seven times."""


def couple(
    tissue: Tissue,
    layout: Layout,
    messages: Messages,
    symbols: NDArray[np.int64],
    *,
    listen: int = LISTEN,
    writer: Writer | None = None,
    speakers: tuple[int, ...] = (),
    on_period: PeriodDone | None = None,
    miss: MissPolicy = "skip",
    renew: Callable[[], None] | None = None,
) -> Periods:
    """Pieces of tissue hear symbols, answer, tell one another what they answered, and learn from it.

    Nobody says what is right. In every period each piece of tissue hears its symbol and answers; the answers
    become messages; each emulator takes gradient steps towards what the partners of its tissue said, and the
    improved prediction is written (`PartnerWriter`). Tissue of any kind can be joined (`tissue.Joined`), and
    runs in virtual or, behind `Paced`, in wall time.

    Args:
        tissue: all dishes, simulated or not, as one.
        layout: each dish's own electrodes for the common symbols; its timing has the answer before the write.
        messages: read-outs and who hears whom.
        symbols: what each dish hears, [dish, period]; the first `listen` with nothing written.
        listen: periods before the first write; at least four.
        writer: what is written; by default a `PartnerWriter`. Control arms give another.
        speakers: dishes that hear nobody and are never written: they only speak.
        on_period, miss, renew: as of `close_loop`.

    Returns:
        Everything heard and written, as `close_loop`; `targets` are -1, since nobody knows them.

    Raises:
        ValueError: dishes, read-outs and layout that do not fit; a dish that hears nobody, or that some other
            dish of its group can never reach; electrodes that stand for two symbols; a timing that writes
            before the answer is over.
        StimulusRefused: a period whose writes would break a limit, before the first pulse.
    """
    check_coupling(tissue, layout, messages, symbols, listen, speakers)
    if writer is None:
        writer = PartnerWriter(layout, messages, tissue.limits.channels)
    taught = symbols.shape[1] - listen
    return close_loop(
        tissue,
        layout,
        np.concatenate([symbols, symbols[:, -1:]], axis=1),  # the last one is never presented
        writer,
        record=listen,
        block=taught,
        refit=False,
        targets=np.full_like(symbols, -1),
        on_period=on_period,
        miss=miss,
        renew=renew,
    )


def check_coupling(
    tissue: Tissue,
    layout: Layout,
    messages: Messages,
    symbols: NDArray[np.int64],
    listen: int = LISTEN,
    speakers: tuple[int, ...] = (),
) -> None:
    """It refuses what could not be coupled, before anything is written. Raises as `couple`."""
    n = tissue.n_dishes
    sizes = {"layout": layout.n_dishes, "graph": len(messages.graph), "symbols": len(symbols)}
    if wrong := {name: size for name, size in sizes.items() if size != n}:
        raise ValueError(f"expected {n} dishes as the tissue has, got {wrong}")
    if messages.n_symbols != layout.n_symbols:
        raise ValueError(
            f"messages: expected evidence on the {layout.n_symbols} symbols of the layout, got "
            f"{messages.n_symbols}: fit the read-outs with this layout"
        )
    if messages.readout.weight.shape[2] != tissue.n_channels:
        raise ValueError(
            f"messages: expected read-outs of {tissue.n_channels} channels as the tissue has, got "
            f"{messages.readout.weight.shape[2]}"
        )
    if not 4 <= listen < symbols.shape[1]:
        raise ValueError(f"listen: expected 4 to below {symbols.shape[1]} periods, got {listen}")
    if messages.delay >= listen:
        raise ValueError(f"delay: expected messages less than {listen} periods late, got {messages.delay}")
    if symbols.min() < 0 or symbols.max() >= layout.n_symbols:
        raise ValueError(
            f"symbols: expected 0 to {layout.n_symbols - 1}, got {symbols.min()} to {symbols.max()}"
        )
    if not layout.timing.answers_first:
        raise ValueError(
            f"timing: expected the answer to end before the write at {layout.timing.write_at_s} s, got "
            f"after_s {layout.timing.after_s}"
        )
    _check_graph(messages.graph, speakers)
    _check_maps(layout)
    _check_dose(tissue, layout, symbols.shape[1])


def _check_graph(graph: NDArray[np.float64], speakers: tuple[int, ...]) -> None:
    n, hears = len(graph), (graph != 0).any(axis=1)
    if bad := [s for s in speakers if not 0 <= s < n or hears[s]]:
        raise ValueError(
            f"speakers: expected dishes of 0 to {n - 1} that hear nobody, got {bad[0]}: take its row out of "
            "the graph, or do not name it"
        )
    listeners = np.setdiff1d(np.arange(n), speakers)
    if not listeners.size:
        raise ValueError(f"speakers: expected at least one dish that listens, got all {n}")
    within = graph[listeners]
    from_speakers = (within[:, list(speakers)] != 0).any(axis=1)  # who hears a speaker hears somebody
    check_reached(within[:, listeners] + np.diag(from_speakers), [f"dish {k}" for k in listeners])


def _check_maps(layout: Layout) -> None:
    for dish, electrodes in enumerate(layout.electrodes):
        channels, times = np.unique(electrodes[electrodes >= 0], return_counts=True)
        if (times > 1).any():
            raise ValueError(
                f"layout: channel {channels[times > 1][0]} of dish {dish} stands for two symbols: "
                "expected electrodes of its own for each"
            )


def _check_dose(tissue: Tissue, layout: Layout, periods: int) -> None:
    """Every period with a symbol and a write must lie within the limits, beside what was written before."""
    limits, timing, start_s = tissue.limits, layout.timing, tissue.now_s()
    at_s = np.array([0.0, timing.write_at_s, timing.period_s]) + start_s
    empty = DoseLedger(tissue.n_dishes, tissue.n_channels)
    for symbol in range(layout.n_symbols):
        same = StimulusPlan.join([layout.plan(layout.electrodes[:, symbol], time_s) for time_s in at_s])
        limits.check_pulses(same, tissue.n_dishes, tissue.n_channels)
        limits.check_together(same, empty)
    before = tissue.ledger.with_plan(layout.plan(layout.electrodes[:, 0], start_s))
    times_s = start_s + timing.period_s * np.arange(periods)
    times_s = np.sort(np.concatenate([times_s, times_s + timing.write_at_s]))
    for dish in {int(np.argmax(dose)) for dose in before}:  # who was given most in the last minute
        there = layout.electrodes[dish] >= 0
        each = layout.electrodes[dish, int(there.sum(axis=1).argmax())]  # of the largest symbol
        each = each[each >= 0]
        whole = StimulusPlan.biphasic(dish, each, times_s[:, None], layout.current_uA, layout.width_us)
        charge_nC, pulses = (float(most[dish]) for most in tissue.ledger.with_plan(whole))
        for name, asked in (("pulses_per_minute", pulses), ("charge_per_minute_nC", charge_nC)):
            if asked > getattr(limits, name) * (1 + 1e-9):  # rounding of sums of charges
                raise StimulusRefused(
                    f"{name}: coupling would need {asked:.6g} in dish {dish}, with what it was given before; "
                    f"limit {getattr(limits, name):.6g}. Use fewer electrodes, a longer period or a later "
                    "start. Nothing was delivered.",
                    name,
                )
