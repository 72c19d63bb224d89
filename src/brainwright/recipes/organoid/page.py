"""The page of an order that was never heard: what every dish plays, what it needed, what is left of it."""

from functools import partial
from typing import Any

import numpy as np

from brainwright import report
from brainwright.evidence import weakest
from brainwright.report import (
    Columns,
    Culture,
    Figure,
    Finished,
    Items,
    Points,
    Section,
    Table,
    Text,
    figures,
    per_unit,
)
from brainwright.report.style import GREY, PALETTE
from brainwright.signal import pitch_ceiling, positions, right_so_far

from .names import ARMS, BEFORE, FAR, INTACT, LESS, NEGATIVE, WORDS

LIMITS = WORDS["limits"]
COLOURED = ("adaptive", "yoked", "oracle", "ungraded", "other", "lookup", "matched", "search")
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | dict.fromkeys(
    ("delayed", "frozen", "silent", "saline", BEFORE), GREY
)
"""An arm has one colour throughout."""
MEANS = ("whole", "share", "share_twin", "in_a_row_twin", "write_precision")


def sections(run: Finished) -> list[Section]:
    """All sections; none of a run that is not finished, since the dishes go through all steps together."""
    if run.primary is None:
        return []
    culture = Culture.of(run)
    tissue = WORDS["tissue"].format(**culture.words)
    return [
        overview(run),
        plays(run, culture),
        twins(run, culture),
        needed(run),
        breaks(run),
        rests(run),
        *([less(run)] if run.facts.get("less") else []),
        report.wave(culture, WORDS["wave"]),
        Section("What changed in the tissue", report.changed(culture), tissue),
        report.writes(run, culture, {arm: run.arms()[arm] for arm in ARMS}, WORDS),
        Section("What is faithful to the published procedure", [Items(WORDS["faithful"])]),
    ]


def small(name: str, **filled: Any) -> Text:
    """A sentence of the page in small print."""
    return Text(WORDS[name].format(**filled), small=True)


def overview(run: Finished) -> Section:
    """The figures behind the verdict, and the experiment in a paragraph and a drawing."""
    rows, levels = run.arms(), run.facts["levels"]
    whole = {arm: f"{rows[arm]['means']['whole']:.0%}" for arm in ("adaptive", "lookup")}
    said = {
        "adaptive": f"notes in a row; whole tunes {whole['adaptive']}",
        "ungraded": "without gradient steps",
        "other": "the twin, taught another tune",
        "yoked": "another culture's writes",
        "lookup": f"a table, no model: no claim; whole tunes {whole['lookup']}",
        "search": "blind steps on the same loss: no claim",
    }
    tiles = [(arm, f"{rows[arm]['means'][FAR]:.2f}", text) for arm, text in said.items()]
    tiles.append(("n", str(run.n), "cultures per arm, the same in all"))
    notes, each = levels["midi"], run.units.load("display")["electrodes"].shape[2]
    ceiling = pitch_ceiling(positions(levels["stream"], notes))
    place = small("place", k=len(notes), pitches=len(set(notes)), first_order=ceiling)
    delay = 1000 * float(run.units.load("display")["write_at_s"])
    pairs = Text(WORDS["pairs"].format(precise=rows["adaptive"]["means"]["write_precision"], delay=delay))
    blocks = [report.Tiles(tiles), Text(WORDS["claim"]), pairs, report.schematic(WORDS["schematic"]), place]
    return Section("The experiment", blocks, WORDS["experiment"].format(k=len(notes), each=each))


def plays(run: Finished, culture: Culture) -> Section:
    """What every dish plays before and after, and the sound of one."""
    played = {when: run.units.load(when)["played"] for when in ("naive", "adaptive")}
    tune, dish = [*report.order_of(culture.successor), 0], culture.dish
    wanted = [culture.marks[note] for note in tune[1:]]  # every run begins with the first note
    draw = {
        when: partial(report.all_played, right_so_far(runs, culture.successor), wanted)
        for when, runs in played.items()
    }
    shown = [Figure(draw["naive"], "Before teaching."), Figure(draw["adaptive"], "After teaching.")]
    sound = {
        "The tune that was wanted, and that no culture heard": tune,
        "What it heard: its last notes": culture.heard[dish][-len(tune) :],
        "What it plays before teaching": played["naive"][dish, 0],
        "What it plays after teaching": played["adaptive"][dish, 0],
    }
    rows = [
        b for label, notes in sound.items() for b in report.played(culture, label, np.array(notes, np.int64))
    ]
    notes = [Text(note, small=True) for note in run.facts["levels"]["notes"]]
    lead = WORDS["plays"].format(k=len(tune) - 1, runs=played["naive"].shape[1], dish=dish + 1)
    return Section("What every culture plays", [Columns(shown), small("loop_note"), *rows, *notes], lead)


def twins(run: Finished, culture: Culture) -> Section:
    """Two tunes in the same dishes: the loss decides."""
    rows, n = run.arms(), run.n
    shown = {
        f"taught {tune}, plays {plays}": per_unit(rows[arm], name)
        for arm, tune in (("adaptive", "A"), ("other", "B"))
        for plays, name in (("A", FAR), ("B", "in_a_row_twin"))
    }
    paint = {name: PAINT["adaptive" if name.startswith("taught A") else "other"] for name in shown}
    drawn = Figure(partial(figures.dots, shown, x=FAR, paint=paint), WORDS["tunes"].format(n=n))
    notes = run.units.load("other")["played"][culture.dish, 0].astype(np.int64)
    sound = report.played(culture, "What the twin plays", notes, np.array(run.facts["twin"]["successor"]))
    return Section(
        "Twin against twin", [Columns([drawn, small("same_notes")]), *sound], WORDS["twins"].format(n=n)
    )


def needed(run: Finished) -> Section:
    """Every arm: what it plays, what was written in it, and the controls that must not move."""
    rows, n = {arm: run.arms()[arm] for arm in (BEFORE, *ARMS)}, run.n
    drawn = Figure(
        partial(figures.dots, {arm: per_unit(row, FAR) for arm, row in rows.items()}, x=FAR, paint=PAINT)
    )
    lines = [[arm, *(f"{row['means'][name]:.2f}" for name in (FAR, *MEANS))] for arm, row in rows.items()]
    header = ["arm", "in a row", "whole", "answers A", "answers B", "B in a row", "right electrodes"]
    still = {arm: row for arm, row in run.against(BEFORE).items() if arm in NEGATIVE}
    caption = WORDS["margin"].format(n=n, margin="{margin:.2f}")
    explained = Items([f"{arm}: {what}" for arm, what in WORDS["arms"].items()])
    moved = report.same(still, x="change from before (share of the tune)", caption=caption, paint=PAINT)
    blocks = [Columns([drawn, explained]), Table(header, lines), small("table"), moved]
    return Section("What it needed", blocks, WORDS["arms_lead"].format(n=n))


def breaks(run: Finished) -> Section:
    """What the job would have said with one thing taken away; then what is not needed."""
    tables, metrics = [], {"in a row": FAR, "answers A": "share", "right electrodes": "write_precision"}
    for names in (run.facts["broken"], run.facts["spared"]):
        about = {name: [row for row in run.comparisons if row["arm"] == arm] for name, arm in names.items()}
        rows = {name: weakest(compared) for name, compared in about.items()}
        tables.append(report.broken(rows, run.arms(), metrics, INTACT))
    few = run.arms()[run.facts["broken"][INTACT]]["n"]
    lead = WORDS["broken"].format(few=few, margin=run.facts["margin"])
    spared = [Text(WORDS["spared"]), tables[1]] if run.facts["spared"] else []
    return Section("Broken on purpose", [tables[0], *spared], lead)


def rests(run: Finished) -> Section:
    """What is left after rests of each length."""
    blocks: list[report.Block] = []
    arms = run.arms()
    for seconds, named in run.facts["rests"].items():
        rows = {name: arms[full] for name, full in named.items() if full in arms}
        if not rows:
            continue
        shown = {"right after teaching": per_unit(arms["adaptive"], FAR)}
        shown |= {name: per_unit(row, FAR) for name, row in rows.items()}
        drawn = partial(figures.dots, shown, x=FAR, paint=dict.fromkeys(shown, PAINT["adaptive"]))
        lines = []
        for name, row in rows.items():
            slept = run.comparison(named["sleep"], named[name])
            gain = (
                [Points.of(slept, digits=2, sign=True), report.Mark(slept["verdict"])] if slept else ["", ""]
            )
            lines.append([name, *(f"{row['means'][m]:.2f}" for m in (FAR, "whole", "share")), *gain])
        table = Table(["rest", "in a row", "whole", "answers", "sleep − it", "verdict"], lines)
        caption = WORDS["rest_arms"].format(seconds=seconds, n=run.n)
        blocks += [Columns([Figure(drawn), Text(caption, small=True)]), table]
    slow = [small("slow")] if run.config["long_rests"] else []
    return Section(
        "What is left after a rest",
        [*blocks, *slow],
        WORDS["rests"].format(taught=run.facts["course"]["taught"]),
    )


def less(run: Finished) -> Section:
    """Both emulators, and what needs none, where less is heard: a table, then what was compared."""
    rows, lines, compared = run.arms(LESS), [], []
    for hearing, units in run.facts["less"].items():
        for unit in units:
            row = rows[unit]
            means = (f"{row['means'][name]:.2f}" for name in ("whole", "share", "write_precision"))
            lines.append([hearing, unit.removeprefix(f"{hearing}/"), Points.of(row, digits=2), *means])
        latent, patch = (f"{hearing}/{model} adaptive" for model in ("latent", "patch"))
        pairs = [(latent, patch)]
        for arm in (latent, patch):
            own = [arm.replace("adaptive", name) for name in ("ungraded", "other", "yoked", "search")]
            pairs += [(arm, control) for control in (*own, f"{hearing}/lookup")]
        for pair in pairs:
            if (row := run.comparison(*pair, LESS)) is not None:
                names = [name.removeprefix(f"{hearing}/") for name in pair]
                gain = Points.of(row, digits=3, sign=True)
                compared.append([hearing, *names, gain, report.Mark(row["verdict"])])
    table = Table(["heard", "arm", "in a row", "whole", "answers A", "right electrodes"], lines)
    against = Table(["heard", "arm", "against", "difference in a row", "verdict"], compared)
    return Section("Where less is heard", [table, against], WORDS["less"].format(n=rows[BEFORE]["n"]))
