"""Sections about the tissue: responses before and after, the plan of writes, the tune it goes on with."""

import numpy as np
from numpy.typing import NDArray

from brainwright.report import audio, escape, figure, melody, section, table

from . import dose, pictures, plan_figures, units, words
from .finished import Finished
from .page_checks import columns

STRETCH = 20  # symbols per picture of writes
NOTES = 36


def responses(run: Finished) -> str:
    """Raster, evoked responses and causal connectivity, before and after."""
    whose = f"Culture {run.dish + 1} of {run.n}, the one with the median score after teaching."
    return section(
        "What changed in the tissue",
        f"{_rasters(run)}{_evoked(run)}{_connectivity(run)}",
        f"{whose} Plasticity is off while it is measured.{run.key}",
    )


def _rasters(run: Finished) -> str:
    caption = (
        "One tick per spike; electrodes are sorted by the symbol they stand for, – for none. Vertical "
        "lines: a symbol is presented, its own electrodes fire at once. Shaded: where and when "
        f"({run.answer_words}) the taught successor would answer; ticks inside are coloured."
    )
    return (
        "<h3>The same symbols before and after teaching</h3>"
        + columns(
            figure(pictures.raster(run, "before"), "Before teaching."),
            figure(pictures.raster(run, "after"), "After teaching, the same symbols."),
        )
        + f"<p class='detail'>{escape(caption)}</p>"
    )


def _evoked(run: Finished) -> str:
    k = len(run.labels)
    caption = (
        f"Rows: the symbol presented; columns: the {k} groups of electrodes, spikes per second and "
        "electrode. Grey before, blue after; smoothed over 3 ms. Outlined: the taught successor. One "
        f"scale for all cells, set by what comes after {run.answer_ms[0]} ms; the direct response before "
        "that (shaded) is cut off."
    )
    summary = (
        f"After − before, spikes per electrode in the window that the decoder reads ({run.answer_words}). "
        "Teaching should show as warm colour in the outlined cells."
    )
    return (
        "<h3>Evoked responses</h3>"
        + figure(pictures.psth(run), caption, wide=True)
        + columns(figure(pictures.answers(run), summary), figure(pictures.pairs(run), _pairs_caption(run)))
    )


def _pairs_caption(run: Finished) -> str:
    rows = {
        kind: run.display[f"{kind}_after"] - run.display[f"{kind}_before"] for kind in ("taught", "untaught")
    }
    more = int((rows["taught"] > rows["untaught"]).sum())
    return (
        f"All {run.n} cultures: mean causal response from a pulsed electrode to another, over pairs from a "
        "symbol to its taught successor and over all other pairs between symbols. Change: taught "
        f"{words.number(float(rows['taught'].mean()), sign=True, digits=4)}, untaught "
        f"{words.number(float(rows['untaught'].mean()), sign=True, digits=4)} spikes per pulse; larger for "
        f"the taught pairs in {more} of {run.n} cultures. Diamonds: mean and 95 % interval."
    )


def _connectivity(run: Finished) -> str:
    reach = pictures.causal_reach(run)
    shown = columns(
        figure(pictures.causal(run, "before", reach), "Before teaching, spikes per pulse."),
        figure(pictures.causal(run, "after", reach), "After teaching, same scale."),
        figure(pictures.causal(run, "difference", reach), "After − before, same scale."),
    )
    caption = (
        "Each electrode pulsed alone: spikes on every other 5–30 ms later, less those 50–75 ms later. "
        "Orange: more than by itself, blue: fewer. Outlined: from a symbol to its taught successor. "
        "Single pulses move little of a culture, so one map is noisy; the means over all taught and "
        "untaught pairs stand above."
    )
    return f"<h3>Causal connectivity between electrodes</h3>{shown}<p class='detail'>{escape(caption)}</p>"


def plan_of_writes(run: Finished) -> str:
    """Which electrodes were written when, and what the ledger counts."""
    taught = run.conditions["full"]["taught"]
    stretch = min(STRETCH, (taught - 1) // 2)
    right = units.load(run.folder / "units", "full-adaptive")["precision"]
    caption = (
        "Top: the symbol heard. Shaded: electrodes of the symbol that comes next. Blue squares were "
        "written and belong to it, orange squares were written and do not. Over all cultures and symbols "
        f"{right.mean():.0%} belong to it."
    )
    pictured = columns(
        figure(plan_figures.plan(run, 0, stretch), f"The first {stretch} symbols of the teaching."),
        figure(
            plan_figures.plan(run, taught - 1 - stretch, stretch),
            f"The last {stretch} symbols of the teaching.",
        ),
    )
    return section(
        "The plan of writes",
        f"{pictured}<p class='detail'>{escape(caption)}</p>{_arms_table(run)}{_ledger_table(run)}",
        f"{1000 * float(run.display['write_at_s']):.0f} ms after each symbol {run.electrodes.shape[1]} "
        f"electrodes are written (culture {run.dish + 1}).{run.key}",
    )


def _arms_table(run: Finished) -> str:
    rows = run.arms("full")
    heard = float(np.mean(rows["silent"]["charge_nC"])) if "silent" in rows else 0.0
    lines = [
        (
            name,
            f"{arm['write_precision']:.1%}" if name != "silent" else "–",
            round(float(np.mean(arm["pulses"]))),
            f"{np.mean(arm['charge_nC']) / 1000:.2f}",
            f"{(np.mean(arm['charge_nC']) - heard) / 1000:.2f}",
            f"{arm['teaching_hz']:.2f}",
        )
        for name, arm in rows.items()
    ]
    header = (
        "arm",
        "on the wanted symbol",
        "pulses",
        "charge (µC)",
        "of it written (µC)",
        "rate (Hz per neuron)",
    )
    return "<h3>Per culture and arm</h3>" + table(header, lines)


def _ledger_table(run: Finished) -> str:
    ledger, display = units.of_prefix("ledger_", run.taught), run.display
    charge, every = ledger["phase_charge_nC"], np.ones(len(ledger["dish"]))
    late_us = 1e6 * np.abs(ledger["delivered_s"] - ledger["requested_s"]).max().round(9)
    phase, minute, pulses = (
        f"{float(display[name]):,g}"
        for name in ("phase_charge_limit_nC", "charge_per_minute_limit_nC", "pulses_per_minute_limit")
    )
    rows = [
        ("pulses in the ledger, all cultures", f"{len(charge):,}", "–"),
        ("charge of a phase, largest (nC)", f"{charge.max():.2f}", phase),
        ("charge in the busiest minute (nC)", f"{dose.busiest_minute(ledger, charge):,.0f}", minute),
        ("pulses in the busiest minute", f"{dose.busiest_minute(ledger, every):,.0f}", pulses),
        ("net charge of a pulse, largest (nC)", f"{np.abs(ledger['net_charge_nC']).max():.3g}", "–"),
        ("between time requested and delivered, at most (µs)", f"{late_us:.3g}", "–"),
    ]
    return "<h3>Dose ledger of the adaptive arm</h3>" + table(("", "found", "limit"), rows)


def tune(run: Finished) -> str:
    """The stream as the tissue goes on with it, before and after; as sound where it is music."""
    heard = dose.writes(run).heard[:NOTES]
    played = {when: run.display[f"melody_{when}"].astype(np.int64) for when in ("before", "after")}
    parts = [
        _played(run, f"What it heard, {len(heard)} symbols", heard),
        _played(run, "What it goes on with, before teaching", played["before"]),
        _played(run, "What it goes on with, after teaching", played["after"]),
    ]
    for note in run.levels["notes"]:
        parts.append(f"<p class='detail'>{escape(note)}</p>")
    return section(
        "The tune, continued by the tissue" if run.levels["midi"] else "The stream, continued by the tissue",
        "".join(parts),
        f"Culture {run.dish + 1} is given one symbol and then its own answers, drawn from the decoder's "
        "probabilities, sharpened (fourth power) and without the symbol just heard. Blue: the step is the "
        f"likeliest of the stream, the one taught.{run.key}",
    )


def _played(run: Finished, label: str, symbols: NDArray[np.int64]) -> str:
    right = run.successor[symbols[:-1]] == symbols[1:]
    names = [escape(run.marks[symbol]) for symbol in symbols]
    marked = [
        names[0],
        *(f"<b>{name}</b>" if good else name for name, good in zip(names[1:], right, strict=True)),
    ]
    count = f"<p class='detail'>{right.sum()} of {len(right)} steps are the one taught.</p>"
    title = f"<h3>{escape(label)}</h3>"
    if run.levels["midi"]:
        title = audio(label, melody([run.levels["midi"][symbol] for symbol in symbols]), 11_025)
    drawn = figure(plan_figures.tune(run, symbols), wide=True)
    return f"{title}{drawn}<p class='notes'>{' '.join(marked)}</p>{count}"
