"""A film of pictures as an animated image that lies in the page."""

import base64
import io

import numpy as np
from numpy.typing import NDArray

from .page import Picture

COLOURS = 32
"""Of each picture: drawn worlds have few, and a film of ninety pictures stays below 200 kB."""


def moving(frames: NDArray[np.uint8], *, fps: float = 15.0, words: str) -> Picture:
    """Pictures one after the other, over and over again, as an animated GIF within the page.

    Args:
        frames: [frame, height, width, 3].
        fps: pictures per second.
        words: what it shows, for those who do not see it.
    """
    from PIL import Image

    pictures = [Image.fromarray(frame).quantize(COLOURS) for frame in frames]
    file = io.BytesIO()
    rest = {"save_all": True, "append_images": pictures[1:], "loop": 0, "optimize": True}
    pictures[0].save(file, "GIF", duration=round(1000 / fps), **rest)
    height, width = frames.shape[1:3]
    data = base64.b64encode(file.getvalue()).decode()
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'style="max-width:{2 * width}px"><image href="data:image/gif;base64,{data}" width="{width}" '
        f'height="{height}"/></svg>',
        words,
    )
