"""Data sets by name into `Connectome`s: one module per source."""

import importlib
from pathlib import Path

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.readers.any_file import from_file, looks_like_a_file
from brainwright.connectome.storage import load_folder
from brainwright.datasets import DatasetError, dataset

MODULES = {
    "celegans": "worm",
    "larva": "larva",
    "flywire/mushroom_body": "mushroom_body",
    "flywire/codex": "codex",
    "flywire": "flywire",
    "flyvis": "optic_lobe",
    "banc": "codex",
    "hemibrain": "neuprint",
    "manc": "neuprint",
    "malecns": "neuprint",
    "synthetic": "made_up",
}
NO_WIRING = ("flywire/annotations", "celegans/calcium_dag2023")


def load(name: str | Path, **options):
    """It returns a connectome by data set name, from a folder that `save` wrote, or from any file; options
    are those of the module's `load`, or of `readers.any_file.from_file`.

    Raises:
        ConnectomeError: neither a known name nor a folder nor a file; suggests the nearest name.
        brainwright.datasets.MissingData: the files are not here; says which file to put where.
    """
    if (Path(name) / "connectome.json").is_file():
        return Connectome.build(*load_folder(name))
    if Path(name).is_file() or looks_like_a_file(name):
        return Connectome.build(*from_file(name, **options))
    try:
        entry = dataset(str(name))
    except DatasetError as error:
        if Path(name).is_dir():
            return Connectome.build(*load_folder(name))
        raise ConnectomeError(f"{error}, and there is no folder of that name") from None
    module = MODULES.get(entry.name) or MODULES.get(entry.name.split("/")[0])
    if module is None or entry.name in NO_WIRING:
        raise ConnectomeError(f"{entry.name} holds no wiring: {entry.title}")
    return importlib.import_module(f"brainwright.connectome.loaders.{module}").load(entry, **options)
