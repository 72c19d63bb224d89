"""Larger diagrams that hold the original as an exact subgraph, with the controls they need."""

from brainwright.connectome.expand.block_model import block_model
from brainwright.connectome.expand.clone import clone, expanded_null
from brainwright.connectome.expand.report import compare, report

__all__ = ["block_model", "clone", "compare", "expanded_null", "report"]
