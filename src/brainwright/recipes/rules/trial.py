"""One trial: a problem, an entry, a seed → accuracy, alignment over training, cost."""

from collections.abc import Mapping

from brainwright.learning import cost
from brainwright.loop import Entry, Problem, teach
from brainwright.objective import Batch

MOMENTS = 10
"""Points of the alignment over training that are kept: enough for a curve on the page."""
REPEATS = 3
"""Updates that are timed; the fastest counts."""


def trial(problem: Problem, entries: Mapping[str, Entry], arm: str, seed: int, draw: int) -> dict[str, float]:
    """Trains one arm on one seed, and says what an update of its rule costs."""
    entry = entries[arm]
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
