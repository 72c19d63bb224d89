"""Rules on one part of a network: the error-like signal that a host exposes is handed in to its rule."""

from .handed import HandedIn, exposed, exposing, teach_part

__all__ = ["HandedIn", "exposed", "exposing", "teach_part"]
