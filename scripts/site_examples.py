"""Griffe knows the examples of a docstring as `Examples:`, ours say `Example:`."""

from typing import Any

import griffe


class Examples(griffe.Extension):
    """It renames that section while the reference is made."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Of every class, function and module."""
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")
