"""Planning in small worlds whose truth is known: by what is wanted, and by a model of one's own."""

from .conditioned import ARMS, SHARES, Behaviour, conditioned_policies, watched
from .samples import LEARNERS, samples_needed
from .veto import VETOES, vetoed

__all__ = [
    "ARMS",
    "LEARNERS",
    "SHARES",
    "VETOES",
    "Behaviour",
    "conditioned_policies",
    "samples_needed",
    "vetoed",
    "watched",
]
