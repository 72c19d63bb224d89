"""Networks compiled from connectomes, and layered ones: populations joined by projections."""

from .checking import check_network
from .compilation import Train, compile
from .dynamics import LIF, Graph, Rate
from .embedding import EmbeddingCells, embedded, embedding_of
from .errors import NetworkError
from .initial import normal, uncoupled
from .layers import layered, recurrent, spiking
from .network import Network
from .scaling import FanIn, Raw, SpectralRadius, match_activity
from .storage import load, save
from .symmetric import relaxing
from .unrolling import Trajectory, settle, unroll

__all__ = [
    "LIF",
    "EmbeddingCells",
    "FanIn",
    "Graph",
    "Network",
    "NetworkError",
    "Rate",
    "Raw",
    "SpectralRadius",
    "Train",
    "Trajectory",
    "check_network",
    "compile",
    "embedded",
    "embedding_of",
    "layered",
    "load",
    "match_activity",
    "normal",
    "recurrent",
    "relaxing",
    "save",
    "settle",
    "spiking",
    "uncoupled",
    "unroll",
]
