"""A user's own tune: the notes of a MIDI file, or a plain list of them."""

import io
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from brainwright.signal.errors import StreamError
from brainwright.signal.tune import midi_number
from brainwright.untrusted import printable

LARGEST_BYTES = 1 << 20
"""Of a file: a MIDI file of one melody has a few thousand; what is larger is none."""
HIGHEST = 127  # MIDI note numbers
DRUMS = 9  # the channel of percussion in General MIDI
LEGATO = 0.5
"""Of the shorter note: one that sounds longer than this into the next is no slur but a second voice."""


def read_notes(path: str | Path) -> tuple[int, ...]:
    """The notes of a file in order, as MIDI note numbers.

    Args:
        path: a MIDI file with one melody, or a UTF-8 text with note names (E4, F#4, Bb3) or MIDI numbers
            between spaces, commas or line ends; what stands behind a # at the beginning of a line is a
            comment.

    Raises:
        StreamError: no such file, one that is too large or empty, no notes, chords, or a word that is no
            note.
    """
    path = Path(path)
    name = printable(path.name)
    if path.exists() and not path.is_file():
        raise StreamError(f"expected a tune at {printable(path)}, got no plain file")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise StreamError(f"expected a tune at {path}, got: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise StreamError(f"{name}: expected a tune of at most {LARGEST_BYTES:,} bytes, got a larger file")
    if not content.strip():
        raise StreamError(f"{name}: expected notes, got an empty file")
    notes = _of_midi(name, content) if content.startswith(b"MThd") else _of_text(name, content)
    if not notes:
        raise StreamError(f"{name}: expected notes, got none")
    return notes


def _of_midi(name: str, content: bytes) -> tuple[int, ...]:
    """The notes that are struck, over all tracks in order of time."""
    import mido  # here: it is needed for such files alone

    try:
        struck = _struck(mido.merge_tracks(mido.MidiFile(file=io.BytesIO(content)).tracks))
    except Exception as error:  # a parser's complaint about a stranger's file may be of any kind
        why = printable(str(error)) or type(error).__name__
        raise StreamError(
            f"{name}: expected a MIDI file, got one that cannot be read ({why}); export it anew"
        ) from error
    for (start, end, note), (later, ends, other) in pairwise(sorted(struck)):
        if min(end, ends) - later > LEGATO * min(end - start, ends - later) or start == later:
            raise StreamError(
                f"{name}: expected a melody of one note at a time, got a chord (notes {note} and {other} at "
                f"tick {later}); keep one voice"
            )
    return tuple(note for _, _, note in sorted(struck))


def _struck(messages: Iterable[Any]) -> list[tuple[int, int, int]]:
    """(Tick of its beginning, of its end, note) of each; drums are left out."""
    tick, sounding, struck = 0, {}, []
    for message in messages:
        tick += message.time
        if message.type in ("note_on", "note_off") and message.channel != DRUMS:
            if (message.channel, message.note) in sounding:
                begun = sounding.pop((message.channel, message.note))
                struck.append((begun, tick, message.note))
            if message.type == "note_on" and message.velocity > 0:
                sounding[message.channel, message.note] = tick
    return struck + [(begun, tick, note) for (_, note), begun in sounding.items()]


def _of_text(name: str, content: bytes) -> tuple[int, ...]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise StreamError(
            f"{name}: expected a MIDI file, or a text of notes in UTF-8, got something else"
        ) from error
    kept = " ".join(line for line in lines if not line.lstrip().startswith("#"))
    return tuple(_note(name, word) for word in re.split(r"[\s,;]+", kept) if word)


def _note(name: str, word: str) -> int:
    """MIDI number of a word."""
    try:
        short = word.isascii() and word.isdigit() and len(word) <= 3
        number = int(word) if short else midi_number(word)
    except ValueError:
        number = -1
    if not 0 <= number <= HIGHEST:
        raise StreamError(
            f"{name}: expected notes such as E4, F#4 or MIDI numbers 0 to {HIGHEST}, got "
            f"{printable(word[:20])!r}"
        )
    return number
