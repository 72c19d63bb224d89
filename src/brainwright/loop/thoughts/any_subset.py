"""The context of an any-subset model: what is not sensed now is inferred from what is, whichever came
first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.objective import AnySubset
from brainwright.objective.any_subset import MLP, TRAINED, Groups, fit_together
from brainwright.world.naming import N_INPUTS, SIGHT, SOUND

WINDOW = 2
"""Steps that count as one occasion."""
EYES, EARS = tuple(range(N_INPUTS)[SIGHT]), tuple(range(N_INPUTS)[SOUND])


@dataclass(frozen=True, eq=False)
class Inferred:
    """A model of occasions, asked for what would be seen.

    Attributes:
        model: of all input units.
    """

    model: AnySubset

    @staticmethod
    def taught(
        inputs: Sequence[Float[np.ndarray, "stream step input"]],
        seeds: Sequence[int],
        updates: int = 1000,
        width: int = 64,
    ) -> "list[Inferred]":
        """A model for each world is taught on occasions: what was seen and heard within `WINDOW` steps, in
        whatever order, nothing (NaN) where an eye or an ear was empty.
        """
        models = fit_together(
            [occasions(own) for own in inputs],
            network=partial(MLP, width=width, depth=2),
            seeds=seeds,
            components=1,
            families={"see": Groups(EYES, EARS), "hear": Groups(EARS, EYES), "some": TRAINED["Bernoulli"]},
            updates=updates,
            batch=64,
        )
        return [Inferred(model) for model in models]

    def contexts(self, inputs: Float[Tensor, "*moment input"]) -> Float[Tensor, "*moment vision"]:
        """What is in view, or would be, given what is heard; nothing where nothing is sensed."""
        flat = inputs.reshape(-1, N_INPUTS)
        known = _sensed(flat.numpy())
        rows = np.where(known, flat.numpy(), np.nan)
        codes = self.model.variables.encode(rows)
        mean = self.model.chances(codes.nan_to_num().numpy(), known)
        scale = np.array([variable.scale for variable in self.model.variables.each])
        offset = self.model.variables.encode(np.zeros((1, N_INPUTS))).numpy()[0] * scale
        seen = (mean * scale - offset)[:, SIGHT]
        seen[~known.any(1)] = 0.0
        return torch.as_tensor(seen).to(inputs).reshape(*inputs.shape[:-1], -1)


def occasions(inputs: np.ndarray) -> np.ndarray:
    """[occasion, input], NaN for what was not sensed; of two sights the later counts."""
    before, after = (inputs[:, k : inputs.shape[1] - WINDOW + 1 + k] for k in range(WINDOW))
    before, after = before.reshape(-1, N_INPUTS), after.reshape(-1, N_INPUTS)
    rows = np.where(_sensed(after), after, np.where(_sensed(before), before, np.nan))
    return rows[~np.isnan(rows).all(1)]


def _sensed(inputs: np.ndarray) -> np.ndarray:
    """Which units belong to a sense that has something before it: 0.5 lies between noise and any sight."""
    seen = np.linalg.norm(inputs[:, SIGHT], axis=1) > 0.5
    heard = np.linalg.norm(inputs[:, SOUND], axis=1) > 0.5
    known = np.empty(inputs.shape, bool)
    known[:, : SOUND.start], known[:, SOUND] = seen[:, None], heard[:, None]
    return known
