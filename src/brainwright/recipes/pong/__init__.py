"""Pong through a dish: a culture is told where the ball is, and is taught which way to go."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "Pong through simulated tissue: taught by gradient steps, beside controls and DishBrain's rule"
SOURCES = (
    "Kagan et al. 2022, Neuron 110:3952 (cultures in a game of Pong: encoding, feedback, controls)",
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
    "Bakkum, Chao & Potter 2008, J Neural Eng 5:310 (yoked replay as the sham of closed-loop training)",
    "Steele, Lea & Flood 2014, OOPSLA, doi:10.1145/2660193.2660195 (SplitMix64, the slopes of balls)",
    "The tissue is simulated; the game is brainwright's own.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many cultures, and how long they are taught. Other seeds are other cultures."""

    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure. At most six dishes,
    and sizes of its own in place of --taught and --minutes."""
    dishes: Annotated[int, Between(2, 900)] = 24  # from there on they would be those of the next seed
    """Cultures per arm."""
    neurons: Annotated[int, Between(64, 4_096)] = 400
    """Neurons per culture."""
    taught: Annotated[int, AtLeast(20)] = 500
    """Ticks (of 240 ms) with writes."""
    minutes: Annotated[float, Between(0.1, 120)] = 12.0
    """Of each lesson by feedback: DishBrain's rule and its controls."""
    gradient_steps: Annotated[int, AtLeast(1)] = 2
    """Gradient steps on the emulator per tick."""
