"""Virtual neurons beside a network of yours: a graft reads a few units, writes a few others, and learns from
what the host's own rule says at those; beside every control, in one call.
"""

from collections.abc import Iterator

import torch

from brainwright.learning import Backpropagation, FeedbackAlignment
from brainwright.loop.augment import Graft
from brainwright.loop.grafts import check_graft, graft_on
from brainwright.loop.grafts.task import Waves, host_of, ports_of
from brainwright.objective import Batch, Regression

BATCH = 64


def batches(waves: Waves, n: int) -> Iterator[Batch]:
    """Fresh samples of the task; yours here."""
    for _ in range(n):
        x, y = waves.batch(BATCH)
        yield Batch(x[0], y[0])


def main(updates: int = 1_000, seed: int = 3) -> dict[str, float]:
    """Prints and returns R2 on fresh samples of a taught host with a graft under every control."""
    waves, host, ports = Waves([seed]), host_of(seed), ports_of(6)  # a bottleneck of 2 cells; your network
    rule = Backpropagation()  # of the host; any that exposes an error-like signal
    optimiser = torch.optim.Adam(host.parameters(), 3e-3)
    for batch in batches(waves, updates):
        rule.update(host, batch, Regression(), rule.init(host))
        optimiser.step()
    x, y = waves.batch(2_000)
    test = Batch(x[0], y[0])
    few = Batch(x[0, :8], y[0, :8])
    print(check_graft(Graft.beside(ports, (16, 16), FeedbackAlignment(), seed), host, few))
    taught = batches(waves, updates)
    # another rule inside than the host's; the host goes on learning, in every arm
    found = graft_on(
        host, rule, Regression(), taught, test, ports, rule=FeedbackAlignment(), host_rate=1e-3, seed=seed
    )
    shown = {name: 1 - arm.error for name, arm in found.items()}  # the outputs have variance 1
    print(", ".join(f"{name} {value:.2f}" for name, value in shown.items()))
    return shown


if __name__ == "__main__":
    main()
