"""The text model of a reading: trained here, loaded, or adapters over a pretrained one from a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainwright.emulator.text import (
    CausalText,
    TextPlan,
    TextShape,
    TextVAE,
    fit_adapters,
    fit_text,
    load_text,
)
from brainwright.emulator.text.causal import check_weights
from brainwright.emulator.text.fit import Progress
from brainwright.emulator.text.storage import TENSORS, text_bytes, text_of

TextModel = TextVAE | CausalText


def pretrained(folder: Path | None) -> bool:
    """Whether a folder holds a model of another maker, whose adapters are to be trained, rather than one that
    `save_text` wrote.
    """
    return folder is not None and not (folder / TENSORS).is_file()


def check_folder(folder: Path | None) -> None:
    """Raises TextError before anything runs: a folder without weights, or none of that name."""
    if folder is not None and pretrained(folder):
        check_weights(folder)


def text_model(
    folder: Path | None,
    texts: Sequence[str],
    shape: TextShape,
    plan: TextPlan,
    progress: Progress | None = None,
) -> TextModel:
    """A text model of these texts.

    Args:
        folder: of a model that `save_text` wrote, which is taken as it is; or of a causal model of Hugging
            Face, over which adapters are trained; or None, where a byte-level model is trained.
        texts: to learn from.
        shape, plan: sizes (of a pretrained model the latents alone) and training.
        progress: of the training.

    Raises:
        TextError, SavedTextError: a folder without weights or with others, texts that are too long.
        ImportError: transformers is not installed.
    """
    if folder is None:
        return fit_text(texts, shape, plan, progress=progress)
    if not pretrained(folder):
        return load_text(folder)
    model = CausalText.load(folder, n_latent=shape.n_latent, n_tokens=shape.n_bytes + 4, seed=plan.seed)
    return fit_adapters(model, texts, plan, progress)


def packed(model: TextModel) -> dict[str, NDArray]:
    """What was learned, as arrays."""
    if isinstance(model, CausalText):
        return {"adapters": np.frombuffer(model.learned(), np.uint8), "sizes": np.array(model.sizes, float)}
    shape = np.array(list(vars(model.shape).values()), float)
    return {"tensors": np.frombuffer(text_bytes(model), np.uint8), "shape": shape}


def unpacked(saved: Mapping[str, NDArray], folder: Path | None) -> TextModel:
    """The model of `packed` arrays; a pretrained base is read from its folder again."""
    if "adapters" in saved and folder is not None:
        *whole, alpha = saved["sizes"].tolist()
        n_latent, n_tokens, rank = map(int, whole)
        model = CausalText.load(folder, n_latent=n_latent, n_tokens=n_tokens, rank=rank, alpha=alpha)
        return model.with_learned(saved["adapters"].tobytes())
    *whole, alpha = saved["shape"].tolist()
    return text_of(saved["tensors"].tobytes(), TextShape(*map(int, whole), alpha))
