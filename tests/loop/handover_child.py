"""Publishes sets of arrays that are all one number, as fast as it can, until it is killed."""

import sys
from pathlib import Path

import numpy as np

from brainwright.loop.punctual.handover import Handover

if __name__ == "__main__":
    handover, number = Handover(Path(sys.argv[1])), 0
    while True:
        number += 1
        handover.publish({"weight": np.full(100_000, number), "bias": np.full(7, number, np.float32)})
