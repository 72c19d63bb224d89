"""Steps without gradients against those of the network."""

import pytest
import torch
from wirings import small

from brainwright.network import Rate, compile, embedded, recurrent, stepping
from brainwright.network.checking import tensors_of
from brainwright.network.stepping import stepper


def alike(network, batch=4, atol=1e-12):
    """Whether the same states come of the same drives; the drawn weights are no longer those of the start."""
    generator = torch.Generator().manual_seed(0)
    for p in network.parameters():
        p.data += 0.1 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    advance, like = stepper(network), next(network.parameters())
    plain = quick = network.rest(batch)
    for _ in range(6):
        drive = torch.randn(batch, network.n_inputs, generator=generator, dtype=like.dtype)
        plain, quick = network.step(plain, drive), advance(quick, drive)
        assert [type(quick[name]) for name in plain] == [type(plain[name]) for name in plain]
        for part, true in zip(tensors_of(quick), tensors_of(plain), strict=True):
            torch.testing.assert_close(part, true.detach(), rtol=1e-9, atol=atol)
            assert not part.requires_grad
    assert plain[network.output][0].abs().max() > 0.01, "else nothing has come through"


@pytest.mark.parametrize("phi", ["relu", "tanh", "identity"])
@pytest.mark.parametrize("bias", ["none", "cell"])
@pytest.mark.parametrize("maps", [{"n_inputs": 5, "n_outputs": 3}, {}])
def test_steps_are_those_of_the_network(phi, bias, maps, monkeypatch):
    made = []
    quick = stepping._quick
    monkeypatch.setattr(stepping, "_quick", lambda *parts: made.append(parts) or quick(*parts))
    options = {"signs": "unsigned", "train": "edge", "dtype": torch.float64, **maps}
    alike(compile(small(), Rate(phi, bias=bias), **options))
    assert made, "else the network is compared with itself"


@pytest.mark.parametrize(
    "network",
    [
        lambda: compile(small(), Rate(tau_s=0.01), signs="unsigned", train="edge", n_inputs=5, n_outputs=3),
        lambda: compile(small(), "lif", signs="unsigned", train="edge", n_inputs=5, n_outputs=3),
        lambda: recurrent(5, 8, 3),
        lambda: embedded(recurrent(5, 8, 5), 5),
    ],
)
def test_so_are_those_of_any_other(network):
    alike(network())
