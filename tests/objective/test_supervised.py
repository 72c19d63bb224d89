"""Classification and regression against torch and against definitions."""

import math

import pytest
import torch

from brainwright.network import NetworkError, Trajectory
from brainwright.objective import Batch, Classification, Regression


def trajectory(*shape):
    outputs = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return Trajectory(outputs, {}, {})


def test_cross_entropy_of_the_last_step():
    found, classes = trajectory(5, 3, 4), torch.tensor([0, 1, 2, 3, 0])
    loss = Classification().loss(found, Batch(torch.empty(5, 1), classes))
    chosen = found.last.log_softmax(1)[torch.arange(5), classes]
    torch.testing.assert_close(loss.total, -chosen.mean())
    assert loss.parts["accuracy"] == (found.last.argmax(1) == classes).double().mean()


def test_equal_outputs_are_chance():
    flat = Trajectory(torch.zeros(8, 2, 10), {}, {})
    batch = Batch(torch.empty(8, 1), torch.arange(8))
    for every_step in (False, True):
        loss = Classification(every_step).loss(flat, batch)
        assert loss.total.item() == pytest.approx(math.log(10))


def test_every_step_is_the_mean_of_the_steps():
    found, classes = trajectory(5, 3, 4), torch.tensor([0, 1, 2, 3, 0])
    whole = Classification(every_step=True).loss(found, Batch(torch.empty(5, 1), classes)).total
    steps = [
        Classification().loss(
            Trajectory(found.outputs[:, : t + 1], {}, {}), Batch(torch.empty(5, 1), classes)
        )
        for t in range(3)
    ]
    torch.testing.assert_close(whole, torch.stack([loss.total for loss in steps]).mean())


def test_squared_error_and_its_share():
    found = trajectory(6, 3, 2)
    targets = found.last + 0.5
    loss = Regression().loss(found, Batch(torch.empty(6, 1), targets))
    assert loss.total.item() == pytest.approx(0.25)
    mean = Trajectory(targets.mean(0).expand(6, 1, 2), {}, {})
    assert Regression().loss(mean, Batch(torch.empty(6, 1), targets)).parts["nrmse"] == pytest.approx(1.0)


def test_shapes_are_refused_and_not_broadcast():
    found = trajectory(5, 3, 4)
    with pytest.raises(NetworkError, match=r"targets of shape \(5, 4\), got \(5, 1\)"):
        Regression().loss(found, Batch(torch.empty(5, 1), torch.zeros(5, 1)))
    with pytest.raises(NetworkError, match=r"classes within \[0, 4\), got 0\.\.4"):
        Classification().loss(found, Batch(torch.empty(5, 1), torch.arange(5)))
    with pytest.raises(NetworkError, match="int64 classes"):
        Classification().loss(found, Batch(torch.empty(5, 1), torch.zeros(5)))
