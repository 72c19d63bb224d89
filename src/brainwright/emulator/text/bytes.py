"""Text as bytes of UTF-8 with a beginning, an end and a blank, and back."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from brainwright.errors import UserError

BEGIN, END, BLANK, N_SYMBOLS = 256, 257, 258, 259
"""Behind the 256 bytes: before a text, behind it (and in its padding), and in place of a hidden byte."""


class TextError(UserError):
    """A text that no model of texts can take; the message says what to do."""


def tokens(texts: Sequence[str], n_bytes: int) -> Int[Tensor, "text byte"]:
    """The bytes of each text, then `END` up to `n_bytes` + 1 places.

    Raises:
        TextError: no text, an empty one, or one of more than `n_bytes` bytes.
    """
    if not texts:
        raise TextError("expected texts, got none")
    coded = [text.encode("utf-8") for text in texts]
    for text, code in zip(texts, coded, strict=True):
        if not 0 < len(code) <= n_bytes:
            raise TextError(
                f"expected texts of 1 to {n_bytes} bytes, got one of {len(code)}: {text[:40]!r}; cut it, or "
                "make a model of longer texts"
            )
    rows = torch.full((len(texts), n_bytes + 1), END)
    for row, code in zip(rows, coded, strict=True):
        row[: len(code)] = torch.frombuffer(bytearray(code), dtype=torch.uint8)
    return rows


def texts_of(rows: Int[Tensor, "text byte"]) -> list[str]:
    """Each row up to its first `END`; bytes that are no UTF-8 become U+FFFD, other symbols are left out."""
    made = []
    for row in rows.tolist():
        whole = row[: row.index(END)] if END in row else row
        made.append(bytes(byte for byte in whole if byte < 256).decode("utf-8", "replace"))
    return made


def bytes_right(true: Int[Tensor, "text byte"], guess: Int[Tensor, "text byte"]) -> list[float]:
    """Share of each text's bytes that are guessed, its end left out."""
    inside = true != END
    return (((guess == true) & inside).sum(1) / inside.sum(1)).tolist()


def words_right(true: Int[Tensor, "text byte"], guess: Int[Tensor, "text byte"]) -> list[float]:
    """Share of each text's words all of whose bytes are guessed."""
    made = []
    for row, guessed in zip(true.tolist(), guess.tolist(), strict=True):
        ends = [k for k, byte in enumerate(row[: row.index(END) + 1]) if byte in (ord(" "), END)]
        firsts = [0, *(end + 1 for end in ends)]
        right = [row[a:b] == guessed[a:b] for a, b in zip(firsts, ends, strict=False)]
        made.append(sum(right) / len(right))
    return made
