"""How fast the loop runs in virtual time, and that it does the same twice to the last bit."""

import time

import numpy as np

from brainwright.loop import run_ticks
from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels
from latency_loops import demand


class Pulsing:
    """Pulses eight electrodes at every tenth tick."""

    def __init__(self, tissue: SimulatedCulture):
        self.tissue, self.usable = tissue, np.array(usable_channels()[:40]).reshape(5, 8)

    def decide(self, tick):
        if tick.index % 10:
            return None
        return StimulusPlan.biphasic(0, self.usable[tick.index // 10 % 5], self.tissue.now_s() + 0.001)


class Hearing(Pulsing):
    """The same, and remembers what it heard."""

    def __init__(self, tissue: SimulatedCulture):
        super().__init__(tissue)
        self.times: list[np.ndarray] = []

    def decide(self, tick):
        self.times.append(tick.heard.time_s)
        return super().decide(tick)


def virtual(seconds: float) -> None:
    """Speed of run_ticks on 256 plastic neurons, and that two runs are the same to the last bit."""
    print("\nvirtual time, 256 plastic neurons, eight electrodes at every tenth tick")
    SimulatedCulture([1]).read(0.1)
    for rate_hz, least in ((100, 10), (1000, 3)):
        runs = []
        for _ in range(2):
            culture = SimulatedCulture([1], CultureParameters(n_neurons=256))
            hearing = Hearing(culture)
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            run_ticks(culture, hearing, period_s=1 / rate_hz, n_ticks=round(seconds * rate_hz))
            speed = seconds / (time.perf_counter() - began_s)
            core = seconds / (time.process_time() - began_cpu_s)
            runs.append((np.concatenate(hearing.times), culture.weights(0)[2], culture.ledger.table()))
        same = all(np.array_equal(runs[0][i], runs[1][i]) for i in (0, 1))
        same &= all(np.array_equal(column, runs[1][2][name]) for name, column in runs[0][2].items())
        demand(same, f"two virtual runs at {rate_hz} Hz differ")
        print(
            f"{'PASS' if speed >= least else 'miss'}  {rate_hz} Hz: {speed:.1f} x real time (goal {least}), "
            f"{core:.1f} x per core second; {len(runs[0][0]):,} spikes and all weights the same in two runs"
        )
