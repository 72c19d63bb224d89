"""Notes sound at their pitch and in their order."""

import numpy as np
import pytest

from brainwright.report import Audio, melody
from brainwright.report.html import block


def test_each_note_has_its_frequency_at_its_time():
    rate_hz, note_s = 11_025, 0.3
    sound = melody([69, 81, 60], note_s=note_s, rate_hz=rate_hz)
    assert np.abs(sound).max() == pytest.approx(0.9)
    for i, frequency_hz in enumerate([440.0, 880.0, 261.63]):
        part = sound[round((i + 0.02) * note_s * rate_hz) :][: round(0.25 * rate_hz)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 15))
        assert np.fft.rfftfreq(1 << 15, 1 / rate_hz)[spectrum.argmax()] == pytest.approx(
            frequency_hz, rel=0.01
        )
    assert "data:audio/wav" in block(Audio("x", sound, rate_hz))


def test_rests_are_silent_and_no_notes_are_refused():
    assert not melody([None, None]).any()
    with pytest.raises(ValueError, match="at least one note"):
        melody([])
