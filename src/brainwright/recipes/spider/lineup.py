"""Names of the arms."""

MAIN = "completed"
"""What is sensed and what is expected, half and half: the read-out on which the primary claims stand."""
READ = {
    "sensed": ("sensed", 1),
    "hidden": ("hidden", 1),
    "hidden, imagined": ("hidden", 4),
    "predicted": ("predicted", 1),
    "predicted, imagined": ("predicted", 4),
    "imagery": ("imagery", 1),
    MAIN: ("completed", 4),
}
"""Arm → what is read, and how many steps a thought of a name goes on."""
SHUFFLED, UNTAUGHT = "names shuffled", "network untaught"
STRANGE, CHANCE = "words never heard", "looming at random"
"""As the main arm, but that names are new words at the test, or that each kind did what another kind does
while it was learned.
"""
LATE = "names never first"
INFERRED, LATE_INFERRED = "any subset", "any subset, names never first"
TAKEN_AWAY = (UNTAUGHT, STRANGE, CHANCE)
SUMMED, NO_VETO, HEBB = "summed critic", "no veto", "Hebb"
DRILLED = (*(arm for arm in READ if "imagined" not in arm), INFERRED)
"""Arms that go through the conditioning tests, where a cue is read while it is there."""
SCORE, ABOUT = "score", ("transfer", "flipped", "safe door")
"""Every arm has a score: the first of these that it was asked for."""
