"""Parts of the recipe `larva`."""
