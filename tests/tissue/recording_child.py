"""Records a culture in wall time until it is killed; run as a program: `recording_child.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np

from brainwright.tissue import CultureParameters, Paced, SimulatedCulture, StimulusPlan, WallClock
from brainwright.tissue.recording import Recorded, Recorder

PARAMETERS = CultureParameters(n_neurons=64)
PERIOD_S, AHEAD_S = 0.01, 0.5


def plan_of(tick, now_s):
    """What is asked for at a tick: every tenth a pulse on two channels, half a second ahead."""
    if tick % 10:
        return None
    return StimulusPlan.biphasic(0, np.array([20, 40]) + tick // 10 % 5, round(now_s + AHEAD_S, 9))


def main():
    SimulatedCulture([1], PARAMETERS).read(PERIOD_S)  # compile
    paced = Paced(SimulatedCulture([5], PARAMETERS), WallClock(), max_late_s=1.0)
    recorder = Recorder(Path(sys.argv[1]), 1, 64, preparation="simulated", seed=5)
    tissue = Recorded(paced, recorder, paced.present_s)
    tick = 0
    while True:
        heard = tissue.read(PERIOD_S)
        plan = plan_of(tick, tissue.now_s())
        if plan is not None:
            tissue.write(plan)
        print(heard.stop_s, flush=True)
        tick += 1


if __name__ == "__main__":
    main()
