"""The report of a finished run, made from its folder alone: verdict first, then what it stands on."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from brainwright.report import Html, badge, escape, figure, section, table, verdict_banner

from . import extra_figures, page_checks, page_scores, page_tissue, words
from .finished import Finished
from .schematic import schematic


def body(folder: Path) -> str:
    """The page's body as HTML."""
    run = Finished(folder)
    parts = [
        verdict(run),
        page_scores.arms(run),
        page_scores.gradient(run),
        page_checks.controls(run),
        page_tissue.responses(run),
        page_tissue.plan_of_writes(run),
        page_scores.emulator(run),
        page_scores.stream(run),
        page_checks.audit(run),
        page_tissue.tune(run),
        extras(run),
        origin(run),
    ]
    return "\n".join(part for part in parts if part)


def verdict(run: Finished) -> str:
    """The primary verdict in plain words, then the experiment in a sentence and a drawing."""
    banner = verdict_banner(run.result["primary"]["verdict"], words.headline(run), words.detail(run))
    small = ""
    if run.config["quick"]:
        warning = "Few cultures and few symbols: to see that all works, not to measure."
        small = f"<p>{badge('quick run', 'open')} {warning}</p>"
    failed = [row["name"] for row in run.result["checks"] if not row["holds"]]
    if failed:
        small += (
            f"<p>{badge('read with care', 'bad')} Checks that do not hold: {escape('; '.join(failed))}.</p>"
        )
    lead = (
        "Each simulated culture hears a stream of symbols through its electrodes while an emulator of it "
        "is fitted; gradient steps on the emulator improve its forecast of the coming symbol, and what "
        "stands out in the improved forecast is written to the tissue before that symbol comes. Whether "
        "the tissue itself learned is then asked without writes and with its plasticity off: random "
        "symbols, and a decoder fixed before teaching."
    )
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(value)}</b> {escape(what)}</dd></div>"
        for name, value, what in words.tiles(run)
    )
    return f'{banner}<dl class="tiles">{tiles}</dl>{small}<p>{escape(lead)}</p>{schematic()}'


def extras(run: Finished) -> str:
    """Retention and dose curve, where the run measured them."""
    found = run.result.get("extras") or {}
    parts = []
    if retention := found.get("retention"):
        caption = (
            f"Adaptive arm, {run.n} cultures: the score right after teaching and after 120 s of tissue "
            "time with plasticity on, in silence, hearing the stream, hearing random symbols. Diamonds: "
            "mean and 95 % interval."
        )
        parts.append(
            "<div><h3>What is left after two minutes</h3>"
            + figure(extra_figures.kept(run, retention), caption)
            + "</div>"
        )
    if dose := found.get("dose_curve"):
        caption = (
            f"{len(dose['scores'])} cultures taught with oracle writes: the score against the number of "
            "symbols. Thin lines: cultures. Diamonds: mean and 95 % interval."
        )
        parts.append(
            "<div><h3>Dose curve</h3>"
            + figure(extra_figures.dose(run, dose["dose"], dose["scores"]), caption)
            + "</div>"
        )
    return section("Extras", f'<div class="columns">{"".join(parts)}</div>') if parts else ""


def origin(run: Finished) -> str:
    """What ran, on what, from which sources, and how to do it again."""
    facts, config = run.provenance, run.config
    commit = (facts.get("commit") or "unknown")[:12]
    clean = {True: "", False: ", with uncommitted changes"}.get(facts.get("clean"), "")
    packages = ", ".join(f"{name} {version}" for name, version in (facts.get("packages") or {}).items())
    rows = [
        ("brainwright", f"{facts.get('brainwright', 'unknown')}, commit {commit}{clean}"),
        ("seed", f"{config['seed']}; {run.n} cultures per arm, the same in every arm"),
        ("started", facts.get("started", "unknown")),
        (
            "took",
            f"{run.result['seconds']:.0f} s on {facts.get('cores', '?')} cores, {facts.get('device', 'cpu')}",
        ),
        ("python", f"{facts.get('python', '?')} on {facts.get('platform', '?')}; {packages}"),
        ("data", facts.get("data", "")),
        ("configuration", ", ".join(f"{name} {value}" for name, value in shown(config).items())),
    ]
    cited = "".join(f"<li>{escape(text)}</li>" for text in facts.get("citations", []))
    repeat = (
        "<h3>Repeat this run</h3><p>The same seed gives the same figures. The page alone is made anew "
        "from the run folder, with nothing computed again.</p>"
        f"<pre>{escape(command(config))}\nbrainwright report FOLDER</pre>"
    )
    return section(
        "Where this comes from",
        table(("", ""), [(Html(f"<b>{escape(name)}</b>"), value) for name, value in rows])
        + f"<h3>Sources</h3><ul>{cited}</ul>{repeat}",
    )


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """What was configured; of a file its name alone, since its place says nothing to another reader."""
    return {
        name: Path(value).name if name in ("text", "csv") else value
        for name, value in config.items()
        if value is not None
    }


def command(config: dict[str, Any]) -> str:
    """The command line that makes this run: what differs from the defaults."""
    from brainwright.recipes.organoid import Config

    default = asdict(Config())
    options = []
    for name, value in shown(config).items():
        if value != default[name]:
            option = f"--{name.replace('_', '-')}"
            options.append(option if value is True else f"{option} {shlex.quote(str(value))}")
    return " ".join(["brainwright run organoid", *options])
