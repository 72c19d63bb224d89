"""Images as streams of patches, in the order in which one reads."""

import numpy as np
from jaxtyping import Float

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.tasks import Task

from .patches import Patches, Split


def image_streams(task: Task, height: int, width: int, *, n_train: int, n_test: int, seed: int = 0) -> Split:
    """Square images cut in patches of height × width, from left to right and from above to below.

    Args:
        task: of square grey images.
        height, width: of a patch; they must divide the side.
        n_train: training images, drawn by the seed, or all where there are fewer.
        n_test: test images, or all where there are fewer.
        seed: of the draw.
    """
    drawn = task.first(min(n_train, len(task.train_targets)), seed).first_tests(n_test)
    sides = ((drawn.train_inputs, drawn.train_targets), (drawn.test_inputs, drawn.test_targets))
    parts = []
    for inputs, targets in sides:
        values = raster(inputs, height, width)
        parts.append(Patches(values, np.ones(values.shape[:2], np.float32), targets))
    return Split(*parts).standardised()


def raster(
    images: Float[np.ndarray, "image pixel"], height: int, width: int
) -> Float[np.ndarray, "image patch value"]:
    """Square images as patches. Raises DatasetError where these do not fit."""
    side = round(images.shape[1] ** 0.5)
    if side**2 != images.shape[1] or side % height or side % width:
        raise DatasetError(
            f"expected square images that patches of {height} × {width} fill, got {images.shape[1]} pixels"
        )
    cut = images.reshape(-1, side // height, height, side // width, width).transpose(0, 1, 3, 2, 4)
    return np.ascontiguousarray(cut.reshape(len(images), -1, height * width), np.float32)
