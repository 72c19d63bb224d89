"""Jobs on the cores of this machine, in processes that end with their parent."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from typing import Any

MOST_WAITING = 2
"""Jobs per process that are handed over ahead: a kill then loses little, and no process waits for the
next.
"""


def results(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, Any]]:
    """Calls `function(*job)` for every job, each with one thread. Yields (number of the job, what it
    returned) as they end; an exception of a job is raised here, and jobs that were not begun are dropped.

    Args:
        function: with several workers it must be importable by name (no lambda), since processes start
            afresh.
        jobs: arguments of each call.
        workers: processes, at least 1; 1 runs here, in order.
    """
    if workers < 1:
        raise ValueError(f"expected at least one worker, got {workers}")
    if workers == 1 or len(jobs) < 2:
        for number, job in enumerate(jobs):
            yield number, single_threaded(function, *job)
        return
    workers = min(workers, len(jobs))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        coming = iter(enumerate(jobs))
        waiting: dict[Future, int] = {}
        try:
            while True:
                for number, job in coming:
                    waiting[pool.submit(single_threaded, function, *job)] = number
                    if len(waiting) >= MOST_WAITING * workers:
                        break
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def single_threaded(function: Callable[..., Any], *job: Any) -> Any:
    """A job with one thread of torch: as many processes as cores would otherwise fight for them, and sums
    over several threads are rounded in another order, so results would depend on the number of cores.
    """
    torch = sys.modules.get("torch")  # the function's own module has imported it where it is used
    if torch is not None:
        torch.set_num_threads(1)
    return function(*job)


def _end_with_parent() -> None:
    """Ends this process as soon as its parent has gone, however that ended: a pool's processes would
    otherwise wait for work for ever after a kill -9.
    """
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
