"""Families of questions: which variables are given, and which are asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .variables import AnySubsetError

Family = Callable[[int, int, torch.Generator], Tensor]
"""(rows, variables, generator) → which are given, bool [row, variable]; the others are asked for."""


@dataclass(frozen=True)
class Bernoulli:
    """Each variable is given with this probability; where None it is drawn anew for every row, so that few
    and many given are as frequent.
    """

    share: float | None = None

    def __call__(self, rows: int, n: int, generator: torch.Generator) -> Tensor:
        """See `Family`."""
        uniform = torch.rand(rows, n, generator=generator)
        share = torch.rand(rows, 1, generator=generator) if self.share is None else self.share
        given = uniform < share
        # neither nothing nor everything: the likeliest variable is turned over
        given[torch.arange(rows), uniform.argmin(1)] |= ~given.any(1)
        given[torch.arange(rows), uniform.argmax(1)] &= ~given.all(1)
        return given


@dataclass(frozen=True)
class Groups:
    """From one set of variables to another: modality to modality, these cells to those."""

    given: tuple[int, ...]
    asked: tuple[int, ...] = ()
    """All others where empty; neither given nor asked for is possible."""

    def __call__(self, rows: int, n: int, generator: torch.Generator) -> Tensor:
        """See `Family`."""
        given = torch.zeros(n, dtype=torch.bool)
        given[list(self.given)] = True
        return given.repeat(rows, 1)


def past_to_future(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """The first variables are given, as many as drawn."""
    return torch.arange(n) < _count(rows, n, generator)


def future_to_past(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """The last variables are given, as many as drawn."""
    return torch.arange(n) >= _count(rows, n, generator)


def half_to_half(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """One half is given, either."""
    return (torch.arange(n) < n // 2) ^ _coin(rows, generator)


def window(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """Some in a row are asked for, all others given."""
    length = _count(rows, n, generator)
    start = (torch.rand(rows, 1, generator=generator) * (n - length + 1)).long()
    place = torch.arange(n)
    return (place < start) | (place >= start + length)


def all_but_one(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """One is asked for."""
    return torch.arange(n) != torch.randint(n, (rows, 1), generator=generator)


def comb(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """Every second is given, odd or even ones."""
    return (torch.arange(n) % 2 == 0) ^ _coin(rows, generator)


def one_observed(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """One is given."""
    return torch.arange(n) == torch.randint(n, (rows, 1), generator=generator)


TRAINED: Mapping[str, Family] = {
    "Bernoulli": Bernoulli(),
    "past to future": past_to_future,
    "future to past": future_to_past,
    "half to half": half_to_half,
    "window": window,
    "all but one": all_but_one,
}
"""What a network is taught on unless a user says otherwise."""
HELD_OUT: Mapping[str, Family] = {"comb": comb, "one observed": one_observed}
"""Not taught, so that an answer to them has to carry over. A single such mask may occur among Bernoulli
draws, as every mask may.
"""
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the Bernoulli families of the grid."""


def draw(families: Mapping[str, Family], rows: int, n: int, generator: torch.Generator) -> Tensor:
    """Masks of all families in equal parts, [row, variable]. Raises AnySubsetError as `given_by` does."""
    sizes = [len(part) for part in torch.arange(rows).tensor_split(len(families))]
    parts = [given_by(k, f, m, n, generator) for (k, f), m in zip(families.items(), sizes, strict=True) if m]
    return torch.cat(parts)


def given_by(name: str, family: Family, rows: int, n: int, generator: torch.Generator) -> Tensor:
    """Masks of one family. Raises AnySubsetError for a family that gives nothing, or asks for nothing."""
    given = family(rows, n, generator)
    if given.shape != (rows, n) or given.dtype != torch.bool:
        raise AnySubsetError(f"family {name!r}: expected bool [{rows}, {n}], got {tuple(given.shape)}")
    if not bool(given.any(1).all()):
        raise AnySubsetError(f"family {name!r} has rows without an observed variable: give at least one")
    if bool(given.all(1).any()):
        raise AnySubsetError(f"family {name!r} has rows in which all is given: nothing is asked")
    return given


def asked_by(family: Family, given: Tensor) -> Tensor:
    """What is asked for: all that is not given, but for `Groups` that say otherwise."""
    if isinstance(family, Groups) and family.asked:
        asked = torch.zeros_like(given)
        asked[:, list(family.asked)] = True
        return asked & ~given
    return ~given


def groups(names: Sequence[str], given: Sequence[str], asked: Sequence[str] = ()) -> Groups:
    """`Groups` by names of variables. Raises AnySubsetError for an unknown name."""
    if unknown := sorted({*given, *asked} - set(names)):
        raise AnySubsetError(f"no variable {', '.join(unknown)}: there are {', '.join(names)}")
    place = {name: k for k, name in enumerate(names)}
    return Groups(tuple(place[name] for name in given), tuple(place[name] for name in asked))


def _count(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """1 to n - 1, [row, 1]."""
    return torch.randint(1, n, (rows, 1), generator=generator)


def _coin(rows: int, generator: torch.Generator) -> Tensor:
    return torch.rand(rows, 1, generator=generator) < 0.5
