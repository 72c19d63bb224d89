"""A graft between cultures: what is refused before the first pulse, one tick, and what it learns by."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.loop.grafts import Arm
from brainwright.loop.grafts.beside import FEW, Scale
from brainwright.loop.grafts.between import ANSWER, CYCLE, READ, TICK_S, Sites
from brainwright.loop.grafts.cultures import between_cultures
from brainwright.loop.grafts.lasting import drifted, lasting
from brainwright.loop.layout import Layout, Timing
from brainwright.tissue import SimulatedCulture, StimulusRefused
from brainwright.tissue.culture.parameters import GROUNDED

LAYOUT = Layout(np.array([[[1, 2]], [[8, 9]]]), Timing())
SITES = Sites(np.array([0]), np.array([[10, 11]]), np.array([1]), np.array([[8, 9]]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reads": np.array([[10, 64]])}, "channels to read of 0 to 63"),
        ({"write_dish": np.array([2])}, "dishes to write of 0 to 1"),
        ({"writes": np.array([[8, 8]])}, "a channel once"),
        ({"write_dish": np.array([0])}, "a loop through tissue whose gain nobody knows"),
        ({"reads": np.zeros((0, 2), int)}, "to read, got"),
    ],
)
def test_sites_that_cannot_work_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        replace(SITES, **change).check(SimulatedCulture([0, 1]), 10, LAYOUT)


def test_limits_of_the_tissue_hold_before_the_first_pulse():
    tissue = SimulatedCulture([0, 1])
    SITES.check(tissue, 10, LAYOUT)
    for channels, words in ((GROUNDED[:1], "channel"), (range(8, 33), "at most 24 channels")):
        with pytest.raises(StimulusRefused, match=words):
            replace(SITES, writes=np.array([list(channels)])).check(tissue, 10, LAYOUT)
    tissue.limits = replace(tissue.limits, pulses_per_minute=100)
    with pytest.raises(StimulusRefused, match="pulses_per_minute"):
        SITES.check(tissue, 51, LAYOUT)
    assert tissue.ledger.n_delivered == 0


def test_a_period_holds_the_symbol_the_graft_and_the_answer():
    assert READ * TICK_S + Timing().after_s[1] <= ANSWER * TICK_S + 1e-9 < CYCLE * TICK_S
    assert pytest.approx(Timing().period_s) == CYCLE * TICK_S


def test_a_graft_between_cultures_learns_from_the_right_signal_alone():
    arms = {name: Arm("BP", name) for name in ("own", "permuted")}
    arms |= {"none": Arm("none"), "intact": Arm("none")}
    found = between_cultures((0, 1), 80, 40, arms, calibrate=120)
    right = {name: float(share.mean()) for name, share in found.items()}
    assert right["intact"] > 0.9  # the decoders can tell the symbols
    assert right["none"] < 0.45  # chance is .25; the deviation of 80 answers is .05
    assert right["own"] > right["none"] + 0.15
    assert right["permuted"] < right["none"]


def test_ports_that_drift_end_at_other_units():
    assert drifted(0) == replace(FEW, writes=list(FEW.writes))
    assert not set(drifted(6).writes) & set(FEW.writes)
    assert len(set(drifted(3).writes)) == 6


def test_a_host_that_was_never_grafted_loses_nothing_with_its_graft():
    found = lasting(Scale((1,), 2, 10), "BP")
    np.testing.assert_allclose(found["none, removed"][0], found["none"][0], atol=1e-6)
    assert found["0 moved, both learns"][0] == found["BP"][0]
    assert found["BP, removed"][0] != found["BP"][0]
