"""How many threads a small model is trained with."""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Generator[None]:
    """Torch uses one thread within, and as many as before after.

    An update of a small model takes milliseconds, in operations too short to share: a second thread gains
    little on an idle machine, and on a busy one the two wait for each other (an emulator of 300 bins took
    12 s of processor time with one thread and 141 s with two).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
