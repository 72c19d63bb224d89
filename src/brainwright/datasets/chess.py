"""Chess openings as next-move prediction, without a chess library: moves are words."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.locate import require
from brainwright.datasets.registry import dataset
from brainwright.datasets.tasks import Task
from brainwright.untrusted import refused_as, unpacked

NUMBER = re.compile(r"^\d+\.+$")


def chess_openings(context: int = 4, n_moves: int = 100, test_share: float = 0.2, seed: int = 0) -> Task:
    """The task is to name the next move of an opening, among the commonest, from the last ones (lichess.org,
    chess-openings, CC0).

    Each input is `context` one-hot words of `n_moves + 2`: the commonest moves, any other move, and none yet.
    A position appears in many openings: equal pairs of context and move are kept once, and a context is
    wholly on one side of the split, so that no test context was trained on. One context may have several
    right answers, so the best possible accuracy is below 1; see `best_accuracy`.

    Args:
        context: how many moves are seen.
        n_moves: how many are classes; positions followed by another move are left out.
        test_share: share of contexts kept for testing.
        seed: of the split.

    Raises:
        MissingData: says which file to put where.
        DatasetError: a file without the column `pgn`, or options that leave nothing.
    """
    if context < 1 or n_moves < 2 or not 0 < test_share < 1:
        raise DatasetError(
            "expected context >= 1, n_moves >= 2 and 0 < test_share < 1, "
            f"got {context}, {n_moves}, {test_share}"
        )
    entry = dataset("chess_openings")
    lines = read_openings(require(entry, entry.files[0]))
    counts = Counter(move for line in lines for move in line)
    words = [move for move, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n_moves]]
    pairs = sorted(_pairs(lines, {word: k for k, word in enumerate(words)}, context))
    return _task(pairs, words, context, test_share, seed)


def read_openings(path: str | Path) -> list[list[str]]:
    """It returns the moves of each line of a table with a column `pgn`, TSV or gzipped TSV; move numbers left
    out.
    """
    with refused_as(DatasetError, Path(path).name, "a table of openings in UTF-8, plain or gzip"):
        text = unpacked(Path(path).read_bytes(), Path(path).name).decode("utf-8")
        rows = csv.DictReader(io.StringIO(text), delimiter="\t")
        if "pgn" not in (rows.fieldnames or []):
            raise DatasetError(f"{path}: expected a column 'pgn', got {rows.fieldnames}")
        return [[word for word in (row["pgn"] or "").split() if not NUMBER.match(word)] for row in rows]


def best_accuracy(task: Task) -> float:
    """It returns the test accuracy of naming, for each context, one of the moves that follow it: no model
    does better.
    """
    contexts = np.unique(task.test_inputs, axis=0)
    return len(contexts) / len(task.test_inputs)


def _pairs(lines: list[list[str]], index: dict[str, int], context: int) -> set[tuple[tuple[int, ...], int]]:
    other, none = len(index), len(index) + 1
    pairs = set()
    for line in lines:
        words = [none] * context + [index.get(move, other) for move in line]
        for k in range(context, len(words)):
            if words[k] != other:
                pairs.add((tuple(words[k - context : k]), words[k]))
    return pairs


def _task(pairs: list, words: list[str], context: int, test_share: float, seed: int) -> Task:
    seen = sorted({before for before, _ in pairs})
    order = np.random.default_rng(seed).permutation(len(seen))
    held_out = {seen[k] for k in order[: round(test_share * len(seen))]}
    sides = []
    for wanted in (False, True):
        side = [pair for pair in pairs if (pair[0] in held_out) is wanted]
        codes = np.array([before for before, _ in side], np.int64).reshape(len(side), context)
        one_hot = np.eye(len(words) + 2, dtype=np.float32)[codes].reshape(len(side), -1)
        sides += [one_hot, np.array([move for _, move in side], np.int64)]
    note = f"{len(pairs)} distinct pairs of {context} moves and the next, {len(words)} moves as classes"
    return Task("chess_openings", *sides, tuple(words), note)
