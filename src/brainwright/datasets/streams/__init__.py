"""Data as streams of patches: images, sounds, a synthetic stream, recordings."""

from .images import image_streams, raster
from .keys import key_streams
from .pairs import same_class
from .patches import Patches, Split
from .recorded import RecordedStreams, pooled
from .spoken import spoken_streams
from .two_scales import products, two_scales

__all__ = [
    "Patches",
    "RecordedStreams",
    "Split",
    "image_streams",
    "key_streams",
    "pooled",
    "products",
    "raster",
    "same_class",
    "spoken_streams",
    "two_scales",
]
