"""One context after another: who forgets, what is kept to prevent it, and what a night of sleep does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Options

SUMMARY = "learning digits in five parts one after another: every method, what each keeps, and sleep"
SOURCES = (
    "van de Ven & Tolias 2019, arXiv:1904.07734 (task, domain and class; Split MNIST)",
    "van de Ven et al. 2022, Nat Mach Intell 4:1185 (strengths of methods)",
    "Kirkpatrick et al. 2017, arXiv:1612.00796 (EWC)",
    "Zenke et al. 2017, arXiv:1703.04200 (SI)",
    "Li & Hoiem 2016, arXiv:1606.09282 (LwF)",
    "Buzzega et al. 2020, arXiv:2004.07211 (DER++)",
    "Shin et al. 2017, arXiv:1705.08690 (DGR)",
    "van de Ven et al. 2020, Nat Commun 11:4069 (BI-R)",
    "Rebuffi et al. 2017, arXiv:1611.07725 (iCaRL)",
    "Tadros et al. 2022, Nat Commun 13:7742 (SRC)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which protocol and methods, or contexts of your own."""

    scenario: Literal["class", "domain", "task"] = "class"
    """What is asked: any class seen so far, the place within its context, or a class of a context that is
    told.
    """
    permuted: int = 0
    """So many contexts with all digits and a pixel order of their own, in place of the split (domain)."""
    stream: Literal["pictures", "worms", "reaches", "bci", "rooms"] = "pictures"
    """Contexts beyond pictures (domain): worms, days of reaching, stages of learning a cursor, decoded; or
    four goals in rooms, moves of the shortest way.
    """
    methods: tuple[str, ...] = ()
    """Which. Default: none, joint, EWC, SI, ER, sleep, generative classifier, BI-R, DGR, DER++, kNN retrieval
    and LwF; "all" for A-GEM, DGR + distillation, SRC, iCaRL and those behind the layer of sleep too.
    """
    seeds: Annotated[int, AtLeast(2)] = 3
    """Networks of every method, trained side by side."""
    night_seeds: Annotated[int, AtLeast(2)] = 6
    """Of sleep and of what takes away what it claims; with fewer than six nothing is decided."""
    parts: tuple[Literal["nights", "table", "bytes"], ...] = ()
    """Which studies; all by default. The question is answered by the nights alone."""
    full: bool = False
    """All three scenarios and Permuted MNIST of ten contexts, all methods, five seeds: many hours, which can
    be stopped and gone on with.
    """
    iterations: Annotated[int, AtLeast(10)] = 2_000
    """Batches of 128 in every context; of permuted contexts two and a half times as many, as published."""
    hidden: Annotated[int, AtLeast(0)] = 0
    """Cells of each of the two hidden layers; 0 for those published, 400, and 1,000 where contexts are
    permuted.
    """
    data: Path | None = None
    """A folder of your own contexts: an NPZ each with `inputs` and `targets`, in the order of their names."""
