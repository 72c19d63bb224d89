"""Tasks: files read right, splits without leaks, what is missing said."""

import gzip
import struct

import numpy as np
import pytest

from brainwright.datasets import MissingData, require_all, there
from brainwright.datasets.chess import best_accuracy, chess_openings, read_openings
from brainwright.datasets.digits import digits
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.images import cifar10_subset, mnist, read_idx
from brainwright.datasets.named_tasks import TASKS, named_task
from brainwright.datasets.tasks import Task


def here(loader):
    try:
        return loader()
    except MissingData as missing:
        pytest.skip(str(missing))


def idx(array) -> bytes:
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_idx_files_plain_and_compressed(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for name, raw in (("plain", idx(array)), ("packed.gz", gzip.compress(idx(array)))):
        (tmp_path / name).write_bytes(raw)
        np.testing.assert_array_equal(read_idx(tmp_path / name), array)
    for broken in (b"PK\x03\x04....", idx(array)[:-1], b"\0\0\x08\x03\0"):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(DatasetError, match="broken: "):
            read_idx(tmp_path / "broken")


def test_mnist_is_the_published_one():
    task = here(mnist)
    assert task.train_inputs.shape == (60_000, 784)
    assert task.test_inputs.shape == (10_000, 784)
    assert task.train_targets[:5].tolist() == [5, 0, 4, 1, 9]
    assert task.test_targets[:5].tolist() == [7, 2, 1, 0, 4]
    assert task.train_inputs.mean() == pytest.approx(0.1307, abs=1e-4)
    assert task.chance == pytest.approx(0.1135)


def test_the_built_in_digits_are_those_of_scikit_learn():
    task = digits()
    inputs = np.concatenate([task.train_inputs, task.test_inputs])
    targets = np.concatenate([task.train_targets, task.test_targets])
    assert len(targets) == 1797
    assert np.bincount(targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # UCI's table
    known = pytest.importorskip("sklearn.datasets").load_digits()
    ours, theirs = (
        sorted(zip(map(tuple, x.astype(int)), y.tolist(), strict=True))
        for x, y in ((8 * (inputs + 1), targets), (known.data, known.target))
    )
    assert ours == theirs


def test_the_cifar_subset_has_equal_classes():
    task = here(cifar10_subset)
    assert task.train_inputs.shape == (10_000, 3072)
    assert np.bincount(task.test_targets).tolist() == [200] * 10
    mean = 255 * task.train_inputs.reshape(-1, 3).mean(0, dtype=np.float64)
    assert mean == pytest.approx([125.3, 123.0, 113.9], abs=1)  # of all 50,000 images
    assert "JPEG" in task.note


def test_chess_contexts_are_on_one_side_only():
    task = here(chess_openings)
    train, test = ({row.tobytes() for row in side} for side in (task.train_inputs, task.test_inputs))
    assert not train & test
    assert task.train_inputs.shape[1] == 4 * 102
    assert (task.train_inputs.reshape(-1, 4, 102).sum(-1) == 1).all()
    assert len(task.classes) == 100
    assert 0.5 < best_accuracy(task) < 1
    again = chess_openings()
    np.testing.assert_array_equal(task.test_targets, again.test_targets)
    assert not np.array_equal(task.test_targets, chess_openings(seed=1).test_targets)


def test_openings_are_read_without_move_numbers(tmp_path):
    (tmp_path / "a.tsv").write_text("eco\tname\tpgn\nA00\tx\t1. e4 e5 2. Nf3\n")
    assert read_openings(tmp_path / "a.tsv") == [["e4", "e5", "Nf3"]]
    (tmp_path / "b.tsv").write_text("eco\tname\n")
    with pytest.raises(DatasetError, match="column 'pgn'"):
        read_openings(tmp_path / "b.tsv")


def small_task() -> Task:
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (50, 4)).astype(np.float32)
    x[:, 3] = 7
    return Task("toy", x, rng.integers(0, 2, 50), x[:9], np.zeros(9, np.int64), ("a", "b"))


def test_standardising_uses_the_training_samples():
    task = small_task().standardised()
    np.testing.assert_allclose(task.train_inputs[:, :3].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(task.train_inputs[:, :3].std(0), 1, atol=1e-5)
    assert (task.train_inputs[:, 3] == 0).all()
    np.testing.assert_array_equal(task.test_inputs, task.train_inputs[:9])


def test_smaller_samples_lie_within_larger_ones():
    task = small_task()
    few, more = task.first(5, seed=3), task.first(20, seed=3)
    np.testing.assert_array_equal(few.train_inputs, more.train_inputs[:5])
    assert not np.array_equal(few.train_inputs, task.first(5, seed=4).train_inputs)
    with pytest.raises(DatasetError, match="has 50 training samples, asked for 51"):
        task.first(51)


def test_missing_files_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("BRAINWRIGHT_DATA", "")
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(MissingData, match="mnist needs"):
        mnist()
    assert not there("mnist")
    with pytest.raises(MissingData, match="mnist needs"):
        require_all("mnist")


def test_tasks_have_names():
    np.testing.assert_array_equal(named_task("digits").test_targets, digits().test_targets)
    for name in TASKS:
        assert len(here(lambda name=name: named_task(name)).classes) > 1
    with pytest.raises(DatasetError, match="got 'digit'; did you mean 'digits'"):
        named_task("digit")


def test_tasks_that_do_not_fit_are_refused():
    with pytest.raises(DatasetError, match="one target each"):
        Task(
            "bad", np.zeros((3, 2), np.float32), np.zeros(2, int), np.zeros((1, 2)), np.zeros(1, int), ("a",)
        )


def test_the_digits_are_split_once_and_can_be_told_apart():
    task, again = digits(), digits()
    np.testing.assert_array_equal(task.train_inputs, again.train_inputs)
    assert (task.train_inputs.shape, task.test_inputs.shape) == ((1437, 64), (360, 64))
    assert (task.train_inputs.min(), task.train_inputs.max()) == (-1, 1)
    assert np.bincount(task.test_targets).min() >= 25
    both = {row.tobytes() for row in task.train_inputs} & {row.tobytes() for row in task.test_inputs}
    assert not both
    distance = ((task.test_inputs[:, None] - task.train_inputs[None]) ** 2).sum(-1)
    assert (task.train_targets[distance.argmin(1)] == task.test_targets).mean() > 0.97  # nearest neighbour
    assert len(task.first_tests(20).test_targets) == 20
