"""Streams of patches: images, sounds, two time scales, recordings; and what is refused."""

import wave
import zipfile
from io import BytesIO
from math import erf

import numpy as np
import pytest

from brainwright.datasets import DatasetError, there
from brainwright.datasets.activity import Activity
from brainwright.datasets.named_tasks import named_task
from brainwright.datasets.streams import (
    Patches,
    image_streams,
    key_streams,
    pooled,
    products,
    raster,
    same_class,
    spoken,
    spoken_streams,
    two_scales,
)
from brainwright.datasets.streams.keys import NOISE, SLIP
from brainwright.datasets.streams.two_scales import DWELL, slow_states


def test_patches_are_cut_as_one_reads():
    image = np.arange(16.0)[None]
    first, second = raster(image, 2, 2)[0, :2]
    assert first.tolist() == [0, 1, 4, 5]
    assert second.tolist() == [2, 3, 6, 7]
    with pytest.raises(DatasetError, match="patches of 3 × 3"):
        raster(image, 3, 3)


def test_digits_are_standardised_by_the_training_streams():
    split = image_streams(named_task("digits"), 2, 4, n_train=200, n_test=50)
    assert split.train.values.shape == (200, 8, 8)
    rows = split.train.values.reshape(-1, 8)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(0), 1, atol=1e-4)


def test_streams_of_unequal_length_are_filled_up():
    patches = Patches.of([np.ones((2, 3)), np.ones((4, 3))], np.array([0, 1]))
    assert patches.valid.sum(1).tolist() == [2, 4]
    assert patches.values[0, 2:].max() == 0


@pytest.mark.parametrize(
    ("streams", "words"),
    [([np.ones((1, 3))], "a stream of 1 patch has no next one"), ([np.full((3, 2), np.nan)], "NaN")],
)
def test_what_no_stream_can_be_is_refused(streams, words):
    with pytest.raises(DatasetError, match=words):
        Patches.of(streams, np.zeros(1, np.int64))


def test_the_slow_state_switches_as_often_as_it_should():
    states = slow_states(2_000, 100, np.random.default_rng(0))
    switches = (np.diff(states, axis=1) != 0).mean()
    # 198,000 chances of 1 in 48: four deviations of their share
    assert switches == pytest.approx(1 / DWELL, abs=4 * np.sqrt(1 / DWELL / 198_000))


def test_one_patch_does_not_tell_the_slow_state():
    """By its values not at all; by products of its samples in fewer than 0.8 of the cases."""
    split, shares = two_scales(200, 100, seed=3), {}
    for name, of in {"values": lambda x: x, "products": products}.items():
        before, after = (of(part.values.reshape(-1, 48)) for part in (split.train, split.test))
        mean, sd = before.mean(0), before.std(0)
        x = np.c_[(before - mean) / sd, np.ones(len(before))]
        wanted = np.eye(4)[split.train.labels.ravel()]
        weights = np.linalg.lstsq(x, wanted, rcond=None)[0]
        made = np.c_[(after - mean) / sd, np.ones(len(after))] @ weights
        shares[name] = (made.argmax(1) == split.test.labels.ravel()).mean()
    assert shares["values"] < 0.35
    assert 0.6 < shares["products"] <= 0.8


def test_a_tone_is_loudest_in_its_mel_band():
    t = np.arange(4000) / 8000
    rising = np.sin(2 * np.pi * 1000 * t) * np.linspace(0, 1, 4000)
    moves = spoken.log_mel(rising)
    bands = spoken.mel_bands()
    heard = bands[:, np.argmin(abs(np.fft.rfftfreq(256, 1 / 8000) - 1000))].argmax()
    assert (moves[-1] - moves[0]).argmax() == heard
    np.testing.assert_allclose(moves.mean(0), 0, atol=1e-9)


def test_spoken_digits_out_of_a_zip(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    path = tmp_path / "recordings.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for speaker in spoken.SPEAKERS:
            for digit in range(2):
                raw = BytesIO()
                with wave.open(raw, "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(8000)
                    file.writeframes((1000 * rng.standard_normal(3000)).astype("<i2").tobytes())
                archive.writestr(f"recordings/{digit}_{speaker}_0.wav", raw.getvalue())
    monkeypatch.setattr(spoken, "require", lambda entry, file: path)
    spoken.recordings.cache_clear()
    split = spoken_streams(0)
    spoken.recordings.cache_clear()
    assert (len(split.train.labels), len(split.test.labels)) == (8, 4)
    assert split.train.values.shape[2] == 128


@pytest.mark.skipif(not there("spoken_digits_fsdd"), reason="files are not here")
def test_the_published_recordings_are_here():
    streams, digits, speakers = spoken.recordings()
    assert len(streams) >= 2_900
    assert set(np.bincount(digits)) <= set(range(280, 301))
    assert len(set(speakers.tolist())) == 6


def test_pairs_are_of_one_class():
    first, second = np.array([0, 1, 2, 5]), np.array([2, 1, 1, 0])
    a, b = same_class(first, second, 50)
    assert (first[a] == second[b]).all()
    with pytest.raises(ValueError, match="classes that both sides have"):
        same_class(np.array([1]), np.array([2]), 3)


def test_recordings_are_pooled_by_the_names_of_their_cells():
    rng = np.random.default_rng(0)
    one = Activity(rng.normal(3, 2, (1, 100, 3)), 0.5, ("AVAL", "AVAR", "one/2"), counts=False)
    two = Activity(rng.normal(-1, 4, (1, 80, 2)), 0.5, ("AVAR", "two/1"), counts=False)
    names, streams = pooled([("one", one), ("two", two)], fewest=2)
    assert names == ("AVAR",)
    names, streams = pooled([("one", one), ("two", two)])
    assert streams[1].present.sum() == 2
    for stream in streams:
        before = stream.values[: stream.n_train, stream.present]
        np.testing.assert_allclose(before.mean(0), 0, atol=0.02)
        assert (stream.values[:, ~stream.present] == 0).all()
    with pytest.raises(DatasetError, match="no cell was recorded in 3"):
        pooled([("one", one), ("two", two)], fewest=3)
    short = Activity(rng.normal(size=(1, 3, 1)), 0.5, ("a",), counts=False)
    with pytest.raises(DatasetError, match="no two patches"):
        pooled([("short", short)])


def test_with_a_constant_a_direction_holds_the_size_of_a_patch():
    """A patch and its double differ in direction then, by the angle between (x, c) and (2 x, c)."""
    patch = np.array([3.0, 4.0], np.float32)
    streams = Patches.of([np.stack([patch, 2 * patch]), np.stack([patch] * 3)], np.array([0, 1]))
    longer = streams.with_constant(5.0)
    assert longer.values[..., -1].tolist() == [[5, 5, 0], [5, 5, 5]], "0 in what fills up"
    np.testing.assert_array_equal(longer.values[..., :-1], streams.values)
    units = longer.values[0, :2] / np.linalg.norm(longer.values[0, :2], axis=1, keepdims=True)
    np.testing.assert_allclose(units[0] @ units[1], (50 + 25) / np.sqrt((25 + 25) * (100 + 25)), rtol=1e-6)


def test_keys_are_typed_in_the_sequence_of_their_class():
    labels = np.repeat(np.arange(10), 200)
    typed, other = key_streams(labels, 4, seed=1), key_streams(labels, 4, seed=2)
    pressed = typed.values.argmax(2)
    same = (pressed[:, 5:] == pressed[:, :-5]).mean()  # five presses later the same key
    x = np.linspace(-8, 8, 4_001)
    above_one = 0.5 * (1 + np.vectorize(erf)((x + 1 / NOISE) / 2**0.5))
    read = (np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5 * above_one**7).sum() * (x[1] - x[0])  # despite noise
    kept = (1 - SLIP * 7 / 8) * read
    # both are as the sequence has them, or neither and yet alike
    assert abs(same - (kept**2 + (1 - kept) ** 2 / 7)) < 0.02
    assert not np.array_equal(pressed, other.values.argmax(2))
    keys = [np.bincount(side.values.argmax(2)[labels == 3].ravel(), minlength=8) for side in (typed, other)]
    assert np.corrcoef(*keys)[0, 1] > 0.98, "classes have the same sequences in training and test"
