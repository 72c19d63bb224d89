"""What each row of the read-out and of the write is, in words."""

from collections.abc import Mapping, Sequence

from . import fitted as rows
from . import work

READ_ROWS = {
    rows.NOISE: "noise in place of activity",
    rows.SHUFFLED: "maps fitted to pairs of activity and another text",
    rows.COUNTS: "the same map, on counts of spikes",
    rows.NO_CELLS: "the same pulses in a dish without cells",
    rows.UNTRAINED: "patches of an emulator as it was drawn",
    rows.WORDS: "the text whose words the same decoder finds the likeliest",
    rows.LENGTHS: "how long each word is, and nothing else",
    rows.POSITIONS: "how many words and letters a text has",
}
WRITE_ROWS = {
    work.TARGET: "the emulator's predicted state, improved by the gradient of the distance to the text's "
    "latents; then the nearest write for each word",
    work.THROUGH: "the same gradient, followed through the state to the pulses",
    work.ONCE: "the same text, read by the eye",
    work.NO_LEARNING: f"{work.THROUGH}, with an emulator as it was drawn",
    work.LOOKED_UP: "of the random writes that the response was learned from, without a gradient",
    work.SPELLED: "the gradient of how likely the words are",
    work.OTHER: "the same writes against the latents of another text: equal charge",
    work.BEFORE: "what the emulator predicts by itself",
    work.UP: "away from the text's latents",
    work.SHUFFLED_MAPS: "maps fitted to shuffled pairs",
}


def told_of(words: Mapping[str, str], shown: Sequence[str]) -> list[list[str]]:
    """What each row is that needs a word, in their order."""
    return [[name, words[name]] for name in shown if name in words]
