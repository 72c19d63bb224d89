"""Words that reports use in a sense of their own, each explained once: on the page that uses it, and in the
documentation.
"""

import re

ARMS = {
    "adaptive": "the arm that is asked about: gradient steps on the emulator choose what is written",
    "ungraded": "the same emulator and maps as in adaptive, without a gradient step",
    "yoked": "another unit's writes: as many, as strong and as regular, but answering to somebody else",
    "delayed": "a unit's own writes, some symbols too late",
    "matched": "random writes with the charge and the number of pulses of adaptive",
    "silent": "no writes at all",
    "frozen": "nothing can learn: plasticity is switched off, or weights stay as they were drawn",
    "saline": "the same writes into a dish without cells: what electrodes and decoder alone give",
    "oracle": "is told what nobody can know in earnest, and so shows the best that can be had",
    "lookup": "a table of mean responses in place of a model",
    "search": "blind steps on the same loss, as many as there are gradient steps",
    "poor": "the same stream with fewer recorded symbols: what a short acquaintance gives",
    "scarce": "too few recorded symbols to have heard every succession",
    "sham sleep": "sleep with random writes in place of the replay",
}
"""Arms of experiments; most of these words are ordinary ones elsewhere."""

TERMS = {
    "LZ40": "40 simulated neurons whose rates follow a Lorenz system: the best possible score is known",
    "LIF80": "80 simulated spiking neurons with known wiring and a hidden common drive",
    "bits/spike": "how much better a spike is foretold than by the mean rate, in bits for each spike",
    "co-bps": "bits per spike on neurons that are held out, from those that are seen at the same time",
    "fp-bps": "bits per spike on the time to come, from the time before",
    "skill": "1 less the error over that of the mean: 1 is perfect, 0 no better than the mean",
    "persistence": "the forecast that everything stays as it was last",
    "CRPS": "error of a forecast that is a distribution; that of a single value is its absolute error",
    "d_z": "mean of the paired differences over their standard deviation",
    "pooled d": "difference of the means over the standard deviation within arms",
    "percentile": "share of null graphs below the real one, ties counting half",
    "Holm": "a correction for several tests at once (Holm 1979)",
    "p of equivalence": "small where two arms differ by less than the margin (two one-sided tests)",
    "margin": "the largest difference that counts as none, fixed before the run",
    "void": "of a gate: what is had for nothing is so good that the gate says nothing",
    "readout alone": "only the last layer learns: what a rule for the others must exceed",
    "supported": "the 95 % interval of the effect lies above the threshold",
    "no difference": "the effect is surely smaller than the margin",
    "against": "the 95 % interval of the effect lies below the threshold, on the other side",
    "cannot tell": "none of the three: too few units, or too much spread",
}
"""Terms and the four words of a verdict."""

WORDS = ARMS | TERMS


def words_in(text: str, arms: str = "") -> dict[str, str]:
    """The words above that a text uses, or that are among the names of arms, with what they mean.

    Example:
        >>> list(words_in("poor d_z: the search goes on, against all odds", arms="yoked, poor/silent"))
        ['yoked', 'silent', 'poor', 'd_z', 'against']
    """
    used = {word: means for word, means in ARMS.items() if _is_in(word, arms)}
    return used | {word: means for word, means in TERMS.items() if _is_in(word, text)}


def _is_in(word: str, text: str) -> bool:
    """Whole words; capitals count only where the word has some, since sentences begin with them."""
    kind = re.IGNORECASE if word == word.lower() else 0
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, kind) is not None
