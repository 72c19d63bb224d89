"""Prediction of the next embedding: the objective and its relatives, of the same parts."""

from .cosine_to_next import NextEmbedding
from .delay_line import DelayLine
from .infonce import InfoNCE
from .lpl import LayerLocal
from .moving_average import MovingAverage
from .parts import Predicted, cosine, predicted, recording
from .sigreg import SIGReg
from .teachers import Itself, Past, Teacher, Weights
from .vicreg import VICReg

__all__ = [
    "DelayLine",
    "InfoNCE",
    "Itself",
    "LayerLocal",
    "MovingAverage",
    "NextEmbedding",
    "Past",
    "Predicted",
    "SIGReg",
    "Teacher",
    "VICReg",
    "Weights",
    "cosine",
    "predicted",
    "recording",
]
