"""Configurations as plain values and back: what JSON can hold."""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brainwright.untrusted import Fault

LARGEST = 2**1023
"""Whole numbers beyond it are no floats."""


class ValuesError(Fault):
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
        ValuesError: fields that the dataclass does not have, or lacks, a value of another type, or one that
            the dataclass refuses.
    """
    if not isinstance(values, Mapping):
        raise ValuesError(f"expected the fields of {kind.__name__}, got {type(values).__name__}")
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}
    if known != set(values):
        different = ", ".join(sorted(known ^ set(values)))
        raise ValuesError(f"expected the fields of {kind.__name__}, got a difference in: {different}")
    restored = {name: _restored(hints[name], value, name) for name, value in values.items()}
    try:
        return kind(**restored)
    except (TypeError, ValueError, OverflowError) as error:  # what a configuration refuses when it is made
        raise ValuesError(f"{kind.__name__}: {error}") from error


def _restored(hint: Any, value: Any, name: str) -> Any:
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _restored(options[0], value, name)
    if origin in (typing.Union, types.UnionType):
        inner = [option for option in options if option is not type(None)]
        if value is None and len(inner) < len(options):
            return None
        return _one_of(inner, value, name)
    if origin is typing.Literal:
        among = any(type(value) is type(option) and value == option for option in options)
        return _expect(among, value, f"one of {', '.join(map(repr, options))}", name)
    if origin is tuple or hint is tuple:
        _expect(isinstance(value, list), value, "a list", name)
        endless = not options or options[-1] is Ellipsis
        kinds = [options[0] if options else Any] * len(value) if endless else list(options)
        _expect(len(kinds) == len(value), value, f"{len(kinds)} values", name)
        return tuple(_restored(each, item, name) for each, item in zip(kinds, value, strict=True))
    if origin is list:
        _expect(isinstance(value, list), value, "a list", name)
        return [_restored(options[0], item, name) for item in value]
    if origin in (dict, Mapping):
        _expect(isinstance(value, dict), value, "names with values", name)
        return {key: _restored(options[1], item, name) for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return restore(hint, value)
    if hint is Path:
        return Path(_expect(isinstance(value, str), value, "a path", name))
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(_expect(number and abs(value) < LARGEST, value, "a number", name))
    if hint in (int, str, bool):
        return _expect(type(value) is hint, value, f"a value of type {hint.__name__}", name)
    return value


def _one_of(kinds: list[Any], value: Any, name: str) -> Any:
    """As the first of several types that it fits."""
    for kind in kinds[:-1]:
        try:
            return _restored(kind, value, name)
        except ValuesError:
            continue
    return _restored(kinds[-1], value, name)


def _expect(holds: bool, value: Any, wanted: str, name: str) -> Any:
    if not holds:
        raise ValuesError(f"{name}: expected {wanted}, got {value!r:.80}")
    return value
