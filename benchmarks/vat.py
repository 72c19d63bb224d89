"""How fast do brains learn from one another? Seconds of tissue per second, all brains of a vat together.

    python benchmarks/vat.py [--brains 102] [--symbols 160] [--threads 0]

One vat, everybody hears everybody. "mutual" takes two gradient steps on every brain's emulator per symbol;
"relay" and "silent" have no emulator: what the gradient costs is the difference. Correctness in the same run:
messages, targets and writes of a few symbols are compared with plain loops over brains, and the equations of
`loop.messages` written out.
"""

import argparse
import resource
import time

import numpy as np
import torch

from brainwright.loop import graphs
from brainwright.loop.messages import TEMPERATURE
from brainwright.loop.vats import VAT_ARMS, Vats, VatSizes, calibrate, learn_together
from brainwright.loop.vats.arms import messages_of

GOAL = 180.0
"""Times real time, with the gradient."""
FIRST_SEED = 8_500


def as_written_out(vats: Vats, readout, rng: np.random.Generator) -> float:
    """Largest difference between messages and wanted probabilities, and the same in plain loops."""
    messages = messages_of(VAT_ARMS["mutual"], vats, readout)
    counts = rng.poisson(0.5, (vats.n, 1, 64)).astype(np.float32)
    symbols = np.tile(rng.integers(0, 6, 1), (vats.n, 1))
    said = messages.said(counts)
    wanted = messages.wanted(messages.heard(said, symbols))[:, 0]
    worst = 0.0
    for i in range(0, vats.n, 17):
        total = np.zeros(6)
        for j in range(vats.n):
            if j != i:
                total += readout.weight[j] @ counts[j, 0].astype(np.float64) + readout.offset[j]
        odds = [
            0.0 if k == symbols[i, 0] else np.exp((total[k] - total.max()) / TEMPERATURE) for k in range(6)
        ]
        worst = max(worst, float(np.abs(np.array(odds) / sum(odds) - wanted[i]).max()))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--brains", type=int, default=102)
    parser.add_argument("--symbols", type=int, default=160)
    parser.add_argument("--threads", type=int, default=0, help="that advance brains; 0: one per core")
    options = parser.parse_args()
    torch.set_num_threads(1)
    sizes = VatSizes(calibration=120, together=options.symbols)
    graph = graphs.all_to_all(options.brains)
    vats = Vats(1, options.brains, first_seed=FIRST_SEED, graph=graph, sizes=sizes, threads=options.threads)
    culture, readout = calibrate(vats)
    state = culture.snapshot()
    small = Vats(1, 3, first_seed=FIRST_SEED, sizes=VatSizes(listen=8, together=4), threads=1)
    learn_together(small, VAT_ARMS["mutual"], calibrate(small)[0].snapshot(), calibrate(small)[1])  # imports
    learn_together(vats, VAT_ARMS["relay"], state, readout)  # fills caches
    tissue_s = options.brains * (sizes.listen + sizes.together) * vats.layout.timing.period_s
    factors = {}
    for name in ("silent", "relay", "mutual"):
        wall, processor = time.perf_counter(), time.process_time()
        learn_together(vats, VAT_ARMS[name], state, readout)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        factors[name] = tissue_s / wall
        print(
            f"{name}: {tissue_s / wall:.0f} x real time by the wall, {tissue_s / processor:.0f} by processors"
        )
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wrong = as_written_out(vats, readout, np.random.default_rng(0))
    about = f"{options.brains} brains, {tissue_s:.0f} s of tissue, {vats.threads} threads"
    print(f"{about}, peak {peak_gib:.2f} GiB")
    print(f"messages beside plain loops: largest difference {wrong:.1e}")
    met = factors["mutual"] >= GOAL and peak_gib <= 2 and wrong < 1e-5  # single precision
    print(f"goal {GOAL:.0f} x within 2 GiB: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
