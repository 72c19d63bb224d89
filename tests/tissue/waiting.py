"""Waiting for what must happen, on a machine that may be busy."""

import time

WAIT_S = 20.0


def eventually(true):
    until = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)
