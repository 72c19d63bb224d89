"""The hash of a ledger's last line, kept outside the ledger: only this shows that whole lines were cut off at
its end, or (without a key) that all was written anew.
"""

from pathlib import Path
from typing import Any

from brainwright.runs import RunFolderError, read_json, write_json

LEDGERS = "ledgers"  # in a run's provenance.json: name of the ledger → hash of its last line


def kept_head(anchor: Path, ledger: str) -> str:
    """It returns the hash that the file `anchor` keeps for the ledger of this name; empty where there is
    none.

    Raises:
        RunFolderError: `anchor` is no readable JSON object, or holds something else in this place.
    """
    return _heads(anchor, _content(anchor)).get(ledger, "")


def keep_head(anchor: Path, ledger: str, head: str) -> None:
    """It writes the hash into the file `anchor`, whose other content stays; makes it where it is missing.

    Raises:
        OSError: it cannot be written.
        RunFolderError: as `kept_head`.
    """
    content = _content(anchor)
    write_json(anchor, {**content, LEDGERS: {**_heads(anchor, content), ledger: head}})


def _content(anchor: Path) -> dict[str, Any]:
    return read_json(anchor) if anchor.exists() else {}


def _heads(anchor: Path, content: dict[str, Any]) -> dict[str, str]:
    heads = content.get(LEDGERS, {})
    if not (isinstance(heads, dict) and all(isinstance(head, str) for head in heads.values())):
        raise RunFolderError(f"{anchor}: expected {LEDGERS!r} as names with hashes, got {heads!r:.80}")
    return heads
