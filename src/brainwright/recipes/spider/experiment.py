"""What must be carried over, what must fall, and by how much: fixed before the run."""

from functools import partial

from brainwright.evidence import Check, Gate
from brainwright.experiment import Claim, Design, Outcomes, Row, Study, matters
from brainwright.loop.thoughts.conditioning import UNPAIRED
from brainwright.loop.thoughts.lessons import BAIT, PLAIN
from brainwright.loop.thoughts.wanted import CRITICS
from brainwright.steering import conditioned, read_conditioning
from brainwright.steering.conditioning import scores_of
from brainwright.verdict import Verdict

from . import Config, lineup, trial

FIRST_SEED = 30_000
"""Worlds of seeds below 100 and from 5,000 to 9,999 chose the settings."""
NONE = 0.05
"""What counts as none: of an AUROC, a share, or a gain in fear."""
AHEAD = 0.25
"""Least lead of the AUROC over shuffled names, and over a critic that is paid the sum."""
SENTENCES: dict[Verdict, str] = {
    "supported": "What a thing makes an animal fear, its name makes it fear, by what the name calls to mind.",
    "no difference": "A name says no more than one that was shuffled, or its fear is not that of an "
    "assessor.",
    "against": "A control is above the assessors.",
    "cannot tell": "This run cannot tell whether fear of a thing carries over to its name.",
}
OWN_SENTENCES: dict[Verdict, str] = {
    "supported": "By this table, an error that cues share changes what is learned.",
    "no difference": "By this table, a rule without an error learns the same.",
    "against": "By this table, a rule without an error scores more.",
    "cannot tell": "This table cannot tell rules with and without an error apart: more subjects, or other "
    "trials.",
}
GATES = (
    Gate("", lineup.MAIN, "transfer", at_least=0.9, lead=AHEAD, floor=lineup.SHUFFLED, void_from=0.65),
    Gate("", lineup.MAIN, "both against neutral", at_least=0.9, lead=AHEAD, floor=lineup.SUMMED),
    Gate("", lineup.SHUFFLED, "transfer", at_least=0.4),
    Gate("", lineup.SHUFFLED, "transfer", at_most=0.6),
    *(Gate("", arm, "transfer", at_least=0.4) for arm in (lineup.STRANGE, lineup.CHANCE)),
    *(Gate("", arm, "transfer", at_most=0.6) for arm in (lineup.STRANGE, lineup.CHANCE)),
    Gate("", lineup.MAIN, "leak", at_least=0.4),
    Gate("", lineup.MAIN, "leak", at_most=0.6),
    Gate("", lineup.MAIN, "trained cue", at_least=0.9),
    Gate("", lineup.MAIN, "before", at_most=0.1),
    Gate("", lineup.HEBB, "blocking", at_least=-NONE),
    Gate("", lineup.HEBB, "blocking", at_most=NONE),
    Gate("", lineup.MAIN, "kept, free", at_least=0.8),
    Gate("", lineup.MAIN, "kept, free", at_most=1.2),
    Gate("", lineup.MAIN, "kept, forced", at_most=0.2),
    Gate("", lineup.MAIN, "other cue kept", at_least=0.77),
    Gate("", lineup.MAIN, "growth of the loop", at_most=1.05),
    Gate("", lineup.MAIN, "flipped", at_least=0.95),
    Gate("", lineup.MAIN, "danger wanted", at_most=0.1),
    Gate("", lineup.MAIN, "lethal", at_most=0.1),
    Gate("", lineup.MAIN, "safe door", at_least=0.8),
    Gate("", lineup.LATE_INFERRED, "transfer", at_least=0.9, surely_above=lineup.LATE),
)
SHOWN = (
    "transfer",
    "lethal",
    "clean",
    "blocking",
    "both against neutral",
    "leak",
    "growth, unanchored",
    "ran away",
)


def design(config: Config) -> Design:
    """All arms in every world; or a table. Raises SteeringError."""
    if config.data is not None:
        return of_table(config)
    blocks = tuple(range(1 if config.quick else -(-config.worlds // trial.Size().worlds)))
    size = trial.Size(2, 150, 60, 15, 10, 2) if config.quick else trial.Size()
    offset = FIRST_SEED + 1000 * config.seed
    run = partial(trial.block, size, offset)
    suite = Study("", run, {"worlds": 1}, blocks, lineup.SCORE, matters(config), outcomes=trial.apart)
    return Design(
        studies=(suite,),
        primary=(
            Claim("", lineup.MAIN, lineup.SHUFFLED, metric="transfer", margin=NONE),
            Claim("", lineup.MAIN, lineup.SUMMED, metric="both against neutral", margin=NONE),
            Claim("", lineup.MAIN, lineup.HEBB, metric="blocking", margin=NONE),
        ),
        sentences=SENTENCES,
        answer=answer,
        claims=(
            *(
                Claim("", lineup.MAIN, arm, metric="transfer", margin=NONE)
                for arm in (*lineup.READ, *lineup.TAKEN_AWAY, lineup.HEBB, lineup.LATE, lineup.INFERRED)
                if arm != lineup.MAIN
            ),
            Claim("", lineup.LATE_INFERRED, lineup.LATE, metric="transfer", margin=NONE),
            *(Claim("", lineup.MAIN, arm, metric="flipped", margin=NONE) for arm in CRITICS),
            *(
                Claim("", lineup.NO_VETO, arm, metric="lethal", margin=NONE)
                for arm in (lineup.MAIN, lineup.SUMMED, lineup.SHUFFLED)
            ),
        ),
        gates=() if config.quick else GATES,
        checks=checks,
        facts={"table": "", "bait": BAIT / PLAIN, "unpaired": UNPAIRED},
        arm_metrics=SHOWN,
    )


def answer(outcomes: Outcomes, row: Row) -> str:
    """What is carried over, and what is left without each part."""

    def mean(arm: str, metric: str = "transfer") -> float:
        return float(outcomes[""].values(arm, metric).mean())

    main, bare, both = lineup.MAIN, lineup.NO_VETO, "both against neutral"
    clean = outcomes[""].values(main, "clean")
    return (
        f"AUROC of fear by name {mean(main):.2f}, with shuffled names {mean(lineup.SHUFFLED):.2f}, with an "
        f"untaught network {mean(lineup.UNTAUGHT):.2f}, read of the hidden state {mean('hidden'):.2f}; names "
        f"of what is dangerous and tasty against neutral ones {mean(main, both):.2f}, of a critic paid the "
        f"sum {mean(lineup.SUMMED, both):.2f}; a cue is blocked by {mean(main, 'blocking'):+.2f}, without an "
        f"error {mean(lineup.HEBB, 'blocking'):+.2f}. Baited doors are taken in "
        f"{100 * mean(main, 'lethal'):.0f} % of the halls with a veto (in none by {clean.sum():.0f} of "
        f"{clean.size} animals), in {100 * mean(bare, 'lethal'):.0f} % without"
    )


def checks(outcomes: Outcomes) -> list[Check]:
    """Whether each test could have failed."""
    trials = outcomes[""]
    bait, ran = trials.values(lineup.NO_VETO, "lethal").mean(), trials.values("hidden", "ran away")
    measured = trials.values("hidden", "growth, unanchored")
    agree = float(((measured > 1.05) == (ran > 1.05)).mean())
    objects = trials.values(lineup.MAIN, "objects").mean()
    return [
        Check("things themselves are feared", bool(objects >= 0.9), f"AUROC {objects:.2f}"),
        Check("the bait is taken without a veto", bool(bait >= 0.9), f"in {100 * bait:.0f} % of the halls"),
        Check(
            "a loop that the guard refuses would have run away",
            agree >= 0.8,
            f"{100 * agree:.0f} % of worlds",
        ),
    ]


def of_table(config: Config) -> Design:
    """A conditioning table: a rule that shares an error among cues beside one that has none."""
    assert config.data is not None
    table = read_conditioning(config.data)
    scores = tuple(scores_of(conditioned(table)))
    study = Study(
        "table",
        partial(trial.own, config.data),
        {"delta": 1, lineup.HEBB: 1},
        (0,),
        scores[0],
        matters(config),
        outcomes=trial.apart,
    )
    return Design(
        studies=(study,),
        primary=Claim("table", "delta", lineup.HEBB, margin=NONE),
        sentences=OWN_SENTENCES,
        answer=lambda outcomes, row: (
            f"{row['metric']}: {row['effect_size']:+.3f} over the rule without an error"
        ),
        claims=tuple(Claim("table", "delta", lineup.HEBB, metric=name, margin=NONE) for name in scores[1:]),
        facts={
            "table": f"{config.data.name}: {len(table.subjects)} subjects, {int(table.real.sum())} trials",
            "cues": table.cues,
            "scores": scores,
        },
        arm_metrics=tuple(scores),
    )
