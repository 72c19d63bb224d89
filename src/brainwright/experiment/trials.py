"""Run a function over arms × seeds × draws, on all cores, resumably, with the same numbers however it ran."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from brainwright.errors import UserError
from brainwright.evidence import Arm
from brainwright.runs import KeptTrials, Trial

from .engines.local import Local

K = TypeVar("K")


class TrialsError(UserError):
    """Trials cannot be run as asked; the message says what to do."""


Run = Callable[[K, int, int], Mapping[str, Any]]
"""(arm, seed, draw) → numbers and arrays by name; see `Study.trial`."""


@dataclass(frozen=True, eq=False)
class Trials:
    """What came of it: metrics of every trial, in an order that does not depend on how they were run."""

    metrics: dict[Trial, dict[str, float]]

    @staticmethod
    def of(arms: Mapping[str, Mapping[str, np.ndarray]]) -> "Trials":
        """From arm → metric → values [unit], where units (dishes, brains) were run together."""
        rows = {}
        for arm, columns in arms.items():
            lengths = {len(values) for values in columns.values()}
            if len(lengths) != 1:
                raise ValueError(f"arm {arm!r}: expected one value per unit in every metric, got {lengths}")
            for k in range(lengths.pop()):
                rows[Trial(arm, k, 0)] = {name: float(values[k]) for name, values in columns.items()}
        return Trials(rows)

    @property
    def arms(self) -> list[str]:
        """Their names, in the order asked for."""
        return list(dict.fromkeys(trial.arm for trial in self.metrics))

    def names(self, arm: str) -> list[str]:
        """Metrics that every trial of the arm has."""
        rows = [row for trial, row in self.metrics.items() if trial.arm == arm]
        return [name for name in rows[0] if all(name in row for row in rows)] if rows else []

    def values(self, arm: str, metric: str) -> np.ndarray:
        """Float64 [draw, seed]. Raises ValueError for an unknown arm or metric."""
        rows = {trial: row for trial, row in self.metrics.items() if trial.arm == arm}
        if not rows:
            raise ValueError(f"no arm {arm!r}: there are {', '.join(self.arms)}")
        if metric not in self.names(arm):
            raise ValueError(f"no metric {metric!r} of {arm!r}: there are {', '.join(self.names(arm))}")
        draws, seeds = (sorted(set(keys)) for keys in zip(*((t.draw, t.seed) for t in rows), strict=True))
        return np.array([[rows[Trial(arm, s, d)][metric] for s in seeds] for d in draws])

    def arm(self, arm: str, metric: str) -> Arm:
        """One value per seed, the mean over draws: seeds are the units that arms share."""
        return Arm(arm, self.values(arm, metric).mean(axis=0))


def run_trials(
    run: Run,
    arms: Sequence[K] | Mapping[K, int],
    seeds: Sequence[int],
    *,
    folder: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: Local | int = 1,
    progress: Callable[[float, Trial, Mapping[str, float]], None] | None = None,
) -> Trials:
    """Every arm with every seed and every draw, each once and with one thread.

    Args:
        run: see `Run`; importable by name (no lambda) with several workers.
        arms: the order of the result; a mapping says how many draws (graphs) each has, a sequence means 1.
        seeds: shared by all arms.
        folder: where finished trials are kept, one line each, flushed, and their arrays as units; those found
            there are not run again. A line or a unit that a kill or a disk has spoiled is made again.
        settings: plain values on which the results depend; a folder made with others is refused.
        workers: processes, or an engine that has them already; 1 runs here.
        progress: called after each trial with the share done.

    Raises:
        ValueError: repeated names, no trials, metrics that are no numbers.
        UnitsError: a folder of other settings.
        TrialsError: a function or arms that cannot be sent to other processes.
        RuntimeError: `run` failed; names the trial. What was finished is kept.
    """
    keys = {str(arm): arm for arm in arms}
    asked = _trials(arms, seeds)
    store = None if folder is None else KeptTrials(Path(folder))
    if store is not None:
        store.units.claim(settings or {})
    done = {} if store is None else store.read()
    missing = [trial for trial in asked if trial not in done]
    jobs = [(run, trial, keys[trial.arm]) for trial in missing]
    with nullcontext(workers) if isinstance(workers, Local) else Local(workers) as engine:
        if engine.workers > 1 and len(missing) > 1:
            _check_can_travel(run, [keys[trial.arm] for trial in missing])
        for number, (metrics, arrays) in engine.results(_one, jobs):
            trial = missing[number]
            done[trial] = metrics
            if store is not None:
                store.append(trial, metrics, arrays)
            if progress is not None:
                progress(sum(t in done for t in asked) / len(asked), trial, metrics)
    return Trials({trial: done[trial] for trial in asked})


def finished_trials(folder: Path, arms: Mapping[K, int], seeds: Sequence[int]) -> tuple[Trials, int]:
    """What a run has so far, without going on with it: the trials of all arms (arm → draws) that are whole
    for these seeds, and how many trials are missing in all; `folder` is as given to `run_trials`.
    """
    done = KeptTrials(folder).read()
    asked = {arm: _trials({arm: n}, seeds) for arm, n in arms.items()}
    kept = {t: done[t] for trials in asked.values() if all(t in done for t in trials) for t in trials}
    return Trials(kept), sum(trial not in done for trials in asked.values() for trial in trials)


def _trials(arms: Sequence[K] | Mapping[K, int], seeds: Sequence[int]) -> list[Trial]:
    counts = dict(arms) if isinstance(arms, Mapping) else dict.fromkeys(arms, 1)
    names = {str(arm) for arm in counts}
    if not names or len(names) != len(arms) or not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(
            f"expected distinct arms and seeds, at least one of each, got {list(map(str, arms))} and {seeds}"
        )
    if min(counts.values()) < 1:
        raise ValueError(f"expected at least one draw per arm, got {counts}")
    return [Trial(str(arm), int(seed), k) for arm, n in counts.items() for k in range(n) for seed in seeds]


def _check_can_travel(run: Run, arms: Iterable[Any]) -> None:
    """Raises TrialsError where processes could not be given the work."""
    import pickle

    try:
        pickle.dumps((run, list(arms)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TrialsError(
            f"expected a trial function and arms that other processes can import, got {run!r:.80} ({error}): "
            "put the function at the top of a module and hand it over as such or as a functools.partial, "
            "or use --workers 1"
        ) from error


def _one(run: Run, trial: Trial, arm: Any) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """One trial: its numbers and its arrays apart. Raises RuntimeError that names the trial."""
    where = f"arm {trial.arm!r}, seed {trial.seed}, draw {trial.draw}"
    try:
        made = run(arm, trial.seed, trial.draw)
    except Exception as error:
        raise RuntimeError(f"{where}: {type(error).__name__}: {error}") from error
    try:
        arrays = {str(name): value for name, value in made.items() if np.ndim(value)}
        return {str(name): float(value) for name, value in made.items() if not np.ndim(value)}, arrays
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: expected a dictionary of numbers and arrays, got {made!r:.99}") from error
