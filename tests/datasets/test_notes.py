"""Tunes from files of users: the right notes, or one line."""

import mido
import pytest

from brainwright.datasets.notes import LARGEST_BYTES, read_notes
from brainwright.signal import StreamError

ODE = (64, 64, 65, 67, 67, 65, 64, 62)


def midi(path, notes, *, together=0, held=0, channel=0, tracks=1):
    """A file of quarter notes; `together` half tones above each a second one; each held into the next."""
    file = mido.MidiFile()
    for _ in range(tracks):
        track = mido.MidiTrack()
        file.tracks.append(track)
        for k, note in enumerate(notes):
            say = {"channel": channel, "velocity": 64}
            track.append(mido.Message("note_on", note=note, time=0 if k == 0 else 240 - held, **say))
            if k and held:
                track.append(mido.Message("note_off", note=notes[k - 1], time=held, channel=channel))
            if together:
                track.append(mido.Message("note_on", note=note + together, **say))
                track.append(mido.Message("note_off", note=note + together, time=240, channel=channel))
            if not held or k == len(notes) - 1:
                track.append(
                    mido.Message("note_off", note=note, time=0 if together else 240, channel=channel)
                )
    file.save(path)
    return path


def test_a_melody_is_read_from_midi(tmp_path):
    assert read_notes(midi(tmp_path / "a.mid", ODE)) == ODE
    assert read_notes(midi(tmp_path / "slurred.mid", (60, 62, 64), held=60)) == (60, 62, 64)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("E4 F4 g4", (64, 65, 67)),
        ("64, 65;67\n", (64, 65, 67)),
        ("# a comment\nF#4 Bb3 c-1\n".replace("c-1", "C0"), (66, 58, 12)),
        ("\ufeffE4\tF♯4", (64, 66)),
    ],
)
def test_a_plain_list_of_notes(tmp_path, content, notes):
    (tmp_path / "tune.txt").write_text(content, "utf-8")
    assert read_notes(tmp_path / "tune.txt") == notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected notes, got an empty file"),
        (b" \n ", "expected notes, got an empty file"),
        (b"# none\n", "expected notes, got none"),
        (b"E4 H4", "got 'H4'"),
        (b"128", "MIDI numbers 0 to 127, got '128'"),
        (b"G9 A9", "got 'A9'"),
        (b"E4 \x1b[2J", r"got '\\\\x1b\[2J'"),
        (b"\xff\xfe\x00", "a text of notes in UTF-8, got something else"),
        (b"MThd\x00\x00", "expected a MIDI file, got one that cannot be read"),
        (b"MThd" + bytes(2_000), "expected a MIDI file, got one that cannot be read"),
        (b"E4 " * LARGEST_BYTES, "at most 1,048,576 bytes, got a larger file"),
    ],
)
def test_what_is_no_tune_is_refused_in_one_line(tmp_path, content, message):
    (tmp_path / "tune").write_bytes(content)
    with pytest.raises(StreamError, match=message) as told:
        read_notes(tmp_path / "tune")
    assert "\n" not in str(told.value)


def test_chords_drums_and_missing_files(tmp_path):
    with pytest.raises(StreamError, match="got a chord"):
        read_notes(midi(tmp_path / "chords.mid", (60, 62, 64), together=4))
    with pytest.raises(StreamError, match="got a chord"):  # a second voice, not struck at the same time
        read_notes(midi(tmp_path / "voices.mid", (60, 62, 64), held=200))
    with pytest.raises(StreamError, match="got a chord"):  # two tracks in parallel
        read_notes(midi(tmp_path / "tracks.mid", (60, 62, 64), tracks=2))
    with pytest.raises(StreamError, match="expected notes, got none"):
        read_notes(midi(tmp_path / "drums.mid", (60, 62, 64), channel=9))
    with pytest.raises(StreamError, match=r"expected a tune at .*nothing\.mid, got: No such file"):
        read_notes(tmp_path / "nothing.mid")
