"""Learning that can be cut short: all that decides how it goes on, in a folder, without pickle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainwright.runs import Units

from .errors import LearnError
from .policy import Policy
from .scaled import ReturnScale

NAME = "learned"


@dataclass(frozen=True)
class Keep:
    """Where learning is kept, and how often. Bodies begin anew in fresh episodes whenever it is kept, resumed
    or not, so that a run that was cut short comes to the same numbers as one that was not.

    Attributes:
        folder: of one call of `learn`.
        every: updates.
    """

    folder: Path
    every: int = 50

    def __post_init__(self) -> None:
        if self.every < 1:
            raise LearnError(f"Keep: expected at least one update, got every={self.every}")


class Place:
    """Where a call of `learn` stands between two updates.

    Attributes:
        curve: (steps, mean return) of every update so far.
        lately: returns of the last episodes.

    Args:
        keep: None keeps nothing.
        asked: plain values on which the numbers depend; another call's folder is refused.
        policy, optimiser, generator, scale: all that changes.
    """

    def __init__(
        self,
        keep: Keep | None,
        asked: dict[str, Any],
        policy: Policy,
        optimiser: torch.optim.Optimizer,
        generator: torch.Generator,
        scale: ReturnScale | None = None,
    ):
        self.keep, self.policy, self.optimiser = keep, policy, optimiser
        self.generator, self.scale = generator, scale
        self.curve: list[tuple[int, float]] = []
        self.lately: list[float] = []
        if keep is None:
            return
        self.units = Units(keep.folder)
        self.units.claim(asked)
        if self.units.done(NAME):
            self._read(self.units.load(NAME))

    @property
    def done(self) -> int:
        """Steps so far."""
        return self.curve[-1][0] if self.curve else 0

    @property
    def part(self) -> int:
        """How often learning was kept, so far."""
        return 0 if self.keep is None else len(self.curve) // self.keep.every

    def moved(self, steps: int, returns: float, lately: list[float] | None = None) -> bool:
        """One update was made; it is kept where its turn has come, and then bodies must begin anew."""
        self.curve.append((steps, returns))
        self.lately = [] if lately is None else lately
        due = self.keep is not None and len(self.curve) % self.keep.every == 0
        if due:
            self.units.save(NAME, self._written())
        return due

    def _written(self) -> dict[str, np.ndarray]:
        rows = {f"policy/{name}": value.numpy() for name, value in self.policy.state_dict().items()}
        for k, own in self.optimiser.state_dict()["state"].items():
            rows |= {f"optimiser/{k}/{name}": np.asarray(value) for name, value in own.items()}
        rows["generator"] = self.generator.get_state().numpy()
        rows["steps"], rows["returns"] = (np.array(column) for column in zip(*self.curve, strict=True))
        if self.scale is not None:
            rows |= {f"scale/{name}": np.asarray(getattr(self.scale, name)) for name in SCALE}
        return rows | {"lately": np.array(self.lately)}

    def _read(self, told: dict[str, np.ndarray]) -> None:
        def below(name: str) -> dict[str, np.ndarray]:
            return {key.split("/", 1)[1]: value for key, value in told.items() if key.startswith(f"{name}/")}

        self.policy.load_state_dict({name: torch.from_numpy(v) for name, v in below("policy").items()})
        states: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in below("optimiser").items():
            number, name = key.split("/")
            states.setdefault(int(number), {})[name] = torch.from_numpy(value)
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": states})
        self.generator.set_state(torch.from_numpy(told["generator"]))
        self.curve = list(zip(told["steps"].tolist(), told["returns"].tolist(), strict=True))
        self.lately = told["lately"].tolist()
        for name, value in below("scale").items():
            setattr(self.scale, name, value if value.ndim else float(value))


SCALE = ("count", "mean", "squares")
"""Of `ReturnScale`; what bodies were paid begins at 0 with them."""
