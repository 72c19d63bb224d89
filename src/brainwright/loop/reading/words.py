"""What was read, word by word: an ordinary recording with the onset of each word, and counts after each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from brainwright.errors import UserError
from brainwright.signal import Recording

EARLY, LATE = 0, 1
HEAD, TAIL = 3, 6
"""Slots of a text: so many for its first and so many for its last words. In the built-in sentences the last
six are verb, article, object, preposition, article and place, whether there is a "will" or not.
"""
N_SLOTS = HEAD + TAIL


class ReadingError(UserError):
    """Words and a recording that do not belong together; the message says what to do."""


class Recorded(Protocol):
    """Spikes or a continuous signal, of one clock."""

    @property
    def start_s(self) -> float:
        """When it begins."""
        ...

    @property
    def stop_s(self) -> float:
        """When it ends."""
        ...


R = TypeVar("R", bound=Recorded)


@dataclass(frozen=True, eq=False)
class ReadText(Generic[R]):
    """Texts that were read one after another while tissue was recorded.

    Attributes:
        texts: each a string of words with blanks between.
        recording: of one clock with the onsets.
        onset_s: of each word of all texts in order, [word].

    Raises:
        ReadingError: another number of onsets than of words, onsets that do not rise or lie outside the
            recording.
    """

    texts: tuple[str, ...]
    recording: R
    onset_s: Float[np.ndarray, " word"]

    def __post_init__(self) -> None:
        n, onset = sum(len(text.split()) for text in self.texts), self.onset_s
        if len(onset) != n:
            raise ReadingError(
                f"expected an onset for each of the {n:,} words of the {len(self.texts):,} texts, got "
                f"{len(onset):,}: give the text as it was read, a line for each sentence"
            )
        if (np.diff(onset) <= 0).any():
            first = int(np.argmax(np.diff(onset) <= 0))
            raise ReadingError(
                f"expected onsets that rise, got {onset[first]:g} and {onset[first + 1]:g} s (words {first} "
                f"and {first + 1})"
            )
        span = self.recording.start_s, self.recording.stop_s
        if n and not span[0] <= onset[0] <= onset[-1] < span[1]:
            raise ReadingError(
                f"expected word onsets within the recording ({span[0]:g} to {span[1]:g} s), got "
                f"{onset[0]:g} to {onset[-1]:g} s: are both in seconds, on one clock?"
            )


def counts_after(
    recording: Recording, onset_s: Float[np.ndarray, " word"], windows_s: Sequence[tuple[float, float]]
) -> Float[np.ndarray, "dish word window channel"]:
    """Spikes of every channel in windows after each onset; rising onsets, windows that may overlap."""
    shape = recording.n_dishes, len(onset_s), len(windows_s), recording.n_channels
    made = np.zeros(shape, np.float32)
    for window, (start, stop) in enumerate(windows_s):
        time_s = recording.time_s + 1e-9  # a ns: rounding of times
        last = np.searchsorted(onset_s + start, time_s, side="right") - 1
        first = np.searchsorted(onset_s + stop, time_s, side="right")
        for back in range(int((last - first).max(initial=-1)) + 1):
            word = last - back
            inside = word >= first
            at = recording.dish[inside], word[inside], window, recording.channel[inside]
            np.add.at(made, at, 1)
    return made


def slot_numbers(n_words: int) -> Int[np.ndarray, " word"]:
    """The slot in which each word of a text stands; words in the middle of a long one share slot `HEAD`."""
    place = np.arange(n_words)
    tail = np.maximum(HEAD + TAIL - (n_words - place), HEAD)
    return np.where(place < HEAD, place, tail)


def table_of(texts: Sequence[str]) -> tuple[Int[np.ndarray, "text word"], Int[np.ndarray, "text word"]]:
    """For each text the rows of its words in a table of all words, and their slots; -1 behind the last."""
    n_words = [len(text.split()) for text in texts]
    rows = np.full((len(texts), max(n_words)), -1)
    slot, first = rows.copy(), 0
    for k, n in enumerate(n_words):
        rows[k, :n], slot[k, :n] = first + np.arange(n), slot_numbers(n)
        first += n
    return rows, slot


def confounds(texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """What an eye shows of a text without its words, [text, feature] each: "word lengths" in the slots, and
    "positions", how many words there are and how many letters.
    """
    lengths = [[len(word) for word in text.split()] for text in texts]
    in_slots = np.zeros((len(texts), N_SLOTS), np.float32)
    for row, own in zip(in_slots, lengths, strict=True):
        row[slot_numbers(len(own))] = own
    counted = np.array([[len(row), sum(row)] for row in lengths], np.float32)
    return {"word lengths": in_slots, "positions": counted}
