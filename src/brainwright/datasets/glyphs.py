"""Made-up digits that need no file: bitmaps, shifted, dimmed and covered with noise."""

import numpy as np

from brainwright.datasets.tasks import Task

CANVAS = (9, 7)
ROWS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00010 00100 01000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
}


def glyphs(n_train: int = 4_000, n_test: int = 1_000, noise: float = 0.3, seed: int = 0) -> Task:
    """Ten digits of 5 × 7 pixels at a random place of a 9 × 7 canvas, contrast 0.5 to 1, Gaussian noise.

    A task to try things on without any download; it says nothing about handwriting.

    Args:
        n_train, n_test: samples.
        noise: standard deviation, where ink is 1.
        seed: of everything.
    """
    rng = np.random.default_rng(seed)
    x, y = _draw(rng, n_train + n_test, noise)
    note = f"made-up digits, noise {noise:g}"
    return Task("glyphs", x[:n_train], y[:n_train], x[n_train:], y[n_train:], tuple(ROWS), note)


def _draw(rng: np.random.Generator, n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    bitmaps = np.array([[list(map(int, row)) for row in rows.split()] for rows in ROWS.values()], np.float32)
    classes = rng.integers(0, len(bitmaps), n)
    canvas = np.zeros((n, *CANVAS), np.float32)
    height, width = bitmaps.shape[1:]
    top, left = rng.integers(0, CANVAS[0] - height + 1, n), rng.integers(0, CANVAS[1] - width + 1, n)
    contrast = rng.uniform(0.5, 1, n)
    for k in range(n):
        place = np.s_[k, top[k] : top[k] + height, left[k] : left[k] + width]
        canvas[place] = contrast[k] * bitmaps[classes[k]]
    canvas += rng.normal(0, noise, canvas.shape).astype(np.float32)
    return canvas.reshape(n, -1), classes
