"""Melodies as streams of notes: public domain, no note twice in a row, at most eight pitch classes."""

import difflib
import re

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import SymbolStream

TUNES = {
    # W. A. Mozart, Eine kleine Nachtmusik K. 525 (1787), opening call and answer, first violin;
    # the high D6 that ends each half is merged with D5.
    "nachtmusik": "G5 D5 G5 D5 G5 D5 G5 B5 D5 C6 A5 C6 A5 C6 A5 F#5 A5 D5",
    # L. van Beethoven, Bagatelle WoO 59 "Für Elise" (1810), theme with both endings, upper voice;
    # the low C4 and E4 are merged with C5 and E5, the octave step E4-E5 counts as one note.
    "elise": (
        "E5 D#5 E5 D#5 E5 B4 D5 C5 A4 C5 E5 A4 B4 E5 G#4 B4 C5 "
        "E5 D#5 E5 D#5 E5 B4 D5 C5 A4 C5 E5 A4 B4 E5 C5 B4 A4"
    ),
}

PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_PITCH = re.compile(r"([A-Ga-g])([#b♯♭]?)([0-9])$")
_SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


def tune(name: str = "nachtmusik") -> SymbolStream:
    """A melody as an endless stream of its pitch classes, with the MIDI note that sounds each.

    The default was chosen because each of its six notes has one clearly likeliest successor (no ties), which
    the probe of a taught tissue needs.

    Example:
        >>> tune().labels
        ('G', 'D', 'B', 'C', 'A', 'F#')
    """
    if name not in TUNES:
        near = difflib.get_close_matches(name, TUNES, n=1, cutoff=0)
        raise StreamError(
            f"tune: expected one of {', '.join(TUNES)}, got {name!r}; did you mean {near[0]!r}?"
        )
    pitches = TUNES[name].split()
    distinct = list(dict.fromkeys(pitches))
    return SymbolStream(
        name,
        labels=tuple(pitch[:-1] for pitch in distinct),
        sequence=np.array([distinct.index(pitch) for pitch in pitches]),
        midi=tuple(midi_number(pitch) for pitch in distinct),
    )


def midi_number(pitch: str) -> int:
    """MIDI note number of a pitch such as "F#5" or "Bb3"; A4 (440 Hz) is 69. Raises ValueError for no pitch.

    Example:
        >>> midi_number("A4"), midi_number("f#5"), midi_number("Bb3")
        (69, 78, 58)
    """
    written = _PITCH.match(pitch)
    if not written:
        raise ValueError(f"midi_number: expected a pitch such as F#5, got {pitch!r}")
    letter, sign, octave = written.groups()
    return 12 * (int(octave) + 1) + PITCHES.index(letter.upper()) + _SIGNS[sign]


def pitch_class(note: int) -> str:
    """Name of a MIDI note number without its octave.

    Example:
        >>> pitch_class(69), pitch_class(66)
        ('A', 'F#')
    """
    return PITCHES[note % 12]
