"""Training beside the loop: what is handed over is whole, the loop never waits, and the weights are right."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import handover_child
import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import (
    GradientWriter,
    Handover,
    Layout,
    Moment,
    Timing,
    TrainedBeside,
    close_loop,
    present,
)
from brainwright.tissue import usable_channels

K = 6


def test_what_is_handed_over_is_fetched_once(tmp_path):
    writer = Handover.create(tmp_path / "shared", 10_000)
    reader = Handover(tmp_path / "shared")
    assert reader.newest() is None
    first = {"a": np.arange(6.0).reshape(2, 3), "flag": np.array([True]), "empty": np.zeros((0, 4), np.int8)}
    writer.publish(first)
    got = reader.newest()
    assert got is not None
    assert list(got) == list(first)
    for name, array in first.items():
        assert got[name].dtype == array.dtype
        assert np.array_equal(got[name], array)
    assert reader.newest() is None
    for number in range(5):
        writer.publish({"a": np.array([number])})
    got = reader.newest()
    assert got is not None
    assert got["a"].tolist() == [4]


def test_too_much_is_refused_and_what_was_there_stays(tmp_path):
    handover = Handover.create(tmp_path / "shared", 1_000)
    handover.publish({"a": np.arange(3)})
    with pytest.raises(ValueError, match="make more room"):
        handover.publish({"a": np.zeros(10_000)})
    got = Handover(tmp_path / "shared").newest()
    assert got is not None
    assert got["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_half_written_set_is_never_read(tmp_path, share):
    """As if the writer were killed in the middle, even after it had announced the version."""
    from brainwright.loop.punctual.handover import _SLOT, _VERSION

    handover = Handover.create(tmp_path / "shared", 10_000)
    handover.publish({"a": np.zeros(500)})
    reader = Handover(tmp_path / "shared")
    assert reader.newest() is not None
    handover.publish({"a": np.ones(500)})
    at = handover._slot(2)
    version, size, crc = _SLOT.unpack_from(handover._memory, at)
    kept = int(share * size)
    handover._memory[at + _SLOT.size + kept : at + _SLOT.size + size] = bytes(size - kept)
    _SLOT.pack_into(handover._memory, at, version, size, crc)
    _VERSION.pack_into(handover._memory, 0, 2)
    assert reader.newest() is None


def test_a_reader_beside_a_busy_writer_that_is_killed_sees_whole_sets_only(tmp_path):
    reader = Handover.create(tmp_path / "shared", 2_000_000)
    process = subprocess.Popen(
        [sys.executable, str(Path(handover_child.__file__)), str(reader.path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    seen = []
    while len(seen) < 50:  # however long that takes on a busy machine
        assert process.poll() is None
        got = reader.newest()
        if got is not None:
            assert (got["weight"] == got["weight"][0]).all()
            assert (got["bias"] == got["weight"][0]).all()
            seen.append(int(got["weight"][0]))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert seen == sorted(set(seen))
    last = Handover(reader.path).newest()
    assert last is None or (last["weight"] == last["weight"][0]).all()


MAKE = functools.partial(GradientWriter, K, 9, usable_channels(), gradient_steps=0)


def heard_and_moment():
    layout = Layout.random([1, 2], K, usable_channels(), Timing())
    symbols = np.random.default_rng(0).integers(0, K, (2, 41))
    heard = present(Echo(), layout, symbols[:, :40], targets=symbols[:, 1:])
    moment = Moment(symbols[:, [39, 38]], symbols[:, 40], heard.counts[:, 38, :2], heard.counts[:, 39, 0])
    return layout, symbols, heard, moment


def test_a_state_taken_to_another_writer_decides_the_same():
    _, _, heard, moment = heard_and_moment()
    one, other = MAKE(), MAKE()
    one.learn(heard)
    other.restore(one.state())
    assert np.array_equal(one.channels(moment), other.channels(moment))
    again = other.state()
    assert all(np.array_equal(again[name], array) for name, array in one.state().items())


def test_learning_beside_the_loop_gives_the_same_weights_and_keeps_nobody_waiting():
    layout, symbols, heard, moment = heard_and_moment()
    by_itself = MAKE()
    began_s = time.process_time()
    by_itself.learn(heard)
    took_s = time.process_time() - began_s
    with TrainedBeside(MAKE) as beside:
        began_s = time.process_time()
        beside.learn(heard)
        assert time.process_time() - began_s < took_s / 4
        assert beside.channels(moment) is None  # nothing learned yet, nothing written
        _wait_for_a_model(beside)
        assert np.array_equal(beside.channels(moment), by_itself.channels(moment))

        # in the loop: `learn` before every block, and the loop goes on with what it has
        heard = close_loop(Echo(), layout, symbols, beside, record=20, block=10)
        assert (heard.written[:, 20:] >= 0).all()
        _wait_for_a_model(beside)

        beside._process.kill()
        beside._process.join()
        with pytest.raises(RuntimeError, match="training process ended"):
            beside.learn(heard)


def _wait_for_a_model(beside):
    before = beside.n_models
    while beside.n_models == before:  # however long that takes on a busy machine
        assert beside._process.is_alive()
        beside.take_up()
        time.sleep(0.005)
