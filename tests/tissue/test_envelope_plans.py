"""Random and adversarial plans never exceed a limit, by a pulse-by-pulse computation from the definitions.

`python tests/tissue/test_envelope_plans.py 10000 1000` runs that many of each.
"""

import math
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from brainwright.tissue import Bucket, Envelope, Guarded, StimulusLimits, StimulusPlan, StimulusRefused
from brainwright.tissue.faults.bench import BenchTissue

FOREVER = float("inf")
LIMITS = StimulusLimits(
    channels=(1, 2, 3, 5),
    simultaneous_channels=2,
    pulses_per_minute=60,
    charge_per_minute_nC=20.0,
    horizon_s=90.0,
)
STRICTER = StimulusLimits.for_electrodes(
    (1, 2, 3, 5, 6), material="stainless steel", diameter_um=40, current_uA=2.0
)
BUCKETS = (
    Bucket(per="channel", unit="pulses", capacity=5, refill_s=1.0),
    Bucket(per="channel", unit="nC", capacity=1.0, refill_s=1.0),
    Bucket(per="dish", unit="pulses", capacity=8, refill_s=1.0),
    Bucket(per="dish", unit="nC", capacity=3.0, refill_s=60.0),
    Bucket(per="dish", unit="nC", capacity=6.0, refill_s=FOREVER),
)
ENVELOPE = Envelope(
    limits=STRICTER, buckets=BUCKETS, burst_pulses=3, burst_gap_s=0.05, queued_pulses=20, rise_nC=1.5
)
NONE = Envelope(buckets=(), burst_pulses=10**6, queued_pulses=10**6)


class Pulse:
    """One pulse and its charges, computed anew."""

    def __init__(self, plan, i):
        self.dish, self.channel, self.time_s = int(plan.dish[i]), int(plan.channel[i]), float(plan.time_s[i])
        self.current_uA = [float(c) for c in plan.current_uA[i]]
        self.width_us = [float(w) for w in plan.width_us[i]]
        self.phase_nC = [c * w / 1000 for c, w in zip(self.current_uA, self.width_us, strict=True)]
        # the most that flows one way before it flows back: over all runs of neighbouring phases
        n = len(self.phase_nC)
        runs = [abs(math.fsum(self.phase_nC[a:b])) for a in range(n) for b in range(a + 1, n + 1)]
        self.charge_nC = max(runs)
        self.net_nC = abs(math.fsum(self.phase_nC))


def check_pulse(p, now_s):
    """Device, electrode and tissue, one pulse alone; the figures are written out, not read from the code."""
    assert p.dish in (0, 1)
    assert p.channel in (1, 2, 3, 5)
    assert now_s - 1e-6 <= p.time_s <= now_s + 90.0 + 1e-6
    assert max(abs(c) for c in p.current_uA) <= 2.0
    assert p.current_uA[0] < 0
    assert min(p.width_us) > 0
    assert sum(p.width_us) <= 5_000 * (1 + 1e-6)
    assert all(abs(w / 20 - round(w / 20)) < 1e-5 for w in p.width_us)
    area_cm2 = math.pi * (20e-4) ** 2
    smaller_area_cm2 = 7.07e-6  # of the tissue's own limits; the strictest holds
    charge_uC = p.charge_nC / 1000
    assert charge_uC / area_cm2 <= 20.0 * (1 + 1e-6)
    assert charge_uC / smaller_area_cm2 <= 20.0 * (1 + 1e-6)
    assert p.charge_nC <= 3.0
    assert charge_uC * charge_uC / smaller_area_cm2 <= 10**1.5
    assert p.net_nC <= 0.01 * p.charge_nC + 1e-9
    assert p.net_nC <= 0.01 + 1e-9


def check_together(pulses):
    """Spacing, crowding, bursts, doses over every interval between two pulses of one dish or channel."""
    for dish in (0, 1):
        mine = sorted((p for p in pulses if p.dish == dish), key=lambda p: p.time_s)
        for i, p in enumerate(mine):
            near = [q for q in mine[i:] if q.time_s - p.time_s < 0.001 - 1e-8]
            assert len(near) <= 2
            minute = [q for q in mine[i:] if q.time_s - p.time_s < 60.0]
            assert len(minute) <= 60
            assert math.fsum(q.charge_nC for q in minute) <= 20.0 * (1 + 1e-6)
        check_bucket(mine, lambda p: 1, 8, 1.0)
        check_bucket(mine, lambda p: p.charge_nC, 3.0, 60.0)
        assert math.fsum(p.charge_nC for p in mine) <= 6.0 * (1 + 1e-6)
        for channel in {p.channel for p in mine}:
            train = [p for p in mine if p.channel == channel]
            gaps = [b.time_s - a.time_s for a, b in pairwise(train)]
            assert all(gap >= 0.005 - 1e-8 for gap in gaps)
            burst = longest = 1
            for gap in gaps:
                burst = burst + 1 if gap < 0.05 - 1e-8 else 1
                longest = max(longest, burst)
            assert longest <= 3
            check_bucket(train, lambda p: 1, 5, 1.0)
            check_bucket(train, lambda p: p.charge_nC, 1.0, 1.0)


def check_bucket(pulses, amount, capacity, refill_s):
    """In any interval of length T at most capacity x (1 + T / refill), from any pulse to any later one."""
    for i, first in enumerate(pulses):
        total = 0.0
        for p in pulses[i:]:
            total += amount(p)
            assert total <= capacity * (1 + (p.time_s - first.time_s) / refill_s) * (1 + 1e-6) + 1e-9


def check_rise(update, before):
    """Charge by channel may rise by 1.5 nC per dish from one update (5 ms) to the next."""
    for dish in (0, 1):
        rise = [update.get((dish, c), 0.0) - before.get((dish, c), 0.0) for c in range(64)]
        assert math.fsum(r for r in rise if r > 0) <= 1.5 * (1 + 1e-6)


def by_channel(pulses):
    total = Counter()
    for p in pulses:
        total[p.dish, p.channel] += p.charge_nC
    return total


class Episode:
    """Lives through actions, keeping its own account of what was admitted and not cancelled."""

    def __init__(self, envelope=ENVELOPE):
        self.tissue = BenchTissue(0.0, n_dishes=2, limits=LIMITS)
        self.guarded = Guarded(self.tissue, envelope)
        self.guarded.arm(1e6)
        self.account = []
        self.forget_updates()
        self.plans = self.admitted = 0
        self.refusals = Counter()

    def do(self, action):
        if isinstance(action, float):
            self.guarded.read(action)
        elif action == "stop":
            self.guarded.stop()
            self.cancelled()
        else:
            self.write(*action)

    def cancelled(self):
        now_s = self.guarded.now_s()
        self.account = [p for p in self.account if p.time_s < now_s - 1e-9]
        self.forget_updates()

    def forget_updates(self):
        self.update, self.before, self.update_s = Counter(), Counter(), -math.inf

    def flooded(self):
        assert not self.guarded.armed
        self.cancelled()
        self.guarded.arm(1e6)

    def write(self, rows, projected):
        now_s = self.guarded.now_s()
        try:
            plan = plan_of(rows, now_s)
        except ValueError:
            return  # NaN, infinity, numbers beyond 32 bits: no plan at all
        self.plans += 1
        if projected:
            plan, projection = self.guarded.project(plan)
            assert projection.kept_pulses == plan.n_pulses
        before = self.guarded.budget.n_waiting
        try:
            self.guarded.write(plan)
        except StimulusRefused as error:
            refused = error.limit
        else:
            refused = None
        if refused is not None:
            assert refused, "a refusal names its limit"
            assert not projected, f"a projection was refused by {refused}"
            assert self.guarded.budget.n_waiting <= before
            self.refusals[refused] += 1
            if refused == "queued_pulses":
                self.flooded()
            return
        self.admitted += 1
        pulses = [Pulse(plan, i) for i in range(plan.n_pulses)]
        for p in pulses:
            check_pulse(p, now_s)
        if pulses:
            if now_s - self.update_s >= 0.005:
                self.update, self.before, self.update_s = Counter(), self.update, now_s
            self.update = self.update + by_channel(pulses)
            check_rise(self.update, self.before)
        self.account += pulses
        check_together(self.account)
        assert sum(p.time_s >= now_s for p in self.account) <= 20

    def end(self):
        """What the tissue received is what the account says, pulse for pulse."""
        self.guarded.read(100.0)
        table = self.tissue.ledger.table()
        got = sorted(zip(*(table[name].tolist() for name in ("dish", "channel", "requested_s")), strict=True))
        assert got == sorted((p.dish, p.channel, p.time_s) for p in self.account)


def plan_of(rows, now_s):
    """Rows (dish, channel, seconds from now, waveform) as one plan; waveforms are padded to one length."""
    phases = max(len(row[3]) for row in rows)
    wave = [list(row[3]) + [(0.0, 20.0)] * (phases - len(row[3])) for row in rows]
    return StimulusPlan(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        now_s + np.array([row[2] for row in rows], np.float64),
        np.array([[current for current, _ in w] for w in wave], np.float64),
        np.array([[width for _, width in w] for w in wave], np.float64),
    )


def biphasic(current_uA, width_us):
    return ((-current_uA, width_us), (current_uA, width_us))


# Random: sensible plans and wild ones, drawn from a seed, so that thousands are quick.
WAVES = (
    lambda rng: biphasic(rng.uniform(0.05, 0.75), 200.0),
    lambda rng: biphasic(rng.uniform(0.1, 2.5), 20.0 * rng.integers(1, 8)),
    lambda rng: tuple(zip(rng.uniform(-3, 3, 3), 20.0 * rng.integers(0, 12, 3), strict=True)),
    lambda rng: tuple(
        zip(rng.normal(0, 10.0 ** rng.integers(-3, 9), 2), rng.uniform(-9, 999, 2), strict=True)
    ),
)


def random_row(rng, wild):
    near = rng.random() < 0.97
    dish = rng.integers(2) if near else rng.integers(-2, 4)
    channel = rng.choice([1, 2, 3, 5]) if near else rng.integers(-9, 99)
    time_s = rng.choice([0.001, 0.006, 0.02, 0.02, 30.0]) * rng.random() if near else rng.uniform(-1, 100)
    wave = WAVES[rng.integers(4) if wild else 0](rng)
    return int(dish), int(channel), float(time_s), wave


def random_episode(seed):
    rng = np.random.default_rng(seed)
    actions = []
    for _ in range(25):
        if rng.random() < 0.6:
            pause_s = rng.choice([0.002, 0.006, 0.02, 0.02, 0.05, 0.1, 0.3, 61.0, -1.0])
            actions.append("stop" if pause_s < 0 else float(pause_s))
        wild = rng.random() < 0.25
        rows = [random_row(rng, wild) for _ in range(rng.integers(1, 4))]
        actions.append((rows, bool(rng.random() < 0.4)))
    return actions


random_episodes = st.integers(0, 2**63).map(random_episode)
rest = st.sampled_from([0.002, 0.3, 1.0, 5.0, 61.0, "stop"])


def episodes(row, most):
    plan = st.tuples(st.lists(row, min_size=1, max_size=most), st.booleans())
    return st.lists(st.one_of(plan, plan, plan, rest), min_size=10, max_size=14)


# Adversarial: every value on the edge of a limit, a hair inside or outside, in unfavourable order.
HAIR = (0.0, 1e-12, -1e-12, 1e-8, -1e-8, 1e-3, -1e-3)


def edges(*values):
    return st.builds(
        lambda value, hair: value + hair * max(1.0, abs(value)),
        st.sampled_from(values),
        st.sampled_from(HAIR),
    )


mean_wave = st.one_of(
    st.builds(biphasic, edges(0.5, 0.7, 0.7068, 2.0, 3.0), st.sampled_from([200.0, 20.0, 60.0, 280.0])),
    st.builds(lambda c, e: ((-c, 200.0), (c + e, 200.0)), edges(0.5, 0.7), edges(0.0, 0.005, 0.007, 0.0499)),
    st.builds(lambda c: ((-c, 100.0), (-c, 100.0), (c, 200.0)), edges(0.7, 0.7068)),  # split over two phases
    st.builds(lambda c: ((-c / 2, 200.0), (c, 200.0), (-c / 2, 200.0)), edges(0.7, 1.0)),
    st.builds(lambda c, w: ((-c, w), (c, w)), edges(0.1), edges(20.0, 2500.0, 2520.0)),
    st.sampled_from(
        [
            ((-1e308, 200.0), (1e308, 200.0)), ((-5e-324, 20.0), (5e-324, 20.0)), ((0.0, 20.0), (0.0, 20.0)),
            ((-0.0, 20.0), (1.0, 20.0)), ((1.0, 20.0), (-1.0, 20.0)), ((-1.0, 0.0), (1.0, 0.0)),
            ((-1.0, -200.0), (1.0, -200.0)), ((-1.0, 200.0),), ((-0.7, 200.0), (0.7, math.nan)),
            ((-math.inf, 200.0), (math.inf, 200.0)), ((-1.0, 1e300), (1.0, 1e300)),
        ]
    ),
)  # fmt: skip
mean_time = edges(0.0, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.999, 1.0, 1.005, 59.999, 60.0, 90.0)
mean_row = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, -1, 2, 2**31]),
    st.sampled_from([1, 1, 1, 2, 3, 5, 4, 6, 64, -1, 2**32 + 1]),
    mean_time,
    mean_wave,
)
# Trains of sound pulses whose number, gaps and charges meet at the edge of bursts, buckets, queue and rise.
GAPS_S = [gap + hair for gap in (0.0, 0.0005, 0.001, 0.005, 0.05, 0.1, 0.125, 0.2, 0.25) for hair in HAIR]


def train_episode(seed):
    rng = np.random.default_rng(seed)
    actions = []
    for _ in range(20):
        n, gap_s, start_s = rng.choice([1, 2, 3, 4, 6, 8, 9, 11, 21]), rng.choice(GAPS_S), rng.choice(HAIR)
        wave = biphasic(*((0.7, 200.0), (0.5, 200.0), (0.1, 20.0))[rng.integers(3)])
        channels = (1, 2, 3, 5)[: rng.integers(1, 5)]
        rows = [(0, channels[i % len(channels)], start_s + i * gap_s, wave) for i in range(n)]
        wait_s = rng.choice([0.005, 0.05, 0.25, 1.0, 2.0, 20.0, 60.0, -1.0])
        actions += [(rows, bool(rng.random() < 0.3)), "stop" if wait_s < 0 else float(wait_s)]
    return actions


adversarial_episodes = episodes(mean_row, 3) | st.integers(0, 2**63).map(train_episode)


def run(strategy, n_plans, envelope=ENVELOPE, phases=(Phase.generate, Phase.shrink)):
    """Episodes until `n_plans` plans were tried; returns how many, how many were admitted, and refusals."""
    tried, admitted, refusals = 0, 0, Counter()

    def live(actions):
        nonlocal tried, admitted, refusals
        episode = Episode(envelope)
        for action in actions:
            episode.do(action)
        episode.end()
        tried, admitted = tried + episode.plans, admitted + episode.admitted
        refusals += episode.refusals

    while tried < n_plans:
        chunk = settings(
            max_examples=min(200, max(10, (n_plans - tried) // 8)),
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        chunk(given(strategy)(live))()
    return tried, admitted, refusals


def test_random_plans_never_exceed_a_limit():
    tried, admitted, refusals = run(random_episodes, 500)
    assert tried >= 500
    assert admitted > 100
    assert len(refusals) > 8


def test_adversarial_plans_never_exceed_a_limit():
    tried, admitted, refusals = run(adversarial_episodes, 200)
    assert tried >= 200
    assert admitted > 20
    assert len(refusals) > 4


def test_the_computation_would_see_an_envelope_that_is_too_wide():
    for envelope in (NONE, Envelope(limits=STRICTER, buckets=BUCKETS, burst_pulses=10**6)):
        with pytest.raises(AssertionError):
            run(random_episodes, 3_000, envelope, phases=(Phase.generate,))


if __name__ == "__main__":
    for name, strategy, n in zip(
        ("random", "adversarial"), (random_episodes, adversarial_episodes), sys.argv[1:], strict=True
    ):
        tried, admitted, refusals = run(strategy, int(n))
        print(f"{name}: {tried} plans, {admitted} admitted, none beyond a limit; refused by {dict(refusals)}")
