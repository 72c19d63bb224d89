"""A writer that learns in a process of its own, so that the loop never waits for training."""

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ..gradient_writer import GradientWriter
from ..present import Moment, Periods
from .handover import Handover

_HEARD, _MODEL = "heard.", "model."
_POLL_S = 0.002
"""Seconds between two looks for work: a fortieth of the default period, and next to no processor time."""


class TrainedBeside:
    """A `Writer` around a `GradientWriter`: `learn` only hands over what was heard and returns at once.

    The training process fits the same writer, from the weights that the loop has at that moment, and hands
    the result back; the next `channels` takes it up, between two periods. Until the first weights come
    nothing is written. What the loop's own gradient steps learned during a refit is lost with it. A call of
    `learn` during training takes the place of one that has not begun. Making one takes a few seconds.

    Args:
        make: makes the writer; called here and in the training process, so it must be picklable, for
            instance `functools.partial(GradientWriter, 6, 9, channels)`.
        capacity_bytes: room for everything heard and the model together; only what is used takes memory.

    Use it as a context, or `close` it. A program that does so guards its entry by
    `if __name__ == "__main__"`, as any that starts processes.
    """

    def __init__(self, make: Callable[[], GradientWriter], *, capacity_bytes: int = 256 << 20):
        self.writer = make()
        self._folder = Path(tempfile.mkdtemp(prefix="brainwright-"))
        self._jobs = Handover.create(self._folder / "jobs", capacity_bytes)
        self._models = Handover.create(self._folder / "models", capacity_bytes)
        self._process = multiprocessing.get_context("spawn").Process(
            target=_train, args=(make, self._jobs.path, self._models.path), daemon=True
        )
        self._process.start()
        self.n_models = 0
        _rehearse(make())

    def __enter__(self) -> "TrainedBeside":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def learn(self, heard: Periods) -> None:
        """Hand over what was heard.

        Raises:
            RuntimeError: the training process has ended.
        """
        self._check()
        job = {_HEARD + f.name: getattr(heard, f.name) for f in fields(Periods)}
        if self.writer.fitted:
            job |= {_MODEL + name: array for name, array in self.writer.state().items()}
        self._jobs.publish(job)

    def channels(self, moment: Moment) -> NDArray[np.int64] | None:
        """It returns the channels of the newest model, [dish, electrode]; None before the first."""
        self.take_up()
        return self.writer.channels(moment) if self.writer.fitted else None

    def take_up(self) -> bool:
        """Take up the newest model if there is one; whether there was.

        Raises:
            RuntimeError: the training process has ended.
        """
        model = self._models.newest()
        if model is None:
            self._check()
            return False
        self.writer.restore(model)
        self.n_models += 1
        return True

    def close(self) -> None:
        """End training and remove what was shared. May be called again."""
        self._process.terminate()
        self._process.join()
        self._jobs.close()
        self._models.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self) -> None:
        if not self._process.is_alive():
            raise RuntimeError(
                f"the training process ended (exit code {self._process.exitcode}; its error is above): the "
                "writer would go on with old weights for ever"
            )


def _rehearse(writer: GradientWriter) -> None:
    """Do everything once on made-up data: torch loads parts of itself at first use, which takes seconds."""
    n, n_channels = 6, int(writer.usable.max()) + 1
    symbols = np.arange(n)[None] % writer.n_symbols
    counts = np.ones((1, n, 4, n_channels), np.float32)
    writer.learn(Periods(symbols, symbols, counts, np.full((1, n, 1), -1)))
    writer.restore(writer.state())
    writer.channels(Moment(symbols[:, :2], symbols[:, 0], counts[:, 0, :2], counts[:, 0, 0]))


def _train(make: Callable[[], GradientWriter], jobs_path: Path, models_path: Path) -> None:
    """Fit what comes, hand back what came of it, until the loop's process is gone."""
    import torch

    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(10)  # the loop goes first
    writer, jobs, models = make(), Handover(jobs_path), Handover(models_path)
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive():
        job = jobs.newest()
        if job is None:
            time.sleep(_POLL_S)
            continue
        model = {name.removeprefix(_MODEL): a for name, a in job.items() if name.startswith(_MODEL)}
        if model:
            writer.restore(model)
        writer.learn(Periods(*(job[_HEARD + f.name].copy() for f in fields(Periods))))
        models.publish(writer.state())
