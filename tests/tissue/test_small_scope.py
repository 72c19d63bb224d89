"""The envelope in the small, searched exhaustively: every history of a length, each cut at every place.

A fault of logic shows in a small example (the small-scope hypothesis, Jackson 2006, Software Abstractions,
MIT Press). Beside property tests, which draw large examples, this leaves out none of the small ones.

Guard: all histories of three actions, each cut short by an error, an interrupt or an operator at every call
that the tissue gets. The model says in a few lines what may be armed and what may be queued.
Budget: all trains on a small grid of times, against the definition of a token bucket over all intervals.
Projection: all small wishes, against the greedy choice that its docstring promises.
"""

import contextlib
import itertools
from collections.abc import Callable

import numpy as np
import pytest

from brainwright.tissue import Bucket, Envelope, Guarded, StimulusPlan, StimulusRefused, TissueFault
from brainwright.tissue.budget import Budget
from brainwright.tissue.faults.bench import BenchTissue
from brainwright.tissue.turn import Reentered

LEASE_S = 0.1
ACTIONS = ("arm", "renew", "write", "far", "read", "rest", "stop", "disarm")
CUTS = ("error", "interrupt", "operator", "operator and interrupt")


class Cut(BaseException):
    """As Ctrl-C."""


class Scripted(BenchTissue):
    """Counts its calls; at number `at` it is cut, before or after it does what it was told."""

    def __init__(self, at: int = -1, after: bool = False, cut: Callable[[], None] = lambda: None):
        super().__init__(0.0)
        self.at, self.after, self.cut, self.calls, self.off = at, after, cut, 0, False

    def _do(self, act):
        self.calls += 1
        mine = self.calls - 1 == self.at
        if mine and not self.after:
            self.cut()
        result = act()
        if mine and self.after:
            self.cut()
        return result

    def read(self, duration_s):
        return self._do(lambda: BenchTissue.read(self, duration_s))

    def write(self, plan):
        return self._do(lambda: BenchTissue.write(self, plan))

    def stop(self):
        return self._do(lambda: BenchTissue.stop(self))


def do(guarded, action):
    now_s = guarded.now_s()
    match action:
        case "arm":
            guarded.arm(LEASE_S)
        case "renew":
            guarded.renew()
        case "write":
            guarded.write(StimulusPlan.biphasic(0, 10, now_s + 0.02 + 0.01 * np.arange(4)))
        case "far":
            guarded.write(StimulusPlan.biphasic(0, 11, now_s + 0.5))
        case "read":
            guarded.read(0.03)
        case "rest":
            guarded.read(0.2)  # longer than the lease
        case "stop":
            guarded.stop()
        case "disarm":
            guarded.disarm("model")
        case "check":
            guarded.check_lease()


def lived(history, tissue):
    """What became of a history: whether it was cut, and the guard."""
    guarded, cut = Guarded(tissue), False
    for action in ("arm", *history):
        try:
            do(guarded, action)
        except StimulusRefused:
            pass
        except (Cut, ZeroDivisionError):
            cut = True
        demand_sound(guarded, tissue)
    return guarded, cut


def demand_sound(guarded, tissue):
    """After every action, whatever happened in it."""
    queued = sum(plan.n_pulses for plan in tissue._queue)
    assert guarded.status().waiting == queued, "the account is that of the tissue"
    if not guarded.armed:
        assert queued == 0 or guarded._stop_failed, "nothing waits unless it is armed"
    else:
        assert not guarded._wishes
        assert not guarded._stop_asked
    assert not guarded._ending.touched
    late = guarded.ledger.table()["requested_s"]
    assert (late <= tissue._now_s).all()


def test_every_history_of_three_actions_and_every_place_to_cut_it():
    n = 0
    for history in itertools.product(ACTIONS, repeat=3):
        whole = Scripted()
        lived(history, whole)
        for at in range(1, whole.calls):
            for after in (False, True):
                kind = CUTS[n % len(CUTS)]  # each place meets one of them, and each of them a quarter of all
                n += 1
                tissue = Scripted(at, after)
                holder = []
                tissue.cut = cutting(kind, holder)
                guarded = Guarded.__new__(Guarded)
                holder.append(guarded)
                guarded.__init__(tissue)
                happened = False
                for action in ("arm", *history):
                    was = tissue.calls
                    try:
                        do(guarded, action)
                    except StimulusRefused:
                        pass
                    except (Cut, ZeroDivisionError):
                        pass
                    if was <= at < tissue.calls:
                        happened = True
                        guarded.check_lease()  # tissue that did not stop is told again
                        assert not guarded.armed
                        assert not tissue._queue
                    demand_sound(guarded, tissue)
                assert happened or tissue.calls <= at
    assert n > 1_000


def cutting(kind, holder):
    def cut():
        if "operator" in kind:
            holder[0].disarm("operator")
        if kind == "error":
            raise ZeroDivisionError
        if "interrupt" in kind:
            raise Cut

    return cut


def test_the_model_would_see_a_guard_that_forgets_to_stop(monkeypatch):
    """As it was: an error of the tissue's own write left what it had taken in its queue."""
    monkeypatch.setattr(
        Guarded, "_settle", lambda self, error: setattr(self, "_touched", "") or self._wishes.clear()
    )
    with pytest.raises(AssertionError):
        test_every_history_of_three_actions_and_every_place_to_cut_it()


GRID_S = (0.0, 0.25, 0.5, 1.0, 1.75)
BUCKETS = (
    Bucket(per="channel", unit="pulses", capacity=2, refill_s=1.0),
    Bucket(per="dish", unit="nC", capacity=1.25, refill_s=2.0),
    Bucket(per="dish", unit="pulses", capacity=4, refill_s=float("inf")),
)


def allowed(pulses):
    """In any interval a key gets at most capacity x (1 + length / refill); rows of channel, time, charge."""
    for bucket in BUCKETS:
        for key in {p[0] for p in pulses} if bucket.per == "channel" else {None}:
            mine = sorted((p for p in pulses if key in (None, p[0])), key=lambda p: p[1])
            for i, j in itertools.combinations_with_replacement(range(len(mine)), 2):
                amount = sum(p[2] if bucket.unit == "nC" else 1 for p in mine[i : j + 1])
                if amount > bucket.capacity * (1 + (mine[j][1] - mine[i][1]) / bucket.refill_s) + 1e-9:
                    return False
    return True


def plan_of(pulses):
    """0.25 or 0.5 nC by amplitude."""
    if not pulses:
        return StimulusPlan.empty()
    charge = np.array([p[2] for p in pulses])
    current = np.stack([-charge, charge], axis=1) * 5
    return StimulusPlan(
        np.zeros(len(pulses), int), np.array([p[0] for p in pulses]), np.array([p[1] for p in pulses]),
        current, np.full((len(pulses), 2), 200.0),
    )  # fmt: skip


def refused(budget, pulses, now_s):
    try:
        budget.check(plan_of(pulses), now_s)
    except StimulusRefused:
        return True
    return False


ENVELOPE = Envelope(buckets=BUCKETS, burst_pulses=100)
PLACES = [(channel, time_s) for channel in (1, 2) for time_s in GRID_S]


def test_every_small_train_is_admitted_exactly_where_the_definition_allows_it():
    """In one plan, in two plans, and with what is past already settled: the same."""
    n_allowed = 0
    for size in range(1, 5):
        for places in itertools.combinations(PLACES, size):
            for small in range(2**size if size < 3 else 2):
                pulses = [(*place, 0.25 if small >> i & 1 else 0.5) for i, place in enumerate(places)]
                expected = allowed(pulses)
                n_allowed += expected
                assert refused(Budget(ENVELOPE, 1, 3), pulses, 0.0) != expected, pulses
                pulses.sort(key=lambda p: p[1])
                half = size // 2
                if half and allowed(pulses[:half]):
                    budget = Budget(ENVELOPE, 1, 3)
                    budget.check(plan_of(pulses[:half]), 0.0)
                    budget.admit(plan_of(pulses[:half]), 0.0)
                    now_s = pulses[half][1]
                    assert refused(budget, pulses[half:], now_s) != expected, pulses
    assert n_allowed > 150


def test_a_stop_at_every_moment_leaves_exactly_what_was_delivered():
    for places in itertools.combinations(PLACES, 3):
        pulses = [(*place, 0.25) for place in places]
        for delivered in itertools.product((False, True), repeat=3):
            for now_s in (0.0, 0.3):
                budget = Budget(ENVELOPE, 1, 3)
                budget.admit(plan_of(pulses), 0.0)
                gone = {p[:2] for p, d in zip(pulses, delivered, strict=True) if not d}
                n = budget.withdraw(now_s, lambda dish, channel, time_s, gone=gone: (channel, time_s) in gone)
                stays = [p for p, d in zip(pulses, delivered, strict=True) if d or p[1] < now_s]
                assert n == len(pulses) - len(stays)
                session = next(use for use in budget.use(now_s) if use.limit == "dish_pulses_per_session")
                assert session.used == len(stays)


def test_every_small_wish_is_projected_onto_the_greedy_choice():
    n_changed = 0
    for places in itertools.combinations(PLACES, 4):
        wish = [(channel, 0.01 + time_s, 0.5) for channel, time_s in places]
        wish.sort(key=lambda p: p[1])
        kept = []
        for pulse in wish:
            if allowed([*kept, pulse]):
                kept.append(pulse)
        guarded = Guarded(BenchTissue(0.0), ENVELOPE)
        plan, projection = guarded.project(plan_of(wish))
        got = sorted(zip(plan.time_s.tolist(), plan.channel.tolist(), strict=True))
        assert got == sorted((time_s, channel) for channel, time_s, _ in kept)
        assert projection.kept_pulses + sum(projection.dropped.values()) == len(wish)
        n_changed += projection.changed
    assert n_changed > 50


def test_a_call_from_within_is_refused_wherever_it_comes_from():
    for inner, at in itertools.product(("arm", "renew", "write", "read"), range(1, 4)):
        tissue = Scripted(at)
        guarded = Guarded(tissue)
        tissue.cut = lambda inner=inner, guarded=guarded: do(guarded, inner)
        for action in ("arm", "write", "read", "disarm"):
            with contextlib.suppress(StimulusRefused, TissueFault, Reentered):
                do(guarded, action)
        guarded.check_lease()
        assert not tissue._queue
