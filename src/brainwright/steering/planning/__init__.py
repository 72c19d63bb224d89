"""Planning: acting to meet what is expected and wanted."""

from .free_energy import Foreseen, foreseen
from .maze import AGENTS, maze_shares

__all__ = ["AGENTS", "Foreseen", "foreseen", "maze_shares"]
