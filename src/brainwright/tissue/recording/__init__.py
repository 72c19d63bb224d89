"""What the tissue said and what it was told, streamed to a run folder; see `segments` for the bytes.

Write: `Recorder`, `Recorded`. Read while it is written: `SegmentReader(folder).poll()` with `records` and
`notes`. Afterwards: `finalise` (HDF5; imports h5py) and `to_nwb` (imports pynwb) from their modules.
"""

from .recorder import FOLDER, Recorded, Recorder
from .segments import HEADER_STREAM, Block, RecordingError, SegmentReader
from .streams import NOTES, STREAMS, notes, records

__all__ = [
    "FOLDER",
    "HEADER_STREAM",
    "NOTES",
    "STREAMS",
    "Block",
    "Recorded",
    "Recorder",
    "RecordingError",
    "SegmentReader",
    "notes",
    "records",
]
