"""What was learned side by side is what each network then does alone."""

import pytest
import torch
from test_side_by_side import GROUPS

from brainwright.network import NetworkError, layered
from brainwright.network.apart import taken_apart
from brainwright.network.side_by_side import side_by_side


@pytest.mark.parametrize("name", GROUPS)
def test_each_does_alone_what_it_learned_beside_others(name):
    networks = GROUPS[name]()
    together, generator = side_by_side(networks), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in together.parameters():  # as if they had been taught
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    taken_apart(together, networks)
    drive = torch.randn(2, 4, 3 * len(networks), generator=generator)
    alone = [network.unroll(drive[..., 3 * k : 3 * k + 3]).outputs for k, network in enumerate(networks)]
    torch.testing.assert_close(together.unroll(drive).outputs, torch.cat(alone, -1), rtol=1e-4, atol=1e-5)


def test_other_networks_are_refused():
    with pytest.raises(NetworkError, match="give those that were joined"):
        taken_apart(side_by_side([layered([3, 4, 2])]), [layered([3, 5, 2])])
