"""Real-time priority is of a whole process: one thread without it keeps the sockets of a dying one open."""

import os
import threading
from pathlib import Path

import pytest

from brainwright.tissue.bridge import take_priority

pytestmark = pytest.mark.skipif(
    not (hasattr(os, "sched_setscheduler") and Path("/proc/self/task").is_dir()), reason="needs Linux"
)


@pytest.fixture
def asked(monkeypatch):
    """The threads for which priority was asked, in place of giving it."""
    threads = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda thread, policy, param: threads.append(thread))
    return threads


def test_all_threads_have_it(asked):
    end = threading.Event()
    others = [threading.Thread(target=end.wait) for _ in range(3)]
    for thread in others:
        thread.start()
    try:
        assert take_priority() == "real-time priority"
    finally:
        end.set()
    assert {0, threading.get_native_id(), *(thread.native_id for thread in others)} <= set(asked)


def test_a_thread_that_has_ended_is_no_error_and_a_refusal_is_said(asked, monkeypatch):
    def ended(thread, *_):
        if thread:
            raise ProcessLookupError

    monkeypatch.setattr(os, "sched_setscheduler", ended)
    assert take_priority() == "real-time priority"

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    assert take_priority() == "ordinary priority (no permission for more)"
