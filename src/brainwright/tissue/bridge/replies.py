"""What a host answers where it does not do what was asked."""

from typing import Any

from ..limits import StimulusRefused
from ..status import TissueFault


def failure(error: Exception) -> dict[str, Any]:
    """It returns the fields of an answer to a request that raised this."""
    kinds = {StimulusRefused: "refused", ValueError: "value", TissueFault: "fault"}
    kind = next((name for type_, name in kinds.items() if isinstance(error, type_)), "fault")
    message = str(error) if kind != "fault" else f"{type(error).__name__}: {error}"
    return {"ok": False, "error": kind, "limit": getattr(error, "limit", ""), "message": message}


def not_understood(message: str) -> dict[str, Any]:
    """It returns the fields of the last answer to who does not speak this language."""
    return {"ok": False, "error": "protocol", "message": message}


def denied(message: str) -> dict[str, Any]:
    """It returns the fields of an answer to who may not ask this."""
    return {"ok": False, "error": "denied", "message": message}
