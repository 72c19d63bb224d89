"""Gradient descent on a piece of tissue: record, emulate, take a gradient step, write, repeat."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import MissPolicy, Tissue

from .layout import Layout
from .present import PeriodDone, Periods, Writer, present


def close_loop(
    tissue: Tissue,
    layout: Layout,
    symbols: NDArray[np.int64],
    writer: Writer,
    *,
    record: int,
    block: int,
    refit: bool = True,
    targets: NDArray[np.int64] | None = None,
    on_period: PeriodDone | None = None,
    after_block: PeriodDone | None = None,
    miss: MissPolicy = "skip",
    renew: Callable[[], None] | None = None,
    recorded: Periods | None = None,
) -> Periods:
    """Teach tissue that hears a stream of symbols [dish, record + taught + 1] what to expect next.

    (a) record while the tissue hears the first `record` symbols, with nothing written;
    (b) fit the emulator to what was heard (`writer.learn`);
    (c) emulator fixed: fit the auxiliary encoder and decoder (`writer.learn`);
    (d) auxiliary maps fixed: at each symbol, gradient steps on the emulator for the coming symbol
        (`writer.channels`), which improve its prediction of the coming state;
    (e) write the improved prediction before the next symbol; after `block` symbols repeat from (b) with
        all that was heard so far (unless `refit` is False).

    What is wanted after each symbol is the one that comes, unless `targets` [dish, record + taught] asks
    for something else: then the tissue is steered away from its stream. Control arms run the same
    procedure with another `writer`. The last symbol is never presented: it is only the target of the last
    write.

    Tissue that has heard the first `record` symbols already goes on from there: `recorded` is what it heard.

    Simulated tissue runs in virtual time, as fast as it can; `Paced(tissue, WallClock())` runs the same
    procedure in wall time, where `miss` says what becomes of what comes too late (see `present`). A writer
    that learns for longer than a period then belongs beside the loop (`TrainedBeside`). `quiet_memory` and
    `short_slices` around it make it more punctual. Tissue behind `Guarded` stays armed with `renew`; while a
    writer learns for longer than the lease it lapses, as it should.

    `on_period` and `after_block` are told the periods presented and taught. Returns everything
    heard, the recording first. Raises ValueError for something `recorded` of another length.
    """
    n = symbols.shape[1] - 1
    wanted = symbols[:, 1:] if targets is None else targets
    if recorded is None:
        first = symbols[:, :record]
        recorded = present(tissue, layout, first, on_period=on_period, miss=miss, renew=renew)
    elif len(recorded) != record:
        raise ValueError(f"recorded: expected what was heard of {record} symbols, got {len(recorded)}")
    heard = replace(recorded, targets=wanted[:, :record])
    for start in range(record, n, block):
        if refit or start == record:
            writer.learn(heard)
        stop = min(start + block, n)
        taught = present(
            tissue,
            layout,
            symbols[:, start:stop],
            writer,
            targets=wanted[:, start:stop],
            before=heard,
            on_period=None if on_period is None else lambda done, start=start: on_period(start + done),
            miss=miss,
            renew=renew,
        )
        heard = heard.followed_by(taught)
        if after_block is not None:
            after_block(stop - record)
    return heard
