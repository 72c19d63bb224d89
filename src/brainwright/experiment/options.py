"""What every recipe can be asked: the base of its `Config`, and bounds that are checked in one place."""

import dataclasses
import hashlib
import math
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from brainwright.errors import UserError


@dataclass(frozen=True)
class AtLeast:
    """A bound of an option, inclusive: `seeds: Annotated[int, AtLeast(2)] = 6`."""

    least: float


@dataclass(frozen=True)
class Between(AtLeast):
    """Two bounds of an option, inclusive."""

    most: float


@dataclass(frozen=True)
class Above:
    """A bound of an option, exclusive."""

    bound: float


class OptionError(UserError):
    """An option of a recipe has a value that cannot work."""


@dataclass(frozen=True)
class Options:
    """Every recipe's `Config` extends this. A face imports nothing heavier."""

    seed: Annotated[int, Between(0, 2**32 - 1)] = 0
    """Everything random follows from it."""
    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    workers: Annotated[int, AtLeast(0)] = 0
    """Processes; 0 for one per core. Results do not depend on it, times do."""


def check_bounds(config: Options) -> None:
    """Raises OptionError, such as "--seeds must be at least 2, got 1", for the first out of bounds."""
    hints = typing.get_type_hints(type(config), include_extras=True)
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        for bound in getattr(hints[field.name], "__metadata__", ()):
            wanted = _missed(bound, value)
            if wanted:
                raise OptionError(f"--{field.name.replace('_', '-')} must be {wanted}, got {value}")


def _missed(bound: Any, value: Any) -> str:
    """What is wanted instead, or nothing; values that are not given, or no numbers, have no bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number"
    if isinstance(bound, Above):
        return "" if value > bound.bound else f"above {bound.bound:g}"
    if isinstance(bound, AtLeast) and value < bound.least:
        return f"at least {bound.least:,g}"
    if isinstance(bound, Between) and value > bound.most:
        return f"at most {bound.most:.10g}"
    return ""


def matters(config: Options, files: tuple[str, ...] = ()) -> dict[str, Any]:
    """The options on which results depend, as plain values: the settings of a study unless it says otherwise.
    A file (`files`: options whose text may name one) is there with its checksum, to refuse another one.
    """
    values = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if f.name != "workers"}
    return {name: _with_checksum(value, name in files) for name, value in values.items()}


def _with_checksum(value: Any, may_be_file: bool) -> Any:
    path = Path(value) if may_be_file and value else value
    if not isinstance(path, Path) or (may_be_file and not path.is_file()):
        return value
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None
    return {"file": path.name, "sha256": digest}
