"""A run asks this of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """Something that must hold for the comparisons to mean something, whether it does, and the figures behind
    it.
    """

    name: str
    holds: bool
    detail: str = ""
