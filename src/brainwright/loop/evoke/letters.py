"""Letters on a grid of five by five: patterns that were not made by any write."""

import numpy as np
from numpy.typing import NDArray

FONT = {
    "A": ".###. #...# ##### #...# #...#",
    "C": ".#### #.... #.... #.... .####",
    "D": "####. #...# #...# #...# ####.",
    "E": "##### #.... ###.. #.... #####",
    "F": "##### #.... ###.. #.... #....",
    "H": "#...# #...# ##### #...# #...#",
    "I": "..#.. ..#.. ..#.. ..#.. ..#..",
    "L": "#.... #.... #.... #.... #####",
    "N": "#...# ##..# #.#.# #..## #...#",
    "O": ".###. #...# #...# #...# .###.",
    "P": "####. #...# ####. #.... #....",
    "S": ".#### #.... .###. ....# ####.",
    "T": "##### ..#.. ..#.. ..#.. ..#..",
    "U": "#...# #...# #...# #...# .###.",
    "X": "#...# .#.#. ..#.. .#.#. #...#",
    "Z": "##### ...#. ..#.. .#... #####",
}


def letters() -> NDArray[np.float32]:
    """Every letter with mean 0 and variance 1 over the grid, [letter, 25]."""
    rows = np.array([[mark == "#" for mark in text.replace(" ", "")] for text in FONT.values()], np.float64)
    rows -= rows.mean(1, keepdims=True)
    return (rows / rows.std(1, keepdims=True)).astype(np.float32)
