"""A text model as two files, `text.safetensors` and `text.json`. No pickle; each written whole."""

import hashlib
from dataclasses import asdict, fields
from pathlib import Path

from safetensors.torch import load, save

from brainwright.runs import write_bytes, write_json
from brainwright.untrusted import Fault, refused_as
from brainwright.untrusted.described import sealed, unchanged, unsealed

from .base import TextShape
from .vae import TextVAE

FORMAT_VERSION = 2
"""Raised when the layout of the files or what a model makes of them changes; another version is refused, not
guessed at. Models of version 1 added nothing of the latents to the bytes."""
TENSORS, DESCRIPTION = "text.safetensors", "text.json"
LARGEST = {"n_bytes": 4_096, "n_latent": 4_096, "width": 4_096, "n_layers": 64, "n_heads": 256, "rank": 1_024}
"""Beyond any model that this trains: a file that says more is not believed."""


class SavedTextError(Fault):
    """A folder that holds no text model, or one that was changed; says what was expected and what came."""


def save_text(model: TextVAE, folder: Path | str) -> None:
    """Writes parameters and sizes; `load_text` reads them back. Older files of these names are replaced."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = text_bytes(model)
    write_bytes(folder / TENSORS, data)
    described = {"format_version": FORMAT_VERSION, "class": "TextVAE", "shape": asdict(model.shape)}
    write_json(folder / DESCRIPTION, sealed(described | {"sha256": hashlib.sha256(data).hexdigest()}))


def text_bytes(model: TextVAE) -> bytes:
    """The parameters, as of `text.safetensors`."""
    return save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})


def load_text(folder: Path | str) -> TextVAE:
    """The text model, ready to encode and decode.

    Raises:
        SavedTextError: no such files (a folder without weights), another format version, a file that was
            changed, tensors that do not match the description.
    """
    folder = Path(folder)
    if not (folder / TENSORS).is_file():
        raise SavedTextError(f"expected {TENSORS} in {folder}, got none: it holds no weights")
    with refused_as(SavedTextError, folder, f"{DESCRIPTION} and {TENSORS} of a text model"):
        description = unsealed(folder / DESCRIPTION, FORMAT_VERSION)
        data = unchanged(folder / TENSORS, description)
        return text_of(data, _shape(description.get("shape")))


def text_of(data: bytes, shape: TextShape) -> TextVAE:
    """The model of the parameters that `text_bytes` made."""
    model = TextVAE(shape)
    model.load_state_dict(load(data))
    return model.eval()


def _shape(said: object) -> TextShape:
    if not isinstance(said, dict) or said.keys() != {f.name for f in fields(TextShape)}:
        raise SavedTextError(f"{DESCRIPTION}: expected the sizes of a text model, got {said!r:.80}")
    for name, most in LARGEST.items():
        if type(said[name]) is not int or not 1 <= said[name] <= most:
            raise SavedTextError(f"{DESCRIPTION}: expected {name} of 1 to {most}, got {said[name]!r:.40}")
    return TextShape(**said)
