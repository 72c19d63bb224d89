"""From trials on recordings to `result.json`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.datasets import MissingData
from brainwright.evidence import Arm, Trials, compare

from .forecasters import LINEAR
from .recording_sets import Set, set_of, tasks
from .tasks import SHARES, Task

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config

NETWORKS = ("bi_gru", "transformer", "emulator")
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


def summary(name: str, config: "Config", linear: Trials, networks: Trials) -> dict[str, Any]:
    """Every model's score in every recording, the emulator against each baseline, skill at each horizon."""
    kind, made = set_of(name, config), tasks(name, config)
    names = [task.name for task in made]
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
        "split": _split_words(kind, made),
        "recordings": names,
        "units": {task.name: len(task.unit_names) for task in made},
        "scores": scores,
        "seed_sd": spread,
        "horizons": horizons,
        "best_baseline": best,
        "comparisons": {one.control.split("/")[1]: one.as_dict() for one in against},
        "coverage": next((row["coverage"] for row in networks.metrics.values() if "coverage" in row), None),
    }


def _split_words(kind: Set, made: tuple[Task, ...]) -> str:
    shares = " / ".join(f"{round(100 * share)} %" for share in SHARES)
    sizes = ", ".join(str(len(x)) for x in (made[0].train, made[0].validation, made[0].test))
    if kind.trials:
        return f"by trial, {shares} in order ({sizes} trials of the first recording)"
    return (
        f"by block of time, {shares}, {kind.n_ahead} bins left out between blocks ({sizes} windows of the "
        "first recording)"
    )


def unseen(trials: Trials, n_seeds: int) -> dict[str, Any]:
    """co-bps on the BCI session: each stage, and the deviation over seeds."""
    keys = [key for key in next(iter(trials.metrics.values())) if "@" in key]
    return {
        arm: {key.split("@")[1]: float(trials.values(arm, key).mean()) for key in keys}
        | {"sd": float(trials.values(arm, "skill")[0].std(ddof=1)) if n_seeds > 1 else 0.0}
        for arm in trials.arms
    }
