"""Names of units as files have them: where they stand, and their order."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

NAMES = ("unit_names", "names", "labels", "neuron_label", "unit_id", "unit_ids", "id")
"""Names under which the names of units are kept, the likeliest first."""


def first(there: Sequence[str] | Mapping[str, object], wanted: Sequence[str]) -> str | None:
    """The first of the wanted names that is there, whatever its capitals."""
    plain = {name.lower(): name for name in there}
    return next((plain[name] for name in wanted if name in plain), None)


def numbers_last(name: str) -> tuple[list[str], list[int]]:
    """It returns a key by which names are sorted: by their letters, then by the numbers in them."""
    return re.split("[0-9]+", name), [int(digits) for digits in re.findall("[0-9]+", name)]


def in_order(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """It returns the labels of units, each once, and of each event the place of its label.

    Whole numbers, also those written as text, are in the order of numbers: 2 before 10. Other text is in
    alphabetical order.
    """
    labels, column = np.unique(unit, return_inverse=True)
    texts = [label_text(label) for label in labels.tolist()]
    if labels.dtype.kind not in "iuf" and all(text.isascii() and text.isdigit() for text in texts):
        order = np.array(sorted(range(len(texts)), key=lambda k: (int(texts[k]), texts[k])), np.int64)
        return labels[order], np.argsort(order)[column]
    return labels, column


def label_text(label: object) -> str:
    """A label as text; bytes are taken for UTF-8."""
    return label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
