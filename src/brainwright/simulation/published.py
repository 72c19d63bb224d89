"""The published spikes of the whole-fly-brain model, and what they prove with and without its wiring.

No wiring comes with them. What the model's rules alone say (rates of driven cells, shortest intervals) is
checked always; cell by cell they can be compared once a user has the published wiring.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from brainwright.connectome.readers.columnar import column_names, read_columns
from brainwright.datasets import dataset, find
from brainwright.evidence import Check
from brainwright.simulation.engine import LIFParameters
from brainwright.simulation.fly_run import FlyRun
from brainwright.simulation.whole_brain import WholeBrain
from brainwright.untrusted import Unreadable

COLUMNS = ("t", "trial", "flywire_id")
PUBLISHED = {"sugarR": 200.0, "sugarR_100Hz": 100.0}
"""Published runs without silenced cells, and the rate of their input in Hz."""
PUBLISHED_TRIALS = 30
"""Each trial took 1 s."""
LONGEST_S = 1e6
"""Times of a trial beyond it are no seconds."""
NAMED = {"MN9": 720575940660219265}
"""The motor neuron whose rate the paper reports."""


def published_folder() -> Path | None:
    """Where the published spikes are here; None where they are not."""
    entry = dataset("fly/shiu2024_spikes")
    return next((path.parent for file in entry.files if (path := find(entry, file))), None)


def read_spikes(path: str | Path, parameters: LIFParameters | None = None) -> pd.DataFrame:
    """It reads the spikes of Shiu et al. (Nature 634, 2024), `results/example/*.parquet` of their repository.

    Returns:
        Columns trial, step, id.

    Raises:
        Unreadable: a Parquet file with other columns, or with times that are no seconds of a run.
        ConnectomeError: no readable Parquet file.
    """
    have = column_names(Path(path))
    missing = [name for name in COLUMNS if name not in have]
    if missing:
        raise Unreadable(
            f"{Path(path).name}: expected the columns {', '.join(COLUMNS)}, got {', '.join(have)}; "
            f"rename yours to {', '.join(missing)}"
        )
    table = read_columns(Path(path), list(COLUMNS))
    for name, kinds in (("t", "f"), ("trial", "iu"), ("flywire_id", "iu")):
        if table[name].dtype.kind not in kinds:
            raise Unreadable(f"{Path(path).name}: expected numbers in {name}, got {table[name].dtype}")
    if len(table) and not 0 <= table["t"].min() <= table["t"].max() < LONGEST_S:
        raise Unreadable(
            f"{Path(path).name}: expected t in seconds, got {table['t'].min()} to {table['t'].max()}"
        )
    dt_s = (parameters or LIFParameters()).dt_s
    step = np.rint(table["t"].to_numpy() / dt_s).astype(np.int64)
    return pd.DataFrame(
        {"trial": table["trial"].to_numpy(), "step": step, "id": table["flywire_id"].to_numpy()}
    )


def spikes_of(run: FlyRun) -> pd.DataFrame:
    """Spikes of a run in the same form."""
    ids = run.brain.connectome.ids
    frames = [
        pd.DataFrame({"trial": number, "step": spikes.step.astype(np.int64), "id": ids[spikes.neuron]})
        for number, spikes in enumerate(run.trials)
    ]
    return pd.concat(frames, ignore_index=True)


def shortest_interval(spikes: pd.DataFrame) -> pd.Series:
    """Fewest steps between two spikes of a cell in one trial, by cell id; cells with one spike are absent."""
    ordered = spikes.sort_values(["id", "trial", "step"], kind="stable")
    same = (ordered["id"] == ordered["id"].shift()) & (ordered["trial"] == ordered["trial"].shift())
    gap = ordered["step"].diff()[same].astype(np.int64)
    return gap.groupby(ordered.loc[same, "id"]).min()


def driven_cells(spikes: pd.DataFrame, parameters: LIFParameters | None = None) -> np.ndarray:
    """Ids of the cells that fire faster than a refractory time allows: those with external input."""
    closed = (parameters or LIFParameters()).refractory_steps
    shortest = shortest_interval(spikes)
    return np.sort(shortest.index[shortest <= closed].to_numpy())


def rule_checks(
    spikes: pd.DataFrame,
    driven: np.ndarray,
    rate_hz: float,
    *,
    duration_s: float,
    trials: int,
    isolated: bool = False,
    inhibited: Collection = (),
    parameters: LIFParameters | None = None,
) -> list[Check]:
    """It returns what the model's rules demand of any spike table, whatever the wiring.

    Args:
        spikes: trial, step, id.
        driven: ids with external input.
        rate_hz: of that input.
        duration_s, trials: of the runs.
        isolated: driven cells get next to no input from other cells, so they fire at that rate exactly;
            otherwise the network can only add spikes.
        inhibited: ids of cells that others inhibit; the rate of those among the driven is not bounded and
            not checked.
        parameters: of the model.

    Returns:
        Checks; the first is missing where all driven cells are inhibited.
    """
    p = parameters or LIFParameters()
    shortest = shortest_interval(spikes)
    is_driven = shortest.index.isin(driven)
    free = np.setdiff1d(driven, np.asarray(inhibited))
    seconds = duration_s * trials * max(len(free), 1)
    rate = spikes["id"].isin(free).sum() / seconds
    # A kick spikes one step later and a kick in that very step is lost: rate r / (1 + r dt).
    expected = rate_hz / (1 + rate_hz * p.dt_s)
    error = np.sqrt(rate_hz / seconds)
    # four standard errors: a false alarm in 16,000; 1 % for the few inputs that isolated cells still get
    slack = 4 * error + 0.01 * expected
    fastest_driven = int(shortest[is_driven].min()) if is_driven.any() else None
    fastest_other = int(shortest[~is_driven].min()) if (~is_driven).any() else None
    held_down = len(driven) - len(free)
    at_rate = Check(
        f"driven cells fire at r / (1 + r dt){'' if isolated else ' or faster'}",
        bool(-slack < rate - expected and (rate - expected < slack or not isolated)),
        f"{rate:.2f} Hz, expected {expected:.2f} Hz, standard error {error:.2f} Hz"
        + (f"; without {held_down} that are inhibited" if held_down else ""),
    )
    never_in_two = Check(
        "driven cells never fire in two successive steps",
        fastest_driven is None or fastest_driven >= 2,
        f"shortest interval {fastest_driven} steps",
    )
    refractory = Check(
        "no other cell fires within its refractory time",
        fastest_other is None or fastest_other > p.refractory_steps,
        f"shortest interval {fastest_other} steps, at least {p.refractory_steps + 1} expected",
    )
    return [*([at_rate] if len(free) else []), never_in_two, refractory]


def checks_of(run: FlyRun, rate_hz: float) -> list[Check]:
    """What the rules demand of a run's own spikes; `rate_hz` is that of its input."""
    brain = run.brain
    pre, post, weight, _ = brain.engine.wiring.edges()
    active = run.rate_by_trial_hz.mean(axis=0) > 0
    return rule_checks(
        spikes_of(run),
        brain.connectome.ids[brain.driven],
        rate_hz,
        duration_s=run.trials[0].duration_s,
        trials=len(run.trials),
        inhibited=brain.connectome.ids[post[(weight < 0) & active[pre]]],
        parameters=brain.parameters,
    )


def published_checks(
    folder: Path,
    brain: WholeBrain | None = None,
    *,
    trials: int = 30,
    seed: int = 0,
    threads: int | None = None,
) -> list[Check]:
    """The rules on the published spikes; and, where a brain with the published wiring is given, its rates
    cell by cell beside the published ones.

    Args:
        folder: of the published spikes.
        brain: with nothing activated; the published input is given to it here.
        trials, seed, threads: of its runs, as of `WholeBrain.run`.
    """
    checks = []
    for name, rate_hz in PUBLISHED.items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            continue
        spikes = read_spikes(path)
        driven = driven_cells(spikes)
        rules = rule_checks(spikes, driven, rate_hz, duration_s=1.0, trials=PUBLISHED_TRIALS, isolated=True)
        checks += [replace(check, name=f"published {name}: {check.name}") for check in rules]
        if brain is not None:
            again = brain.activate(driven, rate_hz=rate_hz)
            again = again.run(1.0, trials=trials, seed=seed, threads=threads)
            checks.append(_cell_by_cell(name, beside(again, spikes, PUBLISHED_TRIALS, NAMED)))
    return checks


def _cell_by_cell(name: str, figures: dict) -> Check:
    """Holds where the spikes agree within 3 % (twice the spread of published trials) and nine of ten active
    cells are the same; ports with other rules miss by half.
    """
    (ours, theirs), (active, expected) = figures["spikes_per_s"], figures["active"]
    named = "".join(f"; {cell} {a:.1f} against {b:.1f} Hz" for cell, (a, b) in figures["named"].items())
    return Check(
        f"published {name}: rates cell by cell",
        abs(ours / theirs - 1) < 0.03 and figures["jaccard"] >= 0.9,
        f"{ours:,.0f} against {theirs:,.0f} spikes/s; {active} against {expected} active cells, "
        f"{100 * figures['jaccard']:.0f} % in common; correlation {figures['correlation']:.3f}; "
        f"mean difference {figures['mean_difference_hz']:.2f} Hz{named}",
    )


def beside(run: FlyRun, published: pd.DataFrame, trials: int, named: Mapping[str, int] | None = None) -> dict:
    """Rates of a run beside the published ones, cell by cell.

    Args:
        run: with the published wiring and protocol.
        published: trial, step, id.
        trials: number of published trials, of 1 s each.
        named: names -> ids whose rates are given apart.

    Returns:
        spikes_per_s and active (cells) of both, jaccard (of the active cells), correlation and
        mean_difference_hz (over cells active in either), named (rates of both).
    """
    ids = run.brain.connectome.ids
    ours = pd.Series(run.rate_by_trial_hz.mean(axis=0), index=ids)
    theirs = (published.groupby("id").size() / trials).reindex(ids, fill_value=0.0)
    active = (ours > 0) | (theirs > 0)
    both = (ours > 0) & (theirs > 0)
    correlation = np.corrcoef(ours[active], theirs[active])[0, 1] if active.sum() > 1 else np.nan
    return {
        "spikes_per_s": [float(ours.sum()), len(published) / trials],
        "active": [int((ours > 0).sum()), int(published["id"].nunique())],
        "jaccard": float(both.sum() / max(active.sum(), 1)),
        "correlation": float(correlation),
        "mean_difference_hz": float((ours[active] - theirs[active]).abs().mean()),
        "named": {
            name: [float(ours[cell]), float(theirs[cell])]
            for name, cell in (named or {}).items()
            if cell in ours
        },
    }
