"""What is run and compared, fixed before the run."""

from functools import cache

import numpy as np

from brainwright.connectome import Connectome, nulls
from brainwright.experiment import Claim, Design, Outcomes, Row, Study

from . import Config

REAL, REWIRED, RANDOM = "worm", "degrees kept", "edges at random"
SENTENCES = {
    "supported": "The worm's neurons answer one another more often than their numbers of partners explain.",
    "no difference": "As many connections are mutual as in rewired wirings.",
    "against": "Fewer connections are mutual than in rewired wirings.",
    "cannot tell": "Too few wirings were drawn to tell.",
}


def design(config: Config) -> Design:
    """One study: the worm once, each chance wiring in many draws. The primary claim is named here."""
    draws = 4 if config.quick else config.draws
    return Design(
        studies=(
            Study(
                "wirings",
                mutual_share,
                {REAL: 1, REWIRED: draws, RANDOM: draws},
                seeds=(config.seed,),
                metric="share of connections that are mutual",
                settings={"seed": config.seed},
            ),
        ),
        primary=Claim("wirings", REAL, REWIRED, "nulls", margin=0.01),
        claims=(Claim("wirings", REAL, RANDOM, "nulls", margin=0.01),),
        sentences=SENTENCES,
        answer=answer,
    )


@cache
def worm() -> Connectome:
    """The chemical synapses of the worm, read once per process."""
    return Connectome.load("celegans/varshney2011").of_kind("chemical").without_autapses()


def mutual_share(arm: str, seed: int, draw: int) -> dict[str, float]:
    """A trial: numbers by name. All that is random follows from its arguments."""
    wiring = worm()
    if arm != REAL:
        rewire = nulls.degree_preserving if arm == REWIRED else nulls.erdos_renyi
        wiring = rewire(wiring, seed=int(np.random.SeedSequence([seed, draw]).generate_state(1)[0]))
    there = wiring.weights().toarray() != 0
    return {"share of connections that are mutual": float((there & there.T).sum() / there.sum())}


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures in a sentence."""
    real = outcomes["wirings"].values(REAL, primary["metric"]).mean()
    gain = primary["effect_size"]
    return f"{real:.1%} of the worm's connections are mutual, {100 * gain:+.1f} points against rewired ones."
