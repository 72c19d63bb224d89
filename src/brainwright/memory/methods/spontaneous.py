"""Sleep replay consolidation: noise drives the network in sleep, and a local rule changes it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .contract import Method, Setting
from .replayed import Replay
from .weights import Draws


@dataclass(frozen=True)
class Noise:
    """Sleep without any stored sample (Tadros et al. 2022, doi:10.1038/s41467-022-34938-7).

    Cells of the network spike. Inputs fire by chance, as often as each was active on average; a cell fires
    when its leaky potential exceeds a threshold. Where a cell fires, weights from cells that fired grow and
    weights from those that did not shrink.

    Attributes:
        steps: of the night.
        rate: chance of an input of the mean activity 1 to fire in a step.
        active: share of a layer that fires in a step: thresholds are set to it layer by layer, in place of
            scale factors that are searched for in the publication.
        leak: share of a potential that stays.
        grow, shrink: of a weight in a step, relative to the mean size of the weights of its map.
    """

    steps: int = 200
    rate: float = 0.5
    active: float = 0.05
    leak: float = 0.5
    grow: float = 2e-3
    shrink: float = 1e-4


@torch.no_grad()
def slept(
    weights: Sequence[Float[Tensor, "seed pre post"]],
    mean: Float[Tensor, "seed feature"],
    noise: Noise,
    draws: Draws,
) -> None:
    """Changes the weights of networks by one night of noise, in place.

    Args:
        weights: of maps between layers, in order.
        mean: mean activity of each input, 0 or more.
        noise: of the night.
        draws: random numbers.
    """
    units = [w.abs().mean((1, 2), keepdim=True) for w in weights]
    potentials = [torch.zeros(len(draws), w.shape[2]) for w in weights]
    for _ in range(noise.steps):
        before = (draws.uniform(mean.shape[1]) < noise.rate * mean).float()
        for k, weight in enumerate(weights):
            potentials[k] = noise.leak * potentials[k] + torch.bmm(before[:, None], weight)[:, 0]
            threshold = torch.quantile(potentials[k], 1 - noise.active, dim=1, keepdim=True)
            fired = (potentials[k] > threshold.clamp(min=0)).float()
            potentials[k] = potentials[k] * (1 - fired)
            change = noise.grow * before - noise.shrink * (1 - before)
            weight += units[k] * change[:, :, None] * fired[:, None]
            before = fired


class SleepReplay(Method):
    """It learns without care by day; after every context noise drives it through a night (see `Noise`). All
    that is kept is the mean of the inputs.
    """

    name = "SRC"

    def __init__(self, setting: Setting, noise: Noise | None = None):
        super().__init__(setting)
        self.noise = noise or Noise()
        self.mean = torch.zeros(len(setting.seeds), setting.n_inputs)
        self.batches = 0

    @property
    def kept_bytes(self) -> int:
        """Of the mean input."""
        return 4 * self.setting.n_inputs

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.notice(inputs)
        self.descend(self.named(self.brain(inputs), targets))

    def notice(self, inputs: Tensor) -> None:
        """Takes inputs [seed, row, feature] into their mean."""
        self.batches += 1
        self.mean += (inputs.mean(1) - self.mean) / self.batches

    def finish(self) -> None:
        """See `Method`."""
        maps = [self.brain.weights.at[f"{name}.w"].data for name in self.brain.names]
        slept(maps, self.mean.clamp(min=0), self.noise, self.draws)


class SleepReplayBoth(Replay):
    """Experience replay by day, and a night of noise after every context: does spontaneous replay add to that
    of samples (Tadros et al. 2022 join both)?
    """

    name = "SRC + replay"

    def __init__(self, setting: Setting, noise: Noise | None = None):
        super().__init__(setting)
        self.asleep = SleepReplay(setting, noise)
        self.asleep.brain = self.brain

    @property
    def kept_bytes(self) -> int:
        """Of the samples, and of the mean input."""
        return super().kept_bytes + self.asleep.kept_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.asleep.notice(inputs)
        super().learn(inputs, targets)

    def finish(self) -> None:
        """See `Method`."""
        self.asleep.finish()
