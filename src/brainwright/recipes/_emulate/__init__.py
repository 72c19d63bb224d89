"""Parts of the recipe `emulate`."""
