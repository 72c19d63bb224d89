"""Many pieces of tissue as one: the contract, whose spikes are whose, what one of them refuses."""

import numpy as np
import pytest
from standin_cl import Neurons, api

from brainwright.loop import Layout, Messages, Timing, couple, fix_readout
from brainwright.tissue import (
    CultureParameters,
    Joined,
    Paced,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    StimulusRefused,
    VirtualClock,
    check_tissue,
    usable_channels,
)
from brainwright.tissue.adapters import CL1

SMALL = CultureParameters(n_neurons=32)


def later(seed, seconds=1.234):
    """A culture whose clock does not stand at zero."""
    culture = SimulatedCulture([seed], SMALL)
    culture.read(seconds)
    return culture


def test_it_keeps_the_contract():
    check_tissue(lambda: Joined([SimulatedCulture([1, 2], SMALL), SimulatedCulture([3], SMALL, cells=False)]))
    check_tissue(lambda: Joined([later(1), SimulatedCulture([3], SMALL)]))
    check_tissue(lambda: Paced(Joined([later(1), later(2, 0.5)]), VirtualClock()))


def test_each_part_does_what_it_does_alone():
    apart, joined = [later(4), SimulatedCulture([5, 6], SMALL)], [later(4), SimulatedCulture([5, 6], SMALL)]
    whole = Joined(joined)
    channel = usable_channels()[:4]
    for _ in range(5):
        at = whole.now_s() + 0.004
        whole.write(StimulusPlan.biphasic([[0], [2]], channel, at))
        apart[0].write(StimulusPlan.biphasic(0, channel, at + 1.234))
        apart[1].write(StimulusPlan.biphasic(1, channel, at))
        heard, own = whole.read(0.1), [part.read(0.1) for part in apart]
        assert heard.start_s == pytest.approx(own[1].start_s)
        for dish, (part, index, zero_s) in enumerate(
            [(own[0], 0, 1.234), (own[1], 0, 0.0), (own[1], 1, 0.0)]
        ):
            mine, wanted = heard.of_dish(dish), part.of_dish(index)
            np.testing.assert_array_equal(mine.channel, wanted.channel)
            np.testing.assert_allclose(mine.time_s, wanted.time_s - zero_s, atol=1e-9)
    assert whole.ledger.totals()["pulses"].tolist() == [20, 0, 20]
    table = whole.ledger.table()
    assert (table["delivered_s"] >= table["requested_s"] - 1e-9).all()
    assert whole.ledger.totals()["charge_nC"].sum() == pytest.approx(
        sum(part.ledger.totals()["charge_nC"].sum() for part in joined)
    )


def test_a_plan_that_one_part_refuses_reaches_none():
    strict = StimulusLimits(channels=usable_channels(), current_uA=1.0)
    parts = [SimulatedCulture([1], SMALL), SimulatedCulture([2], SMALL, limits=strict)]
    whole = Joined(parts)
    assert whole.limits.current_uA == 1.0
    with pytest.raises(StimulusRefused, match="current"):
        whole.write(StimulusPlan.biphasic([0, 1], usable_channels()[0], 0.01))
    parts[1].write(StimulusPlan.biphasic(0, usable_channels()[0], 0.011, current_uA=1.0))
    with pytest.raises(StimulusRefused, match="follow one another"):  # a pulse that only the part knows of
        whole.write(StimulusPlan.biphasic([0, 1], usable_channels()[0], 0.01, current_uA=1.0))
    whole.read(0.1)
    assert parts[0].ledger.n_delivered == 0


class Refuses(SimulatedCulture):
    """Its limits hold nothing against a plan, and it refuses all the same, as a guard does."""

    def write(self, plan):
        raise StimulusRefused("paused", "activity")


class Raises(SimulatedCulture):
    def read(self, duration_s):
        raise ConnectionError("the device is off")


def test_where_a_part_fails_all_are_stopped():
    plan = StimulusPlan.biphasic([0, 1], usable_channels()[1], 0.05)
    for broken, error, act in (
        (Refuses([2], SMALL), StimulusRefused, lambda tissue: tissue.write(plan)),
        (Raises([2], SMALL), ConnectionError, lambda tissue: tissue.read(0.01)),
    ):
        first = SimulatedCulture([1], SMALL)
        whole = Joined([first, broken])
        first.write(StimulusPlan.biphasic(0, usable_channels()[0], 0.05))
        with pytest.raises(error):
            act(whole)
        first.read(0.1)
        assert first.ledger.n_delivered == 0


class Slow(SimulatedCulture):
    """Its reads take longer than was asked for."""

    def read(self, duration_s):
        return super().read(duration_s + 0.01)


def test_clocks_that_come_apart_are_refused():
    whole = Joined([SimulatedCulture([1], SMALL), Slow([2], SMALL)])
    with pytest.raises(ValueError, match=r"came apart by 0\.01"):
        whole.read(0.1)


def test_pulses_between_the_steps_of_a_clock_and_of_others_are_told_apart():
    """Times that no microsecond holds; a pulse that somebody else writes to a part is not ours."""
    parts = [SimulatedCulture([1], SMALL), later(2, 0.3)]
    whole, channel = Joined(parts), usable_channels()
    for k in range(40):
        at = whole.now_s() + 0.0040005 + 1e-7 * k
        whole.write(StimulusPlan.biphasic([[0], [1]], channel[:3], at))
        parts[0].write(StimulusPlan.biphasic(0, channel[5], at))
        whole.read(0.05)
    assert whole.ledger.totals()["pulses"].tolist() == [120, 120]
    assert parts[0].ledger.n_delivered == 160
    whole.stop()
    assert whole.ledger.n_delivered == 240


def test_parts_that_were_restored_are_refused():
    part = SimulatedCulture([1], SMALL)
    begun, whole = part.snapshot(), Joined([part, SimulatedCulture([2], SMALL)])
    whole.read(0.1)
    part.restore(begun)
    with pytest.raises(ValueError, match="part 0 of the joined tissues went back"):
        whole.read(0.1)


def test_bad_parts_are_refused():
    one = SimulatedCulture([1], SMALL)
    for parts in ([], [one, one]):
        with pytest.raises(ValueError, match="different pieces"):
            Joined(parts)
    other = SimulatedCulture([2], SMALL, limits=StimulusLimits(channels=(3,)))
    first = SimulatedCulture([1], SMALL, limits=StimulusLimits(channels=(4,)))
    with pytest.raises(ValueError, match="no channel"):
        Joined([first, other])


def test_two_devices_learn_from_one_another():
    """Two stand-ins of a CL1 whose clocks do not begin at zero; each pulse must reach its own device."""
    devices = [Neurons(now=50_000), Neurons(now=123_450)]
    both = Joined([CL1(neurons, api(neurons), host_clock=None) for neurons in devices])
    timing = Timing(write_at_s=0.018, after_s=(0.008, 0.018), late_s=(0.024, 0.080))
    layout = Layout.random([1, 2], 3, usable_channels(), timing, 4)
    symbols = np.tile(np.arange(9) % 3, (2, 1))
    readout, _ = fix_readout(both, layout, symbols)
    heard = couple(both, layout, Messages(readout, 1.0 - np.eye(2)), symbols, listen=6)
    assert (heard.written[:, 6:] >= 0).all()
    pulses = 4 * (9 + 9 + 3)
    assert both.ledger.totals()["pulses"].tolist() == [pulses, pulses]
    table = both.ledger.table()
    for dish in range(2):
        channels = set(table["channel"][table["dish"] == dish].tolist())
        assert channels <= set(layout.electrodes[dish].ravel().tolist())
