"""Amplify a feature of activity: stimulate its channels, and see whether it, and the task, follow."""

from .cues import BEHIND_S, DIRECT_S, CueReadout, CueTask
from .targets import ARMS, LOOKUPS, writes_for
from .work import AmplifyWork

__all__ = ["ARMS", "BEHIND_S", "DIRECT_S", "LOOKUPS", "AmplifyWork", "CueReadout", "CueTask", "writes_for"]
