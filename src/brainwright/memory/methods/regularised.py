"""Weights that mattered are held: elastic weight consolidation and synaptic intelligence."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from .buffer import Buffer
from .contract import NOT_ASKED, Method, Setting
from .weights import MLP

FISHER_SAMPLES = 600
"""Of a context, for the Fisher information: its mean over samples hardly moves beyond some hundreds."""
STRENGTHS = {
    "ewc": {"task": 1e5, "domain": 1e10, "class": 1e9, "permuted": 100},
    "si": {"task": 10, "domain": 5e4, "class": 5e3, "permuted": 10},
}
"""Tuned on Split and Permuted MNIST by van de Ven et al. 2022 (doi:10.1038/s42256-022-00568-3)."""

REVERSED = 1.0
"""Strength of EWC-DR, whose Fisher information is of the order of 1 where that of EWC vanishes: best of 1 to
10,000 on the built-in digits, seeds 0 and 1.
"""


def fisher(brain: MLP, inputs: Tensor, competing: Tensor) -> Tensor:
    """Diagonal Fisher information of every parameter: the mean over samples of E_y|x (d log p(y|x) / dθ)².

    It is exact: the square of a sample's own gradient of a dense map is the product of the squares of its
    input and of what comes back, so that no sample needs a pass of its own; the sum is over all classes, each
    weighted by the network's own p(y|x), and not over the labels (Kunstner et al. 2019, arXiv:1905.12558).

    Args:
        brain: networks.
        inputs: [seed, sample, feature].
        competing: marks [..., class]; others have no chance.
    """
    with torch.no_grad():
        layers = brain.activities(inputs)
        chance = torch.softmax(layers[-1].masked_fill(~competing, NOT_ASKED), dim=-1)
        total = torch.zeros_like(brain.weights.flat)
        for c in range(chance.shape[-1]):
            back = -chance.clone()
            back[..., c] += 1  # d log p(c|x) / d scores
            total += _squares(brain, layers, back, chance[..., c : c + 1])
        return total


def reversed_fisher(brain: MLP, inputs: Tensor, targets: Tensor, competing: Tensor) -> Tensor:
    """The same of reversed scores: the mean over samples of (d log q(y|x) / dθ)², q = softmax(-scores), y the
    sample's own class. Where a network is sure p(y|x) is 1 and its slopes vanish; q(y|x) is then near 0 and
    they do not.

    Args:
        brain, inputs, competing: as of `fisher`.
        targets: [seed, sample].
    """
    with torch.no_grad():
        layers = brain.activities(inputs)
        chance = torch.softmax((-layers[-1]).masked_fill(~competing, NOT_ASKED), dim=-1)
        back = chance - one_hot(targets, chance.shape[-1])
        return _squares(brain, layers, back, torch.ones(*targets.shape, 1))


def _squares(brain: MLP, layers: list[Tensor], back: Tensor, weight: Tensor) -> Tensor:
    """Mean over samples of the squared slopes of each parameter, from those of scores; weighted by sample."""
    parts: dict[str, Tensor] = {}
    for k in reversed(range(len(brain.names))):
        name = brain.names[k]
        squared = weight * back.square()
        parts[f"{name}.w"] = torch.bmm(layers[k].square().transpose(1, 2), squared) / back.shape[1]
        parts[f"{name}.b"] = squared.mean(1, keepdim=True)
        if k:
            back = torch.bmm(back, brain.weights.at[f"{name}.w"].transpose(1, 2)) * (layers[k] > 0)
    return torch.cat([parts[name].flatten() for name in brain.weights.shapes])


class Consolidation(Method):
    """Elastic weight consolidation (Kirkpatrick et al. 2017, arXiv:1612.00796): λ/2 Σ_k Σ_i F_i^k (θ_i -
    θ_i^k)², one term for each context that is over. The terms are kept as their sum, A (θ - m)², which has
    the same gradient: A = Σ F^k, m = Σ F^k θ^k / A.
    """

    name = "EWC"

    def __init__(self, setting: Setting, strength: float | None = None):
        super().__init__(setting)
        self.strength = STRENGTHS["ewc"][setting.tuned] if strength is None else strength
        self.window = Buffer(1, FISHER_SAMPLES, setting.n_inputs, self.draws)
        self.importance = torch.zeros_like(self.brain.weights.flat)
        self.centre = self.brain.weights.flat.clone()

    @property
    def kept_bytes(self) -> int:
        """Importance and centre of every weight."""
        return 2 * self.brain.weights.n_bytes if self.contexts else 0

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.window.offer(inputs, targets, torch.zeros_like(targets))
        weights = self.brain.weights
        weights.backward(self.named(self.brain(inputs), targets))
        if self.contexts:
            weights.slopes.addcmul_(self.importance, weights.flat - self.centre, value=self.strength)
        weights.step()
        self.updates += 1

    def finish(self) -> None:
        """See `Method`."""
        inputs, targets, _ = self.window.draw(FISHER_SAMPLES)
        own = self.importance_of(inputs, targets)
        total = self.importance + own
        drawn = torch.where(total > 0, own / total.clamp(min=1e-38), 0.0)
        self.centre = self.centre + drawn * (self.brain.weights.flat - self.centre)
        self.importance = total
        self.window.clear()

    def importance_of(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Of every parameter, for samples of this context."""
        return fisher(self.brain, inputs, self.competing(targets))


class ReversedConsolidation(Consolidation):
    """EWC whose Fisher information is that of reversed scores (EWC-DR: Liu & Chang 2026, arXiv:2603.18596).
    Of the publication the operation alone is taken; the label is a sample's own class, which it may treat
    otherwise, and the strength is not its authors'.
    """

    name = "EWC-DR"

    def __init__(self, setting: Setting, strength: float = REVERSED):
        super().__init__(setting, strength)

    def importance_of(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """See `reversed_fisher`."""
        return reversed_fisher(self.brain, inputs, targets, self.competing(targets))


class Intelligence(Method):
    """Synaptic intelligence (Zenke et al. 2017, arXiv:1703.04200): c Σ Ω_i (θ_i - θ_i*)², Ω_i = Σ_k W_i^k /
    ((Δθ_i^k)² + ξ), where W is the path integral of minus the gradient times the step.
    """

    name = "SI"
    XI = 0.1
    """As published."""

    def __init__(self, setting: Setting, strength: float | None = None):
        super().__init__(setting)
        self.strength = STRENGTHS["si"][setting.tuned] if strength is None else strength
        self.importance = torch.zeros_like(self.brain.weights.flat)
        self.path, self.start = self.importance.clone(), self.brain.weights.flat.clone()

    @property
    def kept_bytes(self) -> int:
        """Importance, path and centre of every weight."""
        return 3 * self.brain.weights.n_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        weights = self.brain.weights
        weights.backward(self.named(self.brain(inputs), targets))
        if self.contexts:
            weights.slopes.addcmul_(self.importance, weights.flat - self.start, value=2 * self.strength)
        before = weights.flat.clone()
        weights.step()
        self.path.addcmul_(weights.slopes, weights.flat - before, value=-1)
        self.updates += 1

    def finish(self) -> None:
        """See `Method`."""
        flat = self.brain.weights.flat
        self.importance = self.importance + self.path / ((flat - self.start).square() + self.XI)
        self.path.zero_()
        self.start = flat.clone()
