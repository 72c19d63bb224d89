"""Known truths, sleep and recordings: arms, claims and gates, fixed before the run."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from brainwright.datasets import there
from brainwright.emulator.forecast.cells_from_cells import MODELS
from brainwright.evidence import Check, Gate, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.objective.any_subset import AnySubset, read_variables
from brainwright.objective.any_subset.known import CURVE_SWEEPS, CURVE_UPDATES, NIGHTS, Size, apart
from brainwright.objective.any_subset.known_draws import DRAWS, STEPS
from brainwright.objective.any_subset.known_energy import ENERGY
from brainwright.verdict import Verdict

from . import Config, trial
from .trial import FLOOR, GAUSSIAN, ISING, SETS, SPIN_TEST

DISTILLED, CONTROLS, ON_DATA = NIGHTS[0], NIGHTS[1:3], NIGHTS[3]
CLOSED, OLD = 0.5, 0.005
"""Share of the gap that a night must close; how much worse old families may become."""
CHAIN, MARGINAL, SPIKES = 0.05, 0.02, 0.05
"""Largest gap to the exact Gaussian, nats per variable; largest distances from enumeration."""
NONE, NONE_ERROR, NONE_R2, NONE_C2ST = 0.1, 0.002, 0.01, 0.02
"""What counts as none: share of the gap, distance from enumeration, R2 or nats, share told apart."""
SENTENCES: dict[Verdict, str] = {
    "supported": "A night of sleep turns what was sampled by day into a better first glance.",
    "no difference": "A night of sleep adds nothing to the first glance.",
    "against": "A night of sleep makes the first glance worse.",
    "cannot tell": "This run cannot tell whether sleep improves the first glance.",
}
OWN_SENTENCES: dict[Verdict, str] = {
    "supported": "Some variables of this table tell of others.",
    "no difference": "No variable of this table tells of others.",
    "against": "The network is worse than one that is given nothing: more rows, or fewer updates.",
    "cannot tell": "This run cannot tell whether variables of this table tell of others.",
}
WORST, HELD = "worst chain gap", "worst chain gap, held out"
HELD_ERROR = "minus error, held out"
GATES = (
    Gate("sleep", DISTILLED, at_least=CLOSED),
    Gate("sleep", DISTILLED, "old families, worse by", at_most=OLD),
    *(Gate("gaussian", arm, metric, at_most=CHAIN) for arm in GAUSSIAN for metric in (WORST, HELD)),
    *(Gate("ising", f"{arm}, sampled", "mean error", at_most=MARGINAL) for arm in ISING),
    Gate("ising", "spikes", "worst error", at_most=SPIKES),
    *(Gate("energy", arm, "mean error", at_most=MARGINAL) for arm in ENERGY[:2]),
)
CURVES = {"steps": STEPS, "updates": CURVE_UPDATES, "sweeps": CURVE_SWEEPS}
SHOWN = (*(f"{name} {n}" for name, points in CURVES.items() for n in points), "before", "after")


def design(config: Config) -> Design:
    """Every truth, and every set whose files are here; or a table. Raises UserError."""
    offset, quick = 10_000 * (config.seed + 1), config.quick
    seeds = tuple(offset + k for k in range(2 if quick else config.seeds))
    if config.data is not None:
        return of_table(config, seeds)
    sets = [] if quick else [name for name, (_, _, files) in SETS.items() if there(files)]
    wired = "worms" in sets and there("celegans/cook2019")
    size = Size(2_000, 100, 0.05, 50) if quick else Size()
    few = replace(size, test=50 if quick else SPIN_TEST)
    about, several = matters(config), partial(Study, outcomes=apart)
    arms, spins = dict.fromkeys(GAUSSIAN, 1), dict.fromkeys([*ISING, "spikes"], 1)
    studies = [
        several("sleep", partial(trial.together, size), {"nights": 1}, seeds, "gap closed", about, 8),
        # no claim is made of these, so that three seeds suffice
        Study("gaussian", partial(trial.gaussian, size), arms, seeds[:3], WORST, about, 4),
        several("ising", partial(trial.ising, few), spins, seeds, HELD_ERROR, about, 6),
        several("energy", partial(trial.together, few), {"energies": 1}, seeds, HELD_ERROR, about, 3),
        several("draws", partial(trial.together, size), {"draws": 1}, seeds, "minus C2ST", about, 6),
        several("curves", partial(trial.together, few), {"curves": 1}, seeds[:3], "minus error", about, 2),
    ]
    for name in sets:
        blocks = tuple(range(SETS[name][1] * len(trial.recorded(name))))
        run = partial(trial.cells_of, name, offset)
        studies.append(Study(name, run, dict.fromkeys(MODELS, 1), blocks, "R2", about, 3))
    if wired:
        run, worms = partial(trial.wired, offset), tuple(range(len(trial.recorded("worms"))))
        graphs = {"wiring": 1, "null": draws_needed(1)}
        studies.append(Study("wiring", run, graphs, worms, "R2", about, 6))
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("sleep", DISTILLED, control, margin=NONE) for control in CONTROLS),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims(sets, wired)),
        gates=() if quick else GATES,
        checks=checks,
        facts={"sets": sets, "table": ""},
        arm_metrics=SHOWN,
    )


def claims(sets: list[str], wired: bool) -> Iterator[Claim]:
    """Beyond the primary ones: sleep beside data, sampling beside one pass, networks beside closed forms."""
    yield Claim("sleep", DISTILLED, ON_DATA, margin=NONE)
    for net in ISING:
        yield Claim("ising", f"{net}, sampled", f"{net}, one pass", margin=NONE_ERROR)
    for other in ENERGY[2:]:
        yield Claim("energy", ENERGY[1], other, margin=NONE_ERROR)
    for truth in ("gaussian", "moons"):
        for other in (*DRAWS[:3], DRAWS[-1]):
            yield Claim("draws", f"{truth}, {DRAWS[3]}", f"{truth}, {other}", margin=NONE_C2ST)
    for name in sets:
        yield from (Claim(name, model, "gaussian", margin=NONE_R2) for model in MODELS if model != "gaussian")
    if wired:
        yield Claim("wiring", "wiring", "null", "nulls", margin=NONE_R2)


def of_table(config: Config, seeds: tuple[int, ...]) -> Design:
    """A table of the user's own: networks beside one that is given nothing. Raises AnySubsetError."""
    assert config.data is not None
    table = read_variables(config.data)
    kinds = AnySubset.fit(table, updates=1).variables.each  # what is wrong is said before the run
    run = partial(trial.own, config.data, min(config.updates, 100) if config.quick else config.updates)
    arms = dict.fromkeys(["mlp", "settling", FLOOR], 1)
    about = {"table": f"{config.data.name}: {len(table)} rows", "kinds": {v.name: v.kind for v in kinds}}
    return Design(
        studies=(Study("table", run, arms, seeds, "log score", matters(config)),),
        primary=Claim("table", "mlp", FLOOR, margin=NONE_R2),
        sentences=OWN_SENTENCES,
        answer=own_answer,
        claims=(Claim("table", "settling", FLOOR, margin=NONE_R2),),
        facts={"sets": [], **about},
    )


def answer(outcomes: Outcomes, row: Row) -> str:
    """How much of the gap each night closes."""
    trials = outcomes["sleep"]
    closed = {night: 100 * float(trials.values(night, "gap closed").mean()) for night in NIGHTS}
    before, after = (float(trials.values(DISTILLED, metric).mean()) for metric in ("before", "after"))
    others = ", ".join(f"{night} {closed[night]:.0f} %" for night in NIGHTS[1:])
    effect, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"On questions that were not taught, one pass is {before:.4f} from enumeration before a night on "
        f"sampled answers and {after:.4f} after it: {closed[DISTILLED]:.0f} % of the gap is closed "
        f"({others}). Over the stronger control {effect:+.0f} points [{low:+.0f}, {high:+.0f}]"
    )


def own_answer(outcomes: Outcomes, row: Row) -> str:
    """What is gained by what is given."""
    ends = f"[{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"
    return f"A variable's log score is higher by {row['effect_size']:+.3f} nats {ends} where others are given"


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether there was a gap to close."""
    before = float(outcomes["sleep"].values(DISTILLED, "before").min())
    return [Check("before sleep there is a gap to close", before > MARGINAL, f"least {before:.4f}")]
