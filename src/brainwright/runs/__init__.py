"""The run folder: files written whole, events, finished units, where a run came from. Imports nothing
heavy.
"""

from brainwright.runs.files import (
    RunFolderError,
    give_name,
    read_json,
    whole,
    whole_file,
    write_arrays,
    write_bytes,
    write_json,
    write_text,
)
from brainwright.runs.folder import FORMAT_VERSION, create, open_recipe
from brainwright.runs.kept_trials import KeptTrials, Trial
from brainwright.runs.leftovers import sweep
from brainwright.runs.metrics import Metrics, append_line, last_elapsed_s, read_lines, read_metrics
from brainwright.runs.stop import StopRequested, check_stop, clear_stop, request_stop
from brainwright.runs.units import Units, UnitsError, file_name, joined, of_prefix, with_prefix
from brainwright.runs.values import ValuesError, plain, restore

__all__ = [
    "FORMAT_VERSION",
    "KeptTrials",
    "Metrics",
    "RunFolderError",
    "StopRequested",
    "Trial",
    "Units",
    "UnitsError",
    "ValuesError",
    "append_line",
    "check_stop",
    "clear_stop",
    "create",
    "file_name",
    "give_name",
    "joined",
    "last_elapsed_s",
    "of_prefix",
    "open_recipe",
    "plain",
    "read_json",
    "read_lines",
    "read_metrics",
    "request_stop",
    "restore",
    "sweep",
    "whole",
    "whole_file",
    "with_prefix",
    "write_arrays",
    "write_bytes",
    "write_json",
    "write_text",
]
