"""A wiring of your own in a body of your own: which cells feel, which act, and the same for a rewired one."""

from functools import partial

import numpy as np

from brainwright.connectome import Connectome, nulls
from brainwright.loop.learn import BPTT, Body, Interrupted, Learned, embody, evaluate, learn
from brainwright.network import FanIn, Rate
from brainwright.world import Plate, PlateLaw

BODY = Body(
    sensors={
        0: {"ASEL": 100.0},
        1: {"ASER": 100.0},
        2: {"SMBVL": 1.0, "SMBDL": -1.0},
    },  # smell up, down, sweep
    motors={0: {"SMBDL": 1.0, "SMBVL": -1.0}},  # dorsal against ventral: the turn of the head
    steps=1,  # of the network for each action
)


def main(updates: int = 80, duration_s: float = 500.0, episodes: int = 20) -> None:
    """Prints the trajectory index (an episode's return) before and after, of a worm and a rewired one."""
    worm = Connectome.load("celegans/varshney2011")  # or Connectome.load(FILE), .from_csv, .from_matrix
    plate = partial(Plate, law=PlateLaw(dt_s=0.1, duration_s=duration_s))  # or an id of Gymnasium, by PPO
    cells = Rate("tanh", tau_s=0.1, dt_s=0.1, form="voltage", bias="cell")
    options = {"signs": "unsigned", "dynamics": cells, "scaling": FanIn(2.0), "gap_conductance": 0.0}
    for name, wiring in {"worm": worm, "rewired": nulls.degree_preserving(worm, seed=1)}.items():
        policy = embody(wiring, plate, BODY, scale=False, **options)
        before = evaluate(policy, plate, episodes=episodes, seed=900, longest=20_000)
        try:
            learned: Learned = learn(policy, plate, method=BPTT(updates, rate=0.03), seed=1)
        except Interrupted as error:  # a body that breaks off: what was learned until then stays
            learned = error.learned
        after = evaluate(learned, plate, episodes=episodes, seed=900, longest=20_000)
        print(f"{name}: {np.mean(before):.2f} before, {np.mean(after):.2f} after {learned.steps[-1]:,} steps")


if __name__ == "__main__":
    main()
