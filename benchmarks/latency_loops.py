"""The loops that `latency.py` compares, a block of each at a time."""

import copy
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from brainwright.loop import (
    GradientWriter,
    Layout,
    Moment,
    Timing,
    present,
    quiet_memory,
    rehearsal,
    run_ticks,
)
from brainwright.signal import Recording
from brainwright.tissue import (
    DoseLedger,
    Paced,
    Receipt,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    WallClock,
    usable_channels,
)
from brainwright.tissue.recording import Recorded, Recorder
from brainwright.tissue.recording.finalise import finalise

N_CHANNELS = 64
WRONG: list[str] = []
"""Every result that was wrong, of all parts of the benchmark."""


def demand(holds: bool, words: str) -> None:
    """Note a wrong result."""
    if not holds:
        WRONG.append(words)
        print(f"WRONG  {words}")


class Chatter:
    """Tissue without work to do: at each read a few spikes drawn beforehand, 20 Hz on each of 64 channels."""

    def __init__(self, period_s: float):
        self.n_dishes, self.n_channels = 1, N_CHANNELS
        self.limits = StimulusLimits(channels=usable_channels())
        self.ledger = DoseLedger(1, N_CHANNELS)
        rng = np.random.default_rng(0)
        counts = rng.poisson(20 * N_CHANNELS * period_s, 256)
        self.heard = [
            (np.zeros(n, np.int32), rng.integers(0, N_CHANNELS, n).astype(np.int32), rng.random(n))
            for n in counts
        ]
        self.n_reads = self.n_spikes = 0
        self.time_s = 0.0

    def now_s(self) -> float:
        return self.time_s

    def read(self, duration_s: float) -> Recording:
        dish, channel, share = self.heard[self.n_reads % 256]
        start_s, self.time_s = self.time_s, self.time_s + duration_s
        self.n_reads += 1
        self.n_spikes += len(share)
        return Recording(dish, channel, start_s + share * duration_s, 1, N_CHANNELS, start_s, self.time_s)

    def write(self, plan: StimulusPlan) -> Receipt:
        raise NotImplementedError("nothing is written to this tissue")

    def stop(self) -> None:
        """Nothing waits."""


class NotingClock(WallClock):
    """A wall clock that remembers when each wait began and ended."""

    def __init__(self, n_waits: int, spin_s: float = 0.0, rehearse: Callable[[], None] | None = None):
        super().__init__(spin_s, rehearse)
        self.began_s, self.ended_s = np.full(n_waits, np.nan), np.full(n_waits, np.nan)
        self.n = 0

    def wait_until(self, due_s: float) -> float:
        self.began_s[self.n] = self.now_s()
        ended_s = super().wait_until(due_s)
        self.ended_s[self.n] = ended_s
        self.n += 1
        return ended_s

    def overhead_s(self) -> np.ndarray:
        """From the end of each wait to the beginning of the next, [wait - 1]."""
        return (self.began_s[1:] - self.ended_s[:-1])[: self.n - 1]


class Listener:
    """Decides nothing."""

    def decide(self, tick):
        return None


class EmulatorController:
    """Each tick: counts of what was heard -> emulator -> the electrodes it would write, pulsed at once.

    A tick stands for a symbol's early window, the one before it for the last period; symbols are drawn.
    Without a clock it pulses at the deadline, which is what a rehearsal wants.
    """

    def __init__(self, present_s: Callable[[], float] | None, writer: GradientWriter, layout: Layout):
        self.present_s, self.writer, self.layout = present_s, writer, layout
        self.symbols = np.random.default_rng(1).integers(0, layout.n_symbols, 4096)
        self.before = np.zeros((1, N_CHANNELS), np.float32)

    def decide(self, tick):
        counts = tick.heard.counts().astype(np.float32)
        now, last, wanted = self.symbols[(tick.index + np.array([1, 0, 2])) % 4096]
        moment = Moment(
            np.array([[now, last]]), np.array([wanted]), np.stack([self.before, self.before], 1), counts
        )
        self.before = counts
        at_s = tick.due_s if self.present_s is None else self.present_s()
        return self.layout.plan(self.writer.channels(moment), at_s)


def bare_block(period_s: float, n: int) -> dict[str, np.ndarray]:
    late_s = np.zeros(n)
    with quiet_memory():
        start_s = time.monotonic()
        for k in range(n):
            due_s = start_s + (k + 1) * period_s
            left_s = due_s - time.monotonic()
            if left_s > 0:
                time.sleep(left_s)
            late_s[k] = time.monotonic() - due_s
    return {"late": late_s, "missed": late_s >= period_s, "drift": drift_s(late_s)}


def loop_block(
    period_s: float, n: int, folder: Path | None = None, rehearsed: bool = True
) -> dict[str, np.ndarray]:
    chatter = Chatter(period_s)
    rehearse = rehearsal(chatter, recorded=folder is not None) if rehearsed else None
    clock = NotingClock(n, min(1.5e-3, period_s / 5) if rehearsed else 0.0, rehearse)
    paced = Paced(chatter, clock, step_s=period_s)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    options = {"period_s": period_s, "n_ticks": n, "present_s": paced.present_s}
    if folder is None:
        log = run_ticks(paced, Listener(), **options)
    else:
        with Recorder(folder, 1, N_CHANNELS) as recorder:
            log = run_ticks(
                Recorded(paced, recorder, paced.present_s), Listener(), on_tick=recorder.tick, **options
            )
        session = finalise(folder)
        demand(len(session.streams["ticks"]) == n, f"{n} ticks, {len(session.streams['ticks'])} recorded")
        spikes = len(session.streams["spikes"])
        demand(spikes == chatter.n_spikes, f"{chatter.n_spikes} spikes, {spikes} recorded")
    demand(chatter.n_reads == n, f"{n} ticks, {chatter.n_reads} reads")
    demand(bool((log.late_s > -1e-6).all()), "a tick was entered before its deadline")
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
    return {
        "late": log.late_s,
        "missed": log.missed,
        "overhead": clock.overhead_s(),
        "drift": drift_s(log.late_s),
        "faults": np.array([faults / n]),
    }


def model_block(
    n: int, writer: GradientWriter, layout: Layout, rehearsed: bool = True
) -> dict[str, np.ndarray]:
    culture = SimulatedCulture([1])
    clock = NotingClock(n)
    if rehearsed:
        twin = EmulatorController(None, without_steps(writer), layout)
        clock = NotingClock(n, 3e-3, rehearsal(culture, twin))
    tissue = Paced(culture, clock, max_late_s=0.010)
    controller = EmulatorController(tissue.present_s, writer, layout)
    log = run_ticks(tissue, controller, period_s=0.01, n_ticks=n, present_s=tissue.present_s)
    written = np.isfinite(log.column("admitted_s"))
    pulses = int(written.sum()) * layout.n_electrodes
    culture.read(1.0)  # what is still queued
    demand(
        culture.ledger.n_delivered == pulses,
        f"{pulses} pulses admitted, {culture.ledger.n_delivered} delivered",
    )
    early_s = log.column("delivered_s")[:-1] - log.column("requested_s")[:-1]
    demand(not (early_s < -1e-9).any(), "a pulse was back-dated")
    answer_s = np.where(written, log.column("left_s") - log.column("due_s"), np.nan)
    return {
        "late": log.late_s,
        "missed": log.missed,
        "overhead": clock.overhead_s(),
        "answer": answer_s[written],
        "delivered": log.answer_s[np.isfinite(log.answer_s)],
        "drift": drift_s(log.late_s),
    }


def without_steps(writer: GradientWriter) -> GradientWriter:
    """The same writer, sharing its emulator, whose answers change nothing: to rehearse with."""
    still = copy.copy(writer)
    still.gradient_steps = 0
    return still


def fitted_writer(gradient_steps: int) -> tuple[GradientWriter, Layout]:
    import torch

    torch.set_num_threads(1)
    layout = Layout.random([1], 6, usable_channels(), Timing())
    symbols = np.random.default_rng(0).integers(0, 6, (1, 61))
    heard = present(SimulatedCulture([1]), layout, symbols[:, :60], targets=symbols[:, 1:])
    writer = GradientWriter(6, layout.n_electrodes, usable_channels(), gradient_steps=gradient_steps)
    writer.learn(heard)
    return writer, layout


def drift_s(late_s: np.ndarray) -> np.ndarray:
    """How much later the most punctual tick of a block's last tenth is than that of its first, [1]."""
    tenth = len(late_s) // 10
    return np.array([late_s[-tenth:].min() - late_s[:tenth].min()])
