"""Projections: how the output of one population becomes the input of another. What may train is a mode."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .errors import NetworkError

Product = Callable[[Tensor], Tensor]


class Projection(nn.Module, ABC):
    """From population `pre` to population `post`; `delay_steps` 1 reads the state of the step before, 0 that
    of this step (then `pre` must be advanced before `post`).
    """

    kind: ClassVar[str]
    pre: str
    post: str
    delay_steps: int
    n_pre: int
    n_post: int

    @abstractmethod
    def values(self) -> Tensor:
        """Effective weights, differentiable in the parameters; [0] where there are none."""

    @abstractmethod
    def product(self, values: Tensor | None = None) -> Product:
        """It returns the map of output of `pre` → input of `post`, for one unroll: what depends on weights
        alone is done once. Other `values` may stand in for the own ones, on the same edges.
        """

    @abstractmethod
    def transposed(self, values: Tensor | None = None) -> Product:
        """It returns the map of what arrives at `post` → what that means at `pre`: the same edges, walked
        backward, for vectors of an error. Not differentiable.
        """

    @abstractmethod
    def outer(self, at_post: Tensor, at_pre: Tensor) -> Tensor:
        """It returns the sum over samples of at_post × at_pre on each edge, shaped like `values`. Not
        differentiable.
        """

    @abstractmethod
    def reached(self, active: Bool[np.ndarray, " pre"]) -> Bool[np.ndarray, " post"]:
        """The mask says which cells get anything from these ones."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Plain values from which, with the saved tensors, the projection is made again."""

    def _join(self, pre: str, post: str, delay_steps: int, n_pre: int, n_post: int) -> None:
        if delay_steps not in (0, 1):
            raise NetworkError(f"expected delay_steps 0 or 1, got {delay_steps}")
        self.pre, self.post, self.delay_steps = pre, post, delay_steps
        self.n_pre, self.n_post = n_pre, n_post

    def _joint(self) -> dict[str, Any]:
        names = ("pre", "post", "delay_steps", "n_pre", "n_post")
        return {name: getattr(self, name) for name in names}


class DenseProjection(Projection):
    """All to all, from one pool of `pre` to one pool of `post`; y = W x, trained freely or under Dale's law.

    Args:
        pre, post, delay_steps, n_pre, n_post: see `Projection`; sizes of the whole populations.
        weight: [post pool, channels × pre pool], initial.
        pre_pool, post_pool: positions of the pools; None for all cells.
        sign: [pre pool] signs of the presynaptic cells: W = sign × max(weight, 0), so that no cell ever
            changes sign (`weight` then holds magnitudes); None for a free matrix.
        train: whether `weight` is a parameter.
    """

    kind = "dense"
    weight: Tensor
    pre_pool: Tensor | None
    post_pool: Tensor | None
    sign: Tensor | None

    def __init__(
        self,
        pre: str,
        post: str,
        n_pre: int,
        n_post: int,
        weight: Float[Tensor, "out into"],
        *,
        delay_steps: int = 0,
        pre_pool: Int[np.ndarray, " from"] | None = None,
        post_pool: Int[np.ndarray, " to"] | None = None,
        sign: Float[Tensor, " into"] | None = None,
        train: bool = True,
    ):
        super().__init__()
        self._join(pre, post, delay_steps, n_pre, n_post)
        pools = {"pre_pool": (pre_pool, n_pre), "post_pool": (post_pool, n_post)}
        sizes = {name: n if pool is None else len(pool) for name, (pool, n) in pools.items()}
        if weight.shape[0] != sizes["post_pool"] or weight.shape[1] % max(sizes["pre_pool"], 1):
            raise NetworkError(
                f"{pre} -> {post}: expected weights of {sizes['post_pool']} rows and a multiple of "
                f"{sizes['pre_pool']} columns, got {tuple(weight.shape)}"
            )
        for name, (pool, n) in pools.items():
            self.register_buffer(name, None if pool is None else positions(pool, n, name))
        self.register_buffer("sign", sign)
        self.train_weight = train
        if train:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)

    def values(self) -> Float[Tensor, "out into"]:
        """The values are the effective weights."""
        return self.weight if self.sign is None else self.sign * self.weight.clamp(min=0)

    def product(self, values: Tensor | None = None) -> Product:
        """See `Projection`."""
        matrix = self.values() if values is None else values

        def apply(x: Tensor) -> Float[Tensor, "batch post"]:
            chosen = x if self.pre_pool is None else x[..., self.pre_pool]
            y = (matrix @ chosen.reshape(chosen.shape[0], -1).mT).mT  # stored cells first
            return y if self.post_pool is None else scattered(y, self.post_pool, self.n_post)

        return apply

    @torch.no_grad()
    def transposed(self, values: Tensor | None = None) -> Product:
        """See `Projection`."""
        matrix = (self.values() if values is None else values).detach()

        def apply(g: Float[Tensor, "batch post"]) -> Tensor:
            chosen = g if self.post_pool is None else g[..., self.post_pool]
            x = matrix.mT @ chosen.mT  # channels × pool, batch
            if self._channels == 1:
                return x.mT if self.pre_pool is None else scattered(x.mT, self.pre_pool, self.n_pre)
            x = x.reshape(self._channels, -1, x.shape[-1]).permute(2, 0, 1)
            if self.pre_pool is None:
                return x
            return x.new_zeros(*x.shape[:2], self.n_pre).index_copy(-1, self.pre_pool, x)

        return apply

    @torch.no_grad()
    def outer(self, at_post: Float[Tensor, "batch post"], at_pre: Tensor) -> Float[Tensor, "out into"]:
        """See `Projection`."""
        post = at_post if self.post_pool is None else at_post[..., self.post_pool]
        pre = at_pre if self.pre_pool is None else at_pre[..., self.pre_pool]
        return post.mT @ pre.reshape(pre.shape[0], -1)

    @property
    def _channels(self) -> int:
        n = self.n_pre if self.pre_pool is None else len(self.pre_pool)
        return self.weight.shape[1] // max(n, 1)

    def reached(self, active: Bool[np.ndarray, " pre"]) -> Bool[np.ndarray, " post"]:
        """The whole pool, if any of the other pool is active."""
        pool = active if self.pre_pool is None else active[self.pre_pool.cpu().numpy()]
        return _members(self.post_pool, self.n_post) & bool(pool.any())

    def config(self) -> dict[str, Any]:
        """See `Projection.config`."""
        return {**self._joint(), "train": self.train_weight}


class OneToOne(Projection):
    """Cell k of one pool to cell k of the other, with weight 1: to drive and to read cells as they are.

    Args:
        pre, post, delay_steps, n_pre, n_post: see `Projection`.
        pre_pool, post_pool: positions, of equal number; None for all cells.
    """

    kind = "one to one"
    pre_pool: Tensor | None
    post_pool: Tensor | None
    _none: Tensor

    def __init__(
        self,
        pre: str,
        post: str,
        n_pre: int,
        n_post: int,
        *,
        delay_steps: int = 0,
        pre_pool: Int[np.ndarray, " pool"] | None = None,
        post_pool: Int[np.ndarray, " pool"] | None = None,
    ):
        super().__init__()
        self._join(pre, post, delay_steps, n_pre, n_post)
        n, m = (size if p is None else len(p) for p, size in ((pre_pool, n_pre), (post_pool, n_post)))
        if n != m:
            raise NetworkError(f"{pre} -> {post}: expected two pools of equal size, got {n} and {m}")
        self.register_buffer("pre_pool", None if pre_pool is None else positions(pre_pool, n_pre, pre))
        self.register_buffer("post_pool", None if post_pool is None else positions(post_pool, n_post, post))
        self.register_buffer("_none", torch.empty(0), persistent=False)

    def values(self) -> Float[Tensor, " 0"]:
        """There are none: each wire has weight 1."""
        return self._none

    def product(self, values: Tensor | None = None) -> Product:
        """See `Projection`; there are no values to replace."""
        return _wires(self.pre_pool, self.post_pool, self.n_post)

    def transposed(self, values: Tensor | None = None) -> Product:
        """See `Projection`; there are no values to replace."""
        return _wires(self.post_pool, self.pre_pool, self.n_pre)

    def outer(self, at_post: Tensor, at_pre: Tensor) -> Float[Tensor, " 0"]:
        """There is nothing to teach."""
        return self._none

    def reached(self, active: Bool[np.ndarray, " pre"]) -> Bool[np.ndarray, " post"]:
        """The partners are reached."""
        chosen = active if self.pre_pool is None else active[self.pre_pool.cpu().numpy()]
        if self.post_pool is None:
            return chosen
        reached = np.zeros(self.n_post, bool)
        reached[self.post_pool.cpu().numpy()[chosen]] = True
        return reached

    def config(self) -> dict[str, Any]:
        """See `Projection.config`."""
        return self._joint()


class GapJunctions(Projection):
    """I_i = sum over j of G_ij (x_j - x_i), with one symmetric G >= 0: never signed, never rewired with
    synapses.

    Args:
        name: the population, joined to itself.
        n: its size.
        first, second: [junction] the two cells of each, each pair once.
        conductance: [junction] >= 0, in units of the cells' leak.
        train: whether log conductances are learned (they stay positive).
    """

    kind = "gap junctions"
    first: Tensor
    second: Tensor
    conductance: Tensor

    def __init__(self, name: str, n: int, first, second, conductance: Tensor, *, train: bool = False):
        super().__init__()
        self._join(name, name, 1, n, n)
        if not (conductance >= 0).all():
            raise NetworkError(f"expected conductances >= 0, got {float(conductance.min())}")
        self.register_buffer("first", positions(first, n, "gap junction"))
        self.register_buffer("second", positions(second, n, "gap junction"))
        self.register_buffer("conductance", conductance)
        self.log_factor = nn.Parameter(torch.zeros_like(conductance)) if train else None

    def values(self) -> Float[Tensor, " junction"]:
        """The values are the conductance of each junction."""
        return self.conductance if self.log_factor is None else self.conductance * self.log_factor.exp()

    def product(self, values: Tensor | None = None) -> Product:
        """See `Projection`; takes voltages."""
        g = (self.values() if values is None else values)[:, None]

        def apply(x: Float[Tensor, "batch cell"]) -> Float[Tensor, "batch cell"]:
            cells = x.mT
            flow = g * (cells[self.second] - cells[self.first])
            empty = torch.zeros_like(cells)
            return empty.index_add(0, self.first, flow).index_add(0, self.second, -flow).mT

        return apply

    def transposed(self, values: Tensor | None = None) -> Product:
        """See `Projection`: a junction conducts both ways alike."""
        product = self.product(None if values is None else values.detach())
        return torch.no_grad()(product)

    @torch.no_grad()
    def outer(
        self, at_post: Float[Tensor, "batch cell"], at_pre: Float[Tensor, "batch cell"]
    ) -> Float[Tensor, " junction"]:
        """See `Projection`: of the differences across each junction."""
        across = [x[..., self.second] - x[..., self.first] for x in (at_post, at_pre)]
        return -(across[0] * across[1]).sum(0)

    def reached(self, active: Bool[np.ndarray, " pre"]) -> Bool[np.ndarray, " post"]:
        """The other cell of each junction is reached."""
        a, b = self.first.cpu().numpy(), self.second.cpu().numpy()
        reached = np.zeros(self.n_post, bool)
        reached[b[active[a]]] = True
        reached[a[active[b]]] = True
        return reached

    def config(self) -> dict[str, Any]:
        """See `Projection.config`."""
        return {"name": self.pre, "n": self.n_pre, "train": self.log_factor is not None}


def positions(pool, n: int, name: str) -> Tensor:
    """Pool positions as a tensor, checked to lie within the population."""
    index = torch.as_tensor(np.asarray(pool)).long()
    if index.numel() and not (int(index.min()) >= 0 and int(index.max()) < n):
        raise NetworkError(f"{name}: expected positions within [0, {n}), got {index.min()}..{index.max()}")
    return index


def _wires(source: Tensor | None, target: Tensor | None, n: int) -> Product:
    def apply(x: Float[Tensor, "batch from"]) -> Float[Tensor, "batch to"]:
        chosen = x if source is None else x[..., source]
        return chosen if target is None else scattered(chosen, target, n)

    return apply


def scattered(y: Float[Tensor, "batch pool"], pool: Tensor, n: int) -> Float[Tensor, "batch cells"]:
    """It returns zeros for all cells but those of the pool."""
    return torch.zeros(n, y.shape[0], dtype=y.dtype, device=y.device).index_copy(0, pool, y.mT).mT


def _members(pool: Tensor | None, n: int) -> Bool[np.ndarray, " cells"]:
    member = np.ones(n, bool) if pool is None else np.zeros(n, bool)
    if pool is not None:
        member[pool.cpu().numpy()] = True
    return member
