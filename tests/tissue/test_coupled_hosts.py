"""Two pieces of tissue that two hosts serve are coupled as if both were here."""

from contextlib import ExitStack

import numpy as np

from brainwright.loop import Layout, Messages, Timing, couple, fix_readout, graphs
from brainwright.tissue import CultureParameters, Joined, SimulatedCulture
from brainwright.tissue.bridge import RemoteTissue

SMALL = CultureParameters(n_neurons=64)
TIMING = Timing(write_at_s=0.018, after_s=(0.008, 0.018), late_s=(0.024, 0.080))
SYMBOLS = np.tile(np.random.default_rng(0).integers(0, 4, 12), (2, 1))


def cultures():
    return [SimulatedCulture([seed], SMALL) for seed in (1, 2)]


def pulses_of_coupled(parts):
    """Fixes the read-out, couples, and gives the pulses that each part delivered."""
    both = Joined(parts)
    layout = Layout.random([1, 2], 4, both.limits.channels, TIMING, 3)
    readout, _ = fix_readout(both, layout, SYMBOLS)
    couple(both, layout, Messages(readout, graphs.all_to_all(2)), SYMBOLS, listen=6)
    return [part.ledger.table() for part in parts]


def test_two_hosts_are_coupled_as_if_both_were_here(hosted):
    here = pulses_of_coupled(cultures())
    with ExitStack() as opened:
        hosts = [opened.enter_context(hosted(culture)) for culture in cultures()]
        parts = [opened.enter_context(RemoteTissue(host.address, reply_s=60.0)) for host in hosts]
        for part in parts:
            part.arm(1e6)
        there = pulses_of_coupled(parts)
    for ours, theirs in zip(here, there, strict=True):
        assert len(ours["channel"]) > 24 * 3  # besides the symbols, twice, what the other said
        assert (ours["channel"] == theirs["channel"]).all()
        assert np.allclose(ours["requested_s"], theirs["requested_s"], rtol=0, atol=1e-9)
