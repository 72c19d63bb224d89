"""Vats go through every arm from the same state; the unit is the vat."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainwright.connectome import Connectome
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, OptionError, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import graphs, vats
from brainwright.loop.vats import BANDWIDTH, CHAINS, EMULATED, LESIONS, VARIED, VAT_ARMS, VatWork
from brainwright.report import Points
from brainwright.runs import Units

from . import Config
from .names import CHAIN, DECIDING, FEW, FOREIGN, NAIVE, NEGATIVE, ONE, OWN, PRIVATE, VOTE, WORDS, lesion_name

MARGIN = 0.06
"""Of the foreign share, fixed before any run that is reported: by more than this mutual must surely exceed
its deciding controls, and what moves a negative control by less is nothing.
"""
FIRST_SEED, CHAIN_SEED = 500_000, 590_000
"""Brains below 500,000 were used for choosing parameters, or for the trial of the idea. Runs of other seeds
lie 100,000 apart.
"""
QUICK = vats.VatSizes(calibration=60, recorded=20, private=50, listen=10, together=30, probe=24)
QUICK_VATS, QUICK_BRAINS, BRAINS, CHAINS_OF_EACH = 2, 6, 12, 8
MOST_BRAINS = 1_000
"""Of a vat: what was looked at in memory and time."""
METRICS = (FOREIGN, OWN, "all", "worst", "best", VOTE)


def design(config: Config) -> Design:
    """One procedure, and the chain as another one where it is asked for.

    Raises:
        OptionError: a graph that there is not, of another size, or with a brain that cannot be reached.
    """
    return design_of(config, work_of(config))


def work_of(config: Config) -> VatWork:
    """Vats of a configuration, and the arms that there are: a single vat has no other one. Raises OptionError
    as `design`.
    """
    torch.set_num_threads(1)  # the other cores advance brains
    n, brains, sizes = config.vats, config.brains, replace(vats.VatSizes(), together=config.together)
    if config.quick:
        n, sizes = min(n, QUICK_VATS), QUICK
        brains = QUICK_BRAINS if brains is None and config.graph in graphs.NAMED else brains
    graph = graph_of(config.graph, brains)
    if len(graph) < vats.PARTS:
        raise OptionError(f"--graph: expected {vats.PARTS} brains or more, one a part, got {len(graph)}")
    options: dict[str, Any] = {"graph": graph, "sizes": sizes, "threads": config.workers}
    made = vats.Vats(n, len(graph), first_seed=FIRST_SEED + 100_000 * config.seed, **options)
    arms = VAT_ARMS if config.quick or config.few else {**VAT_ARMS, **VARIED}
    arms = {name: arm for name, arm in arms.items() if not config.few or name in FEW}
    if config.graph == "ring":
        del arms["ring"]  # it is mutual
    if n == 1:
        arms = {name: a for name, a in arms.items() if a.hears != "other vat" and a.writes != "replay"}
    return VatWork(made, arms, config.seed, config.gradient_steps, config.lesion)


def graph_of(name: str, brains: int | None) -> graphs.Graph:
    """Who hears whom, by name, or of a wiring. Raises OptionError."""
    try:
        if name in graphs.NAMED:
            return graphs.NAMED[name](brains or BRAINS)
        path = Path(name)
        wiring = Connectome.from_csv(path) if path.suffix in (".csv", ".tsv") else Connectome.load(name)
        if wiring.n_cells > MOST_BRAINS or brains not in (None, wiring.n_cells):
            asked = f"at most {MOST_BRAINS}" if brains is None else brains
            raise OptionError(f"expected {asked} brains, one for each cell, got {wiring.n_cells} cells")
        graph = graphs.of_connectome(wiring)
        graphs.check_reached(graph, [f"cell {one}" for one in wiring.ids])
    except (OSError, ValueError) as error:
        raise OptionError(f"--graph {name}: {error}") from error
    return graph


def design_of(config: Config, work: VatWork) -> Design:
    """The design for vats of any size."""
    graph = hashlib.sha256(work.vats.graph.tobytes()).hexdigest()  # a file may have changed
    settings = matters(config) | {"who hears whom": graph}
    main = Procedure("", steps(config, work), partial(outcomes, config, work), FOREIGN, settings)
    n = work.vats.n_brains
    return Design(
        studies=(main, chain(config, work.vats)) if config.chain else (main,),
        primary=tuple(Claim("", "mutual", c, margin=MARGIN, threshold=MARGIN) for c in DECIDING),
        sentences={verdict: text.format(n=n) for verdict, text in WORDS["headline"].items()},
        answer=answer,
        claims=tuple(claims(config, work)),
        checks=lambda outcomes: checks(outcomes[""]),
        facts={
            "margin": MARGIN,
            "vats": work.vats.n_vats,
            "brains": n,
            "bits": {name: work.arms[name].bits for name in ("mutual", *BANDWIDTH) if name in work.arms},
        },
        arm_metrics=METRICS,
    )


def steps(config: Config, work: VatWork) -> tuple[Step, ...]:
    """All work in order; costs are numbers of symbols, those with an emulator twice."""
    s = work.vats.sizes
    every = [Step(NAIVE, work.naive, s.calibration, "naive brains: fix the read-outs")]
    every.append(Step(PRIVATE, work.private, 2.0 * (s.recorded + s.private), "each brain alone"))
    for name, arm in work.arms.items():
        cost = (2.0 if arm.writes in EMULATED else 1.0) * (s.listen + s.together)
        every.append(Step(name, partial(work.arm, name), cost))
    if config.one_brain:  # most of the time then
        every.append(Step(ONE, work.one_brain, 60.0 * (s.private + s.together), "one brain of all cells"))
    for name in lesions(config):
        every.append(Step(lesion_name(name), partial(work.lesion, name), 2.0 * s.together))
    return tuple(every)


def lesions(config: Config) -> tuple[str, ...]:
    """What follows lesions."""
    return (*LESIONS, vats.NO_TEACHERS) if config.lesion else ()


def outcomes(config: Config, work: VatWork, units: Units) -> Trials:
    """Every arm by what its vats know, beside the vats before."""
    rows = {name: work.scores(units.load(name)) for name in (NAIVE, PRIVATE, *work.arms)}
    if config.one_brain:
        rows[ONE] = work.scores_of_one(units.load(ONE))
    for name in map(lesion_name, lesions(config)):
        unit = units.load(name)
        rows[name] = {FOREIGN: unit["lesioned, end" if "lesioned, end" in unit else "lost part"], **unit}
    return Trials.of(rows)


def chain(config: Config, v: vats.Vats) -> Procedure:
    """Generations, each taught by the one before; the unit is the chain."""
    n = QUICK_VATS if config.quick else CHAINS_OF_EACH
    first = CHAIN_SEED + 100_000 * config.seed
    told: dict[str, Any] = {"first_seed": first, "sizes": v.sizes, "threads": v.threads, "seed": config.seed}

    def step(way: str, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        return vats.chain(way, n, config.chain, share=share, **told)

    def of_generations(units: Units) -> Trials:
        shares = {way: units.load(way)["share"].T for way in CHAINS}
        rows = {(way, g): row for way, every in shares.items() for g, row in enumerate(every)}
        return Trials.of({f"{way}, {g}": {"share": row} for (way, g), row in rows.items()})

    work = tuple(Step(way, partial(step, way), 300.0, f"chain: {way}") for way in CHAINS)
    return Procedure(CHAIN, work, of_generations, "share", matters(config), 0.3)


def claims(config: Config, work: VatWork) -> Iterable[Claim]:
    """What the gradient adds, what bookkeeping would reach, who stays where it was, and the group as one."""
    for control in ("relay", "silent", "ring", "self", *NEGATIVE):
        yield Claim("", "mutual", control)
    for control in ("tally", "oracle", *VARIED):
        yield Claim("", "mutual", control, margin=MARGIN)
    if work.vats.n_vats > 1:  # one vat has no spread
        yield from (Claim("", arm, PRIVATE, "same", margin=MARGIN) for arm in NEGATIVE)
        yield Claim("", lesion_name(vats.NO_TEACHERS), NAIVE, "same", margin=MARGIN)
    for control in ("silent", PRIVATE):
        yield Claim("", "mutual", control, metric=VOTE)
    yield Claim("", "mutual", ONE, metric="all", margin=MARGIN)
    yield Claim("", "mutual", PRIVATE, metric=OWN, margin=MARGIN)
    for control in ("self_grad", "silent"):
        for metric in (FOREIGN, "intact, end"):
            yield Claim("", lesion_name("mutual"), lesion_name(control), metric=metric)
    for control in CHAINS[1:]:
        yield Claim(CHAIN, f"{CHAINS[0]}, {config.chain}", f"{control}, {config.chain}")


def checks(trials: Trials) -> list[Check]:
    """Whether every brain learned, equal charge, and whether the vats came to their own rules."""
    above = int((trials.arm("mutual", "worst").values > trials.arm(PRIVATE, "best").values).sum())
    n, votes = trials.arm("mutual", "worst").n, trials.arm("mutual", VOTE).values
    writing = [arm for arm in trials.arms if arm in VAT_ARMS and arm != "silent"]
    charge = np.array([trials.arm(arm, "charge_nC").mean for arm in writing])
    least = int(np.ceil(0.75 * n))  # 6 of 8
    return [
        Check("worst brain after > best before", above >= least, f"in {above} of {n} vats, {least} wanted"),
        Check(
            "equal charge in all arms that write",
            bool(np.ptp(charge) < 1e-6 * charge.max()),  # rounding of a sum over thousands of pulses
            f"{charge.min():.0f} to {charge.max():.0f} nC per brain",
        ),
        Check("every vat votes for its rule", bool((votes > 0.9).all()), f"lowest vote {votes.min():.2f}"),
    ]


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures of the claim, and of what does without a gradient."""
    trials = outcomes[""]
    means = {arm: trials.arm(arm, FOREIGN).mean for arm in (PRIVATE, "mutual", "relay", "oracle", *DECIDING)}
    gain = Points.of(primary, digits=3, sign=True)
    return WORDS["answer"]["text"].format(**means, control=primary["control"], gain=gain)
