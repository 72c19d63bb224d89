"""Text latents: a variational autoencoder of short texts; maps between an emulator's latents and a text's."""

from .base import TextShape
from .bigram import Bigram
from .bytes import TextError
from .causal import CausalText
from .fit import TextPlan, fit_adapters, fit_text
from .judge import share_exact, share_grammatical
from .maps import (
    TextDecoder,
    TextEncoder,
    TextMeanings,
    chance_among,
    exchanged,
    fit_text_encoder,
    nearest,
    retrieved,
)
from .storage import SavedTextError, load_text, save_text
from .vae import TextVAE, between

__all__ = [
    "Bigram",
    "CausalText",
    "SavedTextError",
    "TextDecoder",
    "TextEncoder",
    "TextError",
    "TextMeanings",
    "TextPlan",
    "TextShape",
    "TextVAE",
    "between",
    "chance_among",
    "exchanged",
    "fit_adapters",
    "fit_text",
    "fit_text_encoder",
    "load_text",
    "nearest",
    "retrieved",
    "save_text",
    "share_exact",
    "share_grammatical",
]
