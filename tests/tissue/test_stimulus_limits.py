"""Every limit refuses, with its reason, and no sequence of admitted plans breaks one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainwright.tissue import (
    CultureParameters,
    DoseLedger,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    StimulusRefused,
    usable_channels,
)

SMALL = CultureParameters(n_neurons=20)


def wave(current_uA, width_us, channel=10, time_s=0.1, dish=0):
    return StimulusPlan(
        np.array([dish], np.int32), np.array([channel], np.int32), np.array([time_s]),
        np.array([current_uA], float), np.array([width_us], float),
    )  # fmt: skip


def pair(seconds):
    return StimulusPlan.biphasic(0, 10, [0.1, 0.1 + seconds])


REFUSED = {
    "past": (wave([-1, 1], [200, 200], time_s=-0.001), "lies in the past"),
    "horizon": (wave([-1, 1], [200, 200], time_s=4000.0), "must not lie beyond"),
    "dish": (wave([-1, 1], [200, 200], dish=2), r"dish must lie in 0\.\.1"),
    "negative dish": (wave([-1, 1], [200, 200], dish=-1), r"dish must lie in 0\.\.1"),
    "grounded": (wave([-1, 1], [200, 200], channel=7), "not on the list"),
    "outside": (wave([-1, 1], [200, 200], channel=64), "not on the list"),
    "negative channel": (wave([-1, 1], [200, 200], channel=-1), "not on the list"),
    "current": (wave([-3.1, 3.1], [20, 20]), "current must not exceed 3"),
    "a train in one pulse": (wave([-1, 1] * 100, [20] * 200), "change its direction twice at most"),
    "a train with pauses": (wave([-1, 0, 1, 0, -1, 0, 1], [20] * 7), "change its direction twice at most"),
    "anodic": (wave([1, -1], [200, 200]), "cathodic first"),
    "no width": (wave([-1, 1], [200, 0]), "positive widths"),
    "grid": (wave([-1, 1], [210, 210]), "multiples of 20"),
    "charge": (wave([-2, 2], [400, 400]), "charge per phase must not exceed 0.707 nC"),
    "charge in two phases": (wave([-2, -2, 2, 2], [200] * 4), "charge per phase must not exceed 0.707 nC"),
    "charge after the first": (wave([-1, 2, 2, -3], [200] * 4), "charge per phase must not exceed 0.707 nC"),
    "long": (wave([-0.1, 0.1], [3000, 3000]), "must not last longer"),
    "monophasic": (wave([-1], [200]), "charge balanced"),
    "unbalanced": (wave([-1, 1], [200, 180]), "charge balanced"),
    "slightly unbalanced": (wave([-1, 1.02], [200, 200]), "charge balanced"),
    "spacing": (pair(0.004), "follow one another"),
    "at once": (pair(0.0), "follow one another"),
    "crowd": (StimulusPlan.biphasic(0, usable_channels()[:25], 0.1), "at most 24 channels"),
    "pulses": (
        StimulusPlan.biphasic(0, usable_channels()[:24], 0.1 + 0.005 * np.arange(1050)[:, None], 0.1, 20.0),
        "pulses within a minute",
    ),
    "charge dose": (
        StimulusPlan.biphasic(0, usable_channels()[:24], 0.1 + 0.01 * np.arange(640)[:, None], 3.0, 220.0),
        "nC within a minute",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_each_limit_refuses_with_its_reason_and_delivers_nothing(name):
    plan, reason = REFUSED[name]
    culture = SimulatedCulture([1, 2], SMALL, cells=False)
    good = StimulusPlan.biphasic([0, 1], 30, 0.05, 1.0)
    for refused in [plan, StimulusPlan.join([good, plan])] if plan.current_uA.shape[1] == 2 else [plan]:
        with pytest.raises(StimulusRefused, match=reason):
            culture.write(refused)
    assert len(culture.read(0.5)) == 0
    assert len(culture.ledger.table()["dish"]) == 0


@pytest.mark.parametrize(
    "plan",
    [
        wave([-3, 3], [220, 220]),
        wave([-1, 0, 0.5], [200, 40, 400]),
        wave([-1, 1.009], [200, 200]),
        pair(0.005),
        StimulusPlan.biphasic(0, usable_channels()[:24], 0.1),
        StimulusPlan.biphasic(0, usable_channels()[:48], np.repeat([0.1, 0.101], 24)),
        StimulusPlan.biphasic([[0], [1]], usable_channels()[:24], 0.0),
        wave([-1, 1], [200, 200], time_s=3600.0),
        StimulusPlan.empty(),
    ],
)
def test_what_lies_on_the_limit_is_admitted(plan):
    culture = SimulatedCulture([1, 2], SMALL, cells=False)
    receipt = culture.write(plan)
    assert receipt.charge_nC == pytest.approx(plan.phase_charge_nC.sum())


def test_a_waveform_found_good_before_excuses_no_other():
    limits, ledger = StimulusLimits(channels=(1, 2, 3)), DoseLedger(1, 4)
    good, bad = wave([-1, 1], [200, 200], channel=1), wave([-1, 1], [200, 220], channel=2)
    for _ in range(2):  # the second time it is known
        limits.check(good, ledger, 0.0)
    for plan in (bad, StimulusPlan.join([good, bad]), wave([1, -1], [200, 200], channel=3)):
        with pytest.raises(StimulusRefused, match=r"multiples|balanced|cathodic"):
            limits.check(plan, ledger, 0.0)
    with pytest.raises(StimulusRefused, match="current must not exceed"):
        StimulusLimits(channels=(1,), current_uA=0.5).check(good, ledger, 0.0)


def test_the_message_names_the_pulse_and_what_it_has():
    culture = SimulatedCulture([1], SMALL, cells=False)
    plan = StimulusPlan.join(
        [StimulusPlan.biphasic(0, [10, 11], 0.1), StimulusPlan.biphasic(0, [12, 13], 0.2, 5.0)]
    )
    with pytest.raises(
        StimulusRefused, match=r"3\.0 uA; pulse 2 \(dish 0, channel 12, 0\.2000 s\) has 5\.0\. 2 of 4"
    ):
        culture.write(plan)


def test_the_dose_window_moves_on():
    limits = StimulusLimits(channels=(10, 11), pulses_per_minute=10)
    culture = SimulatedCulture([1, 2], SMALL, cells=False, limits=limits)
    ten = StimulusPlan.biphasic(0, 10, 0.5 + 0.01 * np.arange(10))
    culture.write(ten)
    with pytest.raises(StimulusRefused, match="11 pulses within a minute"):
        culture.write(StimulusPlan.biphasic(0, 11, 60.4))
    culture.write(StimulusPlan.biphasic(1, 11, 0.7))  # another dish has its own dose
    culture.write(ten.shifted(61.0))
    with pytest.raises(StimulusRefused, match="11 pulses within a minute"):
        culture.write(StimulusPlan.biphasic(0, 11, 30.0))  # earlier than what is queued: counts with both


def test_the_ledger_only_grows_and_knows_delivered_times():
    culture = SimulatedCulture([1, 2], SMALL, cells=False)
    culture.write(StimulusPlan.biphasic([0, 1], 10, [0.0104, 0.02]))
    culture.read(0.015)
    first = culture.ledger.table()
    assert first["requested_s"].tolist() == [0.0104]
    assert first["delivered_s"] == pytest.approx([0.011])
    for column in first.values():
        column[:] = 0  # a copy
    culture.read(0.015)
    table = culture.ledger.table()
    assert table["requested_s"].tolist() == [0.0104, 0.02]
    assert table["dish"].tolist() == [0, 1]
    assert table["phase_charge_nC"] == pytest.approx([0.4, 0.4])
    assert table["net_charge_nC"] == pytest.approx([0.0, 0.0])
    assert culture.ledger.totals()["pulses"].tolist() == [1, 1]


def test_stop_leaves_spacing_to_what_was_delivered():
    culture = SimulatedCulture([1], SMALL, cells=False)
    culture.write(StimulusPlan.biphasic(0, [10, 11], [0.0, 0.5]))
    culture.read(0.003)
    culture.stop()
    culture.write(StimulusPlan.biphasic(0, 11, 0.1))
    with pytest.raises(StimulusRefused, match="follow one another"):
        culture.write(StimulusPlan.biphasic(0, 10, 0.004))


TIGHT = StimulusLimits(
    channels=(1, 2, 3, 5),
    simultaneous_channels=2,
    pulses_per_minute=9,
    charge_per_minute_nC=2.5,
    horizon_s=150.0,
)


def assert_within(limits, plans):
    """Brute force, pulse by pulse and window by window, over all that was admitted and not cancelled."""
    pulses = [
        (int(d), int(c), float(t), current, width)
        for p in plans
        for d, c, t, current, width in zip(p.dish, p.channel, p.time_s, p.current_uA, p.width_us, strict=True)
    ]
    for dish, channel, time_s, current, width in pulses:
        charge = current * width * 1e-3
        assert dish in (0, 1)
        assert channel in limits.channels
        assert np.abs(current).max() <= limits.current_uA
        assert np.abs(charge).max() <= limits.phase_charge_nC
        assert abs(charge.sum()) <= 0.01 * np.abs(charge).max() + 1e-12
        assert current[0] < 0
        mine = [q for q in pulses if q[0] == dish]
        near = [q for q in mine if 0 <= q[2] - time_s < limits.simultaneous_window_s - 1e-9]
        assert len(near) <= limits.simultaneous_channels
        same = [q for q in mine if q[1] == channel and abs(q[2] - time_s) < limits.channel_interval_s - 1e-9]
        assert len(same) == 1
        minute = [q for q in mine if 0 <= q[2] - time_s < 60.0]
        assert len(minute) <= limits.pulses_per_minute
        dose = sum(np.abs(q[3] * q[4]).max() * 1e-3 for q in minute)
        assert dose <= limits.charge_per_minute_nC * (1 + 1e-6)


pulse = st.tuples(
    st.integers(0, 1),
    st.sampled_from([1, 2, 3, 5, 5, 4]),
    st.one_of(
        st.floats(0.0, 0.02), st.floats(0.0, 140.0), st.sampled_from([0.0, 0.0005, 0.001, 0.005, 59.9, 60.0])
    ),
    st.sampled_from([0.5, 1.0, 2.0, 3.5]),
)
step = st.one_of(
    st.lists(pulse, min_size=1, max_size=6),
    st.sampled_from(["stop", 0.003, 1.0, 45.0]),
)


def live(steps, limits=TIGHT):
    """Run writes, stops and waits on a bare ledger; returns admitted plans and the number refused."""
    ledger, now, queued, delivered, refused = DoseLedger(2, 8), 0.0, [], [], 0
    for action in steps:
        if action == "stop":
            ledger.withdraw(queued)
            queued = []
        elif isinstance(action, float):
            now += action
            due = [p.take(p.time_s < now) for p in queued]
            queued = [rest for p in queued if (rest := p.take(p.time_s >= now)).n_pulses]
            for part in due:
                ledger.deliver(part, part.time_s)
            delivered += due
        else:
            dish, channel, late, current = (list(column) for column in zip(*action, strict=True))
            plan = StimulusPlan.join(
                [
                    StimulusPlan.biphasic(*row[:3], row[3])
                    for row in zip(dish, channel, np.add(now, late), current, strict=True)
                ]
            )
            try:
                limits.check(plan, ledger, now)
            except StimulusRefused:
                refused += 1
                continue
            ledger.admit(plan)
            queued.append(plan)
    return delivered + queued, refused


@settings(max_examples=200, deadline=None)
@given(st.lists(step, max_size=25))
def test_no_sequence_of_admitted_plans_breaks_a_limit(steps):
    admitted, _ = live(steps)
    assert_within(TIGHT, admitted)


def test_the_brute_force_check_sees_and_the_sequences_reach_the_limits():
    rng = np.random.default_rng(0)
    steps = []
    for _ in range(300):
        times = rng.choice([0.0, 0.0005, 0.004, 0.02], 2)
        steps.append([(int(rng.integers(2)), int(rng.choice([1, 2, 3, 5])), float(t), 1.0) for t in times])
        steps.append(float(rng.choice([0.003, 1.0, 45.0])))
    admitted, refused = live(steps)
    assert_within(TIGHT, admitted)
    assert len(admitted) > 50
    assert refused > 50
    loose = StimulusLimits(channels=TIGHT.channels)
    for field in ("simultaneous_channels", "pulses_per_minute"):
        with pytest.raises(AssertionError):
            assert_within(TIGHT, live(steps, loose)[0])
        assert getattr(TIGHT, field) < getattr(loose, field)
