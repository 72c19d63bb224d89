"""Spoken digits (FSDD) as streams of log-mel frames."""

import io
import wave
import zipfile
from functools import cache
from itertools import combinations

import numpy as np
from jaxtyping import Float

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.locate import require
from brainwright.datasets.registry import dataset

from .patches import Patches, Split

NAME = "spoken_digits_fsdd"
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
RATE_HZ = 8000
WINDOW, HOP, BANDS = 256, 96, 32
"""Samples of a window (32 ms) and from one to the next (12 ms); mel bands up to half the rate."""
FRAMES, LONGEST = 4, 12
"""Frames of a patch, and patches of a stream at most: 576 ms, longer than nine in ten recordings."""
QUIET = 1e-8
"""Added to power before its logarithm: full scale is 1, a step of 16 bits 1e-9 in power."""


def spoken_streams(seed: int = 0, *, held_out: tuple[int, ...] | None = None) -> Split:
    """Recordings of four speakers to train on, of the other two to judge with; which two is one of fifteen
    pairs, by the seed. Frames of a recording are taken about their mean, which is mostly the speaker.

    Args:
        seed: of the pair.
        held_out: in place of it: which speakers (places in `SPEAKERS`) to judge with.

    Raises:
        MissingData: says which file to put where.
    """
    frames, digits, speakers = recordings()
    pair = list(combinations(range(len(SPEAKERS)), 2))[seed % 15]
    held = np.isin(speakers, pair if held_out is None else held_out)
    parts = []
    for index in (np.flatnonzero(~held), np.flatnonzero(held)):
        parts.append(Patches.of([frames[i] for i in index], digits[index]))
    return Split(*parts).standardised()


@cache
def recordings() -> tuple[list[Float[np.ndarray, "patch value"]], np.ndarray, np.ndarray]:
    """All recordings as patches of frames, their digits and their speakers; read once per process."""
    entry = dataset(NAME)
    streams, digits, speakers = [], [], []
    with zipfile.ZipFile(require(entry, entry.files[0])) as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith(".wav")):
            digit, speaker, _ = name.rsplit("/", 1)[-1].split("_")
            patches = patches_of(log_mel(_samples(archive.read(name), name)))
            if len(patches) > 1:
                streams.append(patches)
                digits.append(int(digit))
                speakers.append(SPEAKERS.index(speaker))
    return streams, np.array(digits, np.int64), np.array(speakers)


def log_mel(sound: Float[np.ndarray, " sample"]) -> Float[np.ndarray, "frame band"]:
    """log(power in mel bands), about the mean of each band over the recording."""
    from scipy.signal import spectrogram

    short = max(0, WINDOW - len(sound))
    power = spectrogram(
        np.pad(sound, (0, short)), RATE_HZ, "hann", WINDOW, WINDOW - HOP, detrend=False, scaling="spectrum"
    )[2]
    frames = np.log(mel_bands() @ power + QUIET).T
    return frames - frames.mean(0)


@cache
def mel_bands() -> Float[np.ndarray, "band frequency"]:
    """Triangles, evenly spaced in mel = 2595 log10(1 + f / 700) (O'Shaughnessy 1987)."""
    top = 2595 * np.log10(1 + RATE_HZ / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    f = np.fft.rfftfreq(WINDOW, 1 / RATE_HZ)[None]
    low, middle, high = (edges[k : k + BANDS, None] for k in range(3))
    return np.clip(np.minimum((f - low) / (middle - low), (high - f) / (high - middle)), 0, None)


def patches_of(frames: Float[np.ndarray, "frame band"]) -> Float[np.ndarray, "patch value"]:
    """Frames side by side; those that fill no patch are left out."""
    n = min(len(frames) // FRAMES, LONGEST)
    return frames[: n * FRAMES].reshape(n, -1).astype(np.float32)


def _samples(raw: bytes, name: str) -> Float[np.ndarray, " sample"]:
    with wave.open(io.BytesIO(raw)) as file:
        kind = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        if kind != (1, 2, RATE_HZ):
            raise DatasetError(f"{name}: expected one channel of 16 bits at {RATE_HZ} Hz, got {kind}")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 2**15
