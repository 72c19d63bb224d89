"""Both sides of one fly, each among rewired wirings: fixed before the run."""

from collections.abc import Mapping
from functools import cache, partial

from brainwright.connectome import Connectome
from brainwright.datasets import require_all
from brainwright.evidence import Check, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.steering.compartments import Compartments, valence
from brainwright.steering.mushroom_body import Calyx, dimension, faithfulness, learned, odours
from brainwright.verdict import Verdict

from . import Config

WIRING = "flywire/mushroom_body"
REAL, NULL, DENSE = "real", "rewired", "half of the cells active"
SHUFFLED, OPEN = "dopamine shuffled", "dopamine everywhere"
MEASURES = {"faithfulness": 0.01, "dimension": 1.0, "learning": 0.01}
"""Largest difference that counts as none: correlation, dimensions, AUROC."""
ODOURS, PAIRED = 200, 30
"""For the geometry, and how many are paired in learning, beside as many others: so that rewired wirings learn
it neither always nor never.
"""
TAUGHT, VALENCE = 60, "valence"
"""Odours that come with punishment, and as many with reward, where compartments are told apart."""
FIRST_SEED = 30_000
"""Draws below 10,000 chose loads and noise."""
ROOM = 0.7, 0.95
"""Where rewired wirings must stand, that learning can tell anything."""
CHANCE = 0.1
"""Of an AUROC of few draws of 60 odours each: its standard deviation over draws is .05."""
SENTENCES: dict[Verdict, str] = {
    "supported": "Kenyon cells of the real wiring overlap more as odours do than those of rewired ones.",
    "no difference": "Kenyon cells of rewired wirings overlap with odours just as the real ones do.",
    "against": "Kenyon cells of the real wiring overlap less as odours do than those of rewired ones.",
    "cannot tell": "This run cannot tell whether the real wiring changes the geometry of the code.",
}


def design(config: Config) -> Design:
    """Two studies for each side: the code, and compartments. Raises UserError where the files are missing."""
    require_all(WIRING)
    seeds = tuple(FIRST_SEED + 100 * config.seed + k for k in range(2 if config.quick else config.draws))
    many, about = 4 if config.quick else draws_needed(1), matters(config)
    arms = {REAL: 1, NULL: many, DENSE: 1}
    studies = [Study(side, partial(asked, side), arms, seeds, "faithfulness", about) for side in SIDES]
    apart = {**arms, SHUFFLED: many, OPEN: 1}
    studies += [
        Study(compartments(side), partial(told, side), apart, seeds, VALENCE, about) for side in SIDES
    ]
    claims = [
        Claim(side, REAL, NULL, "nulls", measure, margin)
        for side in SIDES
        for measure, margin in MEASURES.items()
    ]
    claims += [
        Claim(compartments(side), REAL, null, "nulls", VALENCE, MEASURES["learning"])
        for side in SIDES
        for null in (SHUFFLED, NULL)
    ]
    return Design(
        studies=tuple(studies),
        primary=tuple(claim for claim in claims if claim.metric == "faithfulness"),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claim for claim in claims if claim.metric != "faithfulness"),
        checks=checks,
        arm_metrics=(*MEASURES, VALENCE),
    )


SIDES = ("right", "left")


@cache
def calyx(side: str, null: int | None) -> Calyx:
    """The real one, or a rewired one, made once per process."""
    return Calyx.of(Connectome.load(WIRING), side) if null is None else calyx(side, None).rewired(null)


def asked(side: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Geometry and learning of one wiring with one draw of odours."""
    wiring = calyx(side, draw if arm == NULL else None)
    active = {"active": 0.5} if arm == DENSE else {}
    glomeruli = int(wiring.glomerulus.max()) + 1
    given = odours(ODOURS, glomeruli, seed)
    code = wiring.code(given, **active)
    known = learned(wiring, odours(2 * PAIRED, glomeruli, seed + 50_000), seed, **active)
    return {"faithfulness": faithfulness(code, given), "dimension": dimension(code), "learning": known}


def compartments(side: str) -> str:
    """The name of its study."""
    return f"{side}, compartments"


@cache
def reached(side: str) -> Compartments:
    """Which dopamine cells reach which output cells."""
    return Compartments.of(Connectome.load(WIRING), side)


def told(side: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """Whether what came with reward is told from what came with punishment."""
    wiring, dopamine = calyx(side, draw if arm == NULL else None), reached(side)
    if arm in (SHUFFLED, OPEN):
        dopamine = dopamine.shuffled(draw) if arm == SHUFFLED else dopamine.everywhere()
    given = odours(2 * TAUGHT, int(wiring.glomerulus.max()) + 1, seed + 60_000)
    active = {"active": 0.5} if arm == DENSE else {}
    return {VALENCE: valence(wiring, dopamine, given, seed, **active)}


def answer(outcomes: Outcomes, row: Row) -> str:
    """Both measures of geometry, and learning, side by side."""
    return "; ".join(
        f"{side}: "
        + ", ".join(
            f"{name} {trials.values(REAL, name).mean():.3g} (rewired {trials.values(NULL, name).mean():.3g})"
            for name in MEASURES
        )
        for side, trials in ((side, outcomes[side]) for side in SIDES)
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether learning could tell wirings apart, and whether it needs a sparse code."""
    rows, (low, high) = [], ROOM
    for side, trials in outcomes.items():
        metric = "learning" if side in SIDES else VALENCE
        null, real, dense = (float(trials.values(arm, metric).mean()) for arm in (NULL, REAL, DENSE))
        words = f"{side}: rewired wirings learn neither all nor nothing"
        rows.append(Check(words, low <= null <= high, f"{null:.2f}"))
        words = f"{dense:.2f} against {real:.2f}"
        rows.append(Check(f"{side}: a dense code learns less", dense < real, words))
        if metric == VALENCE:
            alike = float(trials.values(OPEN, VALENCE).mean())
            words = f"{side}: dopamine everywhere tells reward from punishment no better than chance"
            rows.append(Check(words, abs(alike - 0.5) <= CHANCE, f"{alike:.2f}"))
    return rows
