"""Activity whose features are sought: a culture, worms, a larva's network, or a file of one's own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from brainwright.connectome import Connectome, signs
from brainwright.datasets import recordings, there
from brainwright.datasets.activity import Activity
from brainwright.emulator.features import FeaturePlan, frames_of
from brainwright.errors import UserError
from brainwright.runs import Units
from brainwright.simulation import LIFParameters, WholeBrain

from ..amplify import AmplifyWork

WORMS, LARVA = "celegans/calcium_dag2023", "larva/winding2023"
ANIMALS = 4
"""Worms, the first by name: each gets features of its own."""
SENSES = ("olfactory", "gustatory-external", "gustatory-pharyngeal", "visual", "gut", "respiratory")
"""Of the larva, each of 20 sensory cells or more."""
DRIVEN, RATE_HZ, WEIGHT_MV, TRIAL_S = 0.5, 100.0, 1.0, 0.1
"""Share of the cells of a sense that a trial drives, drawn anew each time; at 0.275 mV as in the fly few
cells answer.
"""
LEAST_ACTIVE = 0.05
"""Share of the trials in which a cell of the larva must spike."""
LEAST_FRAMES = 200
"""Of one's own recording: a fifth of them judges."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Frames [time, unit] of one recording, the names of its units, and what was presented in each frame (-1:
    nothing) with the names of that; the seconds of a frame.
    """

    frames: np.ndarray
    units: tuple[str, ...]
    condition: np.ndarray | None = None
    conditions: tuple[str, ...] = ()
    frame_s: float = 0.0


@dataclass(frozen=True)
class Source:
    """Where recordings come from, and how large their autoencoders are."""

    title: str
    load: Callable[[], list[Heard]]
    plan: FeaturePlan


def culture(seed: int, n_trials: int) -> list[Heard]:
    """A simulated culture that hears four cues, random writes and silence."""
    work = AmplifyWork((seed,), n_trials=n_trials)
    told = work.record(Units(Path()), lambda *_, **__: None)  # it reads no earlier step
    names = tuple(f"channel {k}" for k in range(64))
    cues = tuple(f"cue {k + 1}" for k in range(work.task.n_cues))
    return [Heard(np.sqrt(told["counts"][0].astype(np.float32)), names, told["cue"][0].astype(int), cues,
                  work.task.protocol.period_s)]  # fmt: skip


def worms(animals: int) -> list[Heard]:
    """Calcium of worms that move freely."""
    found = list(recordings.worms().values())[:animals]
    return [of_activity(whole) for whole in found]


@lru_cache(1)
def larva(seed: int, n_trials: int) -> list[Heard]:
    """Spikes of the larva's cells in trials of 0.1 s, in each of which half of one sense is driven; its
    signs are not known and drawn.
    """
    wiring = Connectome.load(LARVA).signed(signs.Sampled(0.3, seed=seed))
    brain = WholeBrain(wiring, parameters=LIFParameters(weight_mV=WEIGHT_MV))
    kinds, ids = wiring.cells["class"].to_numpy(), wiring.ids
    sensory = wiring.cells["pool"].to_numpy() == "sensory"
    rng = np.random.default_rng(seed)
    condition = rng.permutation(np.arange(n_trials) % len(SENSES))
    counts = np.zeros((n_trials, wiring.n_cells), np.float32)
    for trial, sense in enumerate(condition):
        cells = np.flatnonzero((kinds == SENSES[sense]) & sensory)
        chosen = rng.choice(cells, round(DRIVEN * len(cells)), replace=False)
        driven = brain.activate(ids[chosen].tolist(), rate_hz=RATE_HZ)
        run = driven.run(TRIAL_S, trials=1, seed=seed + trial, threads=1)
        counts[trial] = run.rate_by_trial_hz[0] * TRIAL_S
    heard = ((counts > 0).mean(0) >= LEAST_ACTIVE) & ~sensory
    names = tuple(
        f"{kind} {cell}" for kind, cell in zip(wiring.cells["type"][heard], ids[heard], strict=True)
    )
    return [Heard(np.sqrt(counts[:, heard]), names, condition, SENSES, TRIAL_S)]


def own_file(path: Path, bin_s: float | None, array: str | None) -> list[Heard]:
    """A recording of the user's own. Raises UserError."""
    heard = of_activity(Activity.load(path, bin_s=bin_s, array=array))
    if len(heard.frames) < LEAST_FRAMES:
        raise UserError(
            f"--data: expected {LEAST_FRAMES} frames or more, got {len(heard.frames)} in {path.name}: "
            "narrower bins (--bin-s) give more"
        )
    return [heard]


def of_activity(whole: Activity) -> Heard:
    """Units that are silent or missing throughout are left out."""
    values = whole.values.reshape(-1, whole.values.shape[2])
    kept = np.isfinite(values).mean(0) > 0.9
    kept &= np.nan_to_num(values).std(0) > 0
    if kept.sum() < 2:
        raise UserError(f"--data: expected two units or more that vary, got {int(kept.sum())}")
    names = tuple(name for name, keep in zip(whole.unit_names, kept, strict=True) if keep)
    left = Activity(whole.values[:, :, kept], whole.bin_s, names, counts=whole.counts)
    return Heard(frames_of(left), names, frame_s=whole.bin_s)


def is_here(name: str) -> bool:
    """Whether the files of a set are here."""
    return there({"worm": WORMS, "larva": LARVA}.get(name, "")) if name != "culture" else True
