"""brainwright: wire it, teach it, give it a body, plug it in.

`import brainwright as bw` gives the rooms (`bw.connectome`, `bw.tissue`, ...) and the main types
(`bw.Connectome`, `bw.Recording`, `bw.Emulator`, ...). Each is imported when it is first named, so that the
import itself costs nothing. `__init__.pyi` says the same to type checkers and editors.

Example:
    >>> import brainwright as bw
    >>> bw.Connectome.load("celegans/varshney2011").n_cells
    279
"""

import importlib

__version__ = "0.1.0"

ROOMS = (
    "connectome",
    "datasets",
    "emulator",
    "errors",
    "evidence",
    "experiment",
    "learning",
    "loop",
    "memory",
    "network",
    "objective",
    "plot",
    "report",
    "runs",
    "signal",
    "simulation",
    "steering",
    "tissue",
    "world",
)
MAIN = {
    "connectome": ("Connectome", "expand", "nulls", "perturb", "signs"),
    "signal": ("Recording", "tune"),
    "datasets.activity": ("Activity",),
    "simulation": ("WholeBrain",),
    "network": ("Network", "check_network", "compile", "layered"),
    "learning": ("LearningRule", "check_rule"),
    "emulator": ("Emulator",),
    "objective": ("AnySubset",),
    "tissue": ("Guarded", "Joined", "SimulatedCulture", "StimulusPlan", "Tissue", "check_tissue"),
    "loop": ("close_loop", "couple", "fit"),
    "evidence": ("Verdict", "against_nulls", "compare"),
    "experiment": ("Claim", "Design", "Study"),
}
"""Module → what of it stands at the top."""
_MODULE = {name: module for module, names in MAIN.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE), *ROOMS]


def __getattr__(name: str) -> object:
    """It imports a room or a main type when it is first named (PEP 562)."""
    if name in ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _MODULE:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hint(name)}")


def _hint(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [*_MODULE, *ROOMS], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def __dir__() -> list[str]:
    return [*globals(), *_MODULE, *ROOMS]
