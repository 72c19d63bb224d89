"""Couple any two pieces of tissue: each is taught to predict what the other answers, and written its answer.

`python examples/couple.py` couples two simulated cultures of which the first was taught a cycle of four
symbols. For tissue of your own give `main` two pieces, with 16 channels or more that may stimulate in both;
two CL1s, for instance, each served by a process of its own (docs/hardware.md says how). Where plasticity
cannot be switched, as in living tissue, asking teaches too.
"""

from collections.abc import Sequence

import numpy as np

from brainwright.loop import Layout, Messages, OracleWriter, Timing, ask, close_loop, couple, fix_readout
from brainwright.tissue import Joined, SimulatedCulture, Tissue

SYMBOLS = 4
TIMING = Timing(write_at_s=0.018, after_s=(0.008, 0.018), late_s=(0.024, 0.080))
"""The answer is read from 8 to 18 ms, then comes the write."""


def main(parts: Sequence[Tissue] | None = None, symbols: int = 400) -> None:
    """Prints how many of its answers each piece has right, before and after they were coupled."""
    parts = parts or [SimulatedCulture([seed]) for seed in (8_001, 8_002)]
    both, rng = Joined(parts), np.random.default_rng(0)
    channels = both.limits.channels
    each = min(9, len(channels) // SYMBOLS)  # electrodes of a symbol
    layout = Layout.random([1, 2], SYMBOLS, channels, TIMING, each)

    def random(n: int) -> np.ndarray:
        return np.tile(rng.integers(0, SYMBOLS, n), (2, 1))

    def switch(plasticity: bool, pieces: Sequence[Tissue] = parts) -> None:
        for part in pieces:
            if hasattr(part, "plasticity"):
                part.plasticity = plasticity

    switch(False)
    readout, _ = fix_readout(both, layout, random(200))
    successor = (np.arange(SYMBOLS) + 1) % SYMBOLS
    switch(True, parts[:1])  # the first alone is taught: the truth is written to it
    heard = random(symbols + 1)
    wanted = successor[heard[:, :-1]]
    close_loop(both, layout, heard, OracleWriter(layout), record=4, block=symbols, targets=wanted)
    switch(False)
    before = ask(both, layout, readout, random(150)).share(successor)
    switch(True)
    couple(both, layout, Messages(readout, np.array([[0.0, 1.0], [1.0, 0.0]])), random(symbols))
    switch(False)
    after = ask(both, layout, readout, random(150)).share(successor)
    for k, name in enumerate(("taught", "its partner")):
        print(f"{name}: {before[k]:.2f} of the answers right before, {after[k]:.2f} after (chance 0.25)")


if __name__ == "__main__":
    main()
