"""One trial: a forecaster on every recording of a set, its scores, and what the figures need."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from brainwright.emulator import Emulator, Plan, fit_dynamics
from brainwright.evidence.scores import randomised_pit
from brainwright.runfolder import write_arrays

from .forecasters import LINEAR, score, searched
from .pooled import BATCH, Activity, Size, emulator, masks, network, with_history
from .recording_sets import set_of, tasks
from .tasks import Pool, Task

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config

SHOWN_UNITS, SHOWN_PATHS = 4, 40
MEMBERS, BAND_WINDOWS = 16, 12
DYNAMICS_UPDATES, QUICK_UPDATES = 150, 5
NORMAL_95 = 1.645
RATE_FLOOR = 1e-6


def trial(config: "Config", units: Path, name: str, arm: str, seed: int) -> Mapping[str, float]:
    """Scores of an arm on a set: of each recording, and their mean."""
    if arm in LINEAR:
        return _linear(tasks(name, config), arm)
    size = set_of(name, config).size
    updates = DYNAMICS_UPDATES
    if config.quick:
        updates = QUICK_UPDATES
        size = replace(size, updates=updates, network_updates=updates)
    return _network(
        units, name, arm, size, updates, 1_000 * config.seed + seed, first=seed == 0, config=config
    )


def _linear(recordings: tuple[Task, ...], arm: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for task in recordings:
        forecast = searched(task, arm)(task.seen(task.test))
        found |= _scores(task, forecast, "skill", task.test)
    return _averaged(found)


def _network(
    units: Path, name: str, arm: str, size: Size, updates: int, seed: int, *, first: bool, config: "Config"
) -> dict[str, float]:
    """A network alone ("plain") and beside own history; "skill" is the one that validation prefers."""
    pool = Pool.of(list(tasks(name, config)))
    model = None
    if arm == "emulator":
        model, expected = emulator(pool, size, seed)
    else:
        expected = network(pool, size, arm, seed)
    layered, stack = with_history(pool.tasks, expected)
    found: dict[str, float] = {}
    for task in pool.tasks:
        for part, windows in (("", task.test), ("validation_", task.validation)):
            plain = expected(task, windows)[:, task.n_seen :]
            found |= _scores(task, plain, f"{part}plain", windows)
            found |= _scores(task, layered(task, windows), f"{part}history", windows)
    found = _averaged(found)
    chosen = max(("plain", "history"), key=lambda kind: found[f"validation_{kind}"])
    found |= {key.replace(chosen, "skill", 1): v for key, v in found.items() if key.startswith(chosen)}
    found |= {"weight_first": float(stack.weights[0, 1]), "weight_last": float(stack.weights[-1, 1])}
    if model is not None:
        if name == "worm":
            _keep(units, pool, expected, seed - 1_000 * config.seed)
        if first:
            plan = Plan(updates, BATCH, 2e-3, seed=seed)
            fit_dynamics(model, torch.from_numpy(pool.train()), masks(pool, size), plan)
            found["coverage"] = _shown(
                units / f"records-{name}-shown.npz", Drawn(pool, model, expected, layered)
            )
    return found


def _scores(task: Task, forecast: np.ndarray, metric: str, windows: np.ndarray) -> dict[str, float]:
    """Over all horizons, and at each."""
    found = {f"{metric}@{task.name}": score(task, forecast, windows)}
    for h in range(task.n_ahead):
        upto = windows[:, : task.n_seen + h + 1]
        found[f"{metric}_at_{h + 1}@{task.name}"] = score(
            replace(task, n_seen=task.n_seen + h), forecast[:, h : h + 1], upto
        )
    return found


def _averaged(found: dict[str, float]) -> dict[str, float]:
    """Each metric's mean over recordings; single horizons are kept as means alone."""
    groups: dict[str, list[float]] = {}
    for key, value in found.items():
        groups.setdefault(key.split("@")[0], []).append(value)
    kept = {key: value for key, value in found.items() if "_at_" not in key}
    return kept | {key: float(np.mean(values)) for key, values in groups.items()}


def _keep(units: Path, pool: Pool, expected: Activity, seed: int) -> None:
    """What the emulator expects of every worm, for the trials on wiring."""
    arrays = {
        f"{part}/{task.name}": expected(task, getattr(task, part)).astype(np.float32)
        for task in pool.tasks
        for part in ("train", "validation", "test")
    }
    write_arrays(units / f"records-worm-expected-{seed}.npz", arrays)


@dataclass(frozen=True)
class Drawn:
    """An emulator with its dynamics, and its forecasts without and with own history."""

    pool: Pool
    model: Emulator
    expected: Activity
    layered: Activity

    def bands(self, task: Task, windows: np.ndarray) -> dict[str, np.ndarray]:
        """Forecast with its 90 % band: the spread of the ensemble, and the noise around each member.

        Counts: the central interval of the Poisson mixture. Continuous: a Gaussian whose variance is that of
        the ensemble plus that of the residuals on validation windows, for each unit and horizon.
        """
        coming = windows[:, task.n_seen :]
        point, drawn = self.layered(task, windows), self._members(task, windows)
        if task.counts:
            plain = self.expected(task, windows)[:, task.n_seen :]
            members = drawn * point / np.maximum(plain, RATE_FLOOR)
            u = randomised_pit(members, coming)
            low, high = np.quantile(members, (0.05, 0.95), axis=0)
            return {"point": point, "low": low, "high": high, "inside": (u >= 0.05) & (u <= 0.95)}
        left = self.layered(task, task.validation) - task.validation[:, task.n_seen :]
        half = NORMAL_95 * np.sqrt(drawn.var(0) + np.square(left).mean(0))
        inside = np.abs(coming - point) <= half
        return {"point": point, "low": point - half, "high": point + half, "inside": inside.ravel()}

    def latents(self, task: Task, windows: np.ndarray) -> np.ndarray:
        """Of the first group, [window, bin, latent]."""
        with torch.no_grad():
            return self.model.encode(self._wide(task, windows))[:, :, 0].numpy()

    def _members(self, task: Task, windows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            drawn = self.model.ensemble(self._wide(task, windows), MEMBERS)
        return drawn[:, :, task.n_seen :, self.pool.columns[task.name]].numpy()

    def _wide(self, task: Task, windows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.pool.spread(task, task.seen(windows)))


def _shown(path: Path, drawn: Drawn) -> float:
    """Writes one test window of the first recording; returns how much of the test values the bands hold."""
    inside = []
    for task in drawn.pool.tasks:
        some = task.test[:: max(1, len(task.test) // BAND_WINDOWS)]
        made = drawn.bands(task, some)
        inside.append(made["inside"])
        if task is not drawn.pool.tasks[0]:
            continue
        loud = np.sort(np.argsort(-np.nanstd(task.test, (0, 1)))[:SHOWN_UNITS])
        arrays = {key: made[key][0][:, loud] for key in ("point", "low", "high")}
        arrays |= {
            "truth": task.test[0][:, loud],
            "smoothed": drawn.expected(task, task.test[:1])[0][:, loud],
            "units": np.array(task.unit_names)[loud],
            "latents": drawn.latents(task, task.test[:SHOWN_PATHS]),
            "n_seen": np.array(task.n_seen),
        }
        write_arrays(path, arrays)
    return float(np.mean(np.concatenate(inside)))
