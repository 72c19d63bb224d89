"""Steps that do not wait for each other: the same units whatever the number of processes, each after those
that it reads.
"""

from functools import partial

import numpy as np
import pytest

from brainwright.experiment import Procedure, Step
from brainwright.experiment.procedure import run_procedure
from brainwright.experiment.trials import Trials
from brainwright.runs import Units


def add(names, units, share):
    share(0.5, told=len(names))
    return {"sum": np.array(1 + sum(int(units.load(name)["sum"]) for name in names))}


class Backwards:
    """Stands for processes, and ends what it is given in another order; notes what it is given together."""

    def __init__(self, workers):
        self.workers, self.together = workers, []

    def results(self, function, jobs):
        self.together.append([step.name for step, _ in jobs])
        for number in reversed(range(len(jobs))):
            yield number, function(*jobs[number])


def procedure(reads):
    steps = tuple(Step(name, partial(add, own), reads=own) for name, own in reads.items())
    return Procedure("", steps, lambda units: Trials({}), "sum")


READS = {"first": (), "left": ("first",), "right": ("first",), "last": ("left", "right")}


@pytest.mark.parametrize("workers", [1, 2])
def test_steps_wait_for_what_they_read(tmp_path, workers):
    units, told = Units(tmp_path / "units"), []
    engine = Backwards(workers)
    run_procedure(procedure(READS), units, lambda *at, **event: told.append((at, event)), engine)
    sums = {name: int(units.load(name)["sum"]) for name in READS}
    assert sums == {"first": 1, "left": 2, "right": 2, "last": 5}
    assert engine.together == ([] if workers == 1 else [["left", "right"]]), "only these two have company"
    assert [event["told"] for _, event in told if "told" in event] == [0, 1, 1, 2]
    fractions = [at[1] for at, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_finished_step_is_not_done_again(tmp_path):
    units = Units(tmp_path / "units")
    units.claim({})
    units.save("first", {"sum": np.array(10)})
    run_procedure(procedure(READS), units, lambda *at, **event: None)
    assert int(units.load("last")["sum"]) == 23


def test_a_step_reads_earlier_ones_only():
    with pytest.raises(ValueError, match=r"reads .*'last'"):
        procedure({"first": ("last",), "last": ()})
