"""Small sentences: as many as are said, all of the grammar, split by whole pairs."""

import pytest

from brainwright.datasets import DatasetError
from brainwright.datasets.sentences import (
    ACTIONS,
    AGENTS,
    held_out_pairs,
    meanings,
    parse,
    sentences,
    vocabulary,
    words_of,
)


def test_every_meaning_has_a_text_of_its_own_and_comes_back_from_it():
    every = list(meanings())
    texts = {meaning.text() for meaning in every}
    assert len(texts) == len(every) == 196_608
    assert {len(text.encode()) for text in texts} <= set(range(20, 61))
    assert all(parse(meaning.text()) == meaning for meaning in every[::97])


@pytest.mark.parametrize(
    "text",
    [
        "the farmer paint the basket near the garden.",  # agreement
        "the nurses paints the basket near the garden.",
        "the farmer painted the basket over the garden.",  # the preposition of another place
        "the farmer will painted the basket near the garden.",
        "the farmer will will the basket near the garden.",
        "the basket painted the farmer near the garden.",
        "the farmer painted the basket near the garden",
        "farmer painted the basket near the garden.",
        "",
    ],
)
def test_what_is_not_of_the_grammar_has_no_meaning(text):
    assert parse(text) is None


def test_held_out_pairs_are_two_of_every_agent_and_two_of_every_action_and_no_sentence_crosses():
    pairs = held_out_pairs(3)
    for column, words in ((0, AGENTS), (1, ACTIONS)):
        named = [pair[column] for pair in pairs]
        assert {word: named.count(word) for word in words} == dict.fromkeys(words, 2)
    for held_out in (False, True):
        drawn = sentences(300, held_out=held_out, split_seed=3)
        assert len(set(drawn)) == 300
        assert {(parse(text) or 1 / 0).pair in pairs for text in drawn} == {held_out}
    assert sentences(20, held_out=True, seed=1) == sentences(40, held_out=True, seed=1)[:20]


def test_the_length_of_a_word_says_little_of_it():
    """Agents, objects, places and prepositions have one length each."""
    by_place = [words_of(text) for text in sentences(200, held_out=False)]
    for place in (1, -4, -3, -1):
        assert len({len(words[place]) for words in by_place}) == 1
    assert {word for words in by_place for word in words} <= set(vocabulary())


def test_more_than_there_are_is_refused():
    with pytest.raises(DatasetError, match="expected 0 to 24,576 sentences, got 24,577"):
        sentences(24_577, held_out=True)
