"""Reading: counts after words, slots, maps that find what is there, a writer that needs its gradient."""

import datetime
from dataclasses import replace

import numpy as np
import pytest
import torch

from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text import (
    TextDecoder,
    TextError,
    TextMeanings,
    chance_among,
    exchanged,
    retrieved,
)
from brainwright.experiment import OptionError
from brainwright.loop.reading.fitted import in_texts, numbers, other_texts
from brainwright.loop.reading.own import read_texts, read_words
from brainwright.loop.reading.reader import Readers
from brainwright.loop.reading.words import (
    HEAD,
    N_SLOTS,
    ReadingError,
    ReadText,
    confounds,
    counts_after,
    slot_numbers,
    table_of,
)
from brainwright.loop.reading.write import Writer
from brainwright.recipes.text import Config
from brainwright.recipes.text.experiment import design
from brainwright.signal import Recording

TEXTS = ("a cat ran", "the dog sat down")


def recording(time_s: list[float], channel: list[int]) -> Recording:
    return Recording(np.zeros(len(time_s), int), np.array(channel), np.array(time_s), 1, 2, 0.0, 2.0)


def test_spikes_are_counted_in_every_window_that_holds_them():
    heard = recording([0.12, 0.15, 0.31, 0.95], [0, 1, 0, 1])
    counts = counts_after(heard, np.array([0.1, 0.14, 0.3]), [(0.0, 0.05), (0.05, 0.25)])
    assert counts[0, :, 0].tolist() == [[1, 0], [0, 1], [1, 0]]  # .15 is .05 after the first: not inside
    assert counts[0, :, 1].tolist() == [[1, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("onset_s", "words"),
    [
        (np.arange(6.0) / 4, "an onset for each of the 7 words"),
        (np.array([0, 1, 2, 2, 3, 4, 5]) / 4, "rise"),
        (np.arange(7.0), "within the recording"),
    ],
)
def test_onsets_that_do_not_belong_to_a_recording_are_refused(onset_s, words):
    with pytest.raises(ReadingError, match=words):
        ReadText(TEXTS, recording([0.5], [0]), onset_s)


def test_slots_are_those_of_first_and_last_words():
    assert slot_numbers(9).tolist() == list(range(9))
    assert slot_numbers(8).tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
    assert slot_numbers(11).tolist() == [0, 1, 2, HEAD, HEAD, HEAD, 4, 5, 6, 7, 8]
    rows, slot = table_of(TEXTS)
    assert rows.tolist() == [[0, 1, 2, -1], [3, 4, 5, 6]]
    assert (slot == -1).tolist() == (rows == -1).tolist()
    assert confounds(TEXTS)["positions"].tolist() == [[3, 7], [4, 13]]


@pytest.fixture(scope="module")
def known() -> tuple[list[str], torch.Tensor, torch.Tensor]:
    """Texts of three words out of five, latents that add up over words, a patch for each word; two dishes."""
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(list("abcde"), 3)) for _ in range(120)]
    generator = torch.Generator().manual_seed(1)
    meant, patch = torch.randn(5, 4, generator=generator), torch.randn(2, 5, 8, generator=generator)
    which = torch.tensor([["abcde".index(word) for word in text.split()] for text in texts])
    latents = meant[which].sum(1) + 1.0
    noisy = patch[:, which.flatten()] + 0.1 * torch.randn(2, which.numel(), 8, generator=generator)
    return texts, latents, noisy


def fitted(known, exchanged: bool = False) -> TextDecoder:
    texts, latents, patches = known
    words = [text.split() for text in texts]
    meanings = TextMeanings.fit(words, [slot_numbers(3).tolist()] * len(texts), latents, N_SLOTS)
    number = numbers(texts, meanings)
    return TextDecoder.fit(patches, number.roll(7) if exchanged else number, meanings)


def test_the_decoder_finds_latents_and_not_where_pairs_are_shuffled(known):
    texts, latents, patches = known
    some = [texts.index(text) for text in dict.fromkeys(texts)]
    for swapped in (False, True):
        decoder = fitted(known, swapped)
        found, wanted = decoder(*in_texts(patches, texts)), decoder.meanings.standardised(latents)
        share = retrieved(found[:, some], wanted[some]).float().mean()
        error = (decoder.meanings.restored(found) - latents).square().mean() / latents.var(0).mean()
        # orders of the same words have the same latents: of equal candidates the first counts
        assert (share > 0.25 and error < 0.1) if not swapped else (share < 0.15 and error > 0.5)


def test_whitened_latents_have_unit_variance_and_come_back(known):
    _, latents, _ = known
    meanings = fitted(known).meanings
    white = meanings.standardised(latents)
    own, spread = (torch.linalg.eigvalsh(torch.cov(x.mT, correction=0)) for x in (latents, white))
    expected = own / (own + 0.05 * own.mean())  # 1 but for the floor
    assert torch.allclose(spread, expected, atol=1e-3)
    assert torch.allclose(meanings.restored(white), latents, atol=1e-4)


class Still:
    """An emulator that predicts no change: the coming patch is the present one."""

    n_latent = 8

    def predict(self, context: torch.Tensor) -> torch.Tensor:
        return context[:, :, [2, 1]]


def writer_of(known) -> Writer:
    decoder = fitted(known)
    # noise as large as it is in tissue: discriminants are not sure of every state
    decoder = replace(decoder, weight=0.02 * decoder.weight, bias=0.02 * decoder.bias)
    generator = torch.Generator().manual_seed(3)
    writes = (torch.rand(2, 200, 30, generator=generator) < 0.2).float()
    effect = 0.3 * torch.randn(2, 30, 8, generator=generator)
    response = RidgeResponse.fit(writes, writes, writes @ effect)

    def unchanged(context, before, slot):
        return context

    return Writer(Still(), unchanged, decoder, response, torch.zeros(2, 2, 8), torch.zeros(4), 3, 6)


def test_the_state_comes_nearer_by_the_gradient_alone_and_writes_have_one_charge(known):
    texts, latents, _ = known
    writer, n_words = writer_of(known), [3, 3]
    wanted = writer.decoder.meanings.standardised(latents[:2])
    _, slot = in_texts(torch.zeros(2, 6, 8), texts[:2])
    apart = {}
    for name, options in {
        "down": {"steps": 60},
        "none": {"steps": 0},
        "up": {"steps": 60, "sign": -1.0},
    }.items():
        state = writer.improved(n_words, wanted, **options)
        apart[name] = float((writer.decoder(state, slot) - wanted).square().mean())
    assert apart["down"] < 0.5 * apart["none"]
    assert apart["none"] < apart["up"]
    for pulses in (writer.pulses(writer.improved(n_words, wanted)), writer.through(n_words, wanted)):
        assert pulses.shape == (2, 2, 3, 30)
        assert (pulses.sum(-1) == 6).all()


def test_a_reader_hears_its_words_as_far_as_the_signal_goes():
    readers = Readers([4, 5], ["one", "two", "three"])
    number = np.arange(3).repeat(200)
    for signal in (0.0, 0.7, 1.0):
        heard = readers.heard(number, 1, signal)
        assert (heard.sum(-1) == readers.timing.n_pulses).all()
        own = (heard & readers.codes[:, number]).sum(-1).mean() / readers.timing.n_pulses
        assert abs(own - signal) < 0.02  # a moved pulse never comes back to the word
    assert not np.array_equal(readers.codes[0], readers.codes[1])
    alone = Readers([5], ["one", "two", "three"])
    assert np.array_equal(alone.heard(number, 1, 0.7)[0], readers.heard(number, 1, 0.7)[1])


def test_texts_that_cannot_be_read_are_refused_in_one_line(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(ReadingError, match="UTF-8 text, got byte 0xe9 at position 3"):
        read_texts(path)
    path.write_text("a line\n" * 100, encoding="utf-8")
    with pytest.raises(ReadingError, match=r"128 texts or more.*got 100"):
        read_texts(path)
    with pytest.raises(ReadingError, match="128 texts or more"):
        design(Config(text=path))
    with pytest.raises(OptionError, match="--data needs --text"):
        design(Config(data=path))
    with pytest.raises(TextError, match="weights of a model"):
        design(Config(model=tmp_path))


@pytest.mark.filterwarnings("ignore")  # pynwb warns of its own deprecations
def test_an_nwb_file_with_word_onsets_is_read(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("test", "id", start)
    for unit in range(2):
        file.add_unit(spike_times=np.arange(1, 40) * 0.1 + 0.01 * unit)
    table = pynwb.epoch.TimeIntervals("words", "what was read")
    table.add_column("word", "the word")
    for k, word in enumerate(["the", "dog", "sat"]):
        table.add_interval(start_time=0.5 + k, stop_time=0.7 + k, word=word)
    file.add_time_intervals(table)
    path = tmp_path / "mine.nwb"
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    heard, words, onset_s = read_words(path)
    assert words == ["the", "dog", "sat"]
    assert onset_s.tolist() == [0.5, 1.5, 2.5]
    assert heard.n_channels == 2
    counts = counts_after(heard, onset_s, [(0.0, 0.105)])
    assert counts[0, :, 0].tolist() == [[2, 1]] * 3


def test_chance_is_the_mean_over_all_exchanges_among_texts_that_are_alike():
    rng = np.random.default_rng(0)
    alike = rng.integers(0, 3, 40)
    named = np.where(rng.random(40) < 0.5, np.arange(40), rng.integers(0, 50, 40))  # ten candidates besides
    right = []
    for _ in range(4_000):
        given = named.copy()
        for kind in range(3):
            rows = np.flatnonzero(alike == kind)
            given[rows] = named[rng.permutation(rows)]
        right.append(np.mean(given == np.arange(40)))
    chance = float(chance_among(torch.from_numpy(named)[None], torch.from_numpy(alike))[0])
    assert abs(chance - np.mean(right)) < 4 * np.std(right) / np.sqrt(4_000)
    drawn = exchanged(torch.from_numpy(named)[None], torch.from_numpy(alike), 1_000)
    assert abs(float(drawn.mean()) - chance) < 4 * float(drawn.std()) / np.sqrt(1_000)
    assert float(drawn.max()) < np.mean(named == np.arange(40)), "who reads lies outside of all exchanges"
    # who always names a text of the right kind is right in 3 of 40 cases, whatever else it knows
    first = np.array([np.argmax(alike == kind) for kind in alike])
    assert float(chance_among(torch.from_numpy(first)[None], torch.from_numpy(alike))[0]) == pytest.approx(
        3 / 40
    )


def test_pairs_are_shuffled_among_texts_of_one_length_and_no_text_keeps_its_words():
    n_words = [3, 2, 3, 5, 3, 2]
    order, moved = other_texts(n_words, 1)
    text = np.repeat(np.arange(6), n_words)
    place = np.concatenate([np.arange(n) for n in n_words])
    assert (text[order] != text)[moved].all()
    assert (place[order] == place).all()
    assert (~moved.numpy() == (text == 3)).all()  # of five words there is one text alone
    with pytest.raises(ReadingError, match="equal numbers of words"):
        other_texts([1, 2, 3], 0)


def test_lookup_and_spelling_choose_writes_that_say_the_words(known):
    """With a clear response both come nearer than the first writes that were recorded."""
    texts, latents, _ = known
    writer = writer_of(known)
    wanted, (_, slot) = (
        writer.decoder.meanings.standardised(latents[:2]),
        in_texts(torch.zeros(2, 6, 8), texts[:2]),
    )
    generator = torch.Generator().manual_seed(4)
    writes = torch.rand(2, 300, 30, generator=generator).argsort(-1).argsort(-1) < 6
    chosen = writer.looked_up([3, 3], wanted, writes)
    assert (chosen.sum(-1) == 6).all()
    assert any(torch.equal(chosen[1, 0, 2], row) for row in writes[1]), "one that was recorded"

    def apart(pulses: torch.Tensor) -> float:
        state = writer.response.predict(pulses.flatten(1, 2).float(), pulses.flatten(1, 2).float())[0]
        return float((writer.decoder(state.unflatten(1, (2, 3)), slot) - wanted).square().mean())

    some = writes[:, :6].unflatten(1, (2, 3))
    assert apart(chosen) < apart(some)
    assert apart(writer.spelled(texts[:2])) < apart(some)
