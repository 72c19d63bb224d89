"""Whole-fly-brain spiking model: activate cells, see what answers, silence one at a time, beside nulls."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from brainwright.recipes import InputError
from brainwright.runfolder import write_arrays, write_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from brainwright.simulation.fly_run import FlyRun
    from brainwright.simulation.screen import ScreenResult
    from brainwright.simulation.whole_brain import WholeBrain

SUMMARY = "Whole-fly-brain spiking model: activate cells, rank what silencing does, beside shuffled wirings"
SYNTHETIC = "synthetic/fly_like"
SYNTHETIC_NAMES = ("input", "follower", "background", "sensory", "internal", "output")
PROVENANCE = {
    "model": "Shiu et al., A Drosophila computational brain model reveals sensorimotor processing, "
    "Nature 634 (2024), 10.1038/s41586-024-07763-9",
}


@dataclass(frozen=True)
class Config:
    """Options of the recipe."""

    wiring: str = SYNTHETIC
    """Data set, or folder of a saved connectome. The default is made up: of the fly's size and degrees, with
    a labelled input, evidence about no animal. flywire/783 and flywire/630 need their public files."""
    signs: Literal["given", "fly", "shiu", "worm", "sampled"] = "given"
    """Where a wiring without signs gets them: from a transmitter table, or drawn at random (30 % inhibit)."""
    activate: tuple[str, ...] = ()
    """Types, classes, pools, names or ids to activate. Default: the labelled input of the synthetic brain; of
    flywire/630 the sugar neurons of the published runs, when those are here."""
    rate_hz: float = 150.0
    """Poisson rate of each activated cell."""
    silence: tuple[str, ...] = ()
    """Cells whose outputs are cut throughout."""
    outputs: tuple[str, ...] = ("output",)
    """Cells whose mean rate is the measure."""
    duration_s: float = 1.0
    """Length of a trial."""
    trials: int = 30
    """Trials of the main run."""
    candidates: tuple[str, ...] = ()
    """What is screened, one at a time: types, classes, pools, names, ids. Default: the most active cells."""
    screen: int = 40
    """How many of the most active cells are screened where no candidates are given."""
    screen_by: Literal["silence", "activate"] = "silence"
    """What is done to each of them."""
    screen_rate_hz: float = 100.0
    """Poisson rate of each, where they are activated."""
    screen_trials: int = 5
    """Trials of each of those."""
    screen_duration_s: float = 0.5
    """Length of their trials."""
    null: Literal["signs", "weights", "degree"] = "signs"
    """What is shuffled in the control wirings: signs over cells, counts over edges, or the edges themselves
    with all degrees kept (slow at full size)."""
    nulls: int = 19
    """How many control wirings; 19 is the fewest with which p = 0.05 can be reached."""
    precision: Literal["exact", "fast"] = "exact"
    """float64, spike for spike as Brian2, or float32."""
    threads: int = 0
    """Runs at a time; 0: as many as there are cores."""
    seed: int = 0
    """Of the synthetic wiring, the events and the nulls."""
    quick: bool = False
    """A small synthetic brain, short trials: some seconds."""


@dataclass(frozen=True)
class _Size:
    """What ``quick`` changes."""

    wiring_options: dict = field(default_factory=dict)
    duration_s: float = 1.0
    trials: int = 30
    screen: int = 40
    screen_trials: int = 5


def check(config: Config) -> None:
    """Raises ValueError for options that cannot work, before anything is written."""
    for name in ("rate_hz", "screen_rate_hz"):
        if not 0 < getattr(config, name) <= 10_000:
            raise ValueError(
                f"{name.replace('_', '-')}: expected above 0 and at most 10000 (one event per step), got "
                f"{getattr(config, name)}"
            )
    for name, least in (("trials", 2), ("screen", 1), ("screen_trials", 2), ("nulls", 1)):
        if getattr(config, name) < least:
            raise ValueError(
                f"{name.replace('_', '-')}: expected at least {least}, got {getattr(config, name)}"
            )
    for name in ("duration_s", "screen_duration_s"):
        if not getattr(config, name) > 0:
            raise ValueError(f"{name.replace('_', '-')}: expected more than 0, got {getattr(config, name)}")
        _whole_steps(name, getattr(config, name))
    for name in ("threads", "seed"):
        if getattr(config, name) < 0:
            raise ValueError(f"{name}: expected 0 or more, got {getattr(config, name)}")
    if not config.activate and config.wiring not in (SYNTHETIC, "flywire/630"):
        raise ValueError(
            f"activate: expected types, names or ids of cells of {config.wiring}; only {SYNTHETIC} and "
            "flywire/630 have a default input"
        )
    if config.wiring == SYNTHETIC:
        for name in (*config.activate, *config.silence, *config.outputs, *config.candidates):
            if name not in SYNTHETIC_NAMES and not name.isdigit():
                raise ValueError(
                    f"no cells of {SYNTHETIC} are called {name!r}: expected "
                    f"{', '.join(SYNTHETIC_NAMES)}, or ids"
                )
    elif not Path(config.wiring).is_dir():
        _require_files(config.wiring)


def _whole_steps(name: str, duration_s: float) -> None:
    from brainwright.simulation.engine import LIFParameters

    try:
        LIFParameters().steps(duration_s)
    except ValueError as error:
        raise ValueError(str(error).replace("duration_s", name.replace("_", "-"))) from None


def _require_files(name: str) -> None:
    """Raises ValueError for an unknown data set, or one whose wiring is not here: which file goes where."""
    from brainwright import datasets

    try:
        entry = datasets.dataset(name)
        for file in entry.files[:1]:  # the wiring; what else is needed the loader says
            if not file.optional and datasets.find(entry, file) is None:
                raise datasets.MissingData(datasets.missing_line(entry, file))
    except datasets.DatasetError as error:
        raise ValueError(f"wiring: {error}") from None


def run(config: Config, folder: Path, report: Callable[[str, float], None]) -> dict:
    """The experiment; see ``Config``. Finished units lie in ``folder / "units"``."""
    from brainwright.datasets import DatasetError, cache_folder
    from brainwright.recipes._fly_result import result
    from brainwright.simulation.published import rule_checks, spikes_of
    from brainwright.simulation.screen import screen

    check(config)
    began = time.perf_counter()
    size = _size(config)
    report("wiring", 0.0)
    try:
        brain, published = _brain(config, size)
        bare = brain
        brain = bare.activate(activated(config), rate_hz=config.rate_hz)
        if config.silence:
            brain = brain.silence(config.silence)
        outputs = brain.connectome.ids[brain.choose(config.outputs)].tolist()
        for one in config.candidates:
            brain.choose(one)
    except (ValueError, DatasetError, MemoryError) as error:  # unknown cells, no signs, files not here
        raise InputError(str(error)) from error

    main = _main_run(brain, size, config, folder, lambda share: report("trials", 0.1 + 0.2 * share))
    candidates = list(config.candidates) or _most_active(main, outputs, size.screen)
    if not candidates:
        raise InputError(
            f"no cell answered {', '.join(activated(config))} at {config.rate_hz} Hz: nothing to silence; "
            "raise the rate or activate other cells"
        )
    found = screen(
        brain,
        candidates,
        outputs,
        kind=config.screen_by,
        rate_hz=config.screen_rate_hz if config.screen_by == "activate" else None,
        duration_s=min(config.screen_duration_s, size.duration_s),
        trials=size.screen_trials,
        seed=config.seed,
        null=config.null,
        n_nulls=config.nulls,
        folder=folder,
        wiring_cache=cache_folder(),  # rewired wirings take minutes to make: shared by all runs
        threads=config.threads or None,
        report=lambda text, share: report(text, 0.3 + 0.7 * share),
    )
    _write_tables(folder, main, found)
    checks = rule_checks(
        spikes_of(main),
        brain.connectome.ids[brain.driven],
        config.rate_hz,
        duration_s=size.duration_s,
        trials=size.trials,
        parameters=brain.parameters,
        inhibited=_inhibited(main),
    )
    checks += _published_checks(config, bare, size.trials, published)
    return result(config, main, found, checks, time.perf_counter() - began)


def activated(config: Config) -> tuple[str, ...]:
    """What is activated: as given, or the default of the wiring."""
    return config.activate or (("input",) if config.wiring == SYNTHETIC else ("published",))


def _size(config: Config) -> _Size:
    options = {"seed": config.seed} if config.wiring == SYNTHETIC else {}
    if not config.quick:
        return _Size(options, config.duration_s, config.trials, config.screen, config.screen_trials)
    if options:
        options |= {"n_cells": 4000, "n_edges": 120_000}
    return _Size(options, min(config.duration_s, 0.3), min(config.trials, 4), min(config.screen, 8), 3)


def _brain(config: Config, size: _Size) -> tuple[WholeBrain, Path | None]:
    """The brain, and the folder of the published spikes where they are here."""
    from brainwright.connectome import Connectome, signs
    from brainwright.datasets import dataset, find
    from brainwright.simulation.published import driven_cells, read_spikes
    from brainwright.simulation.whole_brain import WholeBrain

    connectome = Connectome.load(config.wiring, **size.wiring_options)
    if config.signs == "sampled":
        connectome = connectome.signed(signs.Sampled(seed=config.seed))
    elif config.signs != "given":
        connectome = connectome.signed(signs.ByTransmitter(config.signs, unknown=0.0))
    elif not (connectome.is_signed or "sign" in connectome.cells):
        raise InputError(
            f"{config.wiring} has no signs: expected --signs fly, shiu or worm (from transmitters) or sampled"
        )
    entry = dataset("fly/shiu2024_spikes")
    published = next((path for file in entry.files if (path := find(entry, file))), None)
    groups = {}
    if published is not None and config.wiring == "flywire/630":
        groups["published"] = driven_cells(read_spikes(published.parent / "sugarR.parquet")).tolist()
        names = published.parent / "sez_neurons.json"
        if names.is_file():
            groups |= json.loads(names.read_text("utf-8"))
    brain = WholeBrain(connectome, precision=config.precision, groups=groups)
    return brain, None if published is None else published.parent


def _main_run(brain: WholeBrain, size: _Size, config: Config, folder: Path, progress) -> FlyRun:
    """All trials; each is kept as a unit."""
    import numpy as np

    from brainwright.simulation.engine import Spikes
    from brainwright.simulation.fly_run import FlyRun

    steps, units = brain.parameters.steps(size.duration_s), folder / "units"
    units.mkdir(parents=True, exist_ok=True)
    trials = []
    for number in range(size.trials):
        path = units / f"trial-{number:03d}.npz"
        if not path.exists():
            spikes = brain.trial(steps, config.seed, number)
            write_arrays(
                path, {"step": spikes.step, "neuron": spikes.neuron, "events": spikes.synaptic_events}
            )
        with np.load(path, allow_pickle=False) as kept:
            trials.append(
                Spikes(
                    step=kept["step"],
                    neuron=kept["neuron"],
                    n_neurons=brain.connectome.n_cells,
                    n_steps=steps,
                    dt_s=brain.parameters.dt_s,
                    voltage_mV=np.zeros((steps, 0)),
                    recorded=np.zeros(0, np.int32),
                    synaptic_events=int(kept["events"]),
                    examined=0,
                    sweep_steps=0,
                )
            )
        progress((number + 1) / size.trials)
    return FlyRun(brain, tuple(trials), config.seed)


def _most_active(main: FlyRun, outputs: list, n: int) -> list:
    """Ids of the most active cells that are neither driven nor outputs."""
    table = main.rates()
    table = table[~table["driven"] & ~table["id"].isin(outputs)]
    return table["id"].head(n).tolist()


def _inhibited(main: FlyRun) -> np.ndarray:
    """Ids of the cells that active cells inhibit."""
    pre, post, weight, _ = main.brain.engine.wiring.edges()
    active = main.rate_by_trial_hz.mean(axis=0) > 0
    return main.brain.connectome.ids[post[(weight < 0) & active[pre]]]


def _published_checks(config: Config, bare: WholeBrain, trials: int, published: Path | None) -> list[dict]:
    """The rules, on the published spikes; and cell by cell where the published wiring is the one of the run.

    The published input is given to ``bare`` apart, whatever the run activates or silences.
    """
    from brainwright.simulation.published import beside, driven_cells, read_spikes, rule_checks

    if published is None:
        return []
    checks = []
    for name, rate_hz in (("sugarR", 200.0), ("sugarR_100Hz", 100.0)):
        path = published / f"{name}.parquet"
        if not path.is_file():
            continue
        spikes = read_spikes(path)
        driven = driven_cells(spikes)
        for one in rule_checks(spikes, driven, rate_hz, duration_s=1.0, trials=30, isolated=True):
            checks.append(one | {"name": f"published {name}: {one['name']}"})
        if config.wiring == "flywire/630":
            again = bare.activate(driven, rate_hz=rate_hz)
            again = again.run(1.0, trials=trials, seed=config.seed, threads=config.threads or None)
            checks.append(_cell_by_cell(name, beside(again, spikes, 30, {"MN9": 720575940660219265})))
    return checks


def _cell_by_cell(name: str, found: dict) -> dict:
    """Holds where the spikes agree within 3 % and nine of ten active cells are the same."""
    (ours, theirs), (active, expected) = found["spikes_per_s"], found["active"]
    named = "".join(f"; {cell} {a:.1f} against {b:.1f} Hz" for cell, (a, b) in found["named"].items())
    return {
        "name": f"published {name}: rates cell by cell",
        "holds": abs(ours / theirs - 1) < 0.03 and found["jaccard"] >= 0.9,
        "detail": f"{ours:,.0f} against {theirs:,.0f} spikes/s; {active} against {expected} active cells, "
        f"{100 * found['jaccard']:.0f} % in common; correlation {found['correlation']:.3f}; mean difference "
        f"{found['mean_difference_hz']:.2f} Hz{named}",
    }


def _write_tables(folder: Path, main: FlyRun, found: ScreenResult) -> None:
    import numpy as np

    _csv(folder / "rates.csv", main.rates())
    if "type" in main.brain.connectome.cells:
        _csv(folder / "types.csv", main.types())
    _csv(folder / "screen.csv", found.table)
    _csv(folder / "nulls.csv", found.nulls)
    first = main.trials[0]
    driven = np.isin(first.neuron, main.brain.driven)
    raster = {
        "time_s": first.time_s,
        "neuron": first.neuron,
        "driven": driven,
        "rate_hz": main.rate_by_trial_hz.mean(axis=0),
        "null_baseline_hz": found.null_baseline_hz,
        "baseline_hz": found.fresh_baseline_hz,
    }
    write_arrays(folder / "raster.npz", raster)


def _csv(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False))


def page(folder: Path) -> str:
    """The body of the report, from the run folder alone."""
    from brainwright.recipes._fly_page import body

    return body(folder)
