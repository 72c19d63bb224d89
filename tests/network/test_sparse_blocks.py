"""Sums held in registers: whole blocks of samples and what is left over, against a dense product."""

import pytest
import torch

from brainwright.network.sparse import Pattern, SparseMatrix

N, EDGES = 40, 300


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("samples", [31, 32, 64, 96, 130])
def test_blocks_and_remainders_agree_with_a_dense_product(samples, dtype):
    draw = torch.Generator().manual_seed(samples)
    pre, post = (torch.randint(N, (EDGES,), generator=draw) for _ in range(2))
    pattern = Pattern.of(pre, post, N, N)
    values = torch.randn(EDGES, generator=draw, dtype=dtype).requires_grad_()
    state = torch.randn(samples, N, generator=draw, dtype=dtype).requires_grad_()
    taught = torch.randn(samples, N, generator=draw, dtype=dtype)
    found, wanted = SparseMatrix(pattern, values) @ state, state @ pattern.dense(values).T
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == torch.float32 else {"rtol": 1e-11, "atol": 1e-11}
    torch.testing.assert_close(found, wanted, **close)
    ours = torch.autograd.grad(found, [values, state], taught)
    torch.testing.assert_close(ours, torch.autograd.grad(wanted, [values, state], taught), **close)
