"""Vats go through every arm from the same state; the unit is the vat."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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
from brainwright.loop.dishes.naive import readout_of
from brainwright.report import Points
from brainwright.runs import Units, of_prefix, with_prefix

from . import Config
from .names import DECIDING, FEW, FOREIGN, NAIVE, NEGATIVE, ONE, OWN, PRIVATE, VOTE, WORDS

MARGIN = 0.06
"""Of the foreign share, fixed before any run that is reported: by more than this mutual must surely exceed
its deciding controls, and what moves a negative control by less is nothing.
"""
FIRST_SEED, CHAIN_SEED = 500_000, 590_000
"""Brains below 500,000 were used for choosing parameters, or for the trial of the idea. Runs of other seeds
lie 100,000 apart.
"""
QUICK = vats.VatSizes(calibration=60, recorded=20, private=50, listen=10, together=30, probe=24)
QUICK_VATS, QUICK_BRAINS = 2, 6
BRAINS = 12
CHAIN = "chain"
METRICS = (FOREIGN, OWN, "all", "worst", "best", VOTE, "majority", "agreement", "precision", "charge_nC")


@dataclass(frozen=True, eq=False)
class Work:
    """Vats, and what a run does with them."""

    vats: vats.Vats
    config: Config

    @property
    def arms(self) -> dict[str, vats.VatArm]:
        """The arms that there are: with a single vat there is no other one to replay."""
        every = {**vats.VAT_ARMS, **({} if self.config.few or self.config.quick else vats.VARIED)}
        chosen = FEW if self.config.few else tuple(every)
        alone = self.vats.n_vats == 1
        return {
            name: arm
            for name, arm in every.items()
            if name in chosen and not (alone and (arm.hears == "other vat" or arm.writes == "replay"))
        }

    def naive(self, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """Read-outs are fixed on brains as they were born."""
        culture, readout = vats.calibrate(self.vats)
        kept = {"readout_weight": readout.weight, "readout_offset": readout.offset}
        return kept | with_prefix("state_", culture.snapshot()) | self.vats.probe(culture, readout)

    def private(self, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """Each brain learns its part alone."""
        naive = units.load(NAIVE)
        culture = vats.learn_alone(self.vats, of_prefix("state_", naive), self.config.seed, share)
        return with_prefix("state_", culture.snapshot()) | self.vats.probe(culture, readout_of(naive))

    def arm(self, name: str, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """One arm of the vat, from the private state; of `mutual` the state is kept where lesions follow."""
        readout = readout_of(units.load(NAIVE))
        written = units.load("mutual")["written"].astype(np.int64) if name == "yoked" else None
        culture, told = vats.learn_together(
            self.vats,
            self.arms[name],
            of_prefix("state_", units.load(PRIVATE)),
            readout,
            written=written,
            gradient_steps=self.config.gradient_steps,
            seed=self.config.seed,
            share=share,
        )
        if name != "mutual":
            del told["written"]
        elif self.config.lesion:
            told |= with_prefix("state_", culture.snapshot())
        told |= self.vats.probe(culture, readout)
        scores = self.scores(told["answers"], told["evidence"])
        share(1.0, unit=name, score=round(float(scores[FOREIGN].mean()), 4))
        return told

    def one(self, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """One brain with all cells and all lessons."""
        return vats.one_brain(self.vats, self.config.seed, share)

    def lesion(self, name: str, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """What is left, and what comes back, where brains lose their synapses."""
        naive = units.load(NAIVE)
        states = [of_prefix("state_", unit) for unit in (naive, units.load(PRIVATE), units.load("mutual"))]
        readout, seed = readout_of(naive), self.config.seed
        if name == "no teachers":
            return vats.without_teachers(self.vats, states[0], states[1], readout, seed, share)
        return vats.after_lesion(self.vats, name, states[0], states[2], readout, seed, share)

    def scores(self, answers: np.ndarray, evidence: np.ndarray) -> dict[str, np.ndarray]:
        """Of every vat."""
        v = self.vats
        return vats.vat_scores(answers, evidence, v.probe_symbols, v.successor, v.known, v.n_brains)

    def outcomes(self, units: Units) -> Trials:
        """Every arm by what its vats know, beside the vats before."""
        rows = {}
        for name in (NAIVE, PRIVATE, *self.arms):
            unit = units.load(name)
            rows[name] = self.scores(unit["answers"], unit["evidence"])
            for kept in ("precision", "charge_nC"):
                values = unit.get(kept, np.zeros(self.vats.n))
                rows[name][kept] = values.reshape(self.vats.n_vats, -1).mean(1)
        if self.has_one:
            rows[ONE] = self.of_one(units.load(ONE))
        for name in self.lesions:
            unit = units.load(lesion_name(name))
            first = "lost part" if name == "no teachers" else "lesioned, end"
            rows[lesion_name(name)] = {FOREIGN: unit[first], **unit}
        return Trials.of(rows)

    def of_one(self, unit: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A brain that was taught the whole rule: no part is foreign to it, and its vote is its own."""
        firsts = slice(None, None, self.vats.n_brains)
        right = np.take_along_axis(self.vats.successor, self.vats.probe_symbols, axis=1)[firsts]
        share = (unit["answers"] == right).mean(1)
        return {name: share for name in METRICS[:7]} | {"charge_nC": unit["charge_nC"]}

    @property
    def has_one(self) -> bool:
        return not (self.config.few or self.config.quick)

    @property
    def lesions(self) -> tuple[str, ...]:
        return (*vats.LESIONS, "no teachers") if self.config.lesion else ()

    def steps(self) -> tuple[Step, ...]:
        """All work in order; costs are numbers of symbols, those with an emulator twice."""
        s = self.vats.sizes
        work = [Step(NAIVE, self.naive, s.calibration, "naive brains: fix the read-outs")]
        work.append(Step(PRIVATE, self.private, 2.0 * (s.recorded + s.private), "each brain alone"))
        for name, arm in self.arms.items():
            cost = (2.0 if arm.writes in ("gradient", "ungraded") else 1.0) * (s.listen + s.together)
            work.append(Step(name, partial(self.arm, name), cost))
        if self.has_one:
            work.append(Step(ONE, self.one, 6.0 * (s.private + s.together), "one brain of all cells"))
        for name in self.lesions:
            work.append(Step(lesion_name(name), partial(self.lesion, name), 2.0 * s.together))
        return tuple(work)


def design(config: Config) -> Design:
    """One procedure, and the chain as another one where it is asked for.

    Raises:
        OptionError: a graph that there is not, of another size, or with a brain that cannot be reached.
    """
    torch.set_num_threads(1)  # the other cores advance brains
    work = work_of(config)
    studies = [Procedure("", work.steps(), work.outcomes, FOREIGN, matters(config))]
    if config.chain:
        studies.append(chain(config, work.vats))
    margin, n = MARGIN, work.vats.n_brains
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("", "mutual", c, margin=margin, threshold=margin) for c in DECIDING),
        sentences={verdict: text.format(n=n) for verdict, text in WORDS["headline"].items()},
        answer=answer,
        claims=tuple(claims(work)),
        checks=lambda outcomes: checks(outcomes[""]) if "" in outcomes else [],
        facts={
            "margin": margin,
            "vats": work.vats.n_vats,
            "brains": n,
            "bits": {
                name: bits(arm) for name, arm in work.arms.items() if name in ("mutual", *vats.BANDWIDTH)
            },
        },
        arm_metrics=METRICS,
    )


def work_of(config: Config, sizes: vats.VatSizes | None = None) -> Work:
    """Vats of a configuration. Raises OptionError as `design`."""
    brains = config.brains
    n = config.vats
    if config.quick:
        n, sizes = min(n, QUICK_VATS), sizes or QUICK
        brains = QUICK_BRAINS if brains is None and config.graph in GRAPHS else brains
    graph = graph_of(config.graph, brains)
    sizes = sizes or replace(vats.VatSizes(), together=config.together)
    seed = FIRST_SEED + 100_000 * config.seed
    threads = config.workers or None
    return Work(vats.Vats(n, len(graph), first_seed=seed, graph=graph, sizes=sizes, threads=threads), config)


GRAPHS = {"all": graphs.all_to_all, "ring": graphs.ring, "small-world": graphs.small_world}


def graph_of(name: str, brains: int | None) -> graphs.Graph:
    """Who hears whom, by name, or of a wiring. Raises OptionError."""
    if name in GRAPHS:
        return GRAPHS[name](brains or BRAINS)
    path = Path(name)
    if path.suffix.lower() in (".csv", ".tsv"):
        wiring = Connectome.from_csv(path)
    elif path.suffix or path.exists():
        raise OptionError(f"--graph: expected a CSV or TSV file of edges, got {name}")
    else:
        wiring = Connectome.load(name)
    if brains is not None and brains != wiring.n_cells:
        raise OptionError(f"--brains: expected {wiring.n_cells}, one for each cell of {name}, got {brains}")
    graph = graphs.of_connectome(wiring)
    if deaf := np.flatnonzero(~graph.any(axis=1)).tolist():
        raise OptionError(
            f"--graph: {name}: cell {wiring.cells['id'].iloc[deaf[0]]} hears nobody ({len(deaf)} in all): "
            "give a wiring in which every cell has an input"
        )
    if apart := graphs.unheard(graph):
        listener, speaker = (wiring.cells["id"].iloc[i] for i in apart[0])
        raise OptionError(
            f"--graph: {name}: nothing that cell {speaker} says reaches cell {listener} ({len(apart)} such "
            "pairs): give a wiring in which every cell reaches every other"
        )
    return graph


def chain(config: Config, v: vats.Vats) -> Procedure:
    """Generations, each taught by the one before; the unit is the chain."""
    n = QUICK_VATS if config.quick else 8
    names = [f"{way}, {g}" for way in vats.CHAINS for g in range(config.chain + 1)]
    told: dict[str, Any] = {
        "first_seed": CHAIN_SEED + 100_000 * config.seed,
        "sizes": v.sizes,
        "threads": v.threads,
        "seed": config.seed,
    }

    def step(way: str, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        return vats.chain(way, n, config.chain, share=share, **told)

    def outcomes(units: Units) -> Trials:
        shares = {way: units.load(way)["share"] for way in vats.CHAINS}
        return Trials.of({name: {"share": shares[way][:, int(g)]} for name, way, g in parts(names)})

    steps = tuple(Step(way, partial(step, way), 300.0, f"chain: {way}") for way in vats.CHAINS)
    return Procedure(CHAIN, steps, outcomes, "share", matters(config), 0.3)


def parts(names: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """Name, way and generation of the arms of the chain."""
    for name in names:
        way, _, generation = name.rpartition(", ")
        yield name, way, generation


def lesion_name(name: str) -> str:
    """How `result.json` calls what follows a lesion."""
    return f"lesion/{name}"


def bits(arm: vats.VatArm) -> float:
    """Size of a message."""
    k = vats.SYMBOLS
    return float(np.log2(k)) if arm.levels == 1 else k * (32.0 if arm.levels is None else np.log2(arm.levels))


def claims(work: Work) -> Iterable[Claim]:
    """What the gradient adds, what bookkeeping would reach, who stays where it was, and the group as one."""
    there = work.arms
    for control in ("relay", "silent", "ring", "self", *NEGATIVE):
        yield Claim("", "mutual", control)
    for control in ("tally", "oracle", *vats.VARIED):
        yield Claim("", "mutual", control, margin=MARGIN)
    if work.vats.n_vats > 1:
        for arm in NEGATIVE:
            if arm in there:
                yield Claim("", arm, PRIVATE, "same", margin=MARGIN)
    for control in ("silent", PRIVATE):
        yield Claim("", "mutual", control, metric=VOTE)
    yield Claim("", "mutual", ONE, metric="all", margin=MARGIN)
    yield Claim("", "mutual", PRIVATE, metric=OWN, margin=MARGIN)
    for control in ("self_grad", "silent"):
        yield Claim("", lesion_name("mutual"), lesion_name(control))
        yield Claim("", lesion_name("mutual"), lesion_name(control), metric="intact, end")
    last = work.config.chain
    for control in vats.CHAINS[1:]:
        yield Claim(CHAIN, f"{vats.CHAINS[0]}, {last}", f"{control}, {last}")


def checks(trials: Trials) -> list[Check]:
    """Whether every brain learned, charge, and whether a vat settled on something else than its rule."""
    worst, best = trials.arm("mutual", "worst").values, trials.arm(PRIVATE, "best").values
    above = int((worst > best).sum())
    writing = [a for a in trials.arms if a in vats.VAT_ARMS and a not in ("silent",)]
    charge = np.array([trials.arm(arm, "charge_nC").mean for arm in writing])
    votes = trials.arm("mutual", VOTE).values
    enough = int(np.ceil(0.75 * len(worst)))  # 6 of 8
    return [
        Check(
            "the worst brain after is better than the best before",
            above >= enough,
            f"in {above} of {len(worst)} vats (at least {enough})",
        ),
        Check(
            "equal charge in all arms that write",
            bool(np.ptp(charge) < 1e-6 * charge.max()),
            f"{charge.min():.0f} to {charge.max():.0f} nC per brain",
        ),
        Check(
            "no vat agreed on a wrong rule",
            bool((votes > 0.9).all()),
            f"votes of the vats: {', '.join(f'{vote:.2f}' for vote in votes)}",
        ),
    ]


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures of the claim, and of what does without a gradient."""
    trials = outcomes[""]
    means = {arm: trials.arm(arm, FOREIGN).mean for arm in (PRIVATE, "mutual", "relay", "oracle", *DECIDING)}
    return WORDS["answer"]["text"].format(
        **means, control=primary["control"], gain=Points.of(primary, digits=3, sign=True)
    )
