"""Work that processes can import."""

import os
import time
from pathlib import Path

import numpy as np


def run(arm: str, seed: int, draw: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, draw, len(arm)])
    return {"score": float(rng.normal()), "cost": float(seed + draw)}


def sleepy(name: str) -> None:
    """Says that it is here and works for ever."""
    Path(os.environ["SLEEPY"], f"{os.getpid()}.pid").touch()
    while True:
        time.sleep(0.1)


def differentiated(arm: str, seed: int, draw: int) -> dict[str, float]:
    """Uses autograd, whose threads a forked process would wait for without end."""
    import torch

    x = torch.randn(60, 60, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    (x @ x).sum().backward()
    return {"norm": float(x.grad.norm())}
