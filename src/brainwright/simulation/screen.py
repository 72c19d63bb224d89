"""Activate or silence each of a list of cells and rank the effect on outputs, beside shuffled wirings.

The events from outside are the same with and without a manipulation (paired trials). The strongest
candidates are measured once more, with fresh events, in the real wiring and in every null, so that the luck
of the first events does not count. That they were picked in this wiring does: a cell chosen because it is the
strongest of many here stands out among shuffled wirings by that choice alone. Its percentile describes; a
test needs candidates named beforehand, and p corrected for their number. Finished units are not computed
again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from brainwright.connectome.nulls import NULLS
from brainwright.evidence.rank import Rank
from brainwright.runs import Units
from brainwright.simulation.cell_choice import Cells
from brainwright.simulation.manipulations import Manipulations
from brainwright.simulation.null_wirings import null_wiring
from brainwright.simulation.whole_brain import WholeBrain

FRESH = 1_000_003
"""Added to the seed for the second, independent measurement; beyond any seed that a neighbour would take."""


@dataclass(frozen=True, eq=False)
class ScreenResult:
    """Effects of single manipulations on the mean rate of the outputs."""

    table: pd.DataFrame
    """One row per candidate, strongest first: candidate, effect_hz (mean over trials of the paired
    difference), sd_hz, ci_low_hz, ci_high_hz (95 %, t over trials)."""
    baseline_hz: np.ndarray
    """float64 (trials,): mean rate of the outputs with nothing manipulated."""
    by_output_hz: np.ndarray
    """float64 (candidates in the order given, outputs): mean effect on each output."""
    nulls: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row per candidate that was taken to the nulls: effect_hz (fresh events), null_mean_hz, null_sd_hz,
    effect_size, percentile, p (two-sided, permutation, of this candidate alone). This and what follows is
    empty without nulls."""
    fresh_effects_hz: np.ndarray = field(default_factory=partial(np.zeros, 0))
    """float64 (candidates of `nulls`, trials): their effects with the fresh events."""
    null_effects_hz: np.ndarray = field(default_factory=partial(np.zeros, 0))
    """float64 (candidates of `nulls`, nulls, trials), with the same events."""
    fresh_baseline_hz: np.ndarray = field(default_factory=partial(np.zeros, 0))
    """float64 (trials,): `baseline_hz` with the fresh events."""
    null_baseline_hz: np.ndarray = field(default_factory=partial(np.zeros, 0))
    """float64 (nulls, trials): mean rate of the outputs in each null, nothing manipulated, fresh events."""


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
    n_nulls: int = 39,
    null_top: int = 10,
    keep: Units | None = None,
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
        rate_hz: of `kind="activate"`.
        duration_s, trials, seed: as in `WholeBrain.run`.
        null: shuffled wirings to compare with, by a name of `nulls.NULLS`; rewired ones are slow at fly size,
            so they are kept in `wiring_cache` once made.
        n_nulls: how many, at least 1; the smallest p is 2 / (n_nulls + 1).
        null_top: how many of the strongest candidates are taken to the nulls.
        keep: where finished units are kept; a second call with the same settings goes on from there.
        wiring_cache: folder of rewired connectomes; default: that of `keep`.
        threads: runs at a time; default: the number of cores.
        report: called with (what is being done, share done).

    Raises:
        ValueError: no candidates, no rate to activate with, nulls that are unknown, a folder of a screen
            with other settings.
        ConnectomeError: candidates or outputs that are not there, with the nearest matches.
    """
    _check(candidates, kind, rate_hz, null, trials, n_nulls)
    options = {"kind": kind, "rate_hz": rate_hz, "duration_s": duration_s, "trials": trials}
    work = Manipulations(brain, candidates, outputs, **options, threads=threads, keep=keep)
    if keep is not None:  # how many nulls is no setting: more of them go on from those that are there
        keep.claim(work.settings() | {"seed": seed, "null": null, "null_top": null_top})
    say = report or (lambda text, share: None)

    per_s = 1 / duration_s
    real, baseline = work.effects(
        brain, range(len(candidates)), seed, "real", lambda share: say("screen", 0.5 * share)
    )
    table = _ranked(candidates, real, per_s)
    first = {"by_output_hz": real.mean(axis=1) * per_s, "baseline_hz": baseline.mean(axis=1) * per_s}
    if null is None:
        return ScreenResult(table, **first)

    chosen = table.index[:null_top].tolist()
    again, fresh = work.effects(brain, chosen, seed + FRESH, "again")
    effects, baselines = [], []
    for number in range(n_nulls):
        name, shuffled = f"{null}-{number}", brain  # stays the brain itself where nothing will be run
        if not work.done(name, chosen):
            cache = wiring_cache or (None if keep is None else keep.folder)
            shuffled = brain.rewired(null_wiring(brain.connectome, null, seed + 1 + number, cache))
        effect, base = work.effects(shuffled, chosen, seed + FRESH, name)
        effects.append(effect)
        baselines.append(base.mean(axis=1) * per_s)
        say(f"null {number + 1} of {n_nulls} ({null})", 0.5 + 0.5 * (number + 1) / n_nulls)
    shuffles = np.stack(effects, axis=1)  # spikes, (candidates, nulls, trials, outputs)
    return ScreenResult(
        table,
        nulls=_compared(table, chosen, again.mean(axis=(1, 2)) * per_s, shuffles.mean(axis=(2, 3)) * per_s),
        fresh_effects_hz=again.mean(axis=2) * per_s,
        null_effects_hz=shuffles.mean(axis=3) * per_s,
        fresh_baseline_hz=fresh.mean(axis=1) * per_s,
        null_baseline_hz=np.stack(baselines),
        **first,
    )


def _check(candidates, kind, rate_hz, null, trials, n_nulls) -> None:
    """Raises ValueError for what cannot be screened."""
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


def _ranked(candidates: Sequence[Cells], difference: np.ndarray, per_s: float) -> pd.DataFrame:
    """`difference`: spikes (candidates, trials, outputs). The index is the position in `candidates`."""
    trials = difference.shape[1]
    mean = difference.mean(axis=(1, 2)) * per_s
    spread = difference.mean(axis=2).std(axis=1, ddof=1) * per_s
    half = stats.t.ppf(0.975, trials - 1) * spread / np.sqrt(trials)
    table = pd.DataFrame(
        {
            "candidate": [_label(candidate) for candidate in candidates],
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
    return "+".join(str(cell) for cell in candidate)


def _compared(
    table: pd.DataFrame, chosen: list[int], effect: np.ndarray, shuffled: np.ndarray
) -> pd.DataFrame:
    """`effect`: (candidates,) and `shuffled`: (candidates, nulls), in Hz."""
    rows = []
    for position, real, draws in zip(chosen, effect, shuffled, strict=True):
        rank = Rank(float(real), draws)
        rows.append(
            {
                "candidate": table.loc[position, "candidate"],
                "effect_hz": rank.real,
                "null_mean_hz": float(draws.mean()),
                "null_sd_hz": float(draws.std(ddof=1)) if len(draws) > 1 else float("nan"),
                "effect_size": rank.effect_size,
                "percentile": rank.percentile,
                "p": rank.p_two_sided,
            }
        )
    return pd.DataFrame(rows, index=chosen)
