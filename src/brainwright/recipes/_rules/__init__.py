"""Parts of the recipe `rules`."""
