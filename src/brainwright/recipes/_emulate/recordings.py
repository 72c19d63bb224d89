"""The emulator on real recordings: forecasts beside every baseline, the worm's wiring beside rewirings."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.datasets import MissingData, recordings
from brainwright.datasets.read import read_recording
from brainwright.evidence import Trials, run_trials
from brainwright.runfolder import write_arrays

from . import wiring
from .forecasters import LINEAR, score, searched
from .pooled import Activity, Size, emulator, network, with_history
from .tasks import SHARES, Pool, Task, by_time, by_trial

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config

NETWORKS = ("bi_gru", "transformer", "emulator")
SHOWN_UNITS, SHOWN_WINDOWS, MEMBERS = 4, 1, 16
DYNAMICS_UPDATES = 150
NULL_DRAWS = 49
PRIORS = ("none", "free", "biased", "cook", "null")
"""Partners of a worm's neuron: none, all, all but dearer without a synapse, those with one, rewired ones."""


@dataclass(frozen=True)
class Set:
    """Recordings that are forecast together.

    Args:
        title: for the report.
        load: the recordings by name.
        n_seen, n_ahead: bins of a window (of trials: what is left of them).
        size: of the networks.
        trials: split by trial, or by blocks of time.
        what: the score.
    """

    title: str
    load: Callable[[], Mapping[str, Any]]
    n_seen: int
    n_ahead: int
    size: Size
    trials: bool
    what: str


SETS = {
    "worm": Set(
        "Worms, calcium of named neurons (Dag et al. 2023)",
        recordings.worms,
        n_seen=48,
        n_ahead=16,
        size=Size(updates=100, network_updates=100),
        trials=False,
        what="skill over the mean of the 29 s that were seen; 0.6 s a frame, 16 frames ahead",
    ),
    "culture": Set(
        "Cultures on electrode arrays, 21 days old (Charlesworth et al. 2015)",
        recordings.cultures,
        n_seen=50,
        n_ahead=10,
        size=Size(updates=300, network_updates=300, stride=15),
        trials=False,
        what="bits per spike over each unit's mean; 0.1 s a bin, 50 seen, 10 ahead",
    ),
    "reach": Set(
        "Monkey, centre-out reaches (Dyer et al. 2017)",
        recordings.reaches,
        n_seen=16,
        n_ahead=15,
        size=Size(updates=200, network_updates=200, size=1),
        trials=True,
        what="bits per spike over each unit's mean; 16 bins seen, 15 ahead (the file's bins overlap)",
    ),
}


def tasks_of(name: str, config: "Config") -> list[Task]:
    """The recordings of a set as forecasting tasks.

    Raises:
        MissingData: not one of its files is here.
        DatasetError: a recording that cannot be used; says why.
    """
    kind = set_of(name, config)
    made = []
    for recording, whole in kind.load().items():
        if kind.trials:
            made.append(by_trial(recording, whole, n_seen=kind.n_seen))
        else:
            made.append(
                by_time(recording, whole, n_seen=kind.n_seen, n_ahead=kind.n_ahead, stride=kind.size.stride)
            )
    return made


def set_of(name: str, config: "Config") -> Set:
    """A built-in set, or the user's own file."""
    if name != "file":
        return SETS[name]
    path = config.data
    assert path is not None
    whole = read_recording(path, bin_s=config.bin_s, array=config.array)
    trials = len(whole.values) > 1
    n_bins = whole.values.shape[1]
    n_seen = n_bins // 2 if trials else config.seen
    return Set(
        path.name,
        lambda: {path.stem: whole},
        n_seen=n_seen,
        n_ahead=n_bins - n_seen if trials else config.ahead,
        size=Size(updates=200, network_updates=200),
        trials=trials,
        what="bits per spike over each unit's mean"
        if whole.counts
        else "skill over the mean of what was seen",
    )


def run_all(config: "Config", folder: Path, progress: Callable[..., None]) -> dict[str, Any] | None:
    """Every set whose files are here; None where there are none, or the run is not asked for them."""
    if config.recordings == "off" or (config.quick and config.recordings == "auto" and config.data is None):
        return None
    names = ["file"] if config.data is not None else [name for name in SETS if _here(name, config)]
    if not names:
        return None
    units = folder / "units"
    units.mkdir(parents=True, exist_ok=True)
    seeds = list(range(1 if config.quick else config.seeds))
    found: dict[str, Any] = {"sets": {}, "seeds": len(seeds)}
    for i, name in enumerate(names):
        stage = partial(_stage, config, units, progress, i / len(names))
        linear = stage(f"records-{name}-linear", list(LINEAR), [0])
        networks = stage(f"records-{name}-networks", list(NETWORKS), seeds)
        found["sets"][name] = _summary(name, config, linear, networks)
    if "worm" in names:
        found["wiring"] = _wiring(config, units, progress, seeds)
    if config.data is None and _has_bci():
        found["unseen"] = _unseen(config, units, progress, seeds)
    return found


def _here(name: str, config: "Config") -> bool:
    try:
        return bool(SETS[name].load())
    except MissingData:
        return False


def _has_bci() -> bool:
    try:
        return bool(recordings.bci())
    except MissingData:
        return False


def _stage(config, units: Path, progress, share: float, kind: str, arms, seeds, draws=1) -> Trials:
    progress(kind, share)
    return run_trials(
        partial(work, config, units, kind),
        arms,
        seeds,
        draws,
        folder=units / kind,
        settings={"seed": config.seed, "quick": config.quick, "kind": kind},
        workers=config.workers or os.cpu_count() or 1,
        progress=lambda part, one, row: progress(
            kind, share + 0.2 * part, unit="/".join(map(str, one)), **_brief(row)
        ),
    )


def work(config: "Config", units: Path, kind: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One trial: a model on all recordings of a set."""
    import torch

    from . import unseen

    torch.set_num_threads(1)
    own = 1_000 * config.seed + seed
    if kind == "records-unseen":
        return unseen.trial(recordings.bci(), arm, own, 5 if config.quick else unseen.UPDATES)
    if kind == "records-wiring":
        base, prior = arm.split("/")
        return wiring.trial(*_moments(str(units), base, seed), prior, draw)
    name = kind.split("-")[1]
    tasks = list(_tasks(name, config))
    if arm in LINEAR:
        return _linear(tasks, arm)
    return _network(name, config, units, tasks, arm, own, seed)


@cache
def _tasks(name: str, config: "Config") -> tuple[Task, ...]:
    return tuple(tasks_of(name, config))


def _linear(tasks: list[Task], arm: str) -> dict[str, float]:
    found = {}
    for task in tasks:
        forecast = searched(task, arm)(task.seen(task.test))
        found |= _scores(task, forecast, "skill")
    return _averaged(found)


def _network(name, config, units: Path, tasks: list[Task], arm: str, own: int, seed: int) -> dict[str, float]:
    """A network with and without the layer of own history; `chosen` is what validation prefers."""
    pool, size = (
        Pool.of(tasks),
        _quick(set_of(name, config).size) if config.quick else set_of(name, config).size,
    )
    model = None
    if arm == "emulator":
        model, expected = emulator(pool, size, own)
    else:
        expected = network(pool, size, arm, own)
    found: dict[str, float] = {}
    layered, stack = with_history(tasks, expected)
    for task in tasks:
        for part, windows in (("", task.test), ("validation_", task.validation)):
            plain = expected(task, windows)[:, task.n_seen :]
            found |= _scores(task, plain, f"{part}plain", windows)
            found |= _scores(task, layered(task, windows), f"{part}history", windows)
    found = _averaged(found)
    chosen = max(("plain", "history"), key=lambda kind: found[f"validation_{kind}"])
    found |= {key.replace(chosen, "skill", 1): v for key, v in found.items() if key.startswith(chosen)}
    found |= {"weight_first": float(stack.weights[0, 1]), "weight_last": float(stack.weights[-1, 1])}
    if model is not None:
        updates = 5 if config.quick else DYNAMICS_UPDATES
        found |= _shown(name, size, units, pool, model, expected, layered, seed, updates)
        if name == "worm":
            _keep(units, tasks, expected, seed)
    return found


def _quick(size: Size) -> Size:
    from dataclasses import replace

    return replace(size, updates=5, network_updates=5)


def _scores(
    task: Task, forecast: np.ndarray, metric: str, windows: np.ndarray | None = None
) -> dict[str, float]:
    windows = task.test if windows is None else windows
    found = {f"{metric}@{task.name}": score(task, forecast, windows)}
    for h in range(task.n_ahead):
        one = windows[:, : task.n_seen + h + 1]
        at = Task(task.name, task.unit_names, one, one, one, task.n_seen + h, task.counts)
        found[f"{metric}_at_{h + 1}@{task.name}"] = score(at, forecast[:, h : h + 1], one)
    return found


def _averaged(found: dict[str, float]) -> dict[str, float]:
    """Each metric's mean over recordings; single horizons are kept as means alone."""
    groups: dict[str, list[float]] = {}
    for key, value in found.items():
        groups.setdefault(key.split("@")[0], []).append(value)
    kept = {key: value for key, value in found.items() if "_at_" not in key}
    return kept | {key: float(np.mean(values)) for key, values in groups.items()}


def _brief(row: Mapping[str, float]) -> dict[str, float]:
    return {name: row[name] for name in ("skill", "plain", "history") if name in row}


# ---- what the figures need


def _shown(
    name,
    size: Size,
    units: Path,
    pool: Pool,
    model,
    expected: Activity,
    layered: Activity,
    seed: int,
    updates: int,
) -> dict[str, float]:
    """Ensembles for the first seed: bands of one window for the figure, and how often they hold the truth."""
    if seed != 0:
        return {}
    import torch

    from brainwright.emulator import Plan, fit_dynamics

    from .pooled import BATCH, masks

    fit_dynamics(
        model, torch.from_numpy(pool.train()), masks(pool, size), Plan(updates, BATCH, 2e-3, seed=seed)
    )
    inside: list[np.ndarray] = []
    for i, task in enumerate(pool.tasks):
        every = max(1, len(task.test) // 12)
        made = _bands(pool, task, model, expected, layered, task.test[::every])
        inside.append(made["inside"])
        if i == 0:
            loud = np.sort(np.argsort(-np.nanstd(task.test, (0, 1)))[:SHOWN_UNITS])
            wide = torch.from_numpy(pool.spread(task, task.seen(task.test)))[:40]
            with torch.no_grad():
                latents = model.encode(wide)[:, :, 0].numpy()
            write_arrays(
                units / f"records-{name}-shown.npz",
                {
                    "truth": task.test[0][:, loud],
                    "smoothed": expected(task, task.test[:1])[0][:, loud],
                    "point": made["point"][0][:, loud],
                    "low": made["low"][0][:, loud],
                    "high": made["high"][0][:, loud],
                    "units": np.array(task.unit_names)[loud],
                    "latents": latents,
                    "n_seen": np.array(task.n_seen),
                },
            )
    return {"coverage": float(np.mean(np.concatenate(inside)))}


def _bands(
    pool: Pool, task: Task, model, expected: Activity, layered: Activity, windows: np.ndarray
) -> dict[str, np.ndarray]:
    """Forecast with its 90 % band: the spread of the ensemble, and the noise around each member.

    Counts: the central interval of the Poisson mixture. Continuous: a Gaussian whose variance is that of the
    ensemble plus that of the residuals on validation windows, for each unit and horizon.
    """
    import torch

    from brainwright.evidence.scores import randomised_pit

    plain, point = expected(task, windows)[:, task.n_seen :], layered(task, windows)
    wide = torch.from_numpy(pool.spread(task, task.seen(windows)))
    with torch.no_grad():
        drawn = model.ensemble(wide, MEMBERS)[:, :, task.n_seen :, pool.columns[task.name]].numpy()
    coming = windows[:, task.n_seen :]
    if task.counts:
        members = drawn * point / np.maximum(plain, 1e-6)
        u = randomised_pit(members, coming)
        low, high = np.quantile(members, (0.05, 0.95), axis=0)
        return {"point": point, "low": low, "high": high, "inside": (u >= 0.05) & (u <= 0.95)}
    left = np.square(layered(task, task.validation) - task.validation[:, task.n_seen :]).mean(0)
    half = 1.645 * np.sqrt(drawn.var(0) + left)
    inside = np.abs(coming - point) <= half
    return {"point": point, "low": point - half, "high": point + half, "inside": inside.ravel()}


# ---- the worm's wiring


def _keep(units: Path, tasks: list[Task], expected: Activity, seed: int) -> None:
    """What the emulator expects of every worm, for the trials on wiring."""
    arrays = {
        f"{part}/{task.name}": expected(task, getattr(task, part)).astype(np.float32)
        for task in tasks
        for part in ("train", "validation", "test")
    }
    write_arrays(units / f"records-worm-expected-{seed}.npz", arrays)


@cache
def _moments(units: str, base: str, seed: int) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Sums of every part and animal; `base` is "activity" (no latents) or "emulator"."""
    kind = SETS["worm"]
    tasks = [
        by_time(name, whole, n_seen=kind.n_seen, n_ahead=kind.n_ahead, stride=kind.size.stride)
        for name, whole in kind.load().items()
    ]
    names = wiring.named(tasks)
    kept = dict(np.load(Path(units) / f"records-worm-expected-{seed}.npz")) if base == "emulator" else {}
    parts = {
        part: [
            wiring.moments(
                task,
                kept.get(f"{part}/{task.name}", np.zeros_like(getattr(task, part))),
                getattr(task, part),
                names,
            )
            for task in tasks
        ]
        for part in ("train", "validation", "test")
    }
    return parts, names, [task.name for task in tasks]


MARGIN = 0.01
"""Difference in skill that counts as none."""


def _wiring(config: "Config", units: Path, progress, seeds: list[int]) -> dict[str, Any]:
    """Skill with each prior, and the true wiring among rewired ones, with and without the latent forecast."""
    from brainwright.evidence import against_nulls

    try:
        wiring.wiring()
    except MissingData:
        return {}
    n_draws = 3 if config.quick else NULL_DRAWS
    made: dict[str, Any] = {"draws": n_draws, "pairs": 0.0}
    for base in ("activity", "emulator"):
        arms = [f"{base}/{prior}" for prior in PRIORS]
        draws = {arm: n_draws if arm.endswith("null") else 1 for arm in arms}
        own = seeds if base == "emulator" else [0]
        trials = _stage(config, units, progress, 0.8, "records-wiring", arms, own, draws)
        real = f"{base}/cook"
        against = against_nulls(trials, real, [f"{base}/null"], "skill", margin=MARGIN)[0]
        made[base] = {
            "skill": {prior: float(trials.values(f"{base}/{prior}", "skill").mean()) for prior in PRIORS},
            "animals": {
                prior: {
                    key.split("@")[1]: float(trials.values(f"{base}/{prior}", key).mean())
                    for key in next(iter(trials.metrics.values()))
                    if key.startswith("skill@")
                }
                for prior in PRIORS
            },
            "nulls": trials.values(f"{base}/null", "skill").mean(1).tolist(),
            "against": against.as_dict(),
        }
        made["pairs"] = float(trials.values(real, "pairs").mean())
    return made


# ---- analysis


DECIDING = "culture"
"""The set of the primary comparison where the suites are left out: the one with six recordings."""


def alone(found: dict[str, Any] | None) -> dict[str, Any]:
    """`result.json` of a run without the suites.

    Raises:
        MissingData: nothing to run on.
    """
    if found is None:
        raise MissingData(
            "no recording is here: set BRAINWRIGHT_DATA to the folder of data sets, or give --data"
        )
    deciding = DECIDING if DECIDING in found["sets"] else next(iter(found["sets"]))
    one = found["sets"][deciding]
    best = one["best_baseline"]
    primary = one["comparisons"].get(best) or _single(one, deciding)
    return {
        "primary": primary,
        "answer": " ".join(answer(name, row) for name, row in found["sets"].items()),
        "arms": {
            f"{name}/{model}": {"mean": float(np.mean(list(row.values()))), "values": list(row.values())}
            for name, table in found["sets"].items()
            for model, row in table["scores"].items()
        },
        "comparisons": [c for table in found["sets"].values() for c in table["comparisons"].values()],
        "checks": checks(found),
        "recordings": found,
    }


def _single(one: dict[str, Any], name: str) -> dict[str, Any]:
    """One recording decides nothing; the difference is given without an interval."""
    ours, best = (float(np.mean(list(one["scores"][m].values()))) for m in ("emulator", one["best_baseline"]))
    return {
        "arm": f"{name}/emulator",
        "control": f"{name}/{one['best_baseline']}",
        "metric": "skill",
        "effect": "difference",
        "effect_size": ours - best,
        "ci_low": None,
        "ci_high": None,
        "n": 1,
        "verdict": "cannot tell",
    }


def answer(name: str, one: dict[str, Any]) -> str:
    """Who forecasts best, and by how much."""
    means = {model: float(np.mean(list(row.values()))) for model, row in one["scores"].items()}
    ours, best = means["emulator"], one["best_baseline"]
    won = sum(one["scores"]["emulator"][rec] > one["scores"][best][rec] for rec in one["recordings"])
    who = "the emulator is ahead of" if ours > means[best] else "the emulator is behind"
    return (
        f"{name}: {who} the best baseline ({best}) by {abs(ours - means[best]):.4f} ({ours:.4f} against "
        f"{means[best]:.4f}; ahead in {won} of {len(one['recordings'])} recordings)."
    )


def checks(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Whether the emulator beats every baseline, by set, and that it beats the mean everywhere."""
    made = []
    for name, one in found["sets"].items():
        means = {model: float(np.mean(list(row.values()))) for model, row in one["scores"].items()}
        best = one["best_baseline"]
        made.append(
            {
                "name": f"{name}: the emulator forecasts better than every baseline",
                "holds": means["emulator"] > means[best],
                "detail": f"{means['emulator']:.4f}, best baseline {best} {means[best]:.4f}",
            }
        )
        rows = one["scores"]
        made.append(
            {
                "name": f"{name}: better than the mean in every recording",
                "holds": all(rows["emulator"][r] > rows["mean"][r] for r in one["recordings"]),
                "detail": f"least {min(rows['emulator'].values()):.4f}",
            }
        )
    return made


def _summary(name: str, config: "Config", linear: Trials, networks: Trials) -> dict[str, Any]:
    """Every model's score in every recording, the emulator against each baseline, skill at each horizon."""
    from brainwright.evidence import Arm, compare

    kind, tasks = set_of(name, config), _tasks(name, config)
    names = [task.name for task in tasks]
    scores: dict[str, dict[str, float]] = {}
    horizons: dict[str, list[float]] = {}
    spread: dict[str, float] = {}
    for trials, arm, metric in (
        *((linear, arm, "skill") for arm in LINEAR),
        *((networks, arm, metric) for arm in NETWORKS for metric in ("plain", "history", "skill")),
    ):
        label = arm if metric == "skill" else f"{arm}/{metric}"
        scores[label] = {rec: float(trials.values(arm, f"{metric}@{rec}").mean()) for rec in names}
        seeds = trials.values(arm, metric)[0]
        spread[label] = float(seeds.std(ddof=1)) if len(seeds) > 1 else 0.0
        horizons[label] = [
            float(trials.values(arm, f"{metric}_at_{h + 1}").mean()) for h in range(kind.n_ahead)
        ]
    ours = Arm(f"{name}/emulator", np.array(list(scores["emulator"].values())))
    rivals = [*LINEAR, "bi_gru", "transformer"]
    against = (
        [
            compare(
                ours, Arm(f"{name}/{one}", np.array(list(scores[one].values()))), "skill", kind="difference"
            )
            for one in rivals
        ]
        if len(names) > 1
        else []
    )
    best = max(rivals, key=lambda one: float(np.mean(list(scores[one].values()))))
    return {
        "title": kind.title,
        "what": kind.what,
        "split": _split_words(kind, tasks),
        "recordings": names,
        "units": {task.name: len(task.unit_names) for task in tasks},
        "scores": scores,
        "seed_sd": spread,
        "horizons": horizons,
        "best_baseline": best,
        "comparisons": {one.control.split("/")[1]: one.as_dict() for one in against},
        "coverage": float(networks.values("emulator", "coverage")[0, 0])
        if _has(networks, "coverage")
        else None,
    }


def _has(trials: Trials, metric: str) -> bool:
    return any(metric in row for row in trials.metrics.values())


def _split_words(kind: Set, tasks: tuple[Task, ...]) -> str:
    shares = " / ".join(f"{round(100 * share)} %" for share in SHARES)
    sizes = ", ".join(str(len(tasks[0].__getattribute__(part))) for part in ("train", "validation", "test"))
    if kind.trials:
        return f"by trial, {shares} in order ({sizes} trials of the first recording)"
    return (
        f"by block of time, {shares}, {kind.n_ahead} bins left out between blocks ({sizes} windows of the "
        "first recording)"
    )


def _unseen(config: "Config", units: Path, progress, seeds: list[int]) -> dict[str, Any]:
    """co-bps on the BCI session."""
    from .unseen import MODELS

    trials = _stage(config, units, progress, 0.95, "records-unseen", list(MODELS), seeds)
    keys = [key for key in next(iter(trials.metrics.values())) if "@" in key]
    return {
        arm: {key.split("@")[1]: float(trials.values(arm, key).mean()) for key in keys}
        | {"sd": float(trials.values(arm, "skill")[0].std(ddof=1)) if len(seeds) > 1 else 0.0}
        for arm in MODELS
    }
