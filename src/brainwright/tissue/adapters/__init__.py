"""Recordings and devices behind the contract of `Tissue`. Their packages are imported when used."""

from .brainflow import BrainFlowBoard
from .cl1 import CL1, cl1_limits
from .detection import DeadChannels, ThresholdDetector, robust_sd
from .lsl import LslInlet, LslOutlet
from .optional import MissingPackage
from .read_only import READ_ONLY
from .recordings import load_recording
from .replay import RecordingEnded, Replay
from .spike_trains import BadRecording, from_trains

__all__ = [
    "CL1",
    "READ_ONLY",
    "BadRecording",
    "BrainFlowBoard",
    "DeadChannels",
    "LslInlet",
    "LslOutlet",
    "MissingPackage",
    "RecordingEnded",
    "Replay",
    "ThresholdDetector",
    "cl1_limits",
    "from_trains",
    "load_recording",
    "robust_sd",
]
