"""brainwright: wire it, teach it, give it a body, plug it in."""

__version__ = "0.1.0"
