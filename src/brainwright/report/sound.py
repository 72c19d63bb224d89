"""Notes as sound, for the audio players of a page."""

from collections.abc import Sequence

import numpy as np


def melody(midi: Sequence[int | None], *, note_s: float = 0.28, rate_hz: int = 11_025) -> np.ndarray:
    """Plucked notes one after another, float64 [sample] between -1 and 1.

    Args:
        midi: MIDI note number of each note (69 is A4, 440 Hz); None is a rest.
        note_s: from one note to the next, in seconds; a note rings on a little under the next.
        rate_hz: samples per second.

    Raises:
        ValueError: no note at all.
    """
    if not midi:
        raise ValueError("melody: expected at least one note, got none")
    step, ring = round(note_s * rate_hz), round(2 * note_s * rate_hz)
    sound = np.zeros(step * (len(midi) - 1) + ring)
    for i, note in enumerate(midi):
        if note is not None:
            sound[i * step : i * step + ring] += _pluck(440.0 * 2 ** ((note - 69) / 12), ring, rate_hz)
    loudest = np.abs(sound).max()
    return 0.9 * sound / loudest if loudest > 0 else sound


def _pluck(frequency_hz: float, samples: int, rate_hz: int) -> np.ndarray:
    """A tone of a few harmonics that starts softly and dies away; harmonics above Nyquist are left out."""
    t_s = np.arange(samples) / rate_hz
    tone = np.zeros(samples)
    for harmonic in range(1, 6):
        if harmonic * frequency_hz < rate_hz / 2:
            decay = np.exp(-t_s * (4 + 3 * harmonic))
            tone += decay * np.sin(2 * np.pi * harmonic * frequency_hz * t_s) / harmonic**1.5
    fade = np.minimum(1, (samples - np.arange(samples)) / (0.02 * rate_hz))
    return tone * fade * np.minimum(1, t_s / 0.005)
