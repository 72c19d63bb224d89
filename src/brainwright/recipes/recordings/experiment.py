"""What is run and compared, fixed before the run. The unit is a recording, not a training seed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets import MissingData, recordings
from brainwright.emulator.forecast import (
    LINEAR,
    NETWORKS,
    PRIORS,
    UNSEEN_MODELS,
    RecordingSet,
    named,
    questions_of,
    split_words,
)
from brainwright.evidence import Check, Verdict
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.experiment.trials import Trial, Trials, finished_trials
from brainwright.runs import Units, write_bytes

from . import Config
from .sets import QUICK_UPDATES, chosen, is_here
from .trial import MODEL, cook, forecast, partners, unseen

DECIDING = "culture"
"""The set of the primary comparison where it is here: the one with six recordings."""
BEST = "best baseline"
RIVALS = (*LINEAR, "bi_gru", "transformer")
LABELS = (*LINEAR, *(f"{name}{part}" for name in NETWORKS for part in ("/plain", "/history", "")))
"""What is scored: a network alone, beside own history, and whichever validation windows prefer."""
BASES = {"alone": "wiring alone", "latents": "wiring on latents"}
"""What the worm's partners are added to → the study."""
BCI, BCI_UPDATES = "unseen units", 300
NULL_DRAWS, QUICK_DRAWS = 39, 3
MARGIN = 0.01
"""Difference in skill that counts as none."""
SENTENCES: Mapping[Verdict, str] = {
    "supported": "The emulator forecasts better than the best baseline.",
    "no difference": "The emulator forecasts as well as the best baseline.",
    "against": "The best baseline forecasts better.",
    "cannot tell": "The recordings do not decide whether the emulator forecasts better.",
}


def design(config: Config) -> Design:
    """Every set whose files are here. Raises DatasetError where there is none, or one that cannot be used."""
    return design_of(config, chosen(config), bci=config.data is None and is_here(recordings.bci))


def design_of(
    config: Config,
    sets: Mapping[str, RecordingSet],
    *,
    bci: bool = False,
    wiring: Callable[[], Connectome] = cook,
) -> Design:
    """The design with other sets, or with another wiring of the worm."""
    n_seeds = 1 if config.quick else config.seeds
    seeds, offset = tuple(range(n_seeds)), 1_000 * config.seed
    records = {name: [question.name for question in questions_of(kind)] for name, kind in sets.items()}
    settings = {**matters(config), "recordings": records}
    runs = {**dict.fromkeys(LINEAR, 1), **dict.fromkeys(NETWORKS, n_seeds)}
    studies, claims = [], []
    for name, kind in sets.items():
        trial, over = partial(forecast, kind, offset), partial(over_recordings, records[name])
        studies.append(Study(name, trial, runs, (0,), "skill", settings, 4, over))
        if len(records[name]) > 1:
            claims += [Claim(name, "emulator", rival) for rival in RIVALS]
    draws = QUICK_DRAWS if config.quick else NULL_DRAWS
    if "worm" in sets and can_be_wired(sets["worm"], wiring):
        for base, name in BASES.items():
            trial = partial(partners, sets["worm"], wiring, offset, base, draws)
            own = seeds if base == "latents" else (0,)
            studies.append(Study(name, trial, {"priors": 1}, own, "skill", settings, 1, by_prior))
            claims.append(Claim(name, "wiring", "null", "nulls", margin=MARGIN))
    if bci:
        trial = partial(unseen, offset, QUICK_UPDATES if config.quick else BCI_UPDATES)
        studies.append(Study(BCI, trial, dict.fromkeys(UNSEEN_MODELS, 1), seeds, "skill", settings, 1))
    return Design(
        studies=tuple(studies),
        primary=Claim(DECIDING if DECIDING in sets else next(iter(sets)), "emulator", BEST),
        sentences=SENTENCES,
        answer=partial(answer, tuple(sets)),
        claims=tuple(claims),
        checks=partial(checks, tuple(sets)),
        facts={"seeds": n_seeds, "draws": draws, "sets": {name: facts(kind) for name, kind in sets.items()}},
        extra=partial(extra, {name: kind.n_ahead for name, kind in sets.items()}, runs),
    )


def can_be_wired(worms: RecordingSet, wiring: Callable[[], Connectome]) -> bool:
    """Whether the connectome is here, and names neurons that animals have in common."""
    try:
        return len(named(questions_of(worms), wiring())) > 1
    except MissingData:
        return False


def facts(kind: RecordingSet) -> Row:
    """What the page must know of a set."""
    asked = questions_of(kind)
    return {
        "title": kind.title,
        "what": kind.what,
        "split": split_words(kind),
        "n_seen": kind.n_seen,
        "recordings": [question.name for question in asked],
        "units": {question.name: question.n_units for question in asked},
    }


def over_recordings(names: Sequence[str], trials: Trials) -> Trials:
    """Skill of each recording, the mean over training seeds; and of the baseline that is best on average."""
    rows = {}
    for label in LABELS:
        arm, _, part = label.partition("/")
        if arm in trials.arms:
            values = [trials.values(arm, f"{part or 'skill'}@{name}").mean() for name in names]
            rows[label] = {"skill": np.array(values)}
    if set(RIVALS) <= set(rows):
        rows[BEST] = rows[best_of(rows)]
    return Trials.of(rows)


def best_of(rows: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """The baseline with the best mean over recordings."""
    return max(RIVALS, key=lambda rival: float(rows[rival]["skill"].mean()))


def by_prior(trials: Trials) -> Trials:
    """Every prior on partners as an arm, every rewiring as a draw of it."""
    rows: dict[Trial, dict[str, float]] = {}
    for trial, metrics in trials.metrics.items():
        for key, value in metrics.items():
            prior, draw, metric = key.split("/", 2)
            rows.setdefault(Trial(prior, trial.seed, int(draw)), {})[metric] = value
    return Trials(dict(sorted(rows.items(), key=lambda row: PRIORS.index(row[0].arm))))


def whole(sets: Sequence[str], outcomes: Outcomes) -> Iterator[tuple[str, dict[str, np.ndarray], str]]:
    """Sets with all of their arms: name, skill of every arm by recording, and who the best baseline is."""
    for name in sets:
        trials = outcomes.get(name)
        if trials is not None and {BEST, "emulator"} <= set(trials.arms):
            rows = {arm: {"skill": trials.arm(arm, "skill").values} for arm in trials.arms}
            yield name, {arm: row["skill"] for arm, row in rows.items()}, best_of(rows)


def keep(units: Units) -> None:
    """Writes the emulator of the user's own recording as `model.safetensors` and `model.json` of the run."""
    arrays = units.load("emulator-0-0")
    for name in (name for name in arrays if name.startswith(MODEL)):
        path = units.folder.parents[1] / name.removeprefix(MODEL)
        write_bytes(path, arrays[name].tobytes())


def answer(sets: Sequence[str], outcomes: Outcomes, primary: Row) -> str:
    """Who forecasts best in every set, and by how much."""
    sentences = []
    for name, skill, best in whole(sets, outcomes):
        ours, theirs = float(skill["emulator"].mean()), float(skill[best].mean())
        won = int((skill["emulator"] > skill[best]).sum())
        mean = float(skill["mean"].mean())
        if max(ours, theirs) <= mean:
            sentences.append(
                f"{name}: nothing beats each unit's mean ({mean:.4f}; emulator {ours:.4f}): these models "
                "find nothing here that can be foretold."
            )
            continue
        who = "the emulator is ahead of" if ours > theirs else "the emulator is behind"
        sentences.append(
            f"{name}: {who} the best baseline ({best}) by {abs(ours - theirs):.4f} ({ours:.4f} against "
            f"{theirs:.4f}; ahead in {won} of {len(skill[best])} recordings)."
        )
    return " ".join(sentences)


def checks(sets: Sequence[str], outcomes: Outcomes) -> list[Check]:
    """Whether the emulator beats every baseline, by set, and that it beats the mean everywhere."""
    rows = []
    for name, skill, best in whole(sets, outcomes):
        ours, theirs = float(skill["emulator"].mean()), float(skill[best].mean())
        words = f"{ours:.4f}, best baseline {best} {theirs:.4f}"
        rows.append(Check(f"{name}: the emulator forecasts better than every baseline", ours > theirs, words))
        some, level = (float(np.mean(skill[arm])) for arm in (best, "mean"))
        detail = f"best {max(some, ours):.4f}, mean {level:.4f}"
        row = Check(
            f"{name}: something forecasts better than each unit's mean", max(some, ours) > level, detail
        )
        rows.append(row)
        everywhere = bool((skill["emulator"] > skill["mean"]).all())
        least = f"least {skill['emulator'].min():.4f}"
        rows.append(Check(f"{name}: better than the mean in every recording", everywhere, least))
    return rows


def extra(
    ahead: Mapping[str, int], runs: Mapping[str, int], outcomes: Outcomes, units: Units
) -> dict[str, Any]:
    """Of every set what single recordings do not tell: the best baseline, deviation over training seeds,
    skill at each horizon, and how much the bands hold.
    """
    sets = {}
    for name, _, best in whole(tuple(ahead), outcomes):
        trials = finished_trials(units.below(name).folder, runs, (0,))[0]
        spread, horizons = {}, {}
        for label in LABELS:
            arm, _, part = label.partition("/")
            metric = part or "skill"
            seeds = trials.values(arm, metric)[:, 0]
            spread[label] = float(seeds.std(ddof=1)) if len(seeds) > 1 else 0.0
            steps = range(1, ahead[name] + 1)
            horizons[label] = [float(trials.values(arm, f"{metric}_at_{h}").mean()) for h in steps]
        keep(units.below(name))
        coverage = trials.metrics[Trial("emulator", 0, 0)]["coverage"]
        sets[name] = {"best_baseline": best, "seed_sd": spread, "horizons": horizons, "coverage": coverage}
    return sets
