"""A run that processes can import."""

import numpy as np


def run(arm: str, seed: int, draw: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, draw, len(arm)])
    return {"score": float(rng.normal()), "cost": float(seed + draw)}
