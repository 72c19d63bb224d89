"""Writes docs/recordings.md from the folder of a run of `emulate` that had recordings.

    python scripts/recordings_table.py RUN [--organoid FOLDER] [--out FILE]

FOLDER is that of scripts/organoid_emulators.py; without it the section on the organoid is left out.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from brainwright.runfolder import write_text

from brainwright.recipes._emulate.recordings_page import NAMES, PRIORS, UNSEEN
from brainwright.report import markdown_table

PAGE = Path(__file__).parents[1] / "docs" / "recordings.md"


def of_set(one: dict[str, Any], seeds: int) -> list[str]:
    """Every model on every recording."""
    records = one["recordings"]
    rows = []
    for model, words in NAMES.items():
        scores = one["scores"][model]
        against = one["comparisons"].get(model.split("/")[0])
        lead = ""
        if against is not None and not model.endswith("/plain"):
            low, high = against["ci_low"], against["ci_high"]
            lead = f"{against['effect_size']:+.4f} [{low:+.4f}, {high:+.4f}], {against['verdict']}"
        mean = sum(scores.values()) / len(scores)
        rows.append([words, f"{mean:.4f}", *(f"{scores[r]:.3f}" for r in records), lead])
    best = one["best_baseline"]
    ours, theirs = (sum(one["scores"][m].values()) / len(records) for m in ("emulator", best))
    won = sum(one["scores"]["emulator"][r] > one["scores"][best][r] for r in records)
    return [
        f"## {one['title']}",
        "",
        f"Score: {one['what']}. Split {one['split']}. Networks: mean of {seeds} training seeds.",
        "",
        markdown_table(["model", "mean", *records, "emulator ahead by [95 %]"], rows),
        "",
        f"The best baseline is {NAMES.get(best, NAMES.get(best + '/history'))}: the emulator "
        f"{'leads' if ours > theirs else 'trails'} it by {abs(ours - theirs):.4f} and is ahead in {won} of "
        f"{len(records)} recordings. Standard deviation of the emulator over seeds: "
        f"{one['seed_sd']['emulator']:.4f}."
        + (
            ""
            if one["coverage"] is None
            else f" Its 90 % bands hold {100 * one['coverage']:.0f} % of test values."
        ),
        "",
    ]


def of_wiring(found: dict[str, Any]) -> list[str]:
    """The worm's wiring among rewired ones."""
    rows = [
        [words, *(f"{found[base]['skill'][prior]:.4f}" for base in ("activity", "emulator"))]
        for prior, words in PRIORS.items()
    ]
    lines = [
        "## Does the worm's wiring help?",
        "",
        "One weight for each pair of named neurons, shared by all animals, besides every neuron's own past; "
        "the penalty on partners is searched for every prior and every rewiring alike.",
        "",
        markdown_table(["partners", "alone", "on top of the latent forecast"], rows),
        "",
    ]
    for base, words in (("activity", "Alone"), ("emulator", "On top of the latent forecast")):
        one = found[base]["against"]
        lines += [
            f"{words}: wiring less the mean of {found['draws']} degree-preserving rewirings "
            f"{one['effect_size']:+.5f} [{one['ci_low']:+.5f}, {one['ci_high']:+.5f}], percentile "
            f"{one['percentile']:.0f}: {one['verdict']} ({one['why']}).",
            "",
        ]
    return lines


def of_unseen(found: dict[str, Any]) -> list[str]:
    """The BCI session."""
    stages = [key for key in found["mean"] if key != "sd"]
    rows = [
        [words, *(f"{found[m][s]:.4f}" for s in stages), f"{found[m]['sd']:.4f}"]
        for m, words in UNSEEN.items()
    ]
    return [
        "## Monkey, brain-computer interface (Golub et al. 2018)",
        "",
        "Samples are sorted by angle, not in time: nothing can be forecast. co-bps of every fourth unit, "
        "never seen, from the others in the same 45 ms, on the last fifth of each angle.",
        "",
        markdown_table(["model", *stages, "sd over seeds"], rows),
        "",
    ]


def of_organoid(found: dict[str, Any]) -> list[str]:
    """The figure that decides which emulator the organoid runs on."""
    spread = "{:.3f} ± {:.3f}".format
    measures = {
        "forecast, bits per spike": lambda r: spread(*r["forecast_bits_per_spike"]["emulator"]),
        "successor share, adaptive": lambda r: spread(*r["share"]["adaptive"]),
        "successor share, yoked": lambda r: spread(*r["share"]["yoked"]),
        "pooled d [95 %]": lambda r: "{:.2f} [{:.2f}, {:.2f}]".format(*r["pooled_d"]),
        "CPU seconds of the adaptive arm": lambda r: f"{r['cpu_s']['full-adaptive']:.0f}",
    }
    rows = [[name, *(shown(found[kind]) for kind in ("patch", "latent"))] for name, shown in measures.items()]
    gain = found["latent_less_patch"]
    return [
        "## Which emulator the organoid runs on",
        "",
        f"{found['dishes']} dishes, seed {found['seed']}, the same naive tissue, stream and gradient steps: "
        "the adaptive arm of the full condition against its own yoked arm.",
        "",
        markdown_table(["", "one hidden layer (`patch`)", "latent diffusion (`latent`)"], rows),
        "",
        f"Latent less patch, successor share of the adaptive arms, paired by dish: "
        f"{gain['effect_size']:+.3f} [{gain['ci_low']:+.3f}, {gain['ci_high']:+.3f}], {gain['verdict']}.",
        "",
    ]


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--organoid", type=Path)
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args()
    found = json.loads((asked.run / "result.json").read_text("utf-8"))["recordings"]
    lines = [
        "# The emulator on real recordings",
        "",
        "Made by `scripts/recordings_table.py` from a run of `brainwright run emulate --recordings only`. "
        "Every baseline is in every table; intervals are over recordings, and fewer than six of them decide "
        "nothing.",
        "",
    ]
    for one in found["sets"].values():
        lines += of_set(one, found["seeds"])
    if found.get("wiring"):
        lines += of_wiring(found["wiring"])
    if found.get("unseen"):
        lines += of_unseen(found["unseen"])
    if asked.organoid is not None:
        lines += of_organoid(json.loads((asked.organoid / "result.json").read_text("utf-8")))
    write_text(asked.out, "\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
