"""Hippocampus and sleep: episodes of the day, their gist, and nights in which a slow network learns."""

import math
from typing import Literal

import torch
from torch import Tensor

from ..gist import Gist, Moments
from .buffer import Buffer
from .contract import NOT_ASKED, Method, Setting
from .weights import MLP, Draws

FIELD = 0.36
"""Side of a receptive field, as a share of the picture's: 10 of 28 pixels, best of 7, 10, 14 and all."""
EVERY = 8
"""Batches of which one is added to the moments: a context of 12,000 samples is still seen more than twice."""
Night = Literal["gist", "awake", "shuffled", "noise", "none"]


def receptive_fields(n_inputs: int, n_cells: int, draws: Draws, *, patches: bool = True) -> Tensor:
    """Fixed random weights [seed, input, cell] of length 1 and mean 0, on patches where the inputs are a
    square picture, else, or without patches, on all inputs.
    """
    side = math.isqrt(n_inputs)
    if not patches or side * side != n_inputs or side < 4:
        weights = draws.normal(n_inputs, n_cells)
        weights = weights - weights.mean(1, keepdim=True)
        return torch.nn.functional.normalize(weights, dim=1)
    field = max(2, round(FIELD * side))
    patch = draws.normal(n_cells, field * field)
    patch = torch.nn.functional.normalize(patch - patch.mean(-1, keepdim=True), dim=-1)
    corner = draws.below(side - field + 1, n_cells, 2)
    within = torch.arange(field)
    rows, columns = corner[..., :1] + within, corner[..., 1:] + within
    places = (rows[..., :, None] * side + columns[..., None, :]).flatten(-2)
    return torch.zeros(len(draws), n_cells, n_inputs).scatter_(2, places, patch).transpose(1, 2).contiguous()


class Asleep(Method):
    """By day nothing is trained: a hippocampus holds episodes of the context as codes of a fixed first
    layer, and their moments. At night their gist is added to that of earlier nights, and the rest of the
    network learns from states drawn of all gists (REM) and, where `episodes` is not 0, from the day's
    episodes (NREM). In the morning episodes and moments are gone: what is kept is means and directions over
    thousands of episodes. As many updates at night as batches by day.

    Args:
        setting: see `Setting`; the first hidden layer is random and fixed.
        rank: directions of a kind, see `Gist`.
        per_class: episodes of the day.
        episodes: weight of the day's episodes at night, 0 to 1.
        night: "gist", or what takes away what it claims: "awake" (equal updates on the day's episodes alone),
            "shuffled" (each kind has the class of another), "noise" (states of no kind, with the mean and
            spread of all), "none" (the gist is kept, and nothing is replayed).
        patches: whether the first layer knows that square inputs are pictures.
    """

    name = "sleep"

    def __init__(
        self,
        setting: Setting,
        *,
        rank: int = 64,
        per_class: int = 100,
        episodes: float = 0.0,
        night: Night = "gist",
        patches: bool = True,
    ):
        super().__init__(setting)
        n, hidden = len(setting.seeds), setting.hidden
        self.fields = receptive_fields(setting.n_inputs, hidden[0], self.draws, patches=patches)
        self.head = MLP((*hidden, setting.n_classes), self.draws, setting.rate)
        self.moments = Moments(n, setting.n_classes, hidden[0])
        self.gist = Gist(n, hidden[0], rank)
        self.hippocampus = Buffer(setting.n_classes, per_class, hidden[0], self.draws)
        self.episodes, self.night = episodes, night
        self.most_bytes = 0

    @property
    def kept_bytes(self) -> int:
        """Of the gist, and by day of episodes and moments too."""
        return self.gist.n_bytes + self.moments.n_bytes + self.hippocampus.n_bytes

    def states(self, inputs: Tensor) -> Tensor:
        """What the fixed layer says, [seed, row, cell]."""
        return torch.bmm(inputs, self.fields).relu()

    @torch.no_grad()
    def gist_of(self, inputs: Tensor, targets: Tensor) -> Gist:
        """What nights would keep of these samples [row, feature], each taken in once: to ask what is had back
        of samples that took part, and of others of the same kind that did not.
        """
        moments = Moments(self.moments.n_seeds, self.moments.n_classes, self.moments.n_features)
        gist = Gist(moments.n_seeds, moments.n_features, self.gist.rank)
        for part, named in zip(inputs.split(1000), targets.split(1000), strict=True):
            alike = len(self.setting.seeds), -1, -1
            moments.add(self.states(part.expand(*alike)), named.expand(alike[0], -1))
        gist.take(moments)
        return gist

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        new = not set(targets.unique().tolist()) <= set(self.moments.of)
        # of a rare class every seed must have seen some before batches are left out
        new = new or any((count == 0).any() for count, _, _ in self.moments.of.values())
        if new or self.observed % EVERY == 1:
            states = self.states(inputs)
            self.moments.add(states, targets)
            if self.episodes or self.night == "awake":
                self.hippocampus.offer(states, targets, targets)

    def finish(self) -> None:
        """The night."""
        self.gist.take(self.moments)
        self.most_bytes = max(self.most_bytes, self.kept_bytes)
        self.moments.clear()
        for _ in range(self.observed if self.night != "none" else 0):
            self.descend_head(self.dreamt())
        self.hippocampus.clear()

    def dreamt(self, n: int = 128) -> Tensor:
        """Loss of one batch of the night."""
        if self.night == "awake":
            states, targets, _ = self.hippocampus.draw(n)
            return self.named(self.head(states), targets)
        states, targets = self.gist.draw(n, self.draws)
        if self.night == "shuffled":
            classes = torch.tensor(self.gist.classes)
            turned = dict(zip(classes.tolist(), classes.roll(1).tolist(), strict=True))
            targets = torch.tensor([turned[c] for c in targets[0].tolist()]).expand_as(targets)
        elif self.night == "noise":
            middle, wide = self.gist.means.mean(1), states.std(1)
            states = middle[:, None] + wide[:, None] * self.draws.normal(*states.shape[1:])
        loss = self.named(self.head(states), targets)
        if not self.episodes:
            return loss
        states, targets, _ = self.hippocampus.draw(n)
        return (1 - self.episodes) * loss + self.episodes * self.named(self.head(states), targets)

    def descend_head(self, loss: Tensor) -> None:
        """One update."""
        self.head.weights.backward(loss)
        self.head.weights.step()
        self.updates += 1

    def answers(self, inputs):
        """See `Method`; classes of the day are not known before its night."""
        slept = torch.zeros_like(self.seen)
        slept[self.gist.classes] = True
        return self.head(self.states(inputs)).masked_fill(~slept, NOT_ASKED)


class GistAlone(Asleep):
    """The same gist, read out as it is: the kind under which a state is most probable. Nothing sleeps,
    nothing is trained: a generative classifier.
    """

    name = "generative classifier"

    def finish(self) -> None:
        """See `Method`."""
        self.gist.take(self.moments)
        self.most_bytes = max(self.most_bytes, self.kept_bytes)
        self.moments.clear()

    def answers(self, inputs):
        """See `Method`."""
        n = self.setting.n_classes
        best = torch.full((*inputs.shape[:2], n), NOT_ASKED)
        if not self.gist.classes:
            return best
        density = self.gist.log_density(self.states(inputs))
        for k, c in enumerate(self.gist.classes):
            best[..., c] = torch.maximum(best[..., c], density[..., k])
        return best
