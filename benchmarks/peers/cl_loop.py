"""Lateness of cl-sdk's own tick loop on its simulator, for an interpreter that has it (3.12, CC BY-NC).

python cl_loop.py RATE_HZ SECONDS
"""

import os
import sys
import time

import numpy as np


def lateness_us(rate_hz: int, seconds: float) -> np.ndarray:
    """How late each tick of `neurons.loop` comes, against the grid of its most punctual tick, [tick]."""
    os.environ |= {"CL_SDK_VISUALISATION": "0", "CL_SDK_ACCELERATED_TIME": "0"}
    import cl

    times_s = np.full(round(rate_hz * seconds), np.nan)
    with cl.open() as neurons:
        loop = neurons.loop(ticks_per_second=rate_hz, stop_after_ticks=len(times_s), ignore_jitter=True)
        for k, _ in enumerate(loop):
            times_s[k] = time.monotonic()
    after_s = times_s - np.arange(len(times_s)) / rate_hz
    return (after_s - np.nanmin(after_s)) * 1e6


if __name__ == "__main__":
    late = lateness_us(int(sys.argv[1]), float(sys.argv[2]))
    print(*np.nanpercentile(late, [50, 90, 99, 99.9, 100]))
