"""Run a function over arms × seeds × draws, on all cores, resumably, with the same numbers however it ran."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from brainwright.evidence.arms import Arm

FORMAT_VERSION = 1
TRIALS = "trials.jsonl"


class Trial(NamedTuple):
    """One unit of work."""

    arm: str
    seed: int
    draw: int


Run = Callable[[str, int, int], Mapping[str, float]]
"""(arm, seed, draw) → metrics. All that is random must follow from these three: initial values and the order
of data from `seed`, so that arms and draws share them; the graph from (arm, draw).
"""


@dataclass(frozen=True, eq=False)
class Trials:
    """What came of it: metrics of every trial, in an order that does not depend on how they were run."""

    metrics: dict[Trial, dict[str, float]]

    @property
    def arms(self) -> list[str]:
        """Their names, in the order asked for."""
        return list(dict.fromkeys(trial.arm for trial in self.metrics))

    def values(self, arm: str, metric: str) -> np.ndarray:
        """Float64 [draw, seed]. Raises ValueError for an unknown arm or metric."""
        own = {trial: row for trial, row in self.metrics.items() if trial.arm == arm}
        if not own:
            raise ValueError(f"no arm {arm!r}: there are {', '.join(self.arms)}")
        known = next(iter(own.values()))
        if metric not in known:
            raise ValueError(f"no metric {metric!r}: there are {', '.join(known)}")
        draws, seeds = (
            list(dict.fromkeys(key)) for key in zip(*((t.draw, t.seed) for t in own), strict=True)
        )
        return np.array([[own[Trial(arm, s, d)][metric] for s in sorted(seeds)] for d in sorted(draws)])

    def arm(self, arm: str, metric: str) -> Arm:
        """One value per seed, the mean over draws: seeds are the units that arms share."""
        return Arm(arm, self.values(arm, metric).mean(axis=0))


def run_trials(
    run: Run,
    arms: Sequence[str],
    seeds: Sequence[int],
    draws: Mapping[str, int] | int = 1,
    *,
    folder: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int = 1,
    progress: Callable[[float, Trial, Mapping[str, float]], None] | None = None,
) -> Trials:
    """Every arm with every seed and every draw, each once.

    Args:
        run: see `Run`. With several workers it must be importable by name (no lambda), since processes are
            started afresh.
        arms: names; the order of the result.
        seeds: shared by all arms.
        draws: how many graphs per arm (1 for the one real connectome), or one number for all.
        folder: where finished trials are kept, one line each, flushed; those found there are not run again.
            A line cut short by a kill is run again.
        settings: plain values on which the results depend; a folder made with others is refused.
        workers: processes; 1 runs here.
        progress: called after each trial with the share done.

    Raises:
        ValueError: repeated names, no trials, a folder of other settings, metrics that are no numbers.
        RuntimeError: `run` failed; names the trial. What was finished is kept.
    """
    asked = _trials(arms, seeds, draws)
    store = None if folder is None else _Store(Path(folder), dict(settings or {}))
    found = {} if store is None else store.read()
    missing = [trial for trial in asked if trial not in found]
    for trial, metrics in _work(run, missing, workers):
        found[trial] = metrics
        if store is not None:
            store.append(trial, metrics)
        if progress is not None:
            progress(sum(t in found for t in asked) / len(asked), trial, metrics)
    return Trials({trial: found[trial] for trial in asked})


def finished_trials(folder: Path, arms: Mapping[str, int], seeds: Sequence[int]) -> tuple[Trials, int]:
    """What a run has so far, without going on with it: all of every arm that is whole.

    Args:
        folder: as given to `run_trials`; with nothing in it nothing is finished.
        arms: name → draws.
        seeds: asked for.

    Returns:
        Trials of the arms that are whole, and how many trials are missing in all.
    """
    path = folder / TRIALS
    lines = _lines(path)[1:]
    found = _rows(path, (line for line in lines if line.endswith(b"\n")))  # the last may have been cut short
    asked = {arm: _trials([arm], seeds, n) for arm, n in arms.items()}
    kept = {trial: found[trial] for own in asked.values() if all(t in found for t in own) for trial in own}
    return Trials(kept), sum(trial not in found for own in asked.values() for trial in own)


def _lines(path: Path) -> list[bytes]:
    """The lines of a file with their ends; none where there is no file."""
    return path.read_bytes().splitlines(keepends=True) if path.is_file() else []


def _rows(path: Path, lines: Iterable[bytes]) -> dict[Trial, dict[str, float]]:
    """Raises ValueError for a line that is no trial."""
    found = {}
    for number, line in enumerate(lines, 2):
        try:
            row = json.loads(line)
            trial, metrics = Trial(row["arm"], row["seed"], row["draw"]), row["metrics"]
            sound = isinstance(trial.arm, str) and type(trial.seed) is int and type(trial.draw) is int
            sound &= isinstance(metrics, dict) and all(type(v) in (int, float) for v in metrics.values())
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise ValueError(
                f"{path}, line {number}: expected a trial with arm, seed, draw, metrics, got: {error!r:.200}"
            ) from error
        if not sound:
            raise ValueError(
                f"{path}, line {number}: expected an arm by name, whole numbers for seed and draw, and "
                f"numbers as metrics, got {line!r:.200}"
            )
        found[trial] = metrics
    return found


def _trials(arms: Sequence[str], seeds: Sequence[int], draws: Mapping[str, int] | int) -> list[Trial]:
    if len(set(arms)) != len(arms) or len(set(seeds)) != len(seeds) or not arms or not seeds:
        raise ValueError(f"expected distinct arms and seeds, at least one of each, got {arms} and {seeds}")
    counts = {arm: draws if isinstance(draws, int) else draws.get(arm, 1) for arm in arms}
    if min(counts.values()) < 1:
        raise ValueError(f"expected at least one draw per arm, got {counts}")
    return [Trial(arm, int(seed), k) for arm in arms for k in range(counts[arm]) for seed in seeds]


def _work(run: Run, trials: list[Trial], workers: int) -> Iterator[tuple[Trial, dict[str, float]]]:
    if workers < 1:
        raise ValueError(f"expected at least one worker, got {workers}")
    if workers == 1 or len(trials) < 2:
        for trial in trials:
            yield trial, _checked(trial, lambda t=trial: run(*t))
        return
    with ProcessPoolExecutor(min(workers, len(trials)), mp_context=get_context("spawn")) as pool:
        waiting: dict[Future, Trial] = {pool.submit(run, *trial): trial for trial in trials}
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    trial = waiting.pop(future)
                    yield trial, _checked(trial, future.result)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _checked(trial: Trial, call: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    try:
        metrics = call()
    except Exception as error:
        raise RuntimeError(
            f"arm {trial.arm!r}, seed {trial.seed}, draw {trial.draw}: {type(error).__name__}: {error}"
        ) from error
    try:
        return {str(name): float(value) for name, value in metrics.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"arm {trial.arm!r}: expected a dictionary of numbers, got {metrics!r}") from error


class _Store:
    """`trials.jsonl`: a line of settings, then one per trial."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.path = folder / TRIALS
        header = {"format_version": FORMAT_VERSION, "settings": json.loads(json.dumps(settings))}
        folder.mkdir(parents=True, exist_ok=True)
        lines = _lines(self.path)
        if lines and lines[0].endswith(b"\n"):
            there = self._header(lines[0])
            if there != header:
                raise ValueError(f"{self.path} was made with {there}, asked for {header}: use another folder")
        kept = [line for line in lines if line.endswith(b"\n")]  # the last may have been cut short
        if not kept or len(kept) < len(lines):
            self.path.write_bytes(b"".join(kept) or json.dumps(header).encode() + b"\n")

    def _header(self, line: bytes) -> object:
        try:
            return json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{self.path}, line 1: expected the settings of the trials, got: {error!r:.200}"
            ) from error

    def read(self) -> dict[Trial, dict[str, float]]:
        return _rows(self.path, _lines(self.path)[1:])

    def append(self, trial: Trial, metrics: dict[str, float]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**trial._asdict(), "metrics": metrics}) + "\n")
            file.flush()
            os.fsync(file.fileno())
