"""What a guard tells its ledger, in order, also where a line cannot be written at once."""

from collections import deque
from typing import Any

from .chain import Chain

_FACTS = ("delivered", "withdrawn", "stopped", "cancelled", "paused", "resumed", "stop failed")
"""Kinds of lines that say what has happened: they are owed where they cannot be written."""


class Journal:
    """It appends lines to a chain; what has happened and is owed comes before the next line that can be
    written.

    Args:
        chain: where to; None keeps nothing.
    """

    def __init__(self, chain: Chain | None):
        self.chain = chain
        self._last_head = ""
        self._owed: deque[tuple[str, dict[str, Any]]] = deque()

    @property
    def head(self) -> str:
        """It is the hash of the last line."""
        return self.chain.head if self.chain is not None else self._last_head

    def tell(self, kind: str, fields: dict[str, Any]) -> None:
        """It writes a line, behind what is owed. Raises what the chain raises; a fact is then owed."""
        if self.chain is None:
            return
        try:
            while self._owed:
                owed, told = self._owed[0]
                self.chain.append(owed, **told)
                self._owed.popleft()
            self.chain.append(kind, **fields)
        except Exception:
            if kind in _FACTS:
                self.owe(kind, fields)
            raise

    def owe(self, kind: str, fields: dict[str, Any]) -> None:
        """It keeps a line for later."""
        self._owed.append((kind, fields))

    def close(self) -> None:
        """It closes the chain. Idempotent; raises what the chain raises, and is closed all the same."""
        if self.chain is not None:
            chain, self.chain = self.chain, None
            self._last_head = chain.head
            chain.close()
