"""Does a decoder read the brain? Rows without a brain beside the score of anyone's decoder."""

from .audit import DecoderAudit, Row, audit
from .paired import AuditError, Paired

__all__ = ["AuditError", "DecoderAudit", "Paired", "Row", "audit"]
