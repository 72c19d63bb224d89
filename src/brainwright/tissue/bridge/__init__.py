"""Tissue in another process, machine or language: one JSON object per line over TCP (docs/wire.md)."""

from .host import Clock, Host
from .priority import take_priority
from .remote import RemoteTissue, TissueLost, emergency_stop
from .watchdog import Watchdog

__all__ = ["Clock", "Host", "RemoteTissue", "TissueLost", "Watchdog", "emergency_stop", "take_priority"]
