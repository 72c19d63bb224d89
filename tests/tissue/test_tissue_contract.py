"""The shipped checker over every simulated preparation; and that it sees what it should."""

import numpy as np
import pytest

from brainwright.tissue import (
    ContractBroken,
    CultureParameters,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    check_tissue,
    usable_channels,
)

SMALL = CultureParameters(n_neurons=32)


@pytest.mark.parametrize(
    "condition",
    [{}, {"cells": False}, {"synapses": (0.0, 0.0)}, {"plasticity": False}],
    ids=["cells", "saline", "synaptic block", "frozen"],
)
def test_simulated_culture_keeps_the_contract(condition):
    check_tissue(lambda: SimulatedCulture([1, 2], SMALL, **condition))


def test_other_limits_keep_the_contract():
    limits = StimulusLimits(
        channels=(3, 9, 12), simultaneous_channels=2, pulses_per_minute=500, current_uA=1.0
    )
    check_tissue(lambda: SimulatedCulture([1], SMALL, limits=limits))
    check_tissue(
        lambda: SimulatedCulture([1], SMALL, limits=StimulusLimits(channels=usable_channels()), threads=2)
    )


class Saline(SimulatedCulture):
    def __init__(self) -> None:
        super().__init__([1, 2], SMALL, cells=False)


class ClipsInSilence(Saline):
    """Delivers the good part of a bad plan."""

    def write(self, plan):
        try:
            return super().write(plan)
        except ValueError:
            return super().write(plan.take(slice(1)))


class AdmitsInPart(Saline):
    """Raises, yet delivers what came before the bad pulse."""

    def write(self, plan):
        try:
            return super().write(plan)
        except ValueError:
            if plan.n_pulses > 1:
                super().write(plan.take(slice(1)))
            raise


class DeliversTwice(Saline):
    def read(self, duration_s):
        recording = super().read(duration_s)
        self.ledger._rows.append(**self.ledger.table())
        return recording


class NeverStops(Saline):
    def stop(self):
        pass


class CountsCancelledPulses(Saline):
    def stop(self):
        self._queue.cancel()


class ReadsTooShort(Saline):
    def read(self, duration_s):
        return super().read(duration_s - 0.001 if duration_s > 0.001 else duration_s)


class ReadsAnything(Saline):
    def read(self, duration_s):
        return super().read(duration_s if np.isfinite(duration_s) and duration_s > 0 else 0.001)


class ForgetsTheQueue(Saline):
    """Checks a plan against what was delivered only."""

    def write(self, plan):
        last, self.ledger.last_pulse_s = self.ledger.last_pulse_s, self.ledger._last_delivered_s.copy()
        try:
            return super().write(plan)
        except ValueError:
            self.ledger.last_pulse_s = last
            raise


class ForgetsTheDose(Saline):
    def write(self, plan):
        self.ledger._dose[:] = 0
        return super().write(plan)


class DeliversEarly(Saline):
    def write(self, plan):
        receipt = super().write(plan)
        for waiting in self._queue.waiting:
            waiting.step -= 5
        return receipt


class GoesBack(Saline):
    def read(self, duration_s):
        recording = super().read(duration_s)
        self._state.step[0] -= 2
        return recording


@pytest.mark.parametrize(
    ("culprit", "promise"),
    [
        (ClipsInSilence, "accepted a plan"),
        (AdmitsInPart, "refused plan is in the ledger|left traces|delivered where"),
        (DeliversTwice, "pulses delivered where|rows for"),
        (NeverStops, "stop"),
        (CountsCancelledPulses, "cancelled pulses still count"),
        (ReadsTooShort, "read"),
        (ReadsAnything, "expected ValueError"),
        (ForgetsTheQueue, "spacing does not count"),
        (ForgetsTheDose, "dose of a minute"),
        (DeliversEarly, "before it was requested|time has not come"),
        (GoesBack, "now_s|outside the call"),
    ],
)
def test_the_checker_sees(culprit, promise):
    with pytest.raises(ContractBroken, match=promise):
        check_tissue(culprit)


def test_an_object_that_is_no_tissue_is_named():
    with pytest.raises(ContractBroken, match="StimulusPlan lacks"):
        check_tissue(StimulusPlan.empty)  # ty: ignore[invalid-argument-type]
