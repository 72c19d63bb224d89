"""A second network that dreams up the past: deep generative replay."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from .contract import NOT_ASKED, Method, Setting, softened
from .weights import Draws, Weights

LATENT = 100
"""Latent variables, as published for these protocols."""


class Autoencoder:
    """Variational autoencoders (Kingma & Welling 2014, arXiv:1312.6114), one for each seed; the hidden layers
    are those of the classifier, inputs lie between 0 and 1.
    """

    def __init__(self, setting: Setting, draws: Draws):
        n, (first, second) = setting.n_inputs, setting.hidden
        maps = {"in1": (n, first), "in2": (first, second), "code": (second, 2 * LATENT)}
        maps |= {"out2": (LATENT, second), "out1": (second, first), "picture": (first, n)}
        self.weights, self.draws = Weights(maps, draws, setting.rate), draws

    def loss(self, inputs: Tensor) -> Tensor:
        """Reconstruction and divergence from the prior: per pixel, mean over samples, sum over seeds."""
        hidden = self.weights.apply("in2", self.weights.apply("in1", inputs).relu()).relu()
        mean, log_variance = self.weights.apply("code", hidden).chunk(2, dim=-1)
        noise = self.draws.normal(*mean.shape[1:])
        picture = self.decode(self.weights, mean + noise * (log_variance / 2).exp())
        there = binary_cross_entropy_with_logits(picture, inputs) * len(inputs)
        apart = (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1).mean() / 2
        return there + apart * len(inputs) / inputs.shape[-1]

    @staticmethod
    def decode(weights: Weights, latent: Tensor) -> Tensor:
        """Logits of pixels."""
        return weights.apply("picture", weights.apply("out1", weights.apply("out2", latent).relu()).relu())

    @property
    def generator_bytes(self) -> int:
        """Of the maps from latent variables to pictures."""
        names = ("out2", "out1", "picture")
        parts = (self.weights.at[f"{name}.{part}"][0] for name in names for part in "wb")
        return sum(4 * part.numel() for part in parts)


class GenerativeReplay(Method):
    """Deep generative replay (Shin et al. 2017, arXiv:1705.08690): an autoencoder learns beside the
    classifier; at the end of a context both are copied, and the copies make samples of the past and name
    them.

    Inputs must lie between 0 and 1.

    Args:
        setting: see `Setting`.
        distilled: name them by softened scores in place of the most probable class.
    """

    name = "DGR"

    def __init__(self, setting: Setting, distilled: bool = False):
        super().__init__(setting)
        self.distilled = distilled
        self.model = Autoencoder(setting, self.draws)
        self.earlier = self.brain.copied()
        self.source = self.model.weights.copied()

    @property
    def kept_bytes(self) -> int:
        """Of the generator; encoder and earlier classifier are needed while it learns, not to keep."""
        return self.model.generator_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        loss, seen = self.named(self.brain(inputs), targets), self.model.loss(inputs)
        if self.contexts:
            with torch.no_grad():
                past = self.dream(inputs.shape[1])
                wanted = self.earlier(past)
                names = wanted.masked_fill(~self.old, NOT_ASKED).argmax(-1)
            logits = self.brain(past)
            if self.distilled:
                own = softened(logits, wanted, self.old, self.competing(names))
            else:
                own = self.named(logits, names)
            loss, seen = self.mixed(loss, own), self.mixed(seen, self.model.loss(past))
        self.descend(loss)
        self.model.weights.backward(seen)
        self.model.weights.step()

    @property
    def old(self) -> Tensor:
        """Classes that a dream may show."""
        return self.before if self.setting.scenario != "domain" else self.before | True

    @torch.no_grad()
    def dream(self, n: int) -> Tensor:
        """Samples [seed, n, feature] of the generator as it was when this context began."""
        return Autoencoder.decode(self.source, self.draws.normal(n, LATENT)).sigmoid()

    def finish(self) -> None:
        """See `Method`."""
        self.earlier, self.source = self.brain.copied(), self.model.weights.copied()


class DistilledReplay(GenerativeReplay):
    """Deep generative replay whose samples are named by softened scores."""

    name = "DGR + distillation"

    def __init__(self, setting: Setting):
        super().__init__(setting, distilled=True)
