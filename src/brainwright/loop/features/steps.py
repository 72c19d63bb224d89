"""One step: features of the recordings of a set, or of made-up activity, with what they are worth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from brainwright.emulator.features import (
    FeaturePlan,
    Judged,
    drives,
    fit_features,
    judged,
    known_dictionary,
    live,
    match,
    match_floor,
    stability_floor,
)
from brainwright.experiment.trials import Trials
from brainwright.runs import Units

from .recordings import Heard

TOPK, NESTED, PLAIN, SHIFTED = "TopK", "Matryoshka", "TopK, no auxiliary loss", "units shifted in time"
RANK, CHOSEN = "components, first k", "components, best k of all"
FLOOR, AXES = "random patterns", "components"
RIVALS, KNOWN_RIVALS = (RANK, CHOSEN, NESTED), (FLOOR, AXES, NESTED)
"""What TopK stands beside, on recordings and where features are known."""
KINDS = (TOPK, NESTED, PLAIN, SHIFTED)
EXPLAINED, LIVE, STABLE, MATCH = "explained", "live", "stability", "match"
PREFIXES = (0.25, 0.5)
GAP = 10
"""Frames beside a held-out block that are not fitted, where frames follow one another."""
SHOWN, TOP = 12, 6
"""Features of which the page says what drives them; units and moments of each."""
KNOWN = FeaturePlan(n_features=48, k=3, updates=800, per_unit=False)


def plan_of(kind: str, plan: FeaturePlan) -> FeaturePlan:
    """The plan of an arm."""
    return replace(plan, prefixes=PREFIXES if kind == NESTED else (), auxiliary=kind != PLAIN)


def features_of(
    load: Callable[[], list[Heard]], plan: FeaturePlan, seeds: Sequence[int], kind: str, units: Units, share
) -> Mapping[str, np.ndarray]:
    """Figures of an arm, the mean over recordings, [seed]; of TopK what drives the features of the first."""
    arrays, every = {}, load()
    figures: dict[str, list] = {EXPLAINED: [], LIVE: [], STABLE: [], RANK: [], CHOSEN: [], FLOOR: []}
    for number, heard in enumerate(every):
        frames = shifted(heard.frames, seeds[0]) if kind == SHIFTED else heard.frames
        gap = 0 if heard.condition is not None else GAP
        found = judged(frames, plan_of(kind, plan), seeds, gap)
        rows = (1 - found.fvu, found.live, found.stability, 1 - found.pca.equal_rank, 1 - found.pca.equal_l0)
        for name, row in zip(
            figures, (*rows, stability_floor(plan.n_features, frames.shape[1])), strict=True
        ):
            figures[name].append(np.broadcast_to(row, len(seeds)))
        if kind == TOPK and number == 0:
            arrays |= driven(heard, found)
        share((number + 1) / len(every))
    return arrays | {name: np.mean(rows, 0) for name, rows in figures.items()}


def shifted(frames: np.ndarray, seed: int) -> np.ndarray:
    """Every unit turned in time by another amount: each does what it did, none together with others."""
    rng = np.random.default_rng(seed)
    by = rng.integers(len(frames) // 10, len(frames) - len(frames) // 10, frames.shape[1])
    return np.stack([np.roll(column, k) for column, k in zip(frames.T, by, strict=True)], axis=1)


def driven(heard: Heard, found: Judged) -> dict[str, np.ndarray]:
    """What drives the most active features of the first seed, as arrays [feature, ...]."""
    shown = drives(found.features, heard.frames, heard.condition, top=TOP, apart=GAP)[:SHOWN]
    names = np.array(heard.units)
    padded = [
        np.pad(one.moments.astype(float), (0, TOP - len(one.moments)), constant_values=np.nan)
        for one in shown
    ]
    return {
        "feature": np.array([one.feature for one in shown]),
        "active": np.array([one.active for one in shown]),
        "units": np.stack([names[one.units] for one in shown]),
        "weights": np.stack([one.weights for one in shown]),
        "moments_s": np.stack(padded) * (heard.frame_s or 1.0),
        "tuning": np.stack([one.tuning for one in shown]),
        "selectivity": np.array([one.selectivity for one in shown]),
        "conditions": np.array(heard.conditions, dtype=str),
    }


def set_outcomes(units: Units) -> Trials:
    """Autoencoders, and components beside them, [seed]."""
    every = {kind: units.load(kind) for kind in KINDS}
    arms = {kind: {name: row[name] for name in (EXPLAINED, LIVE, STABLE)} for kind, row in every.items()}
    return Trials.of(arms | {name: {EXPLAINED: every[TOPK][name]} for name in (RANK, CHOSEN)})


@lru_cache(1)
def made_up(seeds: tuple[int, ...]):
    """Activity of known features, one draw for each seed."""
    return [known_dictionary(seed) for seed in seeds]


def known_features(seeds: tuple[int, ...], plan: FeaturePlan, kind: str, units: Units, share):
    """How well true patterns are found, and how many features live, [seed]."""
    known = made_up(seeds)
    features = fit_features(np.stack([one.frames for one in known]), plan_of(kind, plan), seeds)
    codes = features.encode(np.stack([one.frames for one in known]))
    pairs = list(zip(known, features.decoder.numpy(), strict=True))
    axes = [np.linalg.svd(one.frames - one.frames.mean(0), full_matrices=False)[2] for one in known]
    return {
        MATCH: np.array([match(one.patterns, patterns) for one, patterns in pairs]),
        LIVE: live(codes).mean(1),
        FLOOR: np.array(
            [match_floor(one.patterns, plan.n_features, s) for one, s in zip(known, seeds, strict=True)]
        ),
        AXES: np.array(
            [
                match(one.patterns, np.concatenate([axis, -axis]))
                for one, axis in zip(known, axes, strict=True)
            ]
        ),
    }


def known_outcomes(units: Units) -> Trials:
    """Autoencoders, and what needs none, [seed]."""
    every = {kind: units.load(kind) for kind in (TOPK, NESTED)}
    arms = {kind: {MATCH: row[MATCH], LIVE: row[LIVE]} for kind, row in every.items()}
    return Trials.of(arms | {name: {MATCH: every[TOPK][name]} for name in (FLOOR, AXES)})
