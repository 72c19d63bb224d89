"""Text latents: a variational autoencoder of short texts; maps between an emulator's latents and a text's."""

from .base import TextShape
from .bytes import TextError
from .fit import TextPlan, fit_text
from .judge import share_exact, share_grammatical
from .maps import TextDecoder, TextEncoder, TextMeanings, fit_text_encoder, retrieved
from .storage import SavedTextError, load_text, save_text
from .vae import TextVAE, between

__all__ = [
    "SavedTextError",
    "TextDecoder",
    "TextEncoder",
    "TextError",
    "TextMeanings",
    "TextPlan",
    "TextShape",
    "TextVAE",
    "between",
    "fit_text",
    "fit_text_encoder",
    "load_text",
    "retrieved",
    "save_text",
    "share_exact",
    "share_grammatical",
]
