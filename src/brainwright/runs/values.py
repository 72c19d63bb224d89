"""Configurations as plain values and back: what JSON can hold."""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainwright.errors import UserError


class ValuesError(UserError):
    """Plain values are not those of the configuration that they should be."""


def plain(value: Any) -> Any:
    """Turns dataclasses, paths, tuples and NumPy values into JSON types; NaN and infinity become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy arrays and scalars, without importing NumPy
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def restore(kind: Any, values: Mapping[str, Any]) -> Any:
    """Rebuilds a configuration dataclass from what `plain` made of it.

    Raises:
        ValuesError: fields that the dataclass does not have, or lacks, or a value of another type.
    """
    if not isinstance(values, Mapping):
        raise ValuesError(f"expected the fields of {kind.__name__}, got {type(values).__name__}")
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}
    if known != set(values):
        different = ", ".join(sorted(known ^ set(values)))
        raise ValuesError(f"expected the fields of {kind.__name__}, got a difference in: {different}")
    return kind(**{name: _restored(hints[name], value, name) for name, value in values.items()})


def _restored(hint: Any, value: Any, name: str) -> Any:
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _restored(options[0], value, name)
    if origin in (typing.Union, types.UnionType):
        inner = [option for option in options if option is not type(None)]
        if value is None and len(inner) < len(options):
            return None
        return _restored(inner[0], value, name) if len(inner) == 1 else value
    if origin is typing.Literal:
        return _expect(value in options, value, f"one of {', '.join(map(repr, options))}", name)
    if origin is tuple or hint is tuple:
        _expect(isinstance(value, list), value, "a list", name)
        each = options[0] if len(options) == 2 and options[1] is Ellipsis else Any
        return tuple(_restored(each, item, name) for item in value)
    if dataclasses.is_dataclass(hint):
        return restore(hint, value)
    if hint is Path:
        return Path(_expect(isinstance(value, str), value, "a path", name))
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(_expect(number, value, "a number", name))
    if hint in (int, str, bool):
        return _expect(type(value) is hint, value, f"a value of type {hint.__name__}", name)
    return value


def _expect(holds: bool, value: Any, wanted: str, name: str) -> Any:
    if not holds:
        raise ValuesError(f"{name}: expected {wanted}, got {value!r:.80}")
    return value
