"""Null models by the names that experiments, screens and pages call them."""

import difflib
from collections.abc import Callable

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError

from .degree import block_preserving, degree_preserving
from .ensemble import compose
from .random_graphs import erdos_renyi
from .shuffles import shuffle_signs, shuffle_weights

Null = Callable[..., Connectome]
"""null(connectome, seed=0) → Connectome."""
NULLS: dict[str, Null] = {
    "degree": degree_preserving,
    "block": block_preserving,
    "weights": shuffle_weights,
    "signs": shuffle_signs,
    "both": compose(shuffle_weights, shuffle_signs),
    "random": erdos_renyi,
}
"""Rewired with degrees kept; the same within pairs of cell classes; weights shuffled; signs shuffled; both
shuffled; edges at random.
"""


def named(name: str) -> Null:
    """It returns the null model of a name: "degree", "block", "weights", "signs", "both" or "random".

    Raises:
        ConnectomeError: no such null; names those that there are.

    Example:
        >>> named("degree").__name__
        'degree_preserving'
    """
    if name in NULLS:
        return NULLS[name]
    near = difflib.get_close_matches(str(name), NULLS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ConnectomeError(f"expected a null model of {', '.join(NULLS)}, got {name!r}{hint}")
