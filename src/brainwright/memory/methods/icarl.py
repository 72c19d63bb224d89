"""Exemplars that stand for the mean of their class, and the class whose mean is nearest."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, normalize, one_hot

from .buffer import Buffer
from .contract import NOT_ASKED, Method, Setting

CANDIDATES = 1_000
"""Samples of a class of the present among which exemplars are chosen: a reservoir, drawn evenly, in place of
all samples of the class, which a stream does not give back.
"""


class NearestMean(Method):
    """iCaRL (Rebuffi et al. 2017, arXiv:1611.07725). Every class has an output of its own, a sigmoid. It
    learns from the present and from exemplars: new classes by their labels, earlier ones by what the network
    said when the context began. At the end of a context exemplars are chosen so that the mean of their
    features, of length 1, follows that of the class (herding). An answer is the class whose exemplars' mean
    is nearest.

    Args:
        setting: see `Setting`.
        per_class: exemplars; 100 as in van de Ven et al. 2022 (doi:10.1038/s42256-022-00568-3).
    """

    name = "iCaRL"
    scenarios = ("class",)

    def __init__(self, setting: Setting, per_class: int = 100):
        super().__init__(setting)
        self.per_class = per_class
        self.today = Buffer(setting.n_classes, max(CANDIDATES, per_class), setting.n_inputs, self.draws)
        self.exemplars = Buffer(setting.n_classes, per_class, setting.n_inputs, self.draws)
        self.earlier = None
        self.means: dict[int, Tensor] = {}
        """Of each class, [seed, feature]: of features of its exemplars, made anew with the network."""

    @property
    def kept_bytes(self) -> int:
        """Of the exemplars."""
        return self.exemplars.n_bytes

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.today.offer(inputs, targets, targets)
        n = inputs.shape[1]
        if self.contexts:
            # as many as of the present; the publication shuffles exemplars into the present, in whose
            # thousands of samples they are a few in a hundred
            past, named, _ = self.exemplars.draw(n)
            inputs, targets = torch.cat([inputs, past], 1), torch.cat([targets, named], 1)
        wanted = one_hot(targets, self.setting.n_classes).float()
        if self.earlier is not None:
            with torch.no_grad():
                wanted[..., self.before] = self.earlier(inputs).sigmoid()[..., self.before]
        logits = self.brain(inputs)
        each = binary_cross_entropy_with_logits(logits, wanted, reduction="none")
        self.descend(each[..., self.seen].sum(-1).mean() * len(inputs))

    @torch.no_grad()
    def finish(self) -> None:
        """See `Method`."""
        for c in torch.nonzero(self.seen & ~self.before).flatten().tolist():
            self._choose(c)
        self.today.clear()
        self.earlier = self.brain.copied()
        for c in torch.nonzero(self.seen).flatten().tolist():
            self.means[c] = normalize(_mean(*self._known(self.exemplars, c)[1:]), dim=-1)

    def features(self, inputs: Tensor) -> Tensor:
        """What the last hidden layer says, of length 1."""
        return normalize(self.brain.activities(inputs)[-2], dim=-1)

    def answers(self, inputs):
        """See `Method`; before the end of the first context its outputs say what is known."""
        if not self.means:
            return self.brain(inputs)
        features = self.features(inputs)
        scores = torch.full((*inputs.shape[:2], self.setting.n_classes), NOT_ASKED)
        for c, mean in self.means.items():
            scores[..., c] = -(features - mean[:, None]).square().sum(-1)
        return scores

    def _known(self, buffer: Buffer, c: int) -> tuple[Tensor, Tensor, Tensor]:
        """Samples of a class [seed, row, feature], their features, and marks: seeds may have fewer rows."""
        rows = [held[named == c] for held, named in map(buffer.kept, range(len(self.setting.seeds)))]
        most = max(len(own) for own in rows)
        inputs = torch.stack([torch.nn.functional.pad(own, (0, 0, 0, most - len(own))) for own in rows])
        there = torch.stack([torch.arange(most) < len(own) for own in rows])
        return inputs, self.features(inputs), there

    def _choose(self, c: int) -> None:
        """Herding: each exemplar in turn is that which brings their mean nearest to the mean of the class."""
        inputs, features, free = self._known(self.today, c)
        wanted, total = _mean(features, free), torch.zeros_like(features[:, 0])
        seeds = torch.arange(len(inputs))
        for k in range(1, min(self.per_class, inputs.shape[1]) + 1):
            away = (wanted[:, None] - (total[:, None] + features) / k).square().sum(-1)
            best = away.masked_fill(~free, torch.inf).argmin(1)
            for s in seeds[free.any(1)].tolist():
                self.exemplars.place(s, c, k - 1, inputs[s, best[s]])
            free[seeds, best] = False
            total = total + features[seeds, best]


def _mean(features: Tensor, there: Tensor) -> Tensor:
    """Over the rows that are there, [seed, feature]."""
    return (features * there[..., None]).sum(1) / there.sum(1, keepdim=True)
