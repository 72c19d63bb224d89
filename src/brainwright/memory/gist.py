"""What many episodes have in common: for each kind a mean and the directions in which it varies, and no
single one of them.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .errors import RecallError
from .methods.weights import Draws

KEPT_BYTES = 2
"""Of a number. A mean or a direction is known to about a percent from some thousands of episodes; rounding to
half precision adds less than a thousandth. Numbers are rounded so, and held in float32 for speed.
"""


class Moments:
    """Running count, sum and sum of products of states, for each seed and class, of the present alone.

    Args:
        n_seeds, n_classes, n_features: sizes.
    """

    def __init__(self, n_seeds: int, n_classes: int, n_features: int):
        self.n_seeds, self.n_classes, self.n_features = n_seeds, n_classes, n_features
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.of: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    @property
    def n_bytes(self) -> int:
        """Of what is there, for each seed; products are symmetric, so that half of them are needed."""
        n = self.n_features
        return len(self.of) * 4 * (1 + n + n * (n + 1) // 2)

    def add(self, states: Float[Tensor, "seed row feature"], targets: Int[Tensor, "seed row"]) -> None:
        """More states of these classes."""
        for c in targets.unique().tolist():
            own = states * (targets == c)[..., None]
            count, total, products = self.of.get(c) or (
                torch.zeros(self.n_seeds),
                torch.zeros(self.n_seeds, self.n_features),
                torch.zeros(self.n_seeds, self.n_features, self.n_features),
            )
            count = count + (targets == c).sum(1)
            self.of[c] = count, total + own.sum(1), torch.baddbmm(products, own.transpose(1, 2), own)


class Gist:
    """Gaussians of kinds of states: a mean, `rank` directions with their spread, and the spread of each
    feature that is left (Tipping & Bishop 1999, doi:10.1111/1467-9868.00196, with features that differ).

    Args:
        n_seeds, n_features: sizes.
        rank: directions of a kind; more are cut to the number of features.

    Raises:
        RecallError: a rank below 0.
    """

    def __init__(self, n_seeds: int, n_features: int, rank: int):
        if rank < 0:
            raise RecallError(f"expected a rank of 0 or more, got {rank}")
        self.rank = min(rank, n_features)
        self.classes: list[int] = []
        """Of every kind."""
        self.means = torch.zeros(n_seeds, 0, n_features)
        self.spreads = torch.zeros(n_seeds, 0, n_features)
        self.directions = torch.zeros(n_seeds, 0, self.rank, n_features)

    @property
    def n_bytes(self) -> int:
        """For each seed."""
        return sum(KEPT_BYTES * part[0].numel() for part in (self.means, self.spreads, self.directions))

    def take(self, moments: Moments) -> None:
        """One kind more for each class of the moments.

        Raises:
            RecallError: a class of which some seed has seen nothing.
        """
        for c, (count, total, products) in sorted(moments.of.items()):
            if (count == 0).any():
                raise RecallError(f"class {c}: some seed has seen none of it")
            mean = total / count[:, None]
            covariance = products / count[:, None, None] - mean[:, :, None] * mean[:, None]
            values, vectors = torch.linalg.eigh(covariance)
            top = vectors[:, :, mean.shape[1] - self.rank :]
            scale = values[:, mean.shape[1] - self.rank :].clamp(min=0).sqrt()
            directions = (top * scale[:, None]).transpose(1, 2)
            left = torch.diagonal(covariance, dim1=1, dim2=2) - directions.square().sum(1)
            self.classes.append(c)
            self.means = torch.cat([self.means, _rounded(mean)[:, None]], 1)
            self.spreads = torch.cat([self.spreads, _rounded(left.clamp(min=0).sqrt())[:, None]], 1)
            self.directions = torch.cat([self.directions, _rounded(directions)[:, None]], 1)

    def draw(self, n: int, draws: Draws) -> tuple[Tensor, Tensor]:
        """About n states [seed, row, feature], as many of each kind, and their classes.

        Raises:
            RecallError: nothing is kept yet.
        """
        kinds = len(self.classes)
        if not kinds:
            raise RecallError("nothing is kept yet: take moments first")
        each = max(1, round(n / kinds))
        parts = (self.means, self.spreads, self.directions)
        means, spreads, directions = (part.flatten(0, 1) for part in parts)
        n_seeds, n_features = len(self.means), self.means.shape[2]
        along = draws.normal(kinds, each, self.rank).flatten(0, 1)
        left = draws.normal(kinds, each, n_features).flatten(0, 1)
        states = torch.bmm(along, directions) + means[:, None] + spreads[:, None] * left
        classes = torch.tensor(self.classes).repeat_interleave(each)
        return states.reshape(n_seeds, kinds * each, n_features), classes.expand(n_seeds, -1)

    def log_density(self, states: Float[Tensor, "seed row feature"]) -> Float[Tensor, "seed row kind"]:
        """Of every kind, up to a constant; a feature's spread is at least a tenth of the mean one, since some
        features never vary within a kind.
        """
        columns = []
        for k in range(len(self.classes)):
            spread = self.spreads[:, k]
            # s² + floor: Woodbury's identity turns the inverse into one of the size of the rank
            noise = spread.square() + 0.01 * spread.square().mean(1, keepdim=True) + 1e-6
            v = self.directions[:, k] / noise.sqrt()[:, None]
            away = (states - self.means[:, k, None]) / noise.sqrt()[:, None]
            inner = torch.bmm(v, v.transpose(1, 2)) + torch.eye(self.rank)
            seen = torch.bmm(away, v.transpose(1, 2))
            solved = torch.linalg.solve(inner, seen.transpose(1, 2)).transpose(1, 2)
            squared = away.square().sum(-1) - (seen * solved).sum(-1)
            size = noise.log().sum(1) + torch.linalg.slogdet(inner).logabsdet
            columns.append(-(squared + size[:, None]) / 2)
        return torch.stack(columns, -1)


def _rounded(values: Tensor) -> Tensor:
    """To half precision."""
    return values.half().float()
