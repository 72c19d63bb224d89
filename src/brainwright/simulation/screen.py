"""Activate or silence each of a list of cells and rank the effect on outputs, beside shuffled wirings.

The events from outside are the same with and without a manipulation (paired trials). The strongest
candidates are measured once more, with fresh events, in the real wiring and in every null, so that the luck
of the first events does not count. That they were picked in this wiring does: a cell chosen because it is the
strongest of many here stands out among shuffled wirings by that choice alone. Its percentile describes; a
test needs candidates named beforehand, and p corrected for their number. Finished units lie in a folder and
are not computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from brainwright.connectome import Connectome
from brainwright.connectome.nulls import NULLS, Ensemble
from brainwright.simulation.cell_choice import Cells
from brainwright.simulation.whole_brain import WholeBrain

REWIRED = ("degree", "block")
"""Nulls that are slow to make at the size of a fly, so that they are kept once made."""
_BLOCK = 25  # candidates of one unit of work
_FRESH = 1_000_003  # added to the seed for the second, independent measurement


@dataclass(frozen=True, eq=False)
class ScreenResult:
    """Effects of single manipulations on the mean rate of the outputs."""

    table: pd.DataFrame
    """One row per candidate, strongest first: candidate, effect_hz (mean over trials of the paired
    difference), sd_hz, ci_low_hz, ci_high_hz (95 %, t over trials)."""
    nulls: pd.DataFrame
    """One row per candidate that was taken to the nulls: effect_hz (fresh events), null_mean_hz, null_sd_hz,
    effect_size, percentile, p (two-sided, permutation, of this candidate alone)."""
    null_effects_hz: np.ndarray
    """float64 (nulls, candidates of ``nulls``)."""
    baseline_hz: np.ndarray
    """float64 (trials,): mean rate of the outputs with nothing manipulated."""
    fresh_baseline_hz: np.ndarray
    """float64 (trials,): the same with the fresh events that the nulls get too; empty without nulls."""
    null_baseline_hz: np.ndarray
    """float64 (nulls,): mean rate of the outputs in each null, nothing manipulated, fresh events."""
    by_output_hz: np.ndarray
    """float64 (candidates in the order given, outputs): mean effect on each output."""


def screen(
    brain: WholeBrain,
    candidates: Sequence[Cells],
    outputs: Cells,
    *,
    kind: Literal["silence", "activate"] = "silence",
    rate_hz: float | None = None,
    duration_s: float = 1.0,
    trials: int = 5,
    seed: int = 0,
    null: str | None = None,
    n_nulls: int = 19,
    null_top: int = 10,
    folder: str | Path | None = None,
    wiring_cache: str | Path | None = None,
    threads: int | None = None,
    report: Callable[[str, float], None] | None = None,
) -> ScreenResult:
    """Silence (or activate) each candidate alone, on top of the brain's own protocol.

    Args:
        brain: with the protocol that all runs share.
        candidates: each an id, a type or other name, or a list of these, manipulated together.
        outputs: cells whose mean rate is the measure.
        kind: what is done to a candidate.
        rate_hz: of ``kind="activate"``.
        duration_s, trials, seed: as in ``WholeBrain.run``.
        null: shuffled wirings to compare with, by a name of ``nulls.NULLS``; rewired ones are slow at fly
            size, so they are kept in ``wiring_cache`` once made.
        n_nulls: how many, at least 1; the smallest p is 2 / (n_nulls + 1).
        null_top: how many of the strongest candidates are taken to the nulls.
        folder: where finished units are kept; a second call with the same settings goes on from there.
        wiring_cache: folder of rewired connectomes; default: ``folder``.
        threads: runs at a time; default: the number of cores.
        report: called with (what is being done, share done).

    Raises:
        ValueError: no candidates, no rate to activate with, nulls that are unknown, a folder of a screen
            with other settings.
        ConnectomeError: candidates or outputs that are not there, with the nearest matches.
    """
    if not len(candidates):
        raise ValueError("candidates: expected at least one, got none")
    if kind not in ("silence", "activate"):
        raise ValueError(f"kind: expected 'silence' or 'activate', got {kind!r}")
    if (kind == "activate") != (rate_hz is not None):
        raise ValueError(f"rate_hz: expected for kind='activate' and only then, got {rate_hz} with {kind!r}")
    if null is not None and null not in NULLS:
        raise ValueError(f"null: expected one of {', '.join(NULLS)}, or None; got {null!r}")
    if trials < 2 or (null is not None and n_nulls < 1):
        raise ValueError(f"expected at least 2 trials and 1 null, got {trials} and {n_nulls}")
    work = _Work(brain, candidates, outputs, kind, rate_hz, duration_s, trials, threads)
    store = _Store(folder, work.settings(seed, null, n_nulls, null_top))
    say = report or (lambda text, share: None)

    everyone, per_s = range(len(candidates)), 1 / duration_s
    real, baseline = work.effects(brain, everyone, seed, store, "real", lambda d: say("screen", 0.5 * d))
    table = _ranked(candidates, real, per_s)
    by_output, baseline_hz = real.mean(axis=1) * per_s, baseline.mean(axis=1) * per_s
    if null is None:
        none = np.zeros(0)
        return ScreenResult(table, pd.DataFrame(), np.zeros((0, 0)), baseline_hz, none, none, by_output)

    chosen = table.index[:null_top].tolist()
    again, fresh = work.effects(brain, chosen, seed + _FRESH, store, "again", lambda d: None)
    found, rest = np.empty((n_nulls, len(chosen))), np.empty(n_nulls)
    for number in range(n_nulls):
        name = f"{null}-{number}"
        if not store.has_all(name, chosen):
            shuffled = brain.rewired(
                null_wiring(brain.connectome, null, seed + 1 + number, wiring_cache or folder)
            )
        else:
            shuffled = brain  # nothing will be run
        effects, base = work.effects(shuffled, chosen, seed + _FRESH, store, name, lambda d: None)
        found[number] = effects.mean(axis=(1, 2)) * per_s
        rest[number] = (
            base.mean(axis=1) * per_s
        ).mean()  # in the order of the real one, so that ties are ties
        say(f"null {number + 1} of {n_nulls} ({null})", 0.5 + 0.5 * (number + 1) / n_nulls)
    compared = _compared(table, chosen, again.mean(axis=(1, 2)) * per_s, found)
    return ScreenResult(table, compared, found, baseline_hz, fresh.mean(axis=1) * per_s, rest, by_output)


def null_wiring(connectome: Connectome, null: str, seed: int, cache: str | Path | None = None) -> Connectome:
    """A shuffled wiring; a rewired one is kept in ``cache`` (Parquet) and read from there the next time."""
    if null not in REWIRED or cache is None:
        return NULLS[null](connectome, seed)
    folder = Path(cache) / "wirings" / f"{null}-{seed}-{fingerprint(connectome)[:16]}"
    if not folder.exists():
        NULLS[null](connectome, seed).save(folder)
    return Connectome.load(folder)


def fingerprint(connectome: Connectome) -> str:
    """sha256 over the edges and the signs of the cells: equal wirings, equal fingerprints."""
    digest = hashlib.sha256()
    for array in connectome.edges:
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    if "sign" in connectome.cells:
        digest.update(
            np.ascontiguousarray(connectome.cells["sign"].to_numpy(np.float64, na_value=np.nan)).data
        )
    return digest.hexdigest()


class _Work:
    """Runs manipulations and counts the spikes of the outputs: whole numbers, whose ties are exact."""

    def __init__(self, brain, candidates, outputs, kind, rate_hz, duration_s, trials, threads) -> None:
        self.outputs = brain.choose(outputs)
        self.candidates = [brain.choose(one) for one in candidates]
        self.kind, self.rate_hz, self.trials = kind, rate_hz, trials
        self.steps = brain.parameters.steps(duration_s)
        self.duration_s = duration_s
        self.threads = threads or os.cpu_count() or 1
        self.brain = brain

    def settings(self, seed: int, null: str | None, n_nulls: int, null_top: int) -> dict:
        brain = self.brain
        return {
            "wiring": fingerprint(brain.connectome),
            "parameters": repr(brain.parameters),
            "precision": brain.engine.precision,
            "protocol": hashlib.sha256(_protocol_text(brain).encode()).hexdigest(),
            "candidates": [one.tolist() for one in self.candidates],
            "outputs": self.outputs.tolist(),
            "kind": self.kind,
            "rate_hz": self.rate_hz,
            "duration_s": self.duration_s,
            "trials": self.trials,
            "seed": seed,
            "null": null,
            "null_top": null_top,
            "unit": "spikes",
        }

    def effects(self, brain, which, seed, store, name, progress) -> tuple[np.ndarray, np.ndarray]:
        """Differences to the baseline in spikes, int64 (candidates, trials, outputs), and the baseline."""
        which = list(which)
        with ThreadPoolExecutor(self.threads) as pool:

            def measured(brains: list[WholeBrain]) -> np.ndarray:
                jobs = [(one, trial) for one in brains for trial in range(self.trials)]
                counts = list(pool.map(lambda job: self._counts(job[0], seed, job[1]), jobs))
                return np.array(counts).reshape(len(brains), self.trials, self.outputs.size)

            baseline = store.unit(f"{name}-baseline", lambda: measured([brain]))[0]
            parts = []
            for lo in range(0, len(which), _BLOCK):
                block = which[lo : lo + _BLOCK]
                make = [self._manipulated(brain, candidate) for candidate in block]
                parts.append(store.unit(_unit_name(name, block), lambda make=make: measured(make)))
                progress((lo + len(block)) / len(which))
        return np.concatenate(parts) - baseline, baseline

    def _manipulated(self, brain: WholeBrain, candidate: int) -> WholeBrain:
        ids = brain.connectome.ids[self.candidates[candidate]]
        if self.kind == "silence":
            return brain.silence(ids)
        return brain.activate(ids, rate_hz=self.rate_hz)

    def _counts(self, brain: WholeBrain, seed: int, trial: int) -> np.ndarray:
        return brain.trial(self.steps, seed, trial).count()[self.outputs]


class _Store:
    """Finished units in a folder, or nowhere."""

    def __init__(self, folder: str | Path | None, settings: dict) -> None:
        self.units = None if folder is None else Path(folder) / "units"
        if folder is None or self.units is None:
            return
        self.units.mkdir(parents=True, exist_ok=True)
        kept = Path(folder) / "screen.json"
        settings = json.loads(json.dumps(settings))
        if kept.exists():
            before = json.loads(kept.read_text(encoding="utf-8"))
            different = [name for name in settings if before.get(name) != settings[name]]
            if different:
                raise ValueError(
                    f"{folder} holds a screen with other settings ({', '.join(different)}): expected the "
                    "same ones to go on with; choose another folder"
                )
        else:
            _replace(kept, json.dumps(settings).encode())

    def unit(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        if self.units is None:
            return compute()
        path = self.units / f"{name}.npy"
        if path.exists():
            return np.load(path, allow_pickle=False)
        values = compute()
        temporary = path.with_suffix(".part")
        with open(temporary, "wb") as file:
            np.save(file, values, allow_pickle=False)
        os.replace(temporary, path)
        return values

    def has_all(self, name: str, which: list[int]) -> bool:
        if self.units is None:
            return False
        blocks = [which[lo : lo + _BLOCK] for lo in range(0, len(which), _BLOCK)]
        names = [f"{name}-baseline", *(_unit_name(name, block) for block in blocks)]
        return all((self.units / f"{one}.npy").exists() for one in names)


def _unit_name(name: str, block: list[int]) -> str:
    return f"{name}-{hashlib.sha256(json.dumps(block).encode()).hexdigest()[:12]}"


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _protocol_text(brain: WholeBrain) -> str:
    protocol = brain.protocol
    active = [(a.cells.tolist(), a.rate_hz, a.times_s) for a in protocol.activations]
    return json.dumps([active, protocol.silenced, protocol.clamped, protocol.forced])


def _ranked(candidates: Sequence[Cells], difference: np.ndarray, per_s: float) -> pd.DataFrame:
    """``difference``: spikes (candidates, trials, outputs). The index is the position in ``candidates``."""
    trials = difference.shape[1]
    mean = difference.mean(axis=(1, 2)) * per_s
    spread = difference.mean(axis=2).std(axis=1, ddof=1) * per_s
    half = stats.t.ppf(0.975, trials - 1) * spread / np.sqrt(trials)
    table = pd.DataFrame(
        {
            "candidate": [_label(one) for one in candidates],
            "effect_hz": mean,
            "sd_hz": spread,
            "ci_low_hz": mean - half,
            "ci_high_hz": mean + half,
        }
    )
    return table.iloc[np.argsort(-np.abs(mean), kind="stable")]


def _label(candidate: Cells) -> str:
    if isinstance(candidate, str | int | np.integer):
        return str(candidate)
    return "+".join(str(one) for one in candidate)


def _compared(table: pd.DataFrame, chosen: list[int], effect: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    rows = []
    for column, position in enumerate(chosen):
        ensemble = Ensemble(float(effect[column]), found[:, column], np.arange(len(found)))
        rows.append(
            {
                "candidate": table.loc[position, "candidate"],
                "effect_hz": ensemble.real,
                "null_mean_hz": float(found[:, column].mean()),
                "null_sd_hz": float(found[:, column].std(ddof=1)) if len(found) > 1 else float("nan"),
                "effect_size": ensemble.effect_size,
                "percentile": ensemble.percentile,
                "p": ensemble.p_two_sided,
            }
        )
    return pd.DataFrame(rows, index=chosen)
