"""Evoke activity where nobody may stimulate, by the gradient of a model with respect to the stimulus."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "evoke activity in tissue that is never stimulated, by the gradient of a model to the stimulus"
SOURCES = (
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
    "Rubinstein 1999, Methodol Comput Appl Probab 1:127 (cross-entropy search)",
    "Agrawal & Goyal 2013, ICML 28:127 (Thompson sampling with linear worth)",
    "Marmarelis & Marmarelis 1978, Analysis of Physiological Systems (reverse correlation)",
    "Tsodyks & Markram 1997, PNAS 94:719 (short-term depression)",
    "Efron 1987, J Am Stat Assoc 82:171 (bootstrap intervals)",
    "Berger 1982, Technometrics 24:295 (several comparisons, each of which must hold)",
    "The tissue is simulated.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many cultures, how long a recording, and what is asked beside the main question."""

    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    dishes: Annotated[int, Between(2, 1_000)] = 16  # from there on they would be those of the next seed
    """Cultures, the same in all arms; with fewer than six nothing is decided."""
    trials: tuple[int, ...] = (2_000,)
    """Random writes that are recorded, once for all targets, such as 2000 500 1000 4000 8000: the first
    number decides and is what every search is given; the others make a curve."""
    targets: Annotated[int, AtLeast(2)] = 16
    """Answers that are wanted of each culture."""
    tissue: Literal["sparse", "dense"] = "sparse"
    """Few strong synapses, or many weaker ones. Neither is the main job's default, in which no write reaches
    the middle."""
    where: bool = False
    """Extra: where is the network needed? Amounts, contexts and two volleys, with the same rivals."""
    latent: bool = False
    """Extra: the latent-diffusion emulator as a third model, on the first cultures."""
    teach: bool = False
    """Extra: teaching by evoking. A cue is paired with evoked patterns until the cue alone evokes one."""
