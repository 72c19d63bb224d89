"""Whatever happens once tissue was touched: it is disarmed, and told to stop until it has stopped.

Cases that were found by attacking the guard, and their neighbours. Time is virtual throughout.
"""

import contextlib
import signal
import threading

import numpy as np
import pytest

from brainwright.signal import Recording
from brainwright.tissue import (
    ActivityBand,
    Bucket,
    Chain,
    DoseLedger,
    Envelope,
    Guarded,
    PlanForged,
    Receipt,
    Reentered,
    SeizureGuard,
    StimulusPlan,
    StimulusRefused,
    TissueFault,
    read_chain,
    verify,
)
from brainwright.tissue.faults.bench import BenchTissue

TRAIN = StimulusPlan.biphasic(0, 10, 0.1 + 0.05 * np.arange(100))
CALM = ActivityBand(rate_hz=(0.0, 1e9), burst_spikes=10**9)


def armed(tissue, *args, **options):
    guarded = Guarded(tissue, *args, **options)
    guarded.arm(1e6)
    return guarded


def delivered_later(guarded):
    """What still comes when time goes on, whoever complains."""
    before = guarded.ledger.n_delivered
    for _ in range(10):
        with contextlib.suppress(TissueFault, KeyboardInterrupt, ZeroDivisionError):
            guarded.read(1.0)
    return guarded.ledger.n_delivered - before


class Interrupted(BenchTissue):
    """Calls `act` in the middle of one of its methods, once."""

    def __init__(self, where, act):
        super().__init__(1.0)
        self.where, self.act = where, act

    def _strike(self, where):
        if self.where == where:
            self.where = ""
            self.act()

    def write(self, plan):
        self._strike("before write")
        receipt = super().write(plan)
        self._strike("after write")
        return receipt

    def read(self, duration_s):
        self._strike("before read")
        recording = super().read(duration_s)
        self._strike("after read")
        return recording

    def stop(self):
        self._strike("before stop")
        super().stop()
        self._strike("after stop")


def raising(error):
    def act():
        raise error

    return act


WHERE = ("before write", "after write", "before read", "after read", "before stop", "after stop")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("how", ["disarm", "stop", "close", "signal"])
def test_a_handler_that_ends_stimulation_in_the_middle_of_a_call(where, how, tmp_path):
    tissue = Interrupted("", None)
    guarded = armed(tissue, ledger=Chain(tmp_path / "ledger"))
    tissue.act = {
        "disarm": lambda: guarded.disarm("operator"),
        "stop": guarded.stop,
        "close": lambda: guarded.close("operator"),
        "signal": lambda: signal.raise_signal(signal.SIGUSR1),
    }[how]
    old = signal.signal(signal.SIGUSR1, lambda *_: guarded.disarm("operator"))
    try:
        tissue.where = where
        try:
            guarded.write(TRAIN)
            guarded.read(0.05)
            guarded.stop()
        except StimulusRefused as error:
            assert error.limit == "arming"  # noqa: PT017, only some are refused
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert guarded.armed == (how == "stop")
    assert guarded.status().waiting == 0
    assert delivered_later(guarded) == 0
    guarded.close()
    report = verify(tmp_path / "ledger")
    assert report.intact, report.problems


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), MemoryError(), RuntimeError("device")])
def test_what_is_raised_after_the_tissue_was_touched_stops_it(where, error, tmp_path):
    tissue = Interrupted(where, raising(error))
    guarded = armed(tissue, ledger=Chain(tmp_path / "ledger"))
    try:
        guarded.write(TRAIN)
        guarded.read(0.05)
        guarded.disarm("the end")
    except type(error):
        pass
    guarded.check_lease()
    assert not guarded.armed
    assert not guarded._stop_failed
    assert guarded.budget.n_waiting == 0
    assert delivered_later(guarded) == 0
    guarded.close()
    assert verify(tmp_path / "ledger").intact


def test_a_second_interrupt_while_the_tissue_is_stopped_does_not_keep_from_it():
    tissue = Interrupted("before stop", raising(KeyboardInterrupt()))
    guarded = armed(tissue)
    guarded.write(TRAIN)
    with pytest.raises(KeyboardInterrupt):
        guarded.disarm("operator")
    assert guarded.status().stopped == "operator"
    assert delivered_later(guarded) == 0


def test_tissue_that_goes_on_refusing_to_stop_is_told_at_every_check_and_the_end_says_so(tmp_path):
    class Deaf(BenchTissue):
        asked = 0

        def stop(self):
            self.asked += 1
            raise ConnectionError("off")

    tissue = Deaf()
    guarded = armed(tissue, ledger=Chain(tmp_path / "ledger"))
    guarded.write(TRAIN)
    guarded.disarm("operator")
    for n in range(3):
        guarded.check_lease()
        assert tissue.asked >= n + 2
    with pytest.raises(TissueFault, match="does not stop"):
        guarded.close()
    assert "stop failed" in [entry["kind"] for entry in read_chain(tmp_path / "ledger")]


class Switched(BenchTissue):
    """A device that is switched off at the end of a read: it then has no clock and does not stop."""

    off = False

    def now_s(self):
        return self._on(super().now_s)

    def stop(self):
        return self._on(super().stop)

    def read(self, duration_s):
        heard = super().read(duration_s)
        self.off = True
        return heard

    def _on(self, act):
        if self.off:
            raise ConnectionError("the device is off")
        return act()


def test_what_was_delivered_before_a_device_went_off_is_told_at_once(tmp_path):
    tissue, path = Switched(1.0), tmp_path / "ledger"
    guarded = armed(tissue, ledger=Chain(path))
    guarded.write(StimulusPlan.biphasic(0, 10, [0.02, 0.5]))
    with pytest.raises(ConnectionError):
        guarded.read(0.04)
    kinds = [entry["kind"] for entry in read_chain(path)]
    assert kinds == ["opened", "armed", "admitted", "delivered", "stop failed"]
    tissue.off = False
    guarded.close()
    report = verify(path)
    assert report.intact, report.problems
    assert (report.delivered, report.cancelled) == (1, 1)


def test_a_call_within_a_call_is_refused_with_a_sentence():
    tissue = Interrupted("", None)
    guarded = armed(tissue)
    for act in (
        lambda: guarded.write(TRAIN),
        lambda: guarded.arm(1.0),
        guarded.renew,
        lambda: guarded.read(0.1),
    ):
        tissue.where, tissue.act = "before write", act
        with pytest.raises(Reentered, match="call again"):
            guarded.write(TRAIN.shifted(guarded.now_s()))
        assert not guarded.armed  # it came out of the tissue's write
        assert delivered_later(guarded) == 0
        guarded.arm(1e6)


def test_another_thread_stops_tissue_that_hangs_in_a_read():
    reached, go_on = threading.Event(), threading.Event()

    def hang():
        reached.set()
        assert go_on.wait(20)

    tissue = Interrupted("before read", hang)
    guarded = armed(tissue)
    guarded.write(TRAIN)
    reader = threading.Thread(target=lambda: guarded.read(0.01))
    reader.start()
    assert reached.wait(20)
    guarded.disarm("operator")
    assert not tissue._queue  # although the read still hangs
    assert not guarded.armed
    go_on.set()
    reader.join(20)
    assert guarded.status().stopped == "operator"
    assert delivered_later(guarded) == 0


@pytest.mark.parametrize(("n_dishes", "n_channels"), [(1, 32), (1, 128), (2, 64)])
def test_a_recording_of_another_shape_blinds_nobody(n_dishes, n_channels):
    class Reshaped(BenchTissue):
        def read(self, duration_s):
            r = super().read(duration_s)
            return Recording([], [], [], n_dishes, n_channels, r.start_s, r.stop_s)

    guarded = armed(Reshaped(), guard=SeizureGuard(CALM))
    guarded.write(TRAIN)
    with pytest.raises(TissueFault, match="gave a recording"):
        guarded.read(0.2)
    assert not guarded.armed
    assert guarded.ledger.n_delivered <= 2


@pytest.mark.parametrize(
    ("begins_s", "share"), [(0.0, 0.5), (0.0, 1e-6), (0.0, 2.0), (0.3, 1.0), (-0.3, 1.0)]
)
def test_a_recording_of_another_time_ends_the_read(begins_s, share):
    class Displaced(BenchTissue):
        def read(self, duration_s):
            r = super().read(duration_s)
            start_s = r.start_s + begins_s
            return Recording([], [], [], 1, 64, start_s, start_s + share * duration_s)

    guarded = armed(Displaced())
    guarded.write(TRAIN)
    with pytest.raises(TissueFault):
        guarded.read(10.0)
    assert not guarded.armed
    assert guarded.ledger.n_delivered <= 2


def test_a_guard_that_fails_stops_stimulation():
    guard = SeizureGuard(CALM)
    guard.heard = lambda recording: 1 / 0
    guarded = armed(BenchTissue(), guard=guard)
    guarded.write(TRAIN)
    with pytest.raises(ZeroDivisionError):
        guarded.read(0.1)
    assert not guarded.armed
    assert delivered_later(guarded) == 0


class Lying(DoseLedger):
    """Says other than it was told."""

    charge = 1.0
    late_s = 0.0

    def deliver(self, plan, delivered_s):
        told = StimulusPlan(
            plan.dish, plan.channel, plan.time_s, plan.current_uA * self.charge, plan.width_us
        )
        super().deliver(told, delivered_s + self.late_s)


@pytest.mark.parametrize(
    ("charge", "late_s", "words"),
    [
        (2500, 0, "charge"), (1.001, 0, "charge"), (0, 0, "charge"), (1, 3600, "late"), (1, 0.6, "late"),
        (1, -0.01, "before"),
    ],
)  # fmt: skip
def test_tissue_that_is_not_honest_is_stopped(charge, late_s, words, tmp_path):
    tissue = BenchTissue()
    tissue.ledger = Lying(1, 64)
    tissue.ledger.charge, tissue.ledger.late_s = charge, late_s
    guarded = armed(tissue, ledger=Chain(tmp_path / "ledger"))
    guarded.write(TRAIN)
    with pytest.raises(TissueFault, match=words):
        guarded.read(10.0)
    assert not guarded.armed
    assert guarded.ledger.n_delivered <= 2
    guarded.close()
    assert not verify(tmp_path / "ledger").intact


def test_tissue_that_holds_pulses_back_is_stopped_before_it_delivers_them():
    class Hoarder(BenchTissue):
        def read(self, duration_s):
            queue, self._queue = self._queue, []
            recording = super().read(duration_s)
            self._queue = queue
            return recording

    tissue = Hoarder()
    guarded = armed(tissue)
    guarded.write(TRAIN)
    with pytest.raises(TissueFault, match="has not delivered"):
        guarded.read(10.0)
    assert guarded.now_s() < 1.0
    assert not tissue._queue


def test_an_answer_that_is_no_receipt_stops_stimulation():
    class Mute(BenchTissue):
        def write(self, plan):
            super().write(plan)

    guarded = armed(Mute())
    with pytest.raises(TissueFault, match="answered a plan"):
        guarded.write(TRAIN)
    assert delivered_later(guarded) == 0


class Clock(BenchTissue):
    """Its clock shows `shown` of what it should."""

    def __init__(self, shown):
        super().__init__(1.0)
        self.shown, self.looks = shown, 0

    def now_s(self):
        self.looks += 1
        return self.shown(self._now_s, self.looks)


@pytest.mark.parametrize(
    "shown",
    [
        lambda s, n: 1.4 * s,  # fast
        lambda s, n: 1.01 * s,
        lambda s, n: 0.0,  # stands still
        lambda s, n: 0.9 * s,  # slow
        lambda s, n: s - 4e-7 * n,  # creeps back by less than rounding at each look
        lambda s, n: s + 0.01 * n,  # creeps ahead
        lambda s, n: float("nan") if s > 0.5 else s,
    ],
    ids=["fast", "a little fast", "stands still", "slow", "creeps back", "creeps ahead", "NaN"],
)
def test_a_tissue_clock_that_drifts_disarms_however_small_the_steps(shown):
    guarded = armed(Clock(shown))
    with pytest.raises((TissueFault, StimulusRefused)):  # noqa: PT012, whichever call notices
        for _ in range(100_000):
            guarded.read(0.01)
            guarded.renew()
    assert not guarded.armed
    assert guarded.tissue._now_s < 100


@pytest.mark.parametrize(
    "shown",
    [lambda s, n: 0.0, lambda s, n: 0.5 * s, lambda s, n: -4e-7 * n, lambda s, n: float("nan")],
    ids=["stands still", "slow", "creeps back", "NaN"],
)
def test_a_lease_does_not_last_longer_because_its_clock_is_wrong(shown):
    tissue, looks = BenchTissue(1.0), [0]

    def clock():
        looks[0] += 1
        return shown(tissue._now_s, looks[0]) if tissue._now_s > 0 else 0.0

    guarded = Guarded(tissue, clock=clock)
    guarded.arm(1e5)
    for _ in range(20_000):
        guarded.read(0.01)
        if not guarded.armed:
            break
        try:
            guarded.arm(1e5)  # arming again forgives nothing
        except StimulusRefused:
            break
    assert not guarded.armed
    assert tissue._now_s < 100


def test_budgets_outlive_a_restart(tmp_path):
    """Of the same tissue, of its ledger on disk in another process, and of both."""
    envelope = Envelope(
        buckets=(Bucket(per="dish", unit="pulses", capacity=100, refill_s=float("inf")),), burst_pulses=1000
    )
    tissue, total = BenchTissue(), 0
    for restart in range(5):
        if restart == 3:
            tissue = BenchTissue()  # as in a new process
        with Guarded(tissue, envelope, ledger=Chain(tmp_path / "ledger")) as guarded:
            guarded.arm(1e6)
            for _ in range(4):
                try:
                    guarded.write(StimulusPlan.biphasic(0, 10, tissue.now_s() + 0.01 * np.arange(1, 11)))
                except StimulusRefused as error:
                    assert error.limit == "dish_pulses_per_session"  # noqa: PT017
                guarded.read(0.2)
                total = verify_total = guarded.budget.use(guarded.now_s())[1].used
    assert total == verify_total == 100
    report = verify(tmp_path / "ledger")
    assert (report.delivered, report.intact) == (100, True)


def test_pulses_of_a_process_that_was_killed_count_as_given(tmp_path):
    envelope = Envelope(
        buckets=(Bucket(per="dish", unit="pulses", capacity=100, refill_s=float("inf")),), burst_pulses=1000
    )
    killed = armed(BenchTissue(), envelope, ledger=Chain(tmp_path / "ledger"))
    killed.write(TRAIN.take(slice(60)))
    killed.chain.close()
    again = armed(BenchTissue(), envelope, ledger=Chain(tmp_path / "ledger"))
    with pytest.raises(StimulusRefused, match="session"):
        again.write(TRAIN.take(slice(41)))
    again.write(TRAIN.take(slice(40)))


def test_a_stop_takes_back_only_what_was_not_delivered():
    """Tissue that keeps time itself delivers whether anyone reads or not; its clock is the end of a read."""

    class Device(BenchTissue):
        present = 0.0

        def passes(self, seconds):
            self.present += seconds
            for plan in self._queue:
                due = plan.take(plan.time_s < self.present)
                self.ledger.deliver(due, due.time_s)
            left = (plan.take(plan.time_s >= self.present) for plan in self._queue)
            self._queue = [plan for plan in left if plan.n_pulses]

    bucket = Bucket(per="channel", unit="pulses", capacity=100, refill_s=float("inf"))
    tissue = Device()
    guarded = armed(tissue, Envelope(buckets=(bucket,), burst_pulses=1000))
    for _ in range(20):
        try:
            guarded.write(StimulusPlan.biphasic(0, 10, tissue.present + 0.005 * np.arange(1, 41)))
        except StimulusRefused as error:
            assert error.limit == bucket.name  # noqa: PT017
        tissue.passes(0.1023)
        guarded.stop()
    assert (
        guarded.ledger.n_delivered == 80
    )  # twenty of each plan, and not a hundred: the last does not fit whole
    assert guarded.budget.use(0.0)[1].used == 80


def test_two_threads_may_read():
    guarded = armed(BenchTissue(1.0), guard=SeizureGuard(CALM))
    errors, spans = [], []

    def go():
        try:
            for _ in range(30):
                recording = guarded.read(1.0)
                spans.append((recording.start_s, recording.stop_s))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert guarded.armed
    spans.sort()
    assert [round(start_s) for start_s, _ in spans] == list(range(60))


def test_a_plan_is_what_was_checked():
    guarded = armed(BenchTissue())
    plan = StimulusPlan.biphasic(0, 10, [0.1, 0.2])
    for name in ("dish", "channel", "time_s", "current_uA", "width_us", "charge_nC", "phase_charge_nC"):
        column = getattr(plan, name)
        for array in (column, column[:1], column.view()):
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.flags.writeable = True
    plan.__dict__["phase_charge_nC"] = np.zeros(2)
    plan.__dict__["current_uA"] = np.array([[-1000.0, 1000.0]] * 2)
    with pytest.raises(StimulusRefused) as refused:
        guarded.write(plan)
    assert refused.value.limit == "current_uA"
    changed = np.array([[-1.0, 1.0]])
    plan = StimulusPlan.biphasic(0, 10, 0.1)
    plan.__dict__["current_uA"] = changed
    guarded.write(plan)
    changed *= 1000
    guarded.read(0.2)
    assert guarded.ledger.table()["phase_charge_nC"] == pytest.approx(0.2)


def test_a_plan_of_another_class_is_refused_and_disarms():
    class Empty(StimulusPlan):
        @property
        def n_pulses(self):
            return 0

    columns = (getattr(TRAIN, name) for name in ("dish", "channel", "time_s", "current_uA", "width_us"))
    plan = Empty(*columns)
    for guarded in (Guarded(BenchTissue()), armed(BenchTissue())):
        for verb in (guarded.write, guarded.check, guarded.project):
            with pytest.raises(PlanForged, match="Empty"):
                verb(plan)
        assert not guarded.armed


def test_no_lease_lasts_for_ever():
    guarded = Guarded(BenchTissue())
    with pytest.warns(RuntimeWarning, match="no lease"):
        guarded.arm(1e300)
    assert guarded.status().lease_left_s <= 1e6
    for lease_s in (float("inf"), float("nan"), 0.0, -1.0):
        with pytest.raises(ValueError, match="lease_s"):
            guarded.arm(lease_s)


def test_receipt_and_refusal_leave_the_account_as_it_was():
    """The tissue refuses what the guard admitted: nothing is counted, and stimulation goes on."""

    class Choosy(BenchTissue):
        def write(self, plan):
            if plan.n_pulses > 1:
                raise StimulusRefused("one at a time", "taste")
            return super().write(plan)

    guarded = armed(Choosy(), Envelope(rise_nC=0.5))
    with pytest.raises(StimulusRefused, match="one at a time"):
        guarded.write(StimulusPlan.biphasic(0, 10, [0.1, 0.2], 1.0))
    assert guarded.armed
    assert guarded.status().waiting == 0
    assert isinstance(guarded.write(StimulusPlan.biphasic(0, 10, 0.1)), Receipt)
    guarded.read(0.3)
    assert guarded.ledger.n_delivered == 1
