"""What the description of a saved network may say, proven before anything is made from it."""

from itertools import combinations
from typing import Any

import torch

from brainwright.untrusted import Bounds

from .errors import NetworkError

DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}
LONGEST_DELAY_STEPS = 100_000
"""Of a step of 0.1 ms these are 10 s; each keeps a row of spikes on its way."""


def check_description(description: dict[str, Any], n_bytes: int, bounds: Bounds) -> None:
    """Sizes within what tensors of `n_bytes` may hold, ids and pools within their populations.

    Raises:
        NetworkError: a part that is missing or of another kind; ids or positions that do not fit.
        brainwright.untrusted.Unreadable: a size beyond the bounds.
    """
    for name, kind in (("populations", list), ("projections", list), ("ids", dict), ("pools", dict)):
        _expect(isinstance(description.get(name), kind), name, description.get(name))
    _expect(isinstance(description.get("provenance"), dict), "provenance", description.get("provenance"))
    sizes = {}
    for own in description["populations"]:
        _expect(isinstance(own, dict) and isinstance(own.get("name"), str), "a population with a name", own)
        _expect(own.get("dtype") in DTYPES, f"a dtype of {', '.join(DTYPES)}", own.get("dtype"))
        _check_numbers(own, n_bytes, bounds)
        _expect(_is_size(own.get("n")), "the number of cells", own.get("n"))
        sizes[own["name"]] = own["n"]
    for own in description["projections"]:
        _expect(isinstance(own, dict) and isinstance(own.get("kind"), str), "a projection with a kind", own)
        _check_numbers(own, n_bytes, bounds)
    for name, ids in description["ids"].items():
        _expect(
            name in sizes and isinstance(ids, list) and len(ids) == sizes[name],
            f"an id per cell of {name}",
            name,
        )
    for name, pool in description["pools"].items():
        _expect(isinstance(pool, list) and len(pool) == 2 and pool[0] in sizes, f"pool {name}", pool)
        where, index = pool
        fits = isinstance(index, list) and all(_is_size(i) and i < sizes[where] for i in index)
        _expect(fits, f"positions below {sizes[where]} in pool {name}", index)


def _check_numbers(own: dict[str, Any], n_bytes: int, bounds: Bounds) -> None:
    """The largest arrays of a part have two of its whole numbers as sides."""
    whole = sorted(value for value in own.values() if type(value) is int)
    _expect(not whole or whole[0] >= 0, "sizes of 0 or more", own)
    what = f"{own.get('name', own.get('kind'))}"
    sides = [value for name, value in own.items() if type(value) is int and name not in ("n_pre", "n_post")]
    for value in whole:
        bounds.check_values(value, n_bytes, what)
    for one, other in combinations(sorted(sides)[-3:], 2):
        bounds.check_values(one * other, n_bytes, what)
    delay_s, dt_s = own.get("delay_s", 0.0), own.get("dt_s", 1.0)
    if isinstance(delay_s, int | float) and isinstance(dt_s, int | float):
        _expect(
            dt_s > 0 and delay_s <= LONGEST_DELAY_STEPS * dt_s, "a delay of at most 100,000 steps", delay_s
        )


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 0


def _expect(holds: bool, what: str, got: object) -> None:
    if not holds:
        raise NetworkError(f"model.json: expected {what}, got {got!r:.80}")
