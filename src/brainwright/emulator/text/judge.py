"""How good a text model is: what it gives back exactly, and whether what lies between two texts is a text."""

from collections.abc import Callable, Sequence

from .causal import CausalText
from .vae import TextVAE, between

STEPS = 3
"""Points between two texts."""


def share_exact(model: TextVAE | CausalText, texts: Sequence[str]) -> float:
    """Share of the texts that come back exactly from their mean latents, no byte shown to the decoder."""
    return sum(a == b for a, b in zip(texts, model.reconstruct(texts), strict=True)) / len(texts)


def share_grammatical(
    model: TextVAE | CausalText, texts: Sequence[str], judge: Callable[[str], object]
) -> float:
    """Share of the interpolations between each text and the one after half of them that a grammar accepts."""
    half = len(texts) // 2
    latents = model.encode(texts)
    made = model.decode(between(latents[:half], latents[half : 2 * half], STEPS).flatten(0, 1))
    return sum(judge(text) is not None for text in made) / len(made)
