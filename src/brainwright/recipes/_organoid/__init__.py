"""Parts of the recipe `organoid`: design, experiment, display, analysis, page."""
