"""Arms, claims and gates of the blueprint, fixed before the run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.datasets import require_all, there
from brainwright.errors import UserError
from brainwright.evidence import Gate
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trial, Trials
from brainwright.loop import PredictionCourse
from brainwright.loop.modules import embodied, occlude, pairs, scales, whole, wired, workspace
from brainwright.loop.modules.asked import COUNTS, FEW, SAVED
from brainwright.loop.modules.digits import IMAGE, SOUND, Sizes
from brainwright.loop.modules.later import ANEW, KEPT, LATER, NEW, OLD, later
from brainwright.loop.modules.pairs import CATENATED, CROSS, END, FLAT, UNTRAINED, Board, Figures
from brainwright.loop.modules.workspace import Task
from brainwright.runs import Units, joined
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED = 80_000
"""Those below 100 chose rates, sizes and settings."""
PARTS = ("digits", "occlusion", "workspace", "later", "levels", "wiring", "top-down")
SEEN_AND_HEARD = ("mnist", "spoken_digits_fsdd")
NEEDS = {
    "digits": SEEN_AND_HEARD,
    "later": SEEN_AND_HEARD,
    "occlusion": (*SEEN_AND_HEARD, *wired.NEEDS),
    "wiring": (*SEEN_AND_HEARD, *wired.NEEDS),
}
SEEDS = 6
"""Of two time scales and of the workspace; speakers are six by themselves."""
MARGIN = 0.02
"""Of any share of right answers, and of R²: less counts as nothing."""
ALL, FEWER = "1,000 labels", "100 labels"
SOUND_FEW, IMAGE_FEW = (f"{name}, {FEW} labels" for name in (SOUND, IMAGE))
SPARED = (SAVED, f"{IMAGE}, {SAVED}", f"{SOUND}, {SAVED}")
HALVING = 0.25
"""Of the labels that an arm needs less, in halvings: a fifth fewer counts as nothing."""
EARNED = 0.05
"""Of the mean return of a body, to which a goal pays 1: less counts as nothing."""
CONTRAST, MIXED = "with contrast", "contrast, shuffled pairs"
NEXT, SHUFFLED = tuple(CROSS)[:2]
ABOVE_NONE = "no module above"
LOST = tuple(f"{name} lost" for name in (SOUND, IMAGE))
BROADCAST, EDGES, ACROSS = "broadcast", "random edges", ", errors across"
COMPARED = {  # "read only", which the trial could not tell from none, is left out
    "none": ("none", False),
    BROADCAST: (BROADCAST, False),
    EDGES: (EDGES, False),
    BROADCAST + ACROSS: (BROADCAST, True),
    EDGES + ACROSS: (EDGES, True),
}
"""Arm → what lies between modules, and whether errors cross it."""
FIXED_SIGN, DRAWN_SIGN, HIDDEN = "fixed source", "drawn source", "one hidden"
TASKS = {FIXED_SIGN: Task(), DRAWN_SIGN: Task(drawn=True), HIDDEN: Task(hidden=True)}
ABOVE_TWO = "A module above two that were trained alone knows"
SENTENCES: dict[Verdict, str] = {
    "supported": f"{ABOVE_TWO} more than both side by side and more than one network of equal size.",
    "no difference": f"{ABOVE_TWO} as much as both side by side, or as one network of equal size.",
    "against": f"{ABOVE_TWO} less than both side by side, or than one network of equal size.",
    "cannot tell": "This run cannot tell whether a module above two others knows more than both, or than one "
    "network.",
}
HEADLINES = {"digits": SENTENCES, "embodied": embodied.SENTENCES}
"""Of parts that two claims decide, the weaker of both."""


def design(config: Config) -> Design:
    """A procedure for each part. Raises UserError."""
    chosen = parts_of(config)
    course = PredictionCourse(20 if config.quick else 150, 32, 4e-3)
    sizes = Sizes(1_000, 200, 1_000) if config.quick else Sizes()
    first = FIRST_SEED + 1_000 * config.seed
    draws = (first,) if config.quick else tuple(first + k for k in range(config.draws))
    seeds = tuple(first + k for k in range(2 if config.quick else SEEDS))
    makers: dict[str, Callable[[], Procedure]] = {
        "digits": lambda: of_digits(Board(draws, course, sizes), config),
        "later": lambda: of_later(Board(draws, course, sizes), config),
        "occlusion": lambda: of_occlusion(Board(draws, course, sizes), config),
        "levels": lambda: of_scales("levels", seeds, course, config),
        "top-down": lambda: of_scales("top-down", seeds, course, config),
        "workspace": lambda: of_workspace(seeds, config),
        "wiring": lambda: of_wiring(first, course, sizes, config),
        "embodied": lambda: of_embodied(first, config),
    }
    claims = [claim for name in chosen for claim in CLAIMS[name]()]
    n = 2 if chosen[0] in HEADLINES else 1
    return Design(
        studies=tuple(makers[name]() for name in chosen),
        primary=tuple(claims[:n]),
        sentences=HEADLINES.get(chosen[0]) or of_part(chosen[0]),
        answer=partial(answer, chosen[0]),
        claims=tuple(claims[n:]),
        gates=() if config.quick else tuple(gate for name in chosen for gate in GATES.get(name, ())),
        facts={"parts": chosen, "nulls": config.nulls, "updates": course.updates, "modules": described()},
        arm_metrics=(*SHOWN, *CURVES),
    )


def of_part(name: str) -> dict[Verdict, str]:
    """The headlines of a run without these, whose first comparison stands in the answer."""
    words = {"supported": "yes", "no difference": "no difference", "against": "no, the control is ahead"}
    return {verdict: f"{name}: {words.get(verdict, 'this run cannot tell')}." for verdict in SENTENCES}


SAME = "of one class"
SEEN = tuple(whole.SENSES)
FILLS = tuple(of(name) for of in (occlude.explained, occlude.told) for name in SEEN)
SHOWN = (FEWER, ALL, "retrieval", "retrieval, centred", SOUND_FEW, IMAGE_FEW, *LOST)
SHOWN += ("image, before", OLD, ANEW, NEW, "others", "source", "hidden", *embodied.FIGURES)
CURVES = tuple(
    f"{name}, {n:,} labels" if name else f"{n:,} labels" for name in ("", IMAGE, SOUND) for n in COUNTS
)


def described() -> list[list[str]]:
    """The six modules of the whole brain in words."""
    heard = {module: stream for stream, module in whole.SENSES.items()}
    heard |= {pairs.BOTH: "all three", whole.FRONT: f"{whole.UNITS} cells of each of the four"}
    rows = [[name, heard[name], said, "its own next embedding"] for name, said in whole.SAID.items()]
    return [*rows, ["hippocampus", "all three", "drawn: dentate gyrus, CA3, CA1", "at once"]]


def parts_of(config: Config) -> tuple[str, ...]:
    """Those that were asked for, or all whose files are here; of a quick run one. Raises UserError."""
    if unknown := sorted(set(config.parts) - set(PARTS)):
        raise UserError(f"--parts: expected some of {', '.join(PARTS)}, got {', '.join(unknown)}")
    for name in config.parts:
        for files in NEEDS.get(name, ()):
            require_all(files)
    usual = tuple(name for name in PARTS if all(there(files) for files in NEEDS.get(name, ())))
    usual = tuple(name for name in usual if name == "digits") or ("levels",) if config.quick else usual
    embody = ("embodied",) if config.embody else ()
    return (*dict.fromkeys(config.parts), *embody) or usual


def work(
    make: Callable[..., Mapping[str, np.ndarray]], units: Units, share: Callable[..., None], after: str = ""
):
    """One step on one thread; some are given what an earlier one made."""
    torch.set_num_threads(1)
    return make(units.load(after)) if after else make()


def above(name: str, make: Callable[..., Any], *given: Any, after: str, cost: float = 2) -> Step:
    """Arms above the modules of an earlier step, as one unit."""
    return Step(name, partial(work, partial(flattened, make, *given), after=after), cost)


def of_digits(board: Board, config: Config) -> Procedure:
    """Modules first, then everything that is built on them, then the controls."""
    steps = [
        Step("modules", partial(work, partial(pairs.base, board)), 2, "modules, each alone"),
        above(ABOVE_NONE, pairs.untaught, board, after="modules", cost=1),
        *(above(arm, pairs.trained, arm, board, after="modules") for arm in pairs.TRAINED),
    ]
    outcomes = parted(ABOVE_NONE, *pairs.TRAINED)
    return Procedure("digits", tuple(steps), outcomes, ALL, matters(config), 20)


def of_occlusion(board: Board, config: Config) -> Procedure:
    """Senses first; then everything above them, of triples of one class and of shuffled ones."""
    steps = [Step("senses", partial(work, partial(whole.senses, board)), 1, "senses, each alone")]
    for name, mixed in ((SAME, False), (SHUFFLED, True)):
        steps.append(above(name, partial(occlude.occlusion, mixed=mixed), board, after="senses"))
    return Procedure("occlusion", tuple(steps), parted(SAME, SHUFFLED), FILLS[0], matters(config), 20)


def of_later(board: Board, config: Config) -> Procedure:
    """Images first, sounds later."""
    steps = [Step(arm, partial(work, partial(later, arm, board)), 1, arm) for arm in LATER]
    return Procedure("later", tuple(steps), each(*LATER), KEPT, matters(config), 10)


def of_scales(name: str, seeds: tuple[int, ...], course: PredictionCourse, config: Config) -> Procedure:
    """Two levels on one stream, what reads them, or what comes down, as one step."""
    own = PredictionCourse(course.updates if config.quick else 200, 16, 6e-3)
    make = {"levels": scales.levels, "top-down": scales.top_down}[name]
    made = partial(flattened, make, seeds, own, 60 if config.quick else 240)
    metric = "state" if name == "levels" else "minus error elsewhere"
    step = Step(name, partial(work, made), 1, name)
    return Procedure(name, (step,), parted(name), metric, matters(config), 5)


def flattened(make: Callable[..., Mapping[str, Figures]], *given: Any) -> Figures:
    """Arms and figures as one unit."""
    return joined(make(*given))


def parted(*names: str) -> Callable[[Units], Trials]:
    """Trials of units that hold several arms."""
    return lambda units: Trials.of(units.parted(names))


def each(*arms: str, figures: Sequence[str] = ()) -> Callable[[Units], Trials]:
    """Trials of units of which each is an arm."""
    return lambda units: Trials.of(units.several(arms, figures))


def of_workspace(seeds: tuple[int, ...], config: Config) -> Procedure:
    """All arms: the source of the sign stays, or is drawn, or stays while a module is hidden."""
    updates = 20 if config.quick else 400
    steps = [
        Step(f"{arm}, {name}", partial(work, partial(moved, arm, seeds, name, updates)))
        for name in TASKS
        for arm in COMPARED
    ]
    outcomes = each(*(step.name for step in steps))
    return Procedure("workspace", tuple(steps), outcomes, "others", matters(config), 8)


def moved(arm: str, seeds: tuple[int, ...], task: str, updates: int) -> Mapping[str, np.ndarray]:
    """One arm of the workspace."""
    between, across = COMPARED[arm]
    how = {"batch": 16, "rate": 1e-2, "across": across}
    made = workspace.moved_together(between, seeds, TASKS[task], updates, **how)
    return {name: values.double().numpy() for name, values in made.items()}


def of_wiring(seed: int, course: PredictionCourse, sizes: Sizes, config: Config) -> Procedure:
    """The wiring and its nulls, at 250 updates, as brains of one batch."""
    nulls = 1 if config.quick else config.nulls
    own = PredictionCourse(course.updates if config.quick else 250, 16, 4e-3)
    small = Sizes(1_000, sizes.tests, 1_000)
    step = Step("wiring", partial(work, partial(wired.wired, seed, nulls, own, small)), 1, "wirings")

    def outcomes(units: Units) -> Trials:
        columns, rows = units.load("wiring"), {}
        for k, (arm, draw) in enumerate(wired.graphs(nulls)):
            rows[Trial(arm, seed, draw)] = {name: float(values[k]) for name, values in columns.items()}
        return Trials(rows)

    return Procedure("wiring", (step,), outcomes, f"{ALL} gained", matters(config), 6)


def of_embodied(first: int, config: Config) -> Procedure:
    """Modules that predict, of the walk as it was and of its moments in any order; then all arms act."""
    seeds = [first + k for k in range(2 if config.quick else embodied.BRAINS)]
    course = PredictionCourse(20 if config.quick else 300, 32, 4e-3)
    steps = [
        Step(name, partial(work, partial(embodied.foreseeing, seeds, course, shuffled=mixed)), 2)
        for name, mixed in ((embodied.PREDICT, False), (embodied.SHUFFLED, True))
    ]
    life = 1_024 if config.quick else embodied.STEPS
    steps += [Step(arm, partial(acted, arm, seeds, life)) for arm in embodied.ARMS]
    outcomes = each(*embodied.ARMS, figures=embodied.FIGURES)
    return Procedure("embodied", tuple(steps), outcomes, embodied.AREA, matters(config), 20)


def acted(arm: str, seeds: Sequence[int], life: int, units: Units, share: Callable[..., None]) -> Figures:
    """One arm is reinforced, upon what its modules learned before."""
    torch.set_num_threads(1)
    before = embodied.ARMS[arm].modules
    state = None if before == embodied.DRAWN else units.load(before)
    return embodied.reinforced(arm, seeds, state, life, share)


Sides = tuple[str, Sequence[str]]
"""An arm and its controls."""


def beside(study: str, metrics: Sequence[str], *sides: Sides, margin: float = MARGIN) -> Iterator[Claim]:
    """Figure by figure, each arm beside its controls."""
    for metric in metrics:
        for arm, controls in sides:
            yield from (Claim(study, arm, control, metric=metric, margin=margin) for control in controls)


def digits_claims() -> Iterator[Claim]:
    """The module above, beside what it is made of and beside one network; then what is taken away."""
    of, one_network = partial(beside, "digits"), (CATENATED, FLAT)
    mixed = (CONTRAST, (*one_network, MIXED, pairs.FLAT_CONTRAST))
    yield from of((ALL, FEWER), (NEXT, (*one_network, END, SHUFFLED, UNTRAINED)), mixed)
    floors = (NEXT, MIXED, pairs.FLAT_CONTRAST, pairs.FLOOR_CCA, pairs.FLOOR_LABELS)
    yield from of(("retrieval, centred",), (CONTRAST, floors))
    yield from of((SOUND_FEW, IMAGE_FEW), (CONTRAST, (*mixed[1], pairs.BY_OTHER)))
    # where modules were ahead on tuning seeds: with few labels for one modality, and with one lost
    yield from of((SOUND_FEW, IMAGE_FEW, *LOST, ALL, FEWER), (CATENATED, (FLAT, END)))
    yield from of(LOST, (NEXT, one_network), (CONTRAST, one_network))
    # what would have to fall if it were modules, and their learning, that win
    yield from of((IMAGE_FEW, SOUND_FEW, *LOST, ALL, FEWER), (CATENATED, pairs.APART))
    yield from of(SPARED, (CATENATED, (FLAT, END, NEXT, *pairs.APART)), margin=HALVING)


def occlusion_claims() -> Iterator[Claim]:
    """Everything that fills in beside one's own states and beside all read side by side; then what is taken
    away: the class that modalities share.
    """
    crossed = ((arm, (occlude.OWN, arm + occlude.MIXED)) for arm in occlude.CROSSED)
    above = (occlude.ABOVE, occlude.WORKSPACE, occlude.MEMORY, FLAT)
    led = (occlude.ROLLED, (occlude.OWN,)), (occlude.LED, (occlude.ROLLED,))
    return beside("occlusion", FILLS, *crossed, *((arm, (occlude.BESIDE,)) for arm in above), *led)


def later_claims() -> Iterator[Claim]:
    """Modules that learn alone beside an error that crosses, and beside one network with and without its old
    data.
    """
    return beside("later", (KEPT, OLD, ANEW, NEW), (LATER[0], LATER[1:]))


def levels_claims() -> Iterator[Claim]:
    """What the slow level knows of the slow state, and of the next block, beside the fast one."""
    readers = ("fast state", "fast embedding", "products of a patch", "products of a block")
    yield from beside("levels", ("state",), ("slow state", readers))
    yield from beside("levels", ("block",), ("slow prediction", ("fast level, iterated", readers[-1])))


def top_down_claims() -> Iterator[Claim]:
    """Top-down input cut, and never given, after switches and elsewhere."""
    errors = ("minus error after switches", "minus error elsewhere")
    return beside("top-down", errors, ("on", ("cut", "without")), margin=0.005)


def workspace_claims() -> Iterator[Claim]:
    """Broadcast beside as many random edges, and beside nothing; each with errors across."""
    sides = ((BROADCAST, EDGES), (BROADCAST, "none"), (EDGES, "none"), (BROADCAST + ACROSS, EDGES + ACROSS))
    sides += ((BROADCAST + ACROSS, BROADCAST), (EDGES + ACROSS, EDGES))
    for name, metric in ((FIXED_SIGN, "others"), (DRAWN_SIGN, "others"), (HIDDEN, "hidden")):
        named = ((f"{arm}, {name}", (f"{control}, {name}",)) for arm, control in sides)
        yield from beside("workspace", (metric,), *named)


def embodied_claims() -> Iterator[Claim]:
    """Modules that predicted, beside from scratch and what is left without prediction, and the reverse."""
    return beside("embodied", embodied.FIGURES, *embodied.BESIDE.items(), margin=EARNED)


def wiring_claims() -> Iterator[Claim]:
    """What pretraining gains by the wiring, among both kinds of nulls."""
    for null in wired.NULLS:
        yield Claim("wiring", wired.WIRED, null, "nulls", f"{ALL} gained", MARGIN)


CLAIMS: dict[str, Callable[[], Iterator[Claim]]] = {
    "digits": digits_claims,
    "occlusion": occlusion_claims,
    "later": later_claims,
    "levels": levels_claims,
    "top-down": top_down_claims,
    "workspace": workspace_claims,
    "wiring": wiring_claims,
    "embodied": embodied_claims,
}
GATES = {
    "levels": (Gate("levels", "slow state", "state", at_least=0.9),),
    # the comparison of edges means nothing unless the sign gets through somewhere and nowhere by itself
    "workspace": tuple(
        gate
        for name in (FIXED_SIGN, DRAWN_SIGN)
        for gate in (
            Gate("workspace", f"none, {name}", "others", at_most=0.55),
            Gate("workspace", f"{EDGES}, {name}", "others", at_least=0.8),
        )
    ),
}


def answer(part: str, outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim, and of its neighbours where they are digits."""
    trials, metric = outcomes[part], row["metric"]
    arm, control = (row[key].removeprefix(f"{part}/") for key in ("arm", "control"))
    own, other = (trials.arm(name, metric).mean for name in (arm, control))
    ends = f"[{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"
    said = f"{metric}: {own:.3f} of {arm}, {other:.3f} of {control}: {row['effect_size']:+.3f} {ends}"
    shown = {"digits": (CATENATED, FLAT, CONTRAST, END), "embodied": tuple(embodied.ARMS)}.get(part, ())
    more = [f"{name} {trials.arm(name, metric).mean:.3f}" for name in shown if name not in (arm, control)]
    return "; ".join((said, *more))
