"""Virtual neurons beside a network: a graft reads a few units, writes a few others, and learns from what the
host's own rule says at those; more brain for a host that is too small for its task.
"""

import copy
from collections.abc import Iterator

import torch

from brainwright.learning import Backpropagation, FeedbackAlignment
from brainwright.loop.augment import Graft, augment, with_graft
from brainwright.loop.grafts import check_graft
from brainwright.loop.grafts.task import Waves, host_of, ports_of
from brainwright.network import Network
from brainwright.objective import Batch, Regression

BATCH = 64


def batches(waves: Waves, n: int) -> Iterator[Batch]:
    """Fresh samples of the task; yours here."""
    for _ in range(n):
        x, y = waves.batch(BATCH)
        yield Batch(x[0], y[0])


def main(updates: int = 1_000, seed: int = 3) -> dict[str, float]:
    """Prints and returns R2 on fresh samples: of a taught host, of the same taught on, and with a graft."""
    waves, host, ports = Waves([seed]), host_of(seed), ports_of(6)  # a bottleneck of 2 cells; your network
    optimiser = torch.optim.Adam(host.parameters(), 3e-3)
    for batch in batches(waves, updates):
        Backpropagation().update(host, batch, Regression(), Backpropagation().init(host))
        optimiser.step()
    test = waves.batch(2_000)
    graft = Graft.beside(ports, (16, 16), FeedbackAlignment(), seed)  # any rule inside
    print(check_graft(graft, host, Batch(test[0][0, :8], test[1][0, :8])))

    def r2(network: Network, own: Graft) -> float:
        error = with_graft(network, own, test[0][0])[:, -1] - test[1][0]
        return 1 - float(error.square().mean())  # the outputs have variance 1

    silent = Graft.beside(ports, (16, 16), seed=seed)
    torch.nn.init.zeros_(silent.network.get_parameter("projections.2.weight"))
    more, alone = copy.deepcopy(host), copy.deepcopy(host)
    augment(more, graft, Regression(), batches(waves, updates), host_rate=1e-3, seed=seed)
    augment(alone, silent, Regression(), batches(waves, updates), rate=0.0, host_rate=1e-3, seed=seed)
    found = {"taught": r2(host, silent), "taught on": r2(alone, silent), "with a graft": r2(more, graft)}
    print(", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    return found


if __name__ == "__main__":
    main()
