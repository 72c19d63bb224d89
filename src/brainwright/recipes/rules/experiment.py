"""Boards, arms, claims and gates, fixed before the run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from brainwright.datasets import require_all, there
from brainwright.errors import UserError
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.learning.catalogue import declared
from brainwright.loop import Entry, Problem, none_diverged, tried
from brainwright.verdict import Verdict

from . import Config, lineup, problems
from .gates import earlier, gates_of
from .lineup import CONTROLS, EXACT, FLOOR, OWN_FLOOR
from .problems import OWN

BOARDS: dict[str, tuple[Problem, dict[str, Entry]]] = {
    "narrow": (problems.NARROW, lineup.NARROW),
    "equilibrium": (problems.EQUILIBRIUM, lineup.EQUILIBRIUM),
    "goodness": (problems.GOODNESS, lineup.GOODNESS),
    "features": (problems.FEATURES, lineup.FEATURES),
    "features-200": (problems.FEATURES_200, lineup.FEATURES_200),
    "spike-features": (problems.SPIKE_FEATURES, lineup.SPIKE_FEATURES),
    "spike-features-200": (problems.SPIKE_FEATURES_200, lineup.SPIKE_FEATURES_200),
    "wide": (problems.WIDE, lineup.WIDE),
    "rows": (problems.SEQUENCE, lineup.SEQUENCE),
    "worm": (problems.WORM, lineup.CONNECTOME),
    "spiking": (problems.SPIKES, lineup.SPIKING),
    "mnist": (problems.MNIST, lineup.MNIST),
    "larva": (problems.LARVA, lineup.LARVA),
}
NEEDS = {"mnist": "mnist", "larva": "larva/winding2023"}
"""Board → the files that it reads; the others are built in."""
PRIMARY = ("narrow", "feedback alignment", FLOOR)
"""The claim that is judged: hidden cells learn although no error ever crosses a forward weight."""
MARGIN = 0.01
"""Largest difference in accuracy that counts as none: a point."""
QUICK = {"narrow": 6, "rows": 2, "worm": 1}
"""Board → epochs of a quick run."""
QUICK_SAMPLES = 400
SENTENCES: dict[Verdict, str] = {
    "supported": "Hidden cells learn without any error crossing a forward weight.",
    "no difference": "Without weight transport, hidden cells add nothing to the readout.",
    "against": "Without weight transport, hidden cells harm the readout.",
    "cannot tell": "This run cannot tell whether hidden cells learn without weight transport.",
}


def design(config: Config) -> Design:
    """Every rule that can teach a board's network, beside the gradient and the readout alone.

    Raises:
        UserError: unknown boards, or missing files that were asked for.
    """
    known = BOARDS if config.wiring is None else {OWN: (problems.own(config.wiring), lineup.CONNECTOME)}
    boards = {name: board_of(name, *known[name], config.quick) for name in chosen(config)}
    seeds = tuple(1_000_000 * config.seed + k for k in range(2 if config.quick else config.seeds))
    return Design(
        studies=tuple(study(problem, entries, seeds, config) for problem, entries, _ in boards.values()),
        primary=primary(boards),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claim for name, (_, entries, _) in boards.items() for claim in claims(name, entries)),
        gates=() if config.quick else tuple(gate for name in boards for gate in gates_of(name)),
        checks=checks,
        facts={
            "boards": {name: facts(*board) for name, board in boards.items()},
            "locality": {
                name: declared(entry.rule) for board in boards for name, entry in known[board][1].items()
            },
            "seeds": seeds,
            "margin": MARGIN,
            "notes": () if config.wiring is None else problems.wiring(str(config.wiring)).source.notes,
        },
    )


def chosen(config: Config) -> tuple[str, ...]:
    """The boards that were asked for, or all whose files are here. Raises UserError."""
    if config.wiring is not None:
        return (OWN,)
    unknown = sorted(set(config.boards) - set(BOARDS))
    if unknown:
        raise UserError(f"--boards: expected some of {', '.join(BOARDS)}, got {', '.join(unknown)}")
    for board in config.boards:
        if board in NEEDS:
            require_all(NEEDS[board])
    if config.quick:
        boards = tuple(board for board in (config.boards or QUICK) if board in QUICK)
        if not boards:
            raise UserError(f"--quick knows the boards {', '.join(QUICK)}, got {', '.join(config.boards)}")
        return boards
    return config.boards or tuple(b for b in BOARDS if b not in NEEDS or there(NEEDS[b]))


def board_of(
    name: str, problem: Problem, entries: dict[str, Entry], quick: bool
) -> tuple[Problem, dict[str, Entry], dict[str, str]]:
    """A board's problem (smaller in a quick run), the entries that can teach its network, and for the others
    why not.
    """
    if quick:
        problem = replace(problem, epochs=QUICK.get(name, 1), samples=QUICK_SAMPLES)
    return problem, *problem.able(entries)


def study(problem: Problem, entries: Mapping[str, Entry], seeds: tuple[int, ...], config: Config) -> Study:
    """Every entry with every seed."""
    arms = {name: repr(entry) for name, entry in entries.items()}
    settings = {"schedule": problem.schedule, "quick": config.quick, "arms": arms}
    settings |= {} if config.wiring is None else {"wiring": matters(config)["wiring"]}
    run = partial(trial, problem, dict(entries))
    return Study(problem.name, run, dict.fromkeys(entries, 1), seeds, "accuracy", settings)


def trial(problem: Problem, entries: Mapping[str, Entry], arm: str, seed: int, draw: int) -> dict[str, float]:
    """Trains one arm on one seed, and says what an update of its rule costs."""
    return tried(problem, entries[arm], seed)


def primary(boards: Mapping[str, tuple[Problem, dict[str, Entry], dict[str, str]]]) -> Claim:
    """`PRIMARY`, or the first rule of the first board where that one is not run."""
    board, arm, control = PRIMARY
    if board not in boards:
        board = next(iter(boards))
        arm = next(name for name in boards[board][1] if name not in CONTROLS)
    return Claim(board, arm, control, margin=MARGIN)


def claims(board: str, entries: Mapping[str, Entry]) -> Iterator[Claim]:
    """Every rule against the floor, the gradient and its own floor, paired by seed."""
    for arm in entries:
        for control in (FLOOR, EXACT, OWN_FLOOR.get(arm, "")):
            if control in entries and arm != control and not (arm in CONTROLS and control == EXACT):
                yield Claim(board, arm, control, margin=MARGIN)


def answer(outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim."""
    board = row["study"]
    arm, control = (row[key].removeprefix(f"{board}/") for key in ("arm", "control"))
    own, floor, exact = (
        100 * float(outcomes[board].values(name, "accuracy").mean()) for name in (arm, control, EXACT)
    )
    points, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
    return (
        f"{board}: {arm} reaches {own:.1f} %, {control} {floor:.1f} %, {EXACT} {exact:.1f} %: "
        f"{points:+.1f} points [{low:+.1f}, {high:+.1f}] over the floor"
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """One check per board."""
    return [none_diverged(trials, f"{board}: no training run diverged") for board, trials in outcomes.items()]


def facts(problem: Problem, entries: Mapping[str, Entry], cannot: Mapping[str, str]) -> dict[str, Any]:
    """What the page must know of a board."""
    rates = {name: {"all": entry.rate, **entry.rates} for name, entry in entries.items()}
    words = dict(zip(("title", "lead"), problems.TITLES[problem.name], strict=True))
    words["schedule"] = problem.schedule
    return words | {"rates": rates, "cannot": cannot, "earlier": earlier(problem.name)}
