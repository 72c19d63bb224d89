"""A host of the bridge beside the test, in a thread."""

import threading
import time
from contextlib import contextmanager

import pytest
from waiting import WAIT_S

from brainwright.tissue import CultureParameters, Envelope, Guarded, SimulatedCulture
from brainwright.tissue.bridge import Host

LOOSE = Envelope(buckets=(), burst_pulses=10**6, queued_pulses=10**6)


@pytest.fixture(scope="session")
def hosted():
    """`hosted(tissue, clock, ledger=, ...)`: a context with a host, which serves until its end.

    The envelope is loose; without a tissue it is one dish of saline. More options are the host's.
    """

    @contextmanager
    def serving(tissue=None, clock="virtual", *, ledger=None, **options):
        tissue = tissue or SimulatedCulture([0], CultureParameters(n_neurons=20), cells=False)
        lease_clock = None if clock == "virtual" else time.monotonic
        host = Host(Guarded(tissue, LOOSE, ledger=ledger, clock=lease_clock), clock=clock, **options)
        thread = threading.Thread(target=host.serve)
        thread.start()
        try:
            yield host
        finally:
            host.end("the test is over")
            thread.join(WAIT_S)
            assert not thread.is_alive()

    return serving
