"""Sparse features as two files, `model.safetensors` and `model.json`. No pickle; each written whole."""

import hashlib
from pathlib import Path

from safetensors.torch import load, save
from torch import Tensor

from brainwright.runs import plain, write_bytes, write_json
from brainwright.untrusted import refused_as
from brainwright.untrusted.described import sealed, unchanged, unsealed

from .autoencoder import SparseFeatures
from .frames import FeaturesError

FORMAT_VERSION = 1
"""Raised when the layout of the files changes; another version is refused, not guessed at."""
TENSORS, DESCRIPTION = "model.safetensors", "model.json"
NAMES = ("encoder", "bias", "decoder", "centre", "mean", "sd")


def save_features(features: SparseFeatures, folder: Path | str) -> None:
    """Writes all models of a batch into a folder, made where it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = save({name: getattr(features, name).contiguous() for name in NAMES})
    write_bytes(folder / TENSORS, data)
    description = {
        "format_version": FORMAT_VERSION,
        "class": "SparseFeatures",
        "k": features.k,
        "prefixes": features.prefixes,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    write_json(folder / DESCRIPTION, sealed(plain(description)))


def load_features(folder: Path | str) -> SparseFeatures:
    """What `save_features` wrote.

    Raises:
        FeaturesError: no such files, another format version, a file that was changed, sizes that do not fit.
    """
    folder = Path(folder)
    with refused_as(FeaturesError, folder, f"{DESCRIPTION} and {TENSORS} of sparse features"):
        description = unsealed(folder / DESCRIPTION, FORMAT_VERSION)
        tensors = load(unchanged(folder / TENSORS, description))
        if description.get("class") != "SparseFeatures" or not set(NAMES) <= tensors.keys():
            raise FeaturesError(f"expected SparseFeatures, got {description.get('class')!r:.80}")
        parts = [tensors[name] for name in NAMES]
        _check_sizes(tensors, description.get("k"), description.get("prefixes"))
        return SparseFeatures(*parts, description["k"], tuple(description["prefixes"]))


def _check_sizes(tensors: dict[str, Tensor], k: object, prefixes: object) -> None:
    """Raises FeaturesError for tensors that do not fit one another or the description."""
    shape = tuple(tensors["encoder"].shape)
    if len(shape) != 3:
        raise FeaturesError(f"expected an encoder [model, feature, unit], got shape {shape}")
    models, features, units = shape
    wanted = {"decoder": [shape], "bias": [(models, features)], "centre": [(models, units)]}
    wanted |= {name: [(1, units), (models, units)] for name in ("mean", "sd")}
    for name, shapes in wanted.items():
        if tuple(tensors[name].shape) not in shapes:
            raise FeaturesError(f"{name}: expected shape {shapes[0]}, got {tuple(tensors[name].shape)}")
    if type(k) is not int or not 1 <= k <= features:
        raise FeaturesError(f"k: expected 1 to {features}, got {k!r:.80}")
    sizes = prefixes if isinstance(prefixes, list) and all(type(size) is int for size in prefixes) else []
    if sorted(set(sizes)) != sizes or sizes[-1:] != [features] or sizes[0] < 1:
        raise FeaturesError(f"prefixes: expected rising numbers up to {features}, got {prefixes!r:.80}")
