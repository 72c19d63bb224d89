"""One matrix at every step against torch's own product, and rows turned into columns."""

import numpy as np
import pytest
import torch

from brainwright.network.over_time import over_time
from brainwright.network.sparse.product import laid_out


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("times", "post", "pre", "batch"), [(5, 33, 20, 17), (3, 16, 40, 64), (1, 4, 3, 2)])
@pytest.mark.parametrize("by_sample", [False, True])
def test_result_and_gradients_are_those_of_torch_bit_for_bit(times, post, pre, batch, dtype, by_sample):
    draw = torch.Generator().manual_seed(post)
    weight = torch.randn(post, pre, generator=draw, dtype=dtype).requires_grad_()
    x = torch.randn(times, pre, batch, generator=draw, dtype=dtype)
    taught = torch.randn(times, post, batch, generator=draw, dtype=dtype)
    if by_sample:
        x, taught = (tensor.mT.contiguous().mT for tensor in (x, taught))
    x.requires_grad_()
    found = []
    for product in (over_time, torch.matmul):
        y = product(weight, x)
        found.append([y, *torch.autograd.grad(y, (weight, x), taught)])
    assert all(map(torch.equal, *found))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 300, 7), (1, 40, 16), (3, 19, 70)])
def test_rows_turned_into_columns(shape, dtype):
    members, rows, columns = shape
    x = torch.arange(members * rows * columns, dtype=dtype).view(members, columns, rows).mT
    found = laid_out(x)
    assert found.is_contiguous()
    np.testing.assert_array_equal(found.numpy(), x.numpy())
