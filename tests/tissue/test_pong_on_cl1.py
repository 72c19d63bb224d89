"""Pong through the CL1 adapter: a stand-in with the documented surface, and cl-sdk where it is there."""

import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from standin_cl import Neurons, api

import brainwright
from brainwright.loop import Motor, OracleWriter, play_pong, pong_layout, to_the_ball
from brainwright.tissue.adapters import CL1
from brainwright.world import Pong

HAVE_SDK = sys.version_info >= (3, 12) and importlib.util.find_spec("cl") is not None
SRC = str(Path(brainwright.__file__).parents[1])
TICKS = 8


def test_a_cl1_is_told_the_ball_written_to_and_moves_the_paddle():
    """A spike on channel 9 within the window that is read is a move up; the stand-in fires in every other
    tick.
    """
    period, at = 6_000, 250  # frames of 40 us: a tick of 240 ms, 10 ms after it began
    spikes = [(t * period + at, 9) for t in range(0, TICKS, 2)]
    neurons = Neurons(spikes=spikes)
    tissue = CL1(neurons, api(neurons), host_clock=None)
    layout = pong_layout([5], tissue.limits.channels)
    weight = np.zeros((1, 64))
    weight[0, 9] = 1.0
    played = play_pong(
        tissue,
        layout,
        Pong([5]),
        Motor(weight, np.array([-0.5])),
        TICKS,
        policy=to_the_ball(1),
        writer=OracleWriter(layout),
        depth=True,
    )
    assert played.moves[0].tolist() == [1, -1] * (TICKS // 2)
    table = tissue.ledger.table()
    near = int((played.court[0, :, 0] < 6).sum())
    assert len(table["dish"]) == TICKS * (5 + 9) + 5 * near
    assert tissue.dropped == 0
    assert (table["delivered_s"] >= table["requested_s"]).all()
    late_s = np.max(table["delivered_s"] - table["requested_s"])
    assert late_s < 0.001
    told = {int(channel) for channel in table["channel"]}
    assert told <= set(tissue.limits.channels)


@pytest.mark.skipif(not HAVE_SDK, reason="cl-sdk is not installed (it needs Python 3.12)")
def test_the_loop_runs_on_the_simulator_of_the_sdk(tmp_path):
    """In a process of its own, since the SDK takes over environment and garbage collection. It ignores
    stimulation: that all is delivered is what can be seen.
    """
    script = """
        import os
        os.environ |= {"CL_SDK_ACCELERATED_TIME": "1", "CL_SDK_VISUALISATION": "0", "CL_SDK_RANDOM_SEED": "1"}
        import numpy as np
        from brainwright.loop import DishModel, Motor, play_pong, pong_layout, present, to_the_ball
        from brainwright.tissue.adapters import CL1
        from brainwright.world import Pong
        if __name__ == "__main__":
            with CL1.open(accelerated=True) as tissue:
                layout, policy = pong_layout([5], tissue.limits.channels), to_the_ball(1)
                symbols = np.random.default_rng(0).integers(0, 10, (1, 60))
                wanted = np.where(symbols < 8, policy[0, np.minimum(symbols, 7)], -1)
                heard = present(tissue, layout, symbols, targets=wanted)
                writer = DishModel(batch=16).writer(layout, tissue.limits.channels, 2)
                writer.learn(heard)
                game, motor = Pong([5]), Motor.fit(heard)
                played = play_pong(tissue, layout, game, motor, 12, policy=policy, writer=writer)
                tissue.read(0.1)
                assert set(np.unique(played.moves)) <= {-1, 1}
                assert len(tissue.ledger.table()["dish"]) >= 12 * 14 - tissue.dropped
            print("played")
    """
    path = tmp_path / "pong_on_cl1.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": SRC, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("played")
