"""Joint draws beside the truth: one pass, a chain, Gibbs sampling and reverse diffusion over one network."""

import time
from functools import partial

import numpy as np

from .diffusion import Denoiser
from .exact import Gaussian, Mixture
from .families import HELD_OUT
from .grid import Asked, questions
from .known import Size
from .model import AnySubset
from .networks import MLP

ROWS, TEST = 10_000, 500
"""Taught, and asked about; at most."""
UPDATES = {"denoiser": 1_500, "mlp": 1_000}
"""Of all updates of a denoiser, a quarter teach it the one pass."""
STEPS = (1, 2, 5, 10, 20, 40)
"""Of reverse diffusion, over which the bound is followed."""
DIFFUSED = 20
WAYS = {"one pass": "amortised", "chained": "chained", "sampled": "sampled", "diffused": "diffused"}
DRAWS = (*(f"denoiser, {way}" for way in WAYS), "mlp, chained")
TREES, FOLDS = 50, 5


def drawn_beside(seed: int, size: Size | None = None) -> dict[str, dict[str, float]]:
    """Draws about two truths drawn by the seed, "gaussian" (8 variables, 2 factors) and "moons" (6 variables,
    see `Mixture.moons`), each of `DRAWS`, as "truth, way" → figures, means over the held-out families:

    - `C2ST`: how well a random forest tells rows with what was drawn from real ones, cross-validated; 0.5 is
      best (Lopez-Paz & Oquab 2017); and with a minus.
    - `marginal error`: Kolmogorov distance of the exact conditional distribution function at draws from an
      even one, each variable alone.
    - `gap`: the log score less the exact joint one, nats per variable; of "diffused" a bound. None for Gibbs.
    - `ms`: per row.
    - of "diffused", `steps k`, the gap over `STEPS`; one step is the one pass.
    """
    size = size or Size()
    truths = {"gaussian": Mixture([Gaussian.factors(8, 2, seed=seed)]), "moons": Mixture.moons(seed=seed)}
    makes = {"denoiser": partial(Denoiser, width=96), "mlp": partial(MLP, width=96)}
    figures: dict[str, dict[str, float]] = {}
    for name, truth in truths.items():
        rng = np.random.default_rng(seed + 1)
        rows, test = truth.sample(min(size.rows, ROWS), rng), truth.sample(min(size.test, TEST), rng)
        for network, make in makes.items():
            model = AnySubset.fit(rows, network=make, updates=size.of(UPDATES[network]), seed=seed)
            for way in WAYS if network == "denoiser" else ("chained",):
                each = [_figures(model, truth, test, family, way, seed, size) for family in HELD_OUT]
                means = {key: float(np.mean([row[key] for row in each])) for key in each[0]}
                figures[f"{name}, {network}, {way}"] = {"minus C2ST": -means["C2ST"], **means}
    return figures


def told_by_forest(real: np.ndarray, drawn: np.ndarray, seed: int, trees: int = TREES) -> float:
    """C2ST of rows [row, variable]; unlike `score_grid`'s, it also sees what is neither mean nor product."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score

    # leaves of five rows: fewer learn single rows by heart
    forest = RandomForestClassifier(trees, min_samples_leaf=5, random_state=seed)
    labels = np.repeat([0, 1], [len(real), len(drawn)])
    return float(cross_val_score(forest, np.concatenate([real, drawn]), labels, cv=FOLDS).mean())


def _figures(
    model: AnySubset, truth: Mixture, test: np.ndarray, family: str, way: str, seed: int, size: Size
) -> dict[str, float]:
    codes = model.variables.encode(test)
    q = questions(codes, family, HELD_OUT[family], seed)
    start = time.perf_counter()
    drawn = model.draw(codes, q.given, WAYS[way], DIFFUSED, seed, q.asked)
    spent = time.perf_counter() - start
    values = np.asarray(model.variables.decode(drawn, range(model.heads.n)), float)
    below = np.sort(truth.below(values, q.given.numpy())[q.asked.numpy()])
    figures = {
        "C2ST": told_by_forest(test, values, seed, size.of(TREES)),
        "marginal error": float(np.abs(below - (np.arange(len(below)) + 0.5) / len(below)).max()),
        "ms": 1e3 * spent / len(test),
    }
    exact = float(truth.log_prob(test, q.given.numpy(), q.asked.numpy()).sum())
    if way != "sampled":
        figures["gap"] = _gap(model, codes, q, exact, way, DIFFUSED, seed)
    for steps in STEPS if way == "diffused" else ():
        figures[f"steps {steps}"] = _gap(model, codes, q, exact, way, steps, seed)
    return figures


def _gap(model: AnySubset, codes, q: Asked, exact: float, way: str, steps: int, seed: int) -> float:
    score, _ = model.log_score(codes, q.given, q.asked, WAYS[way], sweeps=steps, seed=seed)
    return (exact - float(score.sum() + model.log_units(q.asked).sum())) / q.n
