"""Where a wiring diagram comes from: citation, licence, checksum, and what was done to it since."""

from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True)
class Source:
    """It says where a `Connectome` comes from.

    Args:
        name: short name, such as `celegans/varshney2011`.
        citation: the paper to cite.
        licence: licence of the data, with how sure we are of it.
        checksum: sha256 of the file that was read, empty where there was none.
        notes: what a reader, a null model or an expansion did, oldest first.
    """

    name: str = "unnamed"
    citation: str = ""
    licence: str = ""
    checksum: str = ""
    notes: tuple[str, ...] = field(default=())

    def noted(self, *notes: str) -> "Source":
        """It returns the same source with further notes."""
        return replace(self, notes=self.notes + notes)

    def to_dict(self) -> dict:
        """It returns a plain dictionary for JSON."""
        return {**asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, fields: dict) -> "Source":
        """It is the inverse of `to_dict`."""
        texts = {
            name: str(fields[name]) for name in ("name", "citation", "licence", "checksum") if name in fields
        }
        notes = fields.get("notes", ())
        return cls(
            **texts, notes=tuple(map(str, notes)) if isinstance(notes, list | tuple) else (str(notes),)
        )
