"""An emulator as two files, `model.safetensors` and `model.json`. No pickle; each written whole."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save

from brainwright.runs import write_bytes, write_json

from .emulator import Emulator, Shape

FORMAT_VERSION = 1
"""Raised when the layout of the files changes; another version is refused, not guessed at."""
TENSORS, DESCRIPTION = "model.safetensors", "model.json"


def save_emulator(
    emulator: Emulator, folder: Path, *, bin_s: float, unit_names: list[str] | None = None
) -> None:
    """Writes parameters, sizes, bin width and unit names; `load_emulator` reads them back.

    Args:
        emulator: trained or not.
        folder: made where it is not there; older files of the same names are replaced.
        bin_s: width of a frame in seconds.
        unit_names: of the recording; numbers where None.
    """
    names = unit_names or [str(i) for i in range(len(emulator.units))]
    if len(names) != len(emulator.units):
        raise ValueError(f"expected {len(emulator.units)} unit names, got {len(names)}")
    folder.mkdir(parents=True, exist_ok=True)
    data = save({name: tensor.contiguous() for name, tensor in emulator.state_dict().items()})
    write_bytes(folder / TENSORS, data)
    write_json(
        folder / DESCRIPTION,
        {
            "format_version": FORMAT_VERSION,
            "class": "Emulator",
            "shape": asdict(emulator.shape),
            "bin_s": bin_s,
            "unit_names": names,
            "sha256": hashlib.sha256(data).hexdigest(),
        },
    )


def load_emulator(folder: Path) -> tuple[Emulator, dict]:
    """The emulator, ready to predict, and its description (`bin_s`, `unit_names`).

    Raises:
        ValueError: no such files, another format version, tensors that do not match the description.
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        data = (folder / TENSORS).read_bytes()
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder}: expected {DESCRIPTION} and {TENSORS}, got: {error}") from error
    if description.get("format_version") != FORMAT_VERSION:
        version = description.get("format_version")
        raise ValueError(f"{folder}: expected format version {FORMAT_VERSION}, got {version}")
    if hashlib.sha256(data).hexdigest() != description["sha256"]:
        raise ValueError(f"{folder / TENSORS} does not match its checksum in {DESCRIPTION}; save it again")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f"{folder / TENSORS}: expected safetensors, got: {error}") from error
    group = tensors["units.member"].argmax(1)
    wiring = tensors["wiring"] if tensors["wiring"].numel() else None
    shape = Shape(**description["shape"])
    emulator = Emulator(tensors["units.mean"], tensors["units.sd"], shape, group=group, wiring=wiring)
    emulator.load_state_dict(tensors)
    return emulator.eval(), description
