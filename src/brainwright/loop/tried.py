"""One trial of a comparison of rules: what came of the training, and what an update costs."""

from brainwright.learning import cost
from brainwright.objective import Batch

from .problem import Entry, Problem
from .training import teach

MOMENTS = 10
"""Points of the alignment over training that are kept: enough for a curve."""
REPEATS = 3
"""Updates that are timed; the fastest counts."""


def tried(problem: Problem, entry: Entry, seed: int) -> dict[str, float]:
    """It trains an entry on a problem, and measures an update of its rule on the untrained network.

    Args:
        problem: what is to be learned, by which network.
        entry: a rule that supports the network (`Problem.able`), and its rates.
        seed: of initial values, order of samples and all that the rule draws.

    Returns:
        The metrics of `teach`, the alignment at moments of the training as `cosine_0` to `cosine_9`,
        `parameters` (number of trained values), `forward_passes` and `update_seconds` (time of an update, in
        units of a forward pass and in seconds), and `held_bytes` (from the forward pass to the update).

    Raises:
        NetworkError: as `teach`.
    """
    lesson = problem.lesson(entry)
    taught = teach(lesson, seed, entry.rule, watch=True)
    network, (samples, _) = lesson.network(seed), lesson.samples(seed)
    batch = Batch(samples.inputs[: problem.batch], samples.targets[: problem.batch])
    spent = cost(entry.rule, network, batch, problem.objective, problem.unrolling, repeats=REPEATS)
    return {
        **taught.metrics,
        **taught.course(MOMENTS),
        "parameters": float(network.n_parameters),
        "forward_passes": spent.forward_passes,
        "update_seconds": spent.seconds,
        "held_bytes": float(spent.held_bytes),
    }
