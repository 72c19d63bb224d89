"""What a finished simulation depends on, in a few plain values."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.connectome import Connectome

if TYPE_CHECKING:
    from brainwright.simulation.whole_brain import WholeBrain


def fingerprint(connectome: Connectome) -> str:
    """sha256 over the edges and the signs of the cells: equal wirings, equal fingerprints."""
    digest = hashlib.sha256()
    for array in connectome.edges:
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    if "sign" in connectome.cells:
        signs = connectome.cells["sign"].to_numpy(np.float64, na_value=np.nan)
        digest.update(np.ascontiguousarray(signs).data)
    return digest.hexdigest()


def settings_of(brain: "WholeBrain") -> dict[str, Any]:
    """Wiring, constants, precision and protocol of a brain, as the settings of its finished work."""
    protocol = brain.protocol
    active = [(a.cells.tolist(), a.rate_hz, a.times_s) for a in protocol.activations]
    text = json.dumps([active, protocol.silenced, protocol.clamped, protocol.forced])
    return {
        "wiring": fingerprint(brain.connectome),
        "parameters": repr(brain.parameters),
        "precision": brain.engine.precision,
        "protocol": hashlib.sha256(text.encode()).hexdigest(),
    }
