"""Both sides of one fly, each among rewired wirings: fixed before the run."""

from collections.abc import Mapping
from functools import cache, partial

from brainwright.connectome import Connectome
from brainwright.datasets import require_all
from brainwright.evidence import Check, draws_needed
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.steering.mushroom_body import Calyx, dimension, faithfulness, learned, odours
from brainwright.verdict import Verdict

from . import Config

WIRING = "flywire/mushroom_body"
REAL, NULL, DENSE = "real", "rewired", "half of the cells active"
MEASURES = {"faithfulness": 0.01, "dimension": 1.0, "learning": 0.01}
"""Largest difference that counts as none: correlation, dimensions, AUROC."""
ODOURS, PAIRED = 200, 30
"""For the geometry, and how many are paired in learning, beside as many others: so that rewired wirings learn
it neither always nor never.
"""
FIRST_SEED = 30_000
"""Draws below 10,000 chose the load and the noise."""
ROOM = 0.7, 0.95
"""Where rewired wirings must stand, that learning can tell anything."""
SENTENCES: dict[Verdict, str] = {
    "supported": "Kenyon cells of the real wiring overlap more as odours do than those of rewired ones.",
    "no difference": "Kenyon cells of rewired wirings overlap with odours just as the real ones do.",
    "against": "Kenyon cells of the real wiring overlap less as odours do than those of rewired ones.",
    "cannot tell": "This run cannot tell whether the real wiring changes the geometry of the code.",
}


def design(config: Config) -> Design:
    """A study for each side. Raises UserError where the files are missing."""
    require_all(WIRING)
    seeds = tuple(FIRST_SEED + 100 * config.seed + k for k in range(2 if config.quick else config.draws))
    arms = {REAL: 1, NULL: 4 if config.quick else draws_needed(1), DENSE: 1}
    studies = [
        Study(side, partial(asked, side), arms, seeds, "faithfulness", matters(config)) for side in SIDES
    ]
    claims = [
        Claim(side, REAL, NULL, "nulls", measure, margin)
        for side in SIDES
        for measure, margin in MEASURES.items()
    ]
    return Design(
        studies=tuple(studies),
        primary=tuple(claim for claim in claims if claim.metric == "faithfulness"),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claim for claim in claims if claim.metric != "faithfulness"),
        checks=checks,
        arm_metrics=tuple(MEASURES),
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


def answer(outcomes: Outcomes, row: Row) -> str:
    """Both measures of geometry, and learning, side by side."""
    return "; ".join(
        f"{side}: "
        + ", ".join(
            f"{name} {trials.values(REAL, name).mean():.3g} (rewired {trials.values(NULL, name).mean():.3g})"
            for name in MEASURES
        )
        for side, trials in outcomes.items()
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether learning could tell wirings apart, and whether it needs a sparse code."""
    rows = []
    for side, trials in outcomes.items():
        null, real, dense = (float(trials.values(arm, "learning").mean()) for arm in (NULL, REAL, DENSE))
        low, high = ROOM
        rows.append(
            Check(
                f"{side}: rewired wirings learn neither all nor nothing", low <= null <= high, f"{null:.2f}"
            )
        )
        rows.append(
            Check(f"{side}: a dense code learns less", dense < real, f"{dense:.2f} against {real:.2f}")
        )
    return rows
