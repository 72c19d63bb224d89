"""Does it matter which loss comes when? Stages in their order, in another, and all at once."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import Between, Options

SUMMARY = "losses of every module by stage: in order, in another order, all at once, at equal updates"
SOURCES = (
    "Marblestone, Wayne & Kording 2016, 10.3389/fncom.2016.00094 (cost functions by area and time)",
    "Bengio et al. 2009, 10.1145/1553374.1553380 (curriculum)",
    "Wiskott & Sejnowski 2002, Neural Comput 14:715 (slowness)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many draws, and how long."""

    draws: Annotated[int, Between(1, 20)] = 2
    """Draws of everything; each parts the six speakers anew into three pairs that are held out."""
    updates: Annotated[int, Between(2, 10_000)] = 80
    """Of every stage, in every order."""
