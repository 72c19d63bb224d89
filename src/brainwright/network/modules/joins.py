"""Several inputs of one module: side by side in every step, or one after another."""

from collections.abc import Sequence

import torch
from torch import Tensor

from brainwright.network.errors import NetworkError

from .table import ModulePlan


def side_by_side(plan: ModulePlan, sides: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """(values, validity) of all inputs in every step. Raises `NetworkError` for another number or length."""
    shapes = {tuple(values.shape[1:3]) for values, _ in sides}
    if len(shapes) != 1:
        said = ", ".join(f"{n} × {t}" for n, t in sorted(shapes))
        raise NetworkError(
            f"{plan.name!r} hears {' and '.join(plan.hears)} together: expected streams of equal number "
            f"and length, got {said} steps; join='series' or parts=... takes any"
        )
    valid = torch.stack([side[1] for side in sides]).amin(0)
    return torch.cat([side[0] for side in sides], -1), valid


def in_series(
    shown: Sequence[Tensor], valids: Sequence[Tensor], order: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """One input after another, what fills up behind them all."""
    lengths = [each.shape[2] for each in shown]
    z, valid = torch.cat(list(shown), 2), torch.cat(list(valids), 2)
    source = torch.repeat_interleave(torch.arange(len(shown)), torch.tensor(lengths)).expand(valid.shape)
    turn = source if order is None else order.argsort(-1).gather(-1, source)
    longest = z.shape[2]
    place = torch.arange(longest).expand(valid.shape)
    sorting = (turn * longest + place + (valid == 0) * longest * (len(shown) + 1)).argsort(-1)
    z = z.gather(2, sorting[..., None].expand(z.shape))
    return z, valid.gather(2, sorting), source.gather(2, sorting)
