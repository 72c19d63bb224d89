"""Samples of the past are kept and replayed: experience replay, DER++, A-GEM, retrieval alone."""

import torch
from torch.nn.functional import mse_loss

from ..hippocampus.ca3 import complete
from .buffer import Buffer
from .contract import Method, Setting


class Replay(Method):
    """Experience replay: so many samples of each class are kept, and those of earlier contexts are replayed
    beside the present (as in van de Ven et al. 2022, doi:10.1038/s42256-022-00568-3).

    Args:
        setting: see `Setting`.
        per_class: samples; by default 100, and 10 where contexts are permuted, as published.
    """

    name = "ER"

    def __init__(self, setting: Setting, per_class: int | None = None):
        super().__init__(setting)
        per_class = (10 if setting.permuted else 100) if per_class is None else per_class
        # in the scenario domain the classes recur, so that each context has reservoirs of its own
        self.by_context = setting.scenario == "domain"
        self.buffers = [] if self.by_context else [self._new(per_class)]
        self.per_class = per_class

    def _new(self, per_class: int) -> Buffer:
        return Buffer(self.setting.n_classes, per_class, self.setting.n_inputs, self.draws)

    @property
    def kept_bytes(self) -> int:
        """Of the samples."""
        return sum(buffer.n_bytes for buffer in self.buffers)

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.keep(inputs, targets)
        loss = self.named(self.brain(inputs), targets)
        if self.contexts:
            past, classes = self.past(inputs.shape[1])
            loss = self.mixed(loss, self.named(self.brain(past), classes))
        self.descend(loss)

    def keep(self, inputs, targets) -> None:
        """Offers samples of the present to its reservoirs."""
        if self.by_context and len(self.buffers) <= self.contexts:
            self.buffers.append(self._new(self.per_class))
        self.buffers[-1].offer(inputs, targets, targets)

    def past(self, n: int):
        """Samples of earlier contexts."""
        if self.by_context:
            which = int(torch.randint(self.contexts, (), generator=self.draws.generators[0]))
            return self.buffers[which].draw(n)[:2]
        return self.buffers[0].draw(n, self.before)[:2]


class DarkReplay(Method):
    """DER++ (Buzzega et al. 2020, arXiv:2004.07211): CE(x, y) + α MSE(f(x'), z') + β CE(f(x''), y''), where
    x', x'' are drawn from one reservoir independently, and z' are the scores at insertion, before the step.

    Args:
        setting: see `Setting`.
        capacity: samples of the reservoir.
        alpha, beta: weights. 1 and .5 are those that its authors chose for most sizes of MNIST.
    """

    name = "DER++"

    def __init__(self, setting: Setting, capacity: int = 1000, alpha: float = 1.0, beta: float = 0.5):
        super().__init__(setting)
        self.alpha, self.beta = alpha, beta
        self.buffer = Buffer(1, capacity, setting.n_inputs, self.draws, setting.n_classes)

    @property
    def kept_bytes(self) -> int:
        """Of samples and scores."""
        return self.buffer.n_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        logits = self.brain(inputs)
        loss = self.named(logits, targets)
        if self.updates:
            n = inputs.shape[1]
            past, _, wanted = self.buffer.draw(n)
            loss = loss + self.alpha * mse_loss(self.brain(past), wanted) * len(targets)
            past, classes, _ = self.buffer.draw(n)
            loss = loss + self.beta * self.named(self.brain(past), classes)
        self.descend(loss)
        self.buffer.offer(inputs, targets, torch.zeros_like(targets), logits.detach())


class ProjectedGradient(Replay):
    """A-GEM (Chaudhry et al. 2019, arXiv:1812.00420): where the gradient g of the present would raise the
    loss of what is kept (g · r < 0), its part along r is taken out: g - (g · r / r · r) r.
    """

    name = "A-GEM"

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.keep(inputs, targets)
        weights = self.brain.weights
        if self.contexts:
            past, classes = self.past(inputs.shape[1])
            weights.backward(self.named(self.brain(past), classes))
            kept = weights.slopes.clone()
        weights.backward(self.named(self.brain(inputs), targets))
        if self.contexts:
            now, then = weights.parts_of(weights.slopes), weights.parts_of(kept)
            dots = torch.stack([(own * then[name]).flatten(1).sum(1) for name, own in now.items()])
            sizes = torch.stack([part.square().flatten(1).sum(1) for part in then.values()])
            along = (dots.sum(0) / sizes.sum(0)).clamp(max=0)[:, None, None]
            for name, own in now.items():
                own.sub_(along * then[name])
        weights.step()
        self.updates += 1


class Retrieval(Method):
    """Retrieval alone: samples are kept as they are and nothing is trained. An answer is what the network of
    associations (CA3) completes the input to: the classes of stored samples, by their share.

    Args:
        setting: see `Setting`.
        per_class: samples.
        beta: inverse temperature between samples of length 1; 50 weighs a sample with a cosine lower by .02
            less by e.
    """

    name = "kNN retrieval"

    def __init__(self, setting: Setting, per_class: int = 100, beta: float = 50.0):
        super().__init__(setting)
        self.beta = beta
        self.buffer = Buffer(setting.n_classes, per_class, setting.n_inputs, self.draws)

    @property
    def kept_bytes(self) -> int:
        """Of the samples."""
        return self.buffer.n_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.buffer.offer(inputs, targets, targets)

    def answers(self, inputs):
        """See `Method`."""
        unit = torch.nn.functional.normalize
        rows = []
        for s in range(len(inputs)):
            kept, classes = self.buffer.kept(s)
            shares = complete(unit(kept, dim=1), unit(inputs[s], dim=1), self.beta).weights
            votes = torch.zeros(len(inputs[s]), self.setting.n_classes)
            rows.append(votes.index_add_(1, classes, shares))
        return torch.stack(rows)
