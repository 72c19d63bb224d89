"""What takes longer: mass and time, hosts that think in steps, the worm's wiring."""

from collections.abc import Sequence

from brainwright.loop.grafts import Arm, r2, teach_many
from brainwright.loop.grafts.over_time import Held, cells_of, worm_of, worm_ports
from brainwright.loop.grafts.task import INPUTS, OUTPUTS, Waves, grafts_of, hosts_of
from brainwright.network.graft import Many, Ports

from .beside import ALL, FEW, RATE, TEST, Scale, Scores, columns, plain, setting, tried

MASSES = (8, 32, 160, 486, 1458)
"""Cells beside the host's own 162: up to nine times as many, ten-fold in all."""
CALM = 64
"""Cells up to which a rate of .01 serves; beyond, it falls as 1 / cells, since the change of an output by one
step of Adam grows with them.
"""
BASE, PASSES = 16, (1, 2, 4, 8)
"""Cells of the smallest recurrent network, and steps that it is given."""
SMALL, STEPS = 8, 5
"""Cells of a recurrent host, and steps for one answer: with 24 cells more it does the task better (.96 of the
variance in place of .63, seeds 5,100 and 5,101), so it leaves room. The worm is given as many steps.
"""
LOOP = Ports("cells", range(SMALL), "cells", range(SMALL), latency_steps=1)
WORMS = 6
"""Seeds of the worm, whose wiring is the same in all; each network has 279 cells."""


def mass(scale: Scale, _rule: str) -> Scores:
    """Grafts of one layer of ever more cells grow up with hosts of backpropagation, at few or all ports."""
    found = {}
    for word, ports in {"": FEW, "all ports, ": ALL}.items():
        for cells in MASSES:
            waves, x, y = scale.fresh()
            rate = RATE * min(1, CALM / cells)
            arms = {"BP": Arm("BP", plastic=True, rate=rate), "none": Arm("none", plastic=True)}
            if not word:
                arms["frozen"] = Arm("frozen", plastic=True)
            grafts, how = grafts_of(scale.seeds, ports, (cells,)), setting("BP", scale.late, ports)
            scores, _ = tried(hosts_of(scale.seeds), grafts, arms, waves, how, x, y)
            found |= {f"{word}{name}, {cells} cells": row for name, row in scores.items()}
    return found | {"none": found[f"none, {MASSES[0]} cells"]}


def time(scale: Scale, _rule: str) -> Scores:
    """A recurrent network thinks longer, or is larger, at as many operations."""
    found = {}
    for passes in PASSES:
        wider = cells_for(operations(BASE, passes))
        for name, cells, steps in ((f"time, {passes}", BASE, passes), (f"mass, {passes}", wider, 1)):
            task = Held(Waves(scale.seeds), steps)
            x, y = task.batch(TEST)
            hosts = cells_of(scale.seeds, cells, INPUTS, OUTPUTS)
            found[name] = plain(r2(teach_many(hosts, task, setting("BP", scale.updates))[0], x, y))
    return found


def operations(cells: int, passes: int) -> int:
    """Multiplications for one answer: inputs and recurrence at each pass, the outputs once."""
    return passes * cells * (cells + INPUTS) + cells * OUTPUTS


def cells_for(wanted: int) -> int:
    """Cells of a network that uses so many in one pass (its recurrent synapses count, though they idle)."""
    half = (INPUTS + OUTPUTS) / 2
    return round((half**2 + wanted) ** 0.5 - half)


def thinking(scale: Scale, rule: str) -> Scores:
    """One row of a matrix of small recurrent hosts, which are read and written everywhere."""
    hosts, larger = (cells_of(scale.seeds, n, INPUTS, OUTPUTS) for n in (SMALL, SMALL + 24))
    return in_steps(scale.seeds, rule, hosts, LOOP, scale.late, larger)


def worm(scale: Scale, rule: str) -> Scores:
    """One row of a matrix of worms, fewer and for fewer updates."""
    seeds = scale.seeds[:WORMS]
    hosts = Many.of([worm_of(seed, INPUTS, OUTPUTS) for seed in seeds])
    return in_steps(seeds, rule, hosts, worm_ports(), scale.late // 4)


def in_steps(
    seeds: Sequence[int], rule: str, hosts: Many, ports: Ports, updates: int, larger: Many | None = None
) -> Scores:
    """Host and graft learn together from the start, and a larger host in the same way."""
    task = Held(Waves(seeds), STEPS)
    x, y = task.batch(TEST)
    without = ("PC", "Hebb", "exact") if larger else ("PC", "Hebb", "exact", "KP", "NP")
    arms = {name: arm for name, arm in columns(True).items() if name not in without}
    how = setting(rule, updates, ports)
    found, _ = tried(hosts, grafts_of(seeds, ports), arms, task, how, x, y)
    if larger is not None:
        found["native, same ports"] = plain(r2(teach_many(larger, task, how)[0], x, y))
    return found
