"""Descriptions of what was saved (`model.json`): inside their own checksum, and checked before they are
followed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import Unreadable
from .plain_json import parse_json

CHECKSUM = "description_sha256"


def sealed(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description with the sha256 of all that it says."""
    return {**description, CHECKSUM: _sha256(description)}


def unsealed(path: Path, version: int) -> dict[str, Any]:
    """What `sealed` made, read back from a file.

    Raises:
        Unreadable: no JSON object, another format version, a description that was changed.
    """
    try:
        description = parse_json(path.read_bytes(), path.name)
    except OSError as error:
        raise Unreadable(f"no readable {path.name}: expected {path.name} in the folder ({error})") from error
    except Unreadable as error:
        raise Unreadable(f"no readable {path.name}: {error}") from error
    if not isinstance(description, dict) or "format_version" not in description:
        raise Unreadable(f"no readable {path.name}: expected an object with format_version")
    found = description["format_version"]
    if found != version:
        raise Unreadable(f"expected format version {version}, got {found}: save it again")
    if description.get(CHECKSUM) != _sha256(description):
        raise Unreadable(
            f"{path.name} does not match its checksum: it was changed, or is of before there was one"
        )
    return description


def unchanged(path: Path, description: Mapping[str, Any]) -> bytes:
    """What a file holds that the description names by its `sha256`.

    Raises:
        FileNotFoundError: no such file.
        Unreadable: it is not what was saved.
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != description.get("sha256"):
        raise Unreadable(f"{path.name} does not match its checksum; save it again")
    return data


def _sha256(description: Mapping[str, Any]) -> str:
    """Of everything but the checksum; what is read back gives the same as what was written."""
    rest = {str(name): value for name, value in description.items() if name != CHECKSUM}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode()).hexdigest()
