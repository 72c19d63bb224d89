"""Tissue of one's own in the loop: here a culture behind a wrapper that counts what it is told."""

import numpy as np

import brainwright as bw
from brainwright.loop import GradientWriter, Layout, Timing
from brainwright.tissue import usable_channels


class Counted:
    """Any tissue with a count of pulses: it keeps the contract because it passes everything on."""

    def __init__(self, tissue: bw.Tissue):
        self._tissue, self.n_pulses = tissue, 0

    def __getattr__(self, name: str):
        return getattr(self._tissue, name)

    def write(self, plan: bw.StimulusPlan):
        """It queues a plan, and counts it once it was admitted."""
        receipt = self._tissue.write(plan)
        self.n_pulses += plan.n_pulses
        return receipt


def main(record: int = 30, teach: int = 60) -> int:
    """Checks the contract, closes the loop around two dishes, and prints what was written."""
    bw.check_tissue(lambda: Counted(bw.SimulatedCulture([1], cells=False)))
    tissue, stream, seeds = Counted(bw.SimulatedCulture(seeds=[1, 2])), bw.tune(), [1, 2]
    layout = Layout.random(seeds, stream.k, usable_channels(), Timing())
    symbols = np.stack([stream.draw(record + teach + 1, np.random.default_rng(seed)) for seed in seeds])
    writer = GradientWriter(stream.k, layout.n_electrodes, usable_channels())
    heard = bw.close_loop(tissue, layout, symbols, writer, record=record, block=teach)
    print(f"{len(heard)} periods, {tissue.n_pulses} pulses, {(heard.written >= 0).any(2).sum()} writes")
    return tissue.n_pulses


if __name__ == "__main__":
    main()
