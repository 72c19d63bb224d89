"""Pictures in NumPy alone, so that every world can be drawn without a display."""

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


def canvas(height: int, width: int, colour: Colour = (245, 245, 245)) -> NDArray[np.uint8]:
    """An image of one colour, [height, width, 3]."""
    return np.full((height, width, 3), colour, np.uint8)


def disc(image: NDArray[np.uint8], row: float, column: float, radius: float, colour: Colour):
    """The image with a disc on it; what lies outside is not drawn. Changed in place and returned."""
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    image[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = colour
    return image


def box(image: NDArray[np.uint8], top: float, left: float, bottom: float, right: float, colour: Colour):
    """The image with a filled box on it, edges in pixels. Changed in place and returned."""
    top, left = max(0, round(top)), max(0, round(left))
    image[top : max(top, round(bottom)), left : max(left, round(right))] = colour
    return image
