"""Evoke activity where nothing is stimulated: by the gradient of a model with respect to the stimulus."""
