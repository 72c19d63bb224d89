"""A page that shows a run while it goes on. Reads the run folder alone; imports no other room."""

from .guard import Guard
from .server import application
from .tail import RunTail

__all__ = ["Guard", "RunTail", "application"]
