"""Names of units as files have them: where they stand, and their order."""

import re
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

import numpy as np

from brainwright.untrusted import Bounds, read_npz
from brainwright.untrusted.mat import read_mat
from brainwright.untrusted.mat_contents import mat_contents, read_mat_list
from brainwright.untrusted.npz import npz_shapes

NAMES = ("unit_names", "names", "labels", "neuron_label", "unit_id", "unit_ids", "id")
"""Names under which the names of units are kept, the likeliest first."""
NUMBERS = tuple(name for name in NAMES if name != "labels")
"""Those that may be numbers: labels in numbers are as often those of trials."""


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


def names_in(path: Path, bounds: Bounds | None = None) -> tuple[str, ...]:
    """Names of units that stand in an NPZ or MATLAB file beside their activity, as text or numbers, each
    once; none where they do not.
    """
    suffix = path.suffix.lower()
    if suffix == ".npz":
        shapes = {name: shape for name, shape in npz_shapes(path, "USiuf").items() if is_row(shape)}
        known = first([*npz_shapes(path, "US")], NAMES) or first(shapes, NUMBERS)
        items = [] if known is None else read_npz(path, only=[known], bounds=bounds)[known].ravel().tolist()
    elif suffix == ".mat":
        there = mat_contents(path)
        known = first([name for name, content in there.items() if content.kind in ("cell", "text")], NAMES)
        rows = [n for n, content in there.items() if content.kind == "numbers" and is_row(content.shape)]
        number = first(rows, NUMBERS)
        if known is not None:
            items = [item for item in read_mat_list(path, known, bounds) if isinstance(item, str)]
        else:
            items = [] if number is None else read_mat(path, number, bounds).ravel().tolist()
    else:
        items = []
    said = tuple(map(label_text, items))
    return said if len(set(said)) == len(said) else ()


def is_row(shape: Sequence[int]) -> bool:
    """It says whether an array has one side only, and more than one value."""
    return prod(shape) == max(shape, default=0) > 1


def label_text(label: object) -> str:
    """A label as text; bytes are taken for UTF-8, and MATLAB's 7.0 for the number 7."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
