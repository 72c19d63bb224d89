"""The sparse projection: synapses on a fixed topology, with what may train as a mode."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .errors import NetworkError
from .projection import Product, Projection
from .sparse import Pattern, SparseMatrix, outer

MODES = ("frozen", "gain", "cell", "edge", "low-rank")
MAGNITUDES = ("exp", "clamp")


class Synapses(Projection):
    """y = W x with W sparse and signed; training changes magnitudes only, so Dale's law holds throughout.

    ==========  ==================================  =====================================================
    mode        parameters                          weight of edge e from j to i
    ==========  ==================================  =====================================================
    frozen      none                                base_e
    gain        one per connected pair of groups    base_e exp(theta_pair)
    cell        one per presynaptic cell            base_e exp(theta_j)
    edge        one per edge                        base_e exp(theta_e), or sign_e max(theta_e, 0) with
                                                    `magnitude="clamp"`, which can prune
    low-rank    rank × (n_pre + n_post)             base_e exp(u_i · v_j), on existing edges only
    ==========  ==================================  =====================================================

    All start at `base`. `dale=False` (mode "edge" alone) trains the weights themselves.

    Args:
        pre, post, delay_steps: see `Projection`.
        pattern: topology.
        base: [edge] signed weights, scaled.
        mode: see the table.
        group: [edge] index of the pair of groups, for mode "gain".
        rank: for mode "low-rank".
        magnitude: for mode "edge".
        dale: see above.
        generator: of the initial u (v starts at 0).
        backend: of the sparse product.

    Raises:
        NetworkError: an unknown mode, or one that lacks what it needs.
    """

    kind = "synapses"
    base: Tensor
    group: Tensor | None

    def __init__(
        self,
        pre: str,
        post: str,
        pattern: Pattern,
        base: Float[Tensor, " edge"],
        *,
        delay_steps: int = 1,
        mode: str = "frozen",
        group: Int[np.ndarray, " edge"] | None = None,
        rank: int = 4,
        magnitude: str = "exp",
        dale: bool = True,
        generator: torch.Generator | None = None,
        backend: str = "auto",
    ):
        super().__init__()
        self._join(pre, post, delay_steps, pattern.n_pre, pattern.n_post)
        _check(mode, magnitude, dale, group, pattern)
        group = group if mode == "gain" else None
        self.pattern, self.mode, self.rank, self.magnitude = pattern, mode, rank, magnitude
        self.dale, self.backend = dale, backend
        self.register_buffer("base", base)
        self.register_buffer("group", None if group is None else torch.from_numpy(group.astype(np.int64)))
        self.theta = self.u = self.v = None
        if mode == "low-rank":
            draw = torch.randn(pattern.n_post, rank, generator=generator, dtype=base.dtype)
            # v = 0 keeps the start at `base`; u is small but not 0, or neither factor would get a gradient
            self.u = nn.Parameter(draw * 0.1)
            self.v = nn.Parameter(base.new_zeros(pattern.n_pre, rank))
        elif mode != "frozen":
            self.theta = nn.Parameter(self._start(group))

    def values(self) -> Float[Tensor, " edge"]:
        """It returns the effective signed weight of each edge, in the order of the pattern."""
        if self.mode == "frozen":
            return self.base
        if self.u is not None and self.v is not None:
            pre, post = self._index(self.pattern.pre), self._index(self.pattern.post)
            return self.base * (self.u[post] * self.v[pre]).sum(-1).exp()
        assert self.theta is not None
        if self.mode == "edge" and not self.dale:
            return self.theta
        if self.mode == "edge" and self.magnitude == "clamp":
            return self.base.sign() * self.theta.clamp(min=0)
        if self.mode == "edge":
            return self.base * self.theta.exp()
        index = self.group if self.mode == "gain" else self._index(self.pattern.pre)
        return self.base * self.theta[index].exp()

    def product(self, values: Tensor | None = None) -> Product:
        """See `Projection`."""
        matrix = SparseMatrix(self.pattern, self.values() if values is None else values, self.backend)
        return lambda x: matrix @ x

    @torch.no_grad()
    def transposed(self, values: Tensor | None = None) -> Product:
        """See `Projection`."""
        weights = (self.values() if values is None else values).detach()
        matrix = SparseMatrix(self.pattern.transposed, weights, self.backend)
        return lambda g: matrix @ g

    @torch.no_grad()
    def outer(self, at_post: Tensor, at_pre: Tensor) -> Float[Tensor, " edge"]:
        """See `Projection`."""
        return outer(self.pattern, at_post, at_pre, self.backend)

    def reached(self, active: Bool[np.ndarray, " pre"]) -> Bool[np.ndarray, " post"]:
        """It returns the cells that these ones synapse onto with a weight other than zero."""
        counts = active[self.pattern.pre] & (self.base.detach().cpu().numpy() != 0)
        reached = np.zeros(self.n_post, bool)
        reached[self.pattern.post[counts]] = True
        return reached

    def dale_violations(self) -> int:
        """Edges whose sign is no longer that of the wiring; a weight of zero violates nothing."""
        return int((self.values().sign() * self.base.sign() < 0).sum())

    @torch.no_grad()
    def rescale(self, factor: float) -> None:
        """It multiplies all weights by a positive factor, trained ones included."""
        if not (np.isfinite(factor) and factor > 0):
            raise NetworkError(f"expected a positive factor, got {factor}")
        self.base *= factor
        if self.theta is not None and self.mode == "edge" and (not self.dale or self.magnitude == "clamp"):
            self.theta *= factor

    def config(self) -> dict[str, Any]:
        """See `Projection.config`."""
        names = ("mode", "rank", "magnitude", "dale", "backend")
        return {**self._joint(), **{name: getattr(self, name) for name in names}}

    def _start(self, group: np.ndarray | None) -> Tensor:
        if self.mode == "edge" and (not self.dale or self.magnitude == "clamp"):
            return self.base.clone() if not self.dale else self.base.abs()
        if group is not None:
            return self.base.new_zeros(int(group.max(initial=-1)) + 1)
        return self.base.new_zeros(self.pattern.n_pre if self.mode == "cell" else self.pattern.n_edges)

    def _index(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).long().to(self.base.device)


def _check(mode: str, magnitude: str, dale: bool, group: np.ndarray | None, pattern: Pattern) -> None:
    if mode not in MODES or magnitude not in MAGNITUDES:
        raise NetworkError(
            f"expected a train mode of {', '.join(MODES)} (or 'dense', in compile) and a magnitude of "
            f"{', '.join(MAGNITUDES)}, got {mode!r} and {magnitude!r}"
        )
    if not dale and mode != "edge":
        raise NetworkError(f"dale=False needs mode 'edge', where weights are free; got {mode!r}")
    if mode == "gain" and (group is None or group.shape != (pattern.n_edges,)):
        raise NetworkError("mode 'gain' needs the group pair of each edge: give the cells a type column")
