"""Continuous signals while a text is read: responses locked to words are found, shifted ones are not."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb_series import Series
from brainwright.emulator.text import TextPlan, TextShape
from brainwright.loop.reading import fitted as rows
from brainwright.loop.reading.own import OwnReading, read_words
from brainwright.loop.reading.waves import BASELINE_S, SD_ROOT, Waves
from brainwright.loop.reading.windows import BINS, Windows
from brainwright.loop.reading.words import ReadingError, ReadText

RATE_HZ, CHANNELS = 250.0, 12
STAY_S = 0.5
SHAPE = TextShape(n_latent=12, width=16, n_layers=1, n_heads=2, rank=2)
ONE_LENGTH = ("apple", "bread", "chair", "dough", "eagle", "flame", "grape", "horse", "igloo", "jelly")
LENGTHS = ("a", "ox", "cat", "bird", "mouse", "rabbit", "dolphin", "elephant", "crocodile", "chimpanzee")


def texts_of(words: tuple[str, ...]) -> list[str]:
    """140 different texts of four words."""
    rng = np.random.default_rng(5)
    drawn = (" ".join(rng.choice(words, 4)) for _ in range(1_000))
    return list(dict.fromkeys(drawn))[:140]


def spoken(texts: list[str]) -> tuple[list[str], np.ndarray]:
    words = [word for text in texts for word in text.split()]
    return words, 0.5 + STAY_S * np.arange(len(words)) + np.random.default_rng(1).uniform(0, 0.05, len(words))


def evoked(pattern: np.ndarray, onset_s: np.ndarray) -> np.ndarray:
    """A wave of .2 s that peaks .15 s after each onset, by a pattern over channels [word, channel]; drift,
    mains and noise besides, [frame, channel].
    """
    rng = np.random.default_rng(2)
    time_s = np.arange(round((onset_s[-1] + 1.5) * RATE_HZ)) / RATE_HZ
    course = np.exp(-0.5 * ((np.arange(round(0.4 * RATE_HZ)) / RATE_HZ - 0.15) / 0.05) ** 2)
    made = rng.normal(0, 1.0, (len(time_s), CHANNELS)) + 3 * np.sin(2 * np.pi * 50 * time_s)[:, None]
    made += 5 * np.sin(2 * np.pi * 0.05 * time_s)[:, None]
    for row, first in zip(pattern, np.round(onset_s * RATE_HZ).astype(int), strict=True):
        made[first : first + len(course)] += course[:, None] * row
    return made


def series_of(values: np.ndarray) -> Series:
    names = tuple(f"E{k}" for k in range(values.shape[1]))
    return Series("eeg", values, len(values), names, 0.0, RATE_HZ, None, np.ones(values.shape[1]), 0.0)


def write(path, signal: np.ndarray, words: list[str], onset_s: np.ndarray, *, twice: bool = False) -> None:
    pynwb = pytest.importorskip("pynwb", reason="NWB files need pynwb")
    file = pynwb.NWBFile("read", "id", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    group = file.create_electrode_group("cap", "of the head", "head", file.create_device("amplifier"))
    for _ in range(signal.shape[1]):
        file.add_electrode(group=group, location="head")
    region = file.create_electrode_table_region(list(range(signal.shape[1])), "all")
    told = {"data": signal * 1e6, "electrodes": region, "rate": RATE_HZ, "conversion": 1e-6}
    file.add_acquisition(pynwb.ecephys.ElectricalSeries(name="eeg", **told))
    if twice:
        lfp = pynwb.ecephys.LFP(electrical_series=pynwb.ecephys.ElectricalSeries(name="slow", **told))
        file.create_processing_module("ecephys", "filtered").add(lfp)
    table = pynwb.epoch.TimeIntervals("words", "what was read")
    table.add_column("word", "the word")
    for word, start in zip(words, onset_s, strict=True):
        table.add_interval(start_time=start, stop_time=start + 0.3, word=word)
    file.add_time_intervals(table)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)


def reading_of(path, texts: list[str], signal: np.ndarray | None = None) -> OwnReading:
    """Of the file `my.nwb`, or of a signal in its place."""
    (path / "my.txt").write_text("\n".join(texts), encoding="utf-8")
    plan = TextPlan(steps=2)
    own = OwnReading(path / "my.nwb", path / "my.txt", shape=SHAPE, plan=plan, fit_steps=20)
    if signal is not None:
        own.__dict__["reading"] = ReadText(tuple(texts), Waves.of(series_of(signal)), spoken(texts)[1])
    return own


# of 64 by chance 1; 6 or more in one of 1,700 draws
MANY = 6 / 64


@pytest.mark.filterwarnings("ignore")  # pynwb warns of its own deprecations
def test_what_was_read_is_retrieved_from_responses_and_not_from_responses_to_other_words(tmp_path):
    texts = texts_of(ONE_LENGTH)
    words, onset_s = spoken(texts)
    pattern = np.random.default_rng(3).normal(0, 3, (len(ONE_LENGTH), CHANNELS))
    number = np.array([ONE_LENGTH.index(word) for word in words])
    write(tmp_path / "my.nwb", evoked(pattern[number], onset_s), words, onset_s)
    made = reading_of(tmp_path, texts).split(0)
    assert made[f"{rows.BRAIN}/retrieved"] > 0.5
    for row in (rows.NOISE, rows.SHUFFLED, rows.LENGTHS, rows.POSITIONS):
        assert made[f"{row}/retrieved"] < MANY
    # the responses are those to words that were read 29 words before: onsets that are shuffled
    other = evoked(pattern[np.roll(number, 29)], onset_s)
    assert reading_of(tmp_path, texts, other).split(0)[f"{rows.BRAIN}/retrieved"] < MANY


def test_a_brain_that_shows_how_long_words_are_is_caught_by_that_row(tmp_path):
    texts = texts_of(LENGTHS)
    words, onset_s = spoken(texts)
    letters = np.array([len(word) for word in words])[:, None]
    made = reading_of(tmp_path, texts, evoked(letters * np.ones(CHANNELS), onset_s)).split(0)
    brain, alone = (made[f"{row}/retrieved"] for row in (rows.BRAIN, rows.LENGTHS))
    assert brain > MANY, "it looks like reading"
    assert alone > brain - 0.05, "and is what the lengths of words say without a brain"
    assert made[f"{rows.SHUFFLED}/retrieved"] < MANY


@pytest.mark.filterwarnings("ignore")  # pynwb warns of its own deprecations
def test_several_series_are_named_and_one_is_chosen(tmp_path):
    onset_s = 0.5 + STAY_S * np.arange(3)
    signal = evoked(np.ones((3, CHANNELS)), onset_s)
    write(tmp_path / "my.nwb", signal, ["one", "two", "three"], onset_s, twice=True)
    with pytest.raises(DatasetError, match="one of acquisition/eeg, ecephys/LFP/slow; got None"):
        read_words(tmp_path / "my.nwb")
    for source in ("acquisition/eeg", "ecephys/LFP/slow"):
        heard, words, found_s = read_words(tmp_path / "my.nwb", source)
        assert words == ["one", "two", "three"]
        np.testing.assert_allclose(found_s, onset_s)
        assert isinstance(heard, Waves)
        assert heard.channels == tuple(str(k) for k in range(CHANNELS))
        assert heard.rate_hz == 125
        assert heard.stop_s == pytest.approx(len(signal) / RATE_HZ, abs=0.01)


def test_bins_are_means_less_what_was_before():
    """A step of one deviation, .2 s after every other onset: seen from the third bin on, and not as drift."""
    onset_s = 1.0 + 2.0 * np.arange(40)
    time_s = np.arange(round(82 * RATE_HZ)) / RATE_HZ
    values = np.random.default_rng(0).normal(0, 0.01, (len(time_s), 2)) + 0.1 * time_s[:, None]
    for start_s in onset_s[::2]:
        values[(time_s >= start_s + 0.25) & (time_s < start_s + 1.25), 0] += 1
    made = Waves.of(series_of(values)).after(onset_s, Windows())
    assert made.shape == (1, 40, 2, 2 * BINS)
    root = (np.sqrt(made[0, :, 0]).reshape(40, BINS, 2) - 3) / SD_ROOT
    np.testing.assert_allclose(root.mean(0), 0, atol=1e-4)
    apart = root[::2].mean(0) - root[1::2].mean(0)
    assert np.all(apart[2:, 0] > 1.9), "two deviations lie between two halves"
    assert abs(apart[0, 0]) < 1
    assert np.all(abs(apart[:, 1]) < 1)


def test_channels_that_cannot_be_used_and_words_outside_are_refused_by_name():
    values = np.random.default_rng(0).normal(size=(1_000, 4))
    broken = values.copy()
    broken[5, 1] = np.nan
    with pytest.raises(ReadingError, match=r"missing values \(NaN\) in channel E1: leave"):
        Waves.of(series_of(broken))
    flat = values.copy()
    flat[:, [0, 2]] = 7.0
    with pytest.raises(ReadingError, match="one value throughout in channel E0, E2"):
        Waves.of(series_of(flat))
    whole = Waves.of(series_of(values))
    for onset_s in ([BASELINE_S / 2, 1.0], [1.0, 3.5]):
        with pytest.raises(ReadingError, match="leave out the first or last text"):
            whole.after(np.array(onset_s), Windows())
    with pytest.raises(ReadingError, match="a second of signal"):
        Waves.of(replace(series_of(values), n_frames=100))
    stamps = np.arange(1_000) / RATE_HZ
    stamps[500:] += 3 / RATE_HZ
    with pytest.raises(ReadingError, match="without a gap"):
        Waves.of(replace(series_of(values), rate_hz=None, stamps_s=stamps))
    with pytest.raises(ReadingError, match="begin at or after an onset"):
        Windows(-0.1)
