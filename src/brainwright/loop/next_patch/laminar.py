"""A laminar cell that predicts: which order of layers does it best, and where is the error?"""

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.connectome.laminar import LAYERS, WIRINGS, laminar
from brainwright.datasets.streams import Split
from brainwright.evidence import draws_needed
from brainwright.network import Network, Rate, SpectralRadius, Train, compile, embedded
from brainwright.objective.next_embedding import cosine, recording

from .boards import BOARDS
from .judge import judged
from .predict_next import Course, predict_next, tensors_of

CELLS, DIMENSION, HOLD = 24, 32, 3
"""Cells of a layer; steps for each patch, so that what arrives in 4 has passed 2/3 and reached 5."""
COURSE = Course(150, 32, 6e-3)
SHUFFLES = draws_needed(1)
"""Of the joins of each wiring: the fewest with which a rank of two sides can reach 0.05."""
SHUFFLED = "layers shuffled"


def laminar_network(wiring: str, n_values: int, seed: int, shuffle: int | None) -> Network:
    """The module with trained synapses behind an embedding; all initial values follow from the seed."""
    cells = laminar(wiring, CELLS, shuffle=shuffle, seed=seed)
    core = compile(
        cells,
        Rate("tanh"),
        n_inputs=DIMENSION,
        n_outputs=DIMENSION,
        input_pool="input",
        output_pool="prediction",
        train=Train("edge", dale=False),
        scaling=SpectralRadius(0.95),
        seed=seed,
    )
    return embedded(core, n_values, seed=seed)


def compared(updates: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """One module on digits. The arm is a wiring, or "wiring, layers shuffled", of which the draw is one."""
    wiring = arm.removesuffix(f", {SHUFFLED}")
    split = BOARDS["digits"].split(seed)
    network = laminar_network(
        wiring, split.train.values.shape[2], seed, draw if arm.endswith(SHUFFLED) else None
    )
    course = Course(updates, COURSE.batch, COURSE.rate)
    learned = predict_next(network, split.train, course=course, hold=HOLD, seed=seed)
    figures = judged(network, split, learned.first, hold=HOLD, seed=seed)
    names = ("decoded skill", "skill over position", "directions", "coding rate", "collapsed")
    kept = {name: figures[name] for name in names}
    where = layers_at_work(network, split)
    account = WIRINGS[wiring].error
    return {
        **kept,
        **where,
        "mismatch response": where[f"mismatch {account}"],
        "error in its layer": where[f"error {account}"],
    }


@torch.no_grad()
def layers_at_work(network: Network, split: Split) -> dict[str, float]:
    """Of each layer "mismatch", how much more active it is (in deviations of its activity) while it is shown
    a patch that follows from another stream, than while it is shown one that follows from its own; streams
    exchange patches of one position, so that all patches are shown in both. And "error", the correlation of
    its activity with the error of the prediction that was made before.
    """
    patches, valid = tensors_of(split.test)
    at = patches.shape[1] // 2
    foreign = patches.clone()
    foreign[:, at] = patches[:, at].roll(1, 0)
    own, made, z = _activity(network, patches)
    other, _, _ = _activity(network, foreign)
    errors = 1 - cosine(made[:, :-1], z[:, 1:])
    counted = (valid[:, :-1] * valid[:, 1:]) > 0
    figures = {}
    for k, layer in enumerate(LAYERS):
        active = own[..., k]
        scale = active[:, at].std().clamp(min=1e-8)
        figures[f"mismatch {layer}"] = float((other[:, at, k] - active[:, at]).mean() / scale)
        pair = torch.stack([active[:, 1:][counted], errors[counted]])
        figures[f"error {layer}"] = float(torch.nan_to_num(torch.corrcoef(pair)[0, 1]))
    loudest = max(LAYERS, key=lambda layer: figures[f"error {layer}"])
    return figures | {f"loudest {layer}": float(layer == loudest) for layer in LAYERS}


def _activity(
    network: Network, patches: Float[Tensor, "stream patch value"]
) -> tuple[Float[Tensor, "stream patch layer"], Tensor, Tensor]:
    """(mean size of each layer's activity during each patch, predictions, embeddings)."""
    shown = network.unroll(patches, **recording(HOLD, "cells"))
    active = shown.recorded["cells"].abs()
    by_layer = active.unflatten(-1, (len(LAYERS), CELLS)).mean(-1).unflatten(1, (-1, HOLD)).mean(2)
    return by_layer, shown.outputs[:, HOLD - 1 :: HOLD], shown.recorded["input"][:, HOLD - 1 :: HOLD]
