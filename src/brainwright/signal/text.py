"""A text as a stream of letter classes: Markov's count of vowels and consonants (1913), generalised.

Markov split the letters of Onegin into two classes. Two are too few for a test of prediction, so the classes
here follow the manner of articulation: back and front vowels, stops, fricatives, nasals, liquids, and the gap
between words. Accents are dropped; the Latin, Greek and Cyrillic alphabets are known.
"""

import functools
import unicodedata
from pathlib import Path

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import SymbolStream, from_classes

CLASSES = {
    "gap": "",
    "back vowel": "aou" + "αου" + "ω" + "аоуыюя",
    "front vowel": "eiyæœøı" + "εηι" + "υ" + "еёиэєі",
    "stop": "pbtdkgcq" + "πτκβδγ" + "пбтдкгцчґ",
    "fricative": "fvszhxjßþð" + "φθχσςζξψ" + "фвсзшжхщ",
    "nasal": "mn" + "μν" + "мн",
    "liquid": "lrw" + "λρ" + "лрй",
    "other letter": "",
}
LABELS = tuple(CLASSES)
_GAP, _OTHER = LABELS.index("gap"), LABELS.index("other letter")
_CLASS_OF = {letter: i for i, letters in reversed(list(enumerate(CLASSES.values()))) for letter in letters}
RARE = 0.01  # share of the letters
_SILENT = "ьъ’'"  # signs that are no sound of their own, and apostrophes inside words


def text(path: str | Path) -> SymbolStream:
    """The letter classes of a UTF-8 text file as an endless stream.

    Whatever is no letter (spaces, digits, punctuation, line ends) is one gap; runs of one class are collapsed
    and the stream's `notes` say how many; letters of other alphabets form one class of their own, or
    count as gap where they are rare.

    Raises:
        StreamError: the file is missing, not UTF-8, empty, too short or without enough classes.
    """
    path = Path(path)
    classes = letter_classes(_read(path))
    letters = int((classes != _GAP).sum())
    if not letters:
        raise StreamError(f"{path.name}: expected a text with letters, got none; is this the right file?")
    others = int((classes == _OTHER).sum())
    if not others:
        return from_classes(path.name, LABELS, classes)
    if others < RARE * letters:  # a class of its own would cost electrodes and hardly ever be heard
        classes = np.where(classes == _OTHER, _GAP, classes)
        return from_classes(
            path.name, LABELS, classes, (f"{others} letters of unknown alphabets count as gap",)
        )
    return from_classes(path.name, LABELS, classes, (f"{others} letters of unknown alphabets are one class",))


def letter_classes(content: str) -> np.ndarray:
    """The class of each character (index into `LABELS`), accents and silent signs dropped, int64 [character].

    Example:
        >>> [LABELS[i] for i in letter_classes("Né 1")]
        ['nasal', 'front vowel', 'gap', 'gap']
    """
    plain = unicodedata.normalize("NFKC", content.casefold())
    kept = (c for c in plain if not unicodedata.combining(c) and c not in _SILENT)
    return np.fromiter((_class_of(c) for c in kept), np.int64)


@functools.cache
def _class_of(character: str) -> int:
    """Class of one composed, lower-case character; an unknown accented one goes by its base letter."""
    base = unicodedata.normalize("NFKD", character)[0]
    unknown = _OTHER if character.isalpha() else _GAP
    return _CLASS_OF.get(character, _CLASS_OF.get(base, unknown))


def _read(path: Path) -> str:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StreamError(
            f"{path.name}: expected UTF-8 text, got byte 0x{error.object[error.start]:02x} at position "
            f"{error.start}; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise StreamError(f"expected a readable text file at {path}, got: {error.strerror}") from error
    if not content.strip():
        raise StreamError(f"{path.name}: expected text, got an empty file")
    return content
