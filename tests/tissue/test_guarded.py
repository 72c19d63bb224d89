"""The safety envelope: disarmed by default, leased, watched; and that its refusals name the limit."""

import numpy as np
import pytest

from brainwright.signal import Recording
from brainwright.tissue import (
    ActivityBand,
    Bucket,
    Chain,
    CultureParameters,
    Envelope,
    Guarded,
    SeizureGuard,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    StimulusRefused,
    TissueFault,
    check_tissue,
    read_chain,
    verify,
)

SMALL = CultureParameters(n_neurons=32)
LOOSE = Envelope(buckets=(), burst_pulses=10**6, queued_pulses=10**6)


def saline(dishes=1, **options):
    return SimulatedCulture(range(dishes), SMALL, cells=False, **options)


def armed(envelope=None, lease_s=1e6, tissue=None, **options):
    guarded = Guarded(tissue or saline(), envelope, **options)
    guarded.arm(lease_s)
    return guarded


@pytest.mark.parametrize("envelope", [None, LOOSE], ids=["default", "loose"])
def test_an_armed_envelope_keeps_the_contract(envelope):
    check_tissue(lambda: armed(envelope, tissue=saline(2), guard=SeizureGuard()))


def test_nothing_is_written_unless_armed():
    guarded = Guarded(saline())
    with pytest.raises(StimulusRefused, match="not armed") as refused:
        guarded.write(StimulusPlan.biphasic(0, 10, 0.1))
    assert refused.value.limit == "arming"
    guarded.write(StimulusPlan.empty())
    with pytest.raises(StimulusRefused, match="not armed"):
        guarded.renew()
    guarded.read(0.5)
    assert guarded.ledger.n_delivered == 0


def test_a_lease_that_lapses_cancels_what_waits_and_is_not_renewed():
    guarded = armed(lease_s=0.1)
    guarded.write(StimulusPlan.biphasic(0, 10, 0.005 + 0.01 * np.arange(50)))
    guarded.read(0.05)
    guarded.renew()
    recording = guarded.read(0.4)
    assert recording.duration_s == pytest.approx(0.4)
    delivered = guarded.ledger.table()["delivered_s"].astype(float)
    assert delivered.max() < 0.15
    assert len(delivered) == 15
    assert "lapsed" in guarded.status().stopped
    with pytest.raises(StimulusRefused, match="lapsed"):
        guarded.renew()
    guarded.arm(0.1)
    guarded.write(StimulusPlan.biphasic(0, 10, guarded.now_s() + 0.01))
    assert guarded.status().waiting == 1


def test_the_strictest_limit_holds_and_the_refusal_names_it():
    plan = StimulusPlan.biphasic(0, 10, 0.1, 2.0, 300.0)
    strict = {
        "phase_charge_nC": StimulusLimits(channels=(10,), phase_charge_nC=0.5),
        "charge_density_uC_per_cm2": StimulusLimits.for_electrodes(
            (10,), material="stainless steel", diameter_um=30
        ),
        "shannon_k": StimulusLimits(channels=(10,), shannon_k=0.001, electrode_area_cm2=1e-8),
        "current_uA": StimulusLimits(channels=(10,), current_uA=1.9),
        "channels": StimulusLimits(channels=(11,)),
    }
    for name, limits in strict.items():
        guarded = armed(Envelope(limits=limits))
        with pytest.raises(StimulusRefused) as refused:
            guarded.write(plan)
        if name != "shannon_k":
            assert refused.value.limit == name
    assert armed().limits == saline().limits


def test_shannon_is_in_force_where_it_is_the_strictest():
    """k = log10(Q D): on 1 cm2 the density allows 100 uC, k = 1.5 only 5.6 uC."""
    limits = StimulusLimits(channels=(1,), electrode_area_cm2=1.0, phase_charge_nC=1e9)
    assert limits.largest_phase_nC == pytest.approx(np.sqrt(10**1.5) * 1e3)
    charge_uC = limits.largest_phase_nC * 1e-3
    assert np.log10(charge_uC * charge_uC / 1.0) == pytest.approx(1.5)
    with pytest.raises(ValueError, match=r"1\.85"):
        StimulusLimits(channels=(1,), shannon_k=2.0)
    with pytest.raises(ValueError, match="platinum"):
        StimulusLimits.for_electrodes((1,), material="gold leaf", diameter_um=30)


def test_each_bound_over_time_refuses_by_name():
    second = Bucket(per="channel", unit="pulses", capacity=5, refill_s=1.0)
    session = Bucket(per="dish", unit="nC", capacity=2.0, refill_s=float("inf"))
    train = StimulusPlan.biphasic(0, 10, 0.1 + 0.01 * np.arange(6))
    cases = {
        second.name: (Envelope(buckets=(second,)), train),
        session.name: (Envelope(buckets=(session,)), train),
        "burst_pulses": (Envelope(burst_pulses=5), train),
        "queued_pulses": (Envelope(queued_pulses=5), train),
        "rise_nC": (Envelope(rise_nC=1.9), train),
    }
    for name, (envelope, plan) in cases.items():
        guarded = armed(envelope)
        with pytest.raises(StimulusRefused) as refused:
            guarded.write(plan)
        assert refused.value.limit == name
        guarded.read(1.0)
        assert guarded.ledger.n_delivered == 0
        assert guarded.armed == (name != "queued_pulses")  # flooding the queue disarms
        guarded.arm(1e6)
        guarded.write(plan.take(slice(4)).shifted(1.0))


def test_a_bucket_refills_and_a_session_does_not():
    second = Bucket(per="channel", unit="pulses", capacity=5, refill_s=1.0)
    guarded = armed(Envelope(buckets=(second,)))
    five = StimulusPlan.biphasic(0, 10, 0.01 * np.arange(5))
    guarded.write(five)
    guarded.read(0.5)
    with pytest.raises(StimulusRefused, match="channel_pulses_per_1s"):
        guarded.write(five.shifted(0.6))  # three came back
    guarded.write(five.shifted(1.05))
    guarded.stop()  # what was cancelled does not count
    guarded.write(five.shifted(1.05))
    assert {use.limit: use.used for use in guarded.status().use}["channel_pulses_per_1s"] > 4.5


def test_a_rise_is_bounded_and_a_fall_is_not():
    guarded = armed(Envelope(rise_nC=0.8))
    guarded.write(StimulusPlan.biphasic(0, [10, 11], 0.1))
    guarded.read(0.005)
    guarded.write(StimulusPlan.biphasic(0, [10, 11, 12, 13], 0.2))
    guarded.read(0.005)
    with pytest.raises(StimulusRefused, match="rise_nC"):
        guarded.write(StimulusPlan.biphasic(0, [20, 21, 22], 0.3))
    guarded.write(StimulusPlan.biphasic(0, 10, 0.3, 0.1))


def test_a_lease_is_no_longer_than_the_envelope_allows():
    guarded = armed(Envelope(longest_lease_s=1.0), lease_s=1.0)
    guarded.disarm("to arm it again")
    with pytest.raises(ValueError, match=r"at most 1\.0 s"):
        guarded.arm(1.001)
    assert not guarded.armed


def test_a_rise_cut_into_plans_is_still_a_rise():
    guarded = armed(Envelope(rise_nC=0.8))
    guarded.write(StimulusPlan.biphasic(0, [10, 11], 0.1))
    with pytest.raises(StimulusRefused, match="rise_nC"):
        guarded.write(StimulusPlan.biphasic(0, 12, 0.1))
    guarded.read(0.004)
    with pytest.raises(StimulusRefused, match="rise_nC"):
        guarded.write(StimulusPlan.biphasic(0, 12, 0.1))
    guarded.read(0.001)
    guarded.write(StimulusPlan.biphasic(0, [10, 11, 12], 0.2))  # the next update


class Scripted:
    """A dish whose rate is set by hand; delivers what it is told."""

    def __init__(self, rate_hz=1000.0):
        self.inner, self.rate_hz, self.skew_s, self.silent = saline(), rate_hz, 0.0, ()
        self.n_dishes, self.n_channels = 1, 64
        self.limits = self.inner.limits
        self.stop, self.write = self.inner.stop, self.inner.write

    @property
    def ledger(self):
        return self.inner.ledger

    def now_s(self):
        return self.inner.now_s() + self.skew_s

    def read(self, duration_s):
        start = self.now_s()
        self.inner.read(duration_s)
        n = round(self.rate_hz * duration_s)
        channel = np.arange(n) % 64
        time_s = start + duration_s * np.arange(n) / max(1, n)
        keep = ~np.isin(channel, self.silent)
        return Recording(
            np.zeros(keep.sum(), int), channel[keep], time_s[keep], 1, 64, start, start + duration_s
        )


BAND = ActivityBand(rate_hz=(100.0, 2000.0), burst_spikes=150, calm_s=0.5)


def test_a_spike_storm_pauses_writing_until_it_is_calm(tmp_path):
    tissue = Scripted()
    guarded = armed(LOOSE, tissue=tissue, guard=SeizureGuard(BAND), ledger=Chain(tmp_path / "ledger.jsonl"))
    guarded.read(2.0)
    guarded.write(StimulusPlan.biphasic(0, 10, 2.0 + 0.01 * np.arange(100)))
    tissue.rate_hz = 4000.0
    guarded.read(0.2)
    assert guarded.ledger.n_delivered == 5  # one piece of 50 ms
    with pytest.raises(StimulusRefused, match=r"paused \(burst: 200") as refused:
        guarded.write(StimulusPlan.biphasic(0, 11, 2.5))
    assert refused.value.limit == "activity"
    tissue.rate_hz = 1800.0  # inside the band, not inside the hysteresis
    guarded.read(4.0)
    assert guarded.status().paused
    tissue.rate_hz = 1000.0
    guarded.read(3.0)
    assert not guarded.status().paused
    guarded.write(StimulusPlan.biphasic(0, 11, guarded.now_s() + 0.01))
    guarded.close()
    kinds = [entry["kind"] for entry in read_chain(tmp_path / "ledger.jsonl")]
    assert kinds.index("paused") < kinds.index("resumed")
    assert verify(tmp_path / "ledger.jsonl").pauses[0].startswith("burst: 200")


def test_silence_and_a_dead_channel_pause_too():
    tissue = Scripted()
    guarded = armed(LOOSE, tissue=tissue, guard=SeizureGuard(BAND))
    guarded.read(1.0)
    tissue.rate_hz = 10.0
    guarded.read(1.5)
    assert "at least 100 Hz expected" in guarded.status().paused
    tissue.rate_hz = 6400.0
    band = ActivityBand.from_baseline(guarded.tissue.read(20.0))
    assert band.rate_hz[0] <= 6400 <= band.rate_hz[1]
    guarded = armed(LOOSE, tissue=tissue, guard=SeizureGuard(band))
    guarded.read(2.0)
    assert guarded.status().paused == ""
    tissue.silent = (12,)
    guarded.read(1.0)
    assert "channel 12 is silent" in guarded.status().paused


def test_a_clock_that_jumps_stops_stimulation():
    for skew_s in (-1.0, 5.0):
        tissue = Scripted()
        guarded = armed(LOOSE, tissue=tissue)
        guarded.read(2.0)
        guarded.write(StimulusPlan.biphasic(0, 10, 2.5))
        read = tissue.read

        def jump(duration_s, read=read, tissue=tissue, skew_s=skew_s):
            tissue.skew_s += skew_s
            return read(duration_s)

        tissue.read = jump
        with pytest.raises(TissueFault, match="clock jumped"):
            guarded.read(0.1)
        assert not guarded.armed
        tissue.inner.read(1.0)
        assert guarded.ledger.n_delivered == 0


def test_a_pulse_that_nobody_asked_for_stops_stimulation():
    tissue = saline()
    guarded = armed(tissue=tissue)
    tissue.write(StimulusPlan.biphasic(0, 10, 0.01))
    with pytest.raises(TissueFault, match="not admitted"):
        guarded.read(0.1)
    assert not guarded.armed


def test_an_error_of_the_tissue_disarms():
    tissue = Scripted()
    guarded = armed(tissue=tissue)
    tissue.read = lambda duration_s: 1 / 0
    with pytest.raises(ZeroDivisionError):
        guarded.read(0.1)
    assert "read failed: ZeroDivisionError" in guarded.status().stopped


def test_the_ledger_holds_every_pulse_and_every_stop(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with Guarded(saline(2), ledger=Chain(path), about={"seed": 3}) as guarded:
        guarded.arm(1.0, "a test")
        guarded.write(StimulusPlan.biphasic([[0], [1]], [10, 11], 0.0104))
        guarded.read(0.1)
        guarded.renew()
        with pytest.raises(StimulusRefused):
            guarded.write(StimulusPlan.biphasic(0, 7, 0.2))
        plan, projection = guarded.project(StimulusPlan.biphasic(0, [7, 12], 0.2, 9.0))
        assert projection.dropped == {"channels": 1}
        assert projection.scaled_pulses == 2
        guarded.write(plan)
        table = guarded.ledger.table()
    report = verify(path)
    assert report.intact
    assert report.closed
    assert (report.admitted, report.delivered, report.cancelled) == (5, 4, 1)
    assert (report.refused, report.projected) == (1, 1)
    assert report.latest_s == pytest.approx(0.0006)
    entries = list(read_chain(path))
    assert entries[0]["about"] == {"seed": 3}
    rows = next(entry for entry in entries if entry["kind"] == "delivered")
    for name, column in table.items():
        assert rows[name] == pytest.approx(column.tolist())
    assert rows["admitted_s"] == [0.0] * 4
    wave = next(entry for entry in entries if entry["kind"] == "admitted")["waveforms"]
    assert wave == [{"current_uA": [-2.0, 2.0], "width_us": [200.0, 200.0]}]


def test_a_projection_is_admitted_keeps_what_is_safe_and_leaves_a_safe_plan_alone():
    rng = np.random.default_rng(0)
    for _ in range(20):
        guarded = armed(Envelope(burst_pulses=3, rise_nC=8.0))
        n = 60
        wish = StimulusPlan.biphasic(
            0, rng.integers(-1, 66, n), rng.choice([-0.1, 0.0, 0.01, 0.012, 0.5], n), rng.uniform(0.1, 5)
        )
        plan, projection = guarded.project(wish)
        assert plan.n_pulses == projection.kept_pulses == n - sum(projection.dropped.values())
        guarded.write(plan)
        again, unchanged = armed(Envelope(burst_pulses=3, rise_nC=8.0)).project(plan)
        assert again is plan
        assert not unchanged.changed


class FullDisk(Chain):
    full = False

    def _write(self, data):
        if self.full:
            super()._write(data[: len(data) // 2])
            self._torn += data[: len(data) // 2]
            raise OSError(28, "No space left on device")
        super()._write(data)


def test_a_full_disk_stops_stimulation_and_the_ledger_goes_on_once_there_is_room(tmp_path):
    chain = FullDisk(tmp_path / "ledger.jsonl")
    guarded = armed(ledger=chain)
    guarded.write(StimulusPlan.biphasic(0, 10, [0.01, 0.5]))
    guarded.read(0.1)
    chain.full = True
    with pytest.raises(OSError, match="No space"):
        guarded.write(StimulusPlan.biphasic(0, 11, 0.2))
    assert not guarded.armed
    guarded.tissue.read(1.0)
    assert guarded.ledger.n_delivered == 1
    assert verify(chain.path).delivered == 1
    chain.full = False
    guarded.arm(1.0)
    guarded.close()
    assert verify(chain.path).intact
    assert "torn" in [entry["kind"] for entry in read_chain(chain.path)]


class Stuck:
    """Tissue that does not stop while it is stuck."""

    def __init__(self):
        self.inner, self.stuck = saline(), False

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def stop(self):
        if self.stuck:
            raise RuntimeError("no answer")
        self.inner.stop()


def test_tissue_that_does_not_stop_is_disarmed_told_again_and_cannot_be_armed():
    tissue = Stuck()
    guarded = armed(tissue=tissue)
    guarded.write(StimulusPlan.biphasic(0, 10, 0.5))
    tissue.stuck = True
    guarded.stop()
    assert not guarded.armed
    assert "did not stop" in guarded.status().stopped
    with pytest.raises(StimulusRefused, match="could not be stopped"):
        guarded.arm(1.0)
    tissue.stuck = False
    guarded.check_lease()
    guarded.arm(10.0)
    guarded.read(1.0)
    assert guarded.ledger.n_delivered == 0


def test_a_full_disk_and_tissue_that_does_not_stop_at_once(tmp_path):
    """The ledger cannot say that the tissue did not stop; it is stopped all the same as soon as it can be."""
    for lost in ("write", "lease"):
        chain, tissue = FullDisk(tmp_path / lost), Stuck()
        guarded = armed(ledger=chain, tissue=tissue)
        guarded.write(StimulusPlan.biphasic(0, 10, 0.5))
        chain.full = tissue.stuck = True
        if lost == "write":
            with pytest.raises(OSError, match="No space"):
                guarded.write(StimulusPlan.biphasic(0, 11, 0.2))
        else:
            guarded.disarm("enough")
        assert not guarded.armed
        chain.full = tissue.stuck = False
        guarded.check_lease()
        tissue.inner.read(1.0)
        assert guarded.ledger.n_delivered == 0


def test_nothing_is_written_past_the_end_of_the_ledger(tmp_path):
    guarded = armed(ledger=Chain(tmp_path / "ledger.jsonl"))
    guarded.close()
    with pytest.raises(StimulusRefused, match="closed"):
        guarded.arm(1.0)
    with pytest.raises(StimulusRefused, match="not armed"):
        guarded.write(StimulusPlan.biphasic(0, 10, 0.1))


def test_a_lease_that_has_lapsed_is_not_taken_again_with_its_queue():
    seconds = [0.0]
    guarded = armed(lease_s=0.1, clock=lambda: seconds[0])
    guarded.write(StimulusPlan.biphasic(0, 10, 0.3))
    seconds[0] = 0.2
    guarded.arm(10.0)
    assert guarded.status().waiting == 0
    guarded.read(0.5)
    assert guarded.ledger.n_delivered == 0


def test_the_lease_lapses_in_the_middle_of_a_long_projection():
    seconds = [0.0]

    def clock():
        seconds[0] += 0.01
        return seconds[0]

    guarded = armed(lease_s=0.2, clock=clock)
    guarded.write(StimulusPlan.biphasic(0, 10, 0.5))
    guarded.project(StimulusPlan.biphasic(0, 11, 0.6 + 0.001 * np.arange(64)))
    assert not guarded.armed
    assert guarded.budget.n_waiting == 0


def test_a_refused_empty_plan_hides_nothing_that_waits(tmp_path):
    tissue = saline()
    guarded = armed(ledger=Chain(tmp_path / "ledger.jsonl"), tissue=tissue)
    guarded.write(StimulusPlan.biphasic(0, 10, 0.1))
    write, tissue.write = tissue.write, lambda plan: (_ for _ in ()).throw(StimulusRefused("no"))
    with pytest.raises(StimulusRefused):
        guarded.write(StimulusPlan.empty())
    tissue.write = write
    guarded.read(0.2)
    guarded.close()
    report = verify(tmp_path / "ledger.jsonl")
    assert report.intact
    assert report.delivered == report.admitted == 1
