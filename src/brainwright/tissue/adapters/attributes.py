"""Attributes of HDF5 files: writers store a text as str, bytes, a 0-d array or an array of them, and a number
as an array of one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .spike_trains import BadRecording


def text(value: Any) -> str:
    """A text however it was stored; several are joined by blanks, None is empty."""
    if value is None:
        return ""
    parts = np.ravel(np.asarray(value, object)).tolist()
    return " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts
    )


def number(attributes: Mapping[str, Any], name: str, path: Path) -> float:
    """A finite number. Raises BadRecording where the attribute is missing or is none."""
    raw = np.ravel(np.asarray(attributes.get(name)))
    try:
        value = float(raw[0]) if raw.size == 1 else np.nan
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise BadRecording(
            f"{path}: expected a number in the attribute {name}, got {_shown(attributes.get(name))}"
        )
    return value


def whole(attributes: Mapping[str, Any], name: str, path: Path) -> int:
    """A whole number of 0 or more. Raises BadRecording elsewhere."""
    value = number(attributes, name, path)
    if value < 0 or value != int(value):
        raise BadRecording(f"{path}: expected a whole number in the attribute {name}, got {value:g}")
    return int(value)


def _shown(value: Any) -> str:
    return "none" if value is None else repr(value)[:60]
