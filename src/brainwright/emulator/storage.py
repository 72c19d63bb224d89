"""An emulator as two files, `model.safetensors` and `model.json`. No pickle; each written whole."""

import hashlib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from brainwright.runs import plain, write_bytes, write_json
from brainwright.untrusted import Fault, refused_as
from brainwright.untrusted.described import sealed, unchanged, unsealed

from .emulator import Emulator, Shape

FORMAT_VERSION = 1
"""Raised when the layout of the files changes; another version is refused, not guessed at."""
TENSORS, DESCRIPTION = "model.safetensors", "model.json"


def save_emulator(
    emulator: Emulator,
    folder: Path | str,
    *,
    bin_s: float,
    unit_names: list[str] | None = None,
    recording: dict[str, Any] | None = None,
) -> None:
    """Writes parameters, sizes, bin width and unit names; `load_emulator` reads them back.

    Args:
        emulator: trained or not.
        folder: made where it is not there; older files of the same names are replaced.
        bin_s: width of a frame in seconds.
        unit_names: of the recording; numbers where None.
        recording: what else belongs to it, as plain values.
    """
    names = unit_names or [str(i) for i in range(len(emulator.units))]
    if len(names) != len(emulator.units):
        raise ValueError(f"expected {len(emulator.units)} unit names, got {len(names)}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = save({name: tensor.contiguous() for name, tensor in emulator.state_dict().items()})
    write_bytes(folder / TENSORS, data)
    description = {
        "format_version": FORMAT_VERSION,
        "class": "Emulator",
        "shape": asdict(emulator.shape),
        "bin_s": bin_s,
        "unit_names": names,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    if recording is not None:
        description["recording"] = recording
    write_json(folder / DESCRIPTION, sealed(plain(description)))


class SavedEmulatorError(Fault):
    """A folder that holds no emulator, or one that was changed; says what was expected and what came."""


def load_emulator(folder: Path | str) -> tuple[Emulator, dict]:
    """The emulator, ready to predict, and its description (`bin_s`, `unit_names`).

    Raises:
        SavedEmulatorError: no such files, another format version, a file that was changed, tensors that do
            not match the description, values that no emulator has.
    """
    folder = Path(folder)
    with refused_as(SavedEmulatorError, folder, f"{DESCRIPTION} and {TENSORS} of an emulator"):
        description = unsealed(folder / DESCRIPTION, FORMAT_VERSION)
        tensors = load(unchanged(folder / TENSORS, description))
        shape = _shape(description, tensors)
        group = tensors["units.member"].argmax(1)
        wiring = tensors["wiring"] if tensors["wiring"].numel() else None
        emulator = Emulator(tensors["units.mean"], tensors["units.sd"], shape, group=group, wiring=wiring)
        emulator.load_state_dict(tensors)
        return emulator.eval(), description


def _shape(description: dict[str, Any], tensors: dict[str, Tensor]) -> Shape:
    """The sizes that the description names, where the tensors have them: only then is anything made of that
    size.

    Raises:
        SavedEmulatorError: sizes that the tensors do not have, a width of a bin that is none, names that
            repeat.
    """
    said = description.get("shape") or {}
    _expect(isinstance(said, dict) and said.keys() == {f.name for f in fields(Shape)}, "a shape", said)
    for name in ("size", "n_latent", "n_groups", "n_stimuli"):
        _expect(type(said[name]) is int and said[name] >= 0, f"{name} as a whole number", said[name])
    _expect(said["likelihood"] in ("poisson", "gaussian"), "a likelihood", said["likelihood"])
    _expect(isinstance(said["dropout"], int | float) and 0 <= said["dropout"] < 1, "dropout", said["dropout"])
    n_units, width = tensors["units.read_in"].shape
    _expect(32 * said["size"] == width, f"a size of {width} / 32", said["size"])
    _expect(tensors["latent_mean"].shape == (said["n_latent"],), "n_latent of the tensors", said["n_latent"])
    _expect(
        tensors["units.member"].shape == (n_units, said["n_groups"]),
        "n_groups of the tensors",
        said["n_groups"],
    )
    most = max(tensor.numel() for tensor in tensors.values())
    _expect(said["n_stimuli"] * width <= most, "n_stimuli of the tensors", said["n_stimuli"])
    bin_s, names = description.get("bin_s"), description.get("unit_names")
    _expect(
        isinstance(bin_s, int | float) and not isinstance(bin_s, bool) and bin_s > 0, "bin_s above 0", bin_s
    )
    fits = isinstance(names, list) and len(names) == n_units and all(isinstance(name, str) for name in names)
    _expect(fits and len(set(names)) == n_units, f"{n_units} different unit names", names)
    return Shape(**said)


def _expect(holds: bool, what: str, got: object) -> None:
    if not holds:
        raise SavedEmulatorError(f"{DESCRIPTION}: expected {what}, got {got!r:.80}")
