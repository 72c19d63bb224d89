"""Jobs on the cores of this machine, in processes that end with their parent."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import Any, Self


class Local:
    """Runs jobs here (one worker) or in processes, from the first jobs to the end of the `with` block.

    Args:
        workers: processes, at least 1; results do not depend on it.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"expected at least one worker, got {workers}")
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._others = set(active_children())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        if kind is not None:  # whoever stops a run does not wait for jobs, which may take minutes
            for process in set(active_children()) - self._others:
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def results(self, function: Callable[..., Any], jobs: Sequence[tuple]) -> Iterator[tuple[int, Any]]:
        """Calls `function(*job)` for every job with one thread; yields (number of the job, what it returned)
        as they end. An exception of a job is raised here. With several workers the function must be
        importable by name.
        """
        if self.workers == 1 or len(jobs) < 2:
            for number, job in enumerate(jobs):
                yield number, single_threaded(function, *job)
            return
        numbers = {self.submit(function, *job): number for number, job in enumerate(jobs)}
        for future in as_completed(numbers):
            yield numbers.pop(future), future.result()

    def submit(self, function: Callable[..., Any], *job: Any) -> Future:
        """Hands one job to the processes, whatever their number, as `results` hands them all."""
        if self._pool is None:
            context = get_context("spawn")  # a fork would copy torch's locks as its threads hold them
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_end_with_parent)
        return self._pool.submit(single_threaded, function, *job)


def single_threaded(function: Callable[..., Any], *job: Any) -> Any:
    """A job with one thread of torch: as many processes as cores would otherwise fight for them, and sums
    over several threads are rounded in another order, so results would depend on the number of cores.
    """
    torch = sys.modules.get("torch")  # the function's own module has imported it where it is used
    if torch is not None:
        torch.set_num_threads(1)
    return function(*job)


def _end_with_parent() -> None:
    """Ends this process as soon as its parent has gone, however that ended: a pool's processes would wait for
    work for ever after a kill -9. Ctrl-C is left to the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
