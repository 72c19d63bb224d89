"""Steps that do not wait for each other: the same units whatever the number of processes, each as soon as
those that it reads are done.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import numpy as np
import pytest

from brainwright.experiment import Procedure, Step
from brainwright.experiment.procedure import run_procedure
from brainwright.experiment.trials import Trials
from brainwright.runs import Units


def add(names, units, share):
    share(0.5, told=len(names))
    return {"sum": np.array(1 + sum(int(units.load(name)["sum"]) for name in names))}


class Threads:
    """Stands for processes: threads, which begin what they are handed in the order in which it comes."""

    def __init__(self, workers):
        self.workers, self.handed, self._pool = workers, [], ThreadPoolExecutor(workers)

    def submit(self, function, *job):
        self.handed.append(job[-1])
        return self._pool.submit(function, *job)


def procedure(reads):
    steps = tuple(Step(name, partial(add, own), reads=own) for name, own in reads.items())
    return Procedure("", steps, lambda units: Trials({}), "sum")


READS = {"first": (), "left": ("first",), "right": ("first",), "last": ("left", "right")}


@pytest.mark.parametrize("workers", [1, 2])
def test_steps_wait_for_what_they_read(tmp_path, workers):
    units, told = Units(tmp_path / "units"), []
    engine = Threads(workers)
    run_procedure(procedure(READS), units, lambda *at, **event: told.append((at, event)), engine)
    sums = {name: int(units.load(name)["sum"]) for name in READS}
    assert sums == {"first": 1, "left": 2, "right": 2, "last": 5}
    assert engine.handed == ([] if workers == 1 else ["left", "right"]), "only these two have company"
    assert [event["told"] for _, event in told if "told" in event] == [0, 1, 1, 2]
    fractions = [at[1] for at, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_step_begins_as_soon_as_what_it_reads_is_done(tmp_path):
    """Here `long` ends only when `after` has begun, which reads `short` alone."""
    begun = Event()

    def wait_for(units, share):
        return {"sum": np.array(begun.wait(10))}

    def begin(units, share):
        begun.set()
        return add(("short",), units, share)

    nothing = partial(add, ())
    steps = Step("long", wait_for, reads=()), Step("short", nothing, reads=())
    whole = Procedure("", (*steps, Step("after", begin, reads=("short",))), lambda units: Trials({}), "sum")
    units = Units(tmp_path / "units")
    run_procedure(whole, units, lambda *at, **event: None, Threads(2))
    assert bool(units.load("long")["sum"])


def test_the_longest_chain_begins_first(tmp_path):
    """Costs 4 and 3 + 2: the second ends last, though its first step is the shorter one."""
    nothing, work = partial(add, ()), partial(add, ("b",))
    steps = [Step(name, nothing, cost, reads=()) for name, cost in (("a", 4.0), ("b", 3.0), ("c", 1.0))]
    steps.append(Step("d", work, 2.0, reads=("b",)))
    whole, engine = Procedure("", tuple(steps), lambda units: Trials({}), "sum"), Threads(2)
    assert [step.name for step in whole.ready({step.name: step for step in steps})] == ["b", "a", "c"]
    run_procedure(whole, Units(tmp_path / "units"), lambda *at, **event: None, engine)
    assert engine.handed[:2] == ["b", "a"]


def test_a_finished_step_is_not_done_again(tmp_path):
    units = Units(tmp_path / "units")
    units.claim({})
    units.save("first", {"sum": np.array(10)})
    run_procedure(procedure(READS), units, lambda *at, **event: None)
    assert int(units.load("last")["sum"]) == 23


def test_a_step_reads_earlier_ones_only():
    with pytest.raises(ValueError, match=r"reads .*'last'"):
        procedure({"first": ("last",), "last": ()})
