"""Brain-inspired replay: the generator is the way back of the classifier."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

from .contract import NOT_ASKED, Method, Setting, softened
from .generative import LATENT
from .weights import Weights

GATED = {"task": 0.0, "domain": 0.1, "class": 0.1, "permuted": 0.5}
"""Share of the generator's cells that a class silences, as tuned for Split and Permuted MNIST."""


class BrainInspired(Method):
    """Brain-inspired replay (van de Ven et al. 2020, doi:10.1038/s41467-020-17866-2): one network, whose way
    back from its last hidden layer is the generator; a Gaussian of the latent variables learned for each
    class; each class silences cells of the generator at random; softened scores name what is replayed.
    Hidden replay, its fifth part, needs features that are learned before, and is left out, as its authors do
    for MNIST. Reconstruction, divergence (both per pixel) and prediction weigh 1 each.

    In the scenario domain latent modes and gates are those of the classes there are. Inputs must lie between
    0 and 1.
    """

    name = "BI-R"

    def __init__(self, setting: Setting):
        super().__init__(setting)
        n, (first, second), c = setting.n_inputs, setting.hidden, setting.n_classes
        maps = {"in1": (n, first), "in2": (first, second), "name": (second, c), "code": (second, 2 * LATENT)}
        maps |= {"out2": (LATENT, second), "out1": (second, first), "picture": (first, n)}
        modes = {"mode mean": ((c, LATENT), 1.0), "mode log variance": ((c, LATENT), 0.1)}
        self.weights = Weights(maps, self.draws, setting.rate, modes)
        self.earlier = self.weights.copied()
        share = GATED[setting.tuned]
        self.gates = [(self.draws.uniform(c, cells) >= share).float() for cells in (second, first)]

    @property
    def kept_bytes(self) -> int:
        """Of the way back and the modes; gates follow from the seed."""
        names = [f"{name}.{part}" for name in ("out2", "out1", "picture") for part in "wb"]
        kept = [self.weights.at[name][0] for name in (*names, "mode mean", "mode log variance")]
        return sum(4 * part.numel() for part in kept)

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        known = one_hot(targets, self.setting.n_classes).float()
        logits, there = self.model_loss(inputs, known)
        loss = there + self.named(logits, targets)
        if self.contexts:
            with torch.no_grad():
                past, classes = self.dream(inputs.shape[1])
                wanted = self._named(self.earlier, past)
                chances = torch.softmax(wanted.masked_fill(~self.old, NOT_ASKED) / 2, dim=-1)
            logits, there = self.model_loss(past, chances)
            own = softened(logits, wanted, self.old, self.competing(classes))
            loss = self.mixed(loss, there + own)
        self.weights.backward(loss)
        self.weights.step()
        self.updates += 1

    @property
    def old(self) -> Tensor:
        """Classes that a dream may show."""
        return self.before if self.setting.scenario != "domain" else self.before | True

    def model_loss(self, inputs: Tensor, chances: Tensor) -> tuple[Tensor, Tensor]:
        """Scores, and what the generator misses, for samples whose classes have these chances."""
        w = self.weights
        hidden = self._hidden(w, inputs)
        mean, log_variance = w.apply("code", hidden).chunk(2, dim=-1)
        latent = mean + self.draws.normal(*mean.shape[1:]) * (log_variance / 2).exp()
        picture = self.decode(w, latent, chances)
        there = binary_cross_entropy_with_logits(picture, inputs) * len(inputs)
        # the divergence is estimated at the sample: a mixture has no closed form
        own = -(((latent - mean).square() / log_variance.exp()) + log_variance).sum(-1) / 2
        far = latent[:, :, None] - w.at["mode mean"][:, None]
        wide = w.at["mode log variance"][:, None]
        each = -(far.square() / wide.exp() + wide).sum(-1) / 2
        prior = torch.logsumexp(each + chances.clamp(min=1e-20).log(), dim=-1)
        apart = (own - prior).mean() * len(inputs) / inputs.shape[-1]
        return w.apply("name", hidden), there + apart

    def decode(self, weights: Weights, latent: Tensor, chances: Tensor) -> Tensor:
        """Logits of pixels, through gates that are mixed by the chances of the classes."""
        second, first = (torch.bmm(chances, gate) for gate in self.gates)
        hidden = weights.apply("out2", latent).relu() * second
        return weights.apply("picture", weights.apply("out1", hidden).relu() * first)

    @torch.no_grad()
    def dream(self, n: int) -> tuple[Tensor, Tensor]:
        """Samples [seed, n, feature] of classes that were seen, and those classes."""
        there = torch.nonzero(self.old).flatten()
        classes = there[self.draws.below(len(there), n)]
        of_each = range(len(classes))
        mean, wide = (
            torch.stack([self.earlier.at[name][s][classes[s]] for s in of_each])
            for name in ("mode mean", "mode log variance")
        )
        latent = mean + self.draws.normal(n, LATENT) * (wide / 2).exp()
        chances = one_hot(classes, self.setting.n_classes).float()
        return self.decode(self.earlier, latent, chances).sigmoid(), classes

    def finish(self) -> None:
        """See `Method`."""
        self.earlier = self.weights.copied()

    def answers(self, inputs):
        """See `Method`."""
        return self._named(self.weights, inputs)

    @staticmethod
    def _hidden(weights: Weights, inputs: Tensor) -> Tensor:
        return weights.apply("in2", weights.apply("in1", inputs).relu()).relu()

    def _named(self, weights: Weights, inputs: Tensor) -> Tensor:
        return weights.apply("name", self._hidden(weights, inputs))
