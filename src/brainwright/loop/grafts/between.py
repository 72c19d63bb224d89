"""A graft between pieces of tissue, in the real-time loop: it reads electrodes of one, pulses electrodes of
another within the same tick, and learns from what is wrong with the other's answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from brainwright.learning.graft.many import RULES, Options, Stepper, prepare
from brainwright.network.graft import Many
from brainwright.signal import Recording, bin_counts
from brainwright.tissue import StimulusPlan, StimulusRefused, Tissue

from ..fit import Diverged
from ..layout import Layout
from ..readout import IdentityReadout
from ..ticks import Tick
from .arms import Arm
from .closed import narrow
from .inside import inside

TICK_S = 0.010
READ, ANSWER, CYCLE = 3, 6, 8
"""Ticks after a symbol: the graft reads and writes, the answer is decoded, the next symbol comes; answers are
over 30 ms after a write, and 80 ms are the period of `loop.layout.Timing`.
"""
HEARD_S = (0.002, 0.030)
"""What is read after pulses, by grafts and decoders: all behind the pulses' own artifact."""
OLD = 32
"""Errors of the past of which a shuffled signal is drawn."""
SIGNALS = ("own", "flipped", "shuffled", "permuted", "mixed")
"""Of `Arm.signal`: tissue has no exact gradient, and shows no currents to mimic."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Where grafts read and write: one row each.

    Attributes:
        read_dish, write_dish: [graft].
        reads, writes: channels, [graft, k] and [graft, s].
    """

    read_dish: NDArray[np.int64]
    reads: NDArray[np.int64]
    write_dish: NDArray[np.int64]
    writes: NDArray[np.int64]

    def check(self, tissue: Tissue, periods: int, layout: Layout) -> None:
        """It refuses, before the first pulse, what tissue could not be given.

        Args:
            tissue: that it would be written to.
            periods: how many, in each of which all electrodes may be pulsed.
            layout: of the pulses.

        Raises:
            ValueError: dishes or channels that there are not, or are named twice; a dish that a graft reads
                and writes.
            StimulusRefused: pulses outside a limit of the tissue.
        """
        for what, dish, channels in (
            ("read", self.read_dish, self.reads),
            ("write", self.write_dish, self.writes),
        ):
            if channels.ndim != 2 or len(channels) != len(dish) or not channels.size:
                raise ValueError(f"sites: expected [graft, channel] to {what}, got {channels.shape}")
            if dish.min() < 0 or dish.max() >= tissue.n_dishes:
                raise ValueError(
                    f"sites: expected dishes to {what} of 0 to {tissue.n_dishes - 1}, got {dish}"
                )
            if channels.min() < 0 or channels.max() >= tissue.n_channels:
                raise ValueError(
                    f"sites: expected channels to {what} of 0 to {tissue.n_channels - 1}, got "
                    f"{channels.min()} to {channels.max()}"
                )
            if any(len(set(row)) < len(row) for row in channels.tolist()):
                raise ValueError(f"sites: expected each graft to {what} a channel once")
        if closed := sorted({int(d) for d in self.read_dish} & {int(d) for d in self.write_dish}):
            raise ValueError(
                f"sites: dish {closed[0]} is read and written: a loop through tissue whose gain nobody "
                "knows; read one piece and write another"
            )
        if len(set(self.write_dish.tolist())) < len(self.write_dish):
            raise ValueError("sites: expected one graft for each dish that is written")
        cycle_s, now_s = CYCLE * TICK_S, tissue.now_s()
        each = self.writes[:1]  # all write as many
        plan = StimulusPlan.biphasic(
            self.write_dish[:, None], self.writes, now_s, layout.current_uA, layout.width_us
        )
        tissue.limits.check(plan, tissue.ledger, now_s)
        minute = int(min(periods, 60 / cycle_s))
        charge_nC, pulses = minute * float(plan.phase_charge_nC[: each.size].sum()), minute * each.size
        for name, asked in (("charge_per_minute_nC", charge_nC), ("pulses_per_minute", pulses)):
            if asked > getattr(tissue.limits, name):
                raise StimulusRefused(
                    f"{name}: a graft on {each.size} electrodes could ask for {asked:.6g}; limit "
                    f"{getattr(tissue.limits, name):.6g}: write fewer. Nothing was delivered.",
                    name,
                )


class GraftBetween:
    """A controller of `run_ticks` at a period of `TICK_S`: many grafts, each between two dishes.

    A symbol is presented to the dishes that are read; 30 ms later every graft reads counts and pulses, within
    the tick, those of its electrodes whose output is above 0; 30 ms later what the written dish has answered
    is decoded, and the error of that, probability minus what was meant, goes back over `address` to the
    written electrodes and teaches the graft. Pulses are taken as if they followed the output linearly. A
    period of which a tick is missed (in wall time) counts as unanswered and teaches nothing.

    Args:
        sites: see `Sites`; checked before anything is written.
        layout: electrodes of every symbol and dish, and the pulse.
        symbols: what each dish hears, [dish, period], -1 for nothing.
        readout: fixed decoders of all dishes.
        address: [graft, symbol, s]: which symbols each written electrode stands for.
        usual: mean and deviation of the counts that are read, each [graft, k].
        grafts: one for each row of sites, in the order of arms × dishes.
        arms: by name; each has as many grafts.
        taught: periods in which they learn; afterwards they stay.
        intact: arms in which the module that the graft stands for is there: it hears all channels of the read
            dish and pulses the electrodes of what it decodes.
        seed: of feedback and shuffling.
    """

    def __init__(
        self,
        tissue: Tissue,
        sites: Sites,
        layout: Layout,
        symbols: NDArray[np.int64],
        readout: IdentityReadout,
        address: Float[torch.Tensor, "graft symbol s"],
        usual: tuple[NDArray[np.float64], NDArray[np.float64]],
        grafts: Many,
        arms: Mapping[str, Arm],
        *,
        taught: int,
        intact: tuple[str, ...] = (),
        seed: int = 0,
    ):
        sites.check(tissue, symbols.shape[1], layout)
        wrong = [arm.signal for arm in arms.values() if arm.signal not in SIGNALS or arm.plastic]
        if wrong or len(arms) * (each := grafts.n // len(arms)) != len(sites.writes):
            raise ValueError(
                f"arms: expected signals of {', '.join(SIGNALS)}, not plastic, and a graft for each of "
                f"{len(sites.writes)} rows of sites, got {wrong} and {grafts.n} grafts in {len(arms)} arms"
            )
        self.sites, self.layout, self.symbols, self.readout = sites, layout, symbols, readout
        self.usual, self.arms, self.taught = usual, dict(arms), taught
        self.grafts = grafts.repeated(1)
        self.nets = {name: slice(k * each, (k + 1) * each) for k, name in enumerate(arms)}
        self.intact = np.zeros(grafts.n, bool)
        for name in intact:
            self.intact[self.nets[name]] = True
        self.generator = torch.Generator().manual_seed(seed)
        self.address = address.clone()
        for name, arm in arms.items():
            if arm.signal == "mixed":
                own = address[self.nets[name]]
                drawn = torch.randn(own.shape, generator=self.generator) * own.square().mean().sqrt()
                self.address[self.nets[name]] = arm.rho * own + (1 - arm.rho**2) ** 0.5 * drawn
            if arm.inner == "none":
                self.grafts.values[self.nets[name]] = 0
        self.kept = {
            name: prepare(
                arm.inner if arm.inner in RULES else "frozen", grafts.some(self.nets[name]), self.generator
            )
            for name, arm in arms.items()
        }
        rates = [torch.full((each,), arm.rate) for arm in arms.values()]
        self.stepper = Stepper(self.grafts, torch.cat(rates))
        self.answers = np.full((grafts.n, symbols.shape[1]), -1)
        """Decoded symbol of each written dish and period."""
        self.old: list[torch.Tensor] = []
        self.heard: list[Recording] = []
        self.start_s = 0.0
        self.said = self.wrote = -1
        """Periods of the last symbol and of the last write: nothing is learned from a missed tick."""

    def decide(self, tick: Tick) -> StimulusPlan | None:
        """See `Controller`."""
        period, phase = divmod(tick.index, CYCLE)
        if phase == 0:
            self.heard, self.start_s, self.said = [], tick.due_s, period
            said = self.symbols[:, period]
            channels = np.where(said[:, None] >= 0, self.layout.of(np.maximum(said, 0)), -1)
            return self.layout.plan(channels, tick.due_s)
        if phase <= ANSWER:
            self.heard.append(tick.heard)
        if phase == READ and self.said == period:
            self.wrote = period
            return self._written(tick.due_s)
        if phase == ANSWER and self.wrote == period:
            self._learn(period)
        return None

    def _written(self, now_s: float) -> StimulusPlan:
        sites, counts = self.sites, self._counts(self.start_s)
        mean, deviation = self.usual
        read = (counts[sites.read_dish[:, None], 0, sites.reads] - mean) / deviation
        (self.moment,) = self.grafts.run(torch.from_numpy(read.astype(np.float32))[:, None])
        out = self.moment.sent[self.grafts.output][:, 0]
        if not bool(torch.isfinite(out).all()):
            raise Diverged("a graft's output is not finite, and nothing is written; lower its rate")
        pulsed = out.numpy() > 0
        if self.intact.any():
            meant = self.readout.answers(counts)[:, 0][sites.read_dish]
            own = (self.address[np.arange(len(meant)), meant] > 0).numpy()
            pulsed |= own & self.intact[:, None]
        graft, electrode = np.nonzero(pulsed)
        return StimulusPlan.biphasic(
            sites.write_dish[graft],
            sites.writes[graft, electrode],
            now_s,
            self.layout.current_uA,
            self.layout.width_us,
        )

    def _learn(self, period: int) -> None:
        after = self._counts(self.start_s + READ * TICK_S)
        dishes = self.sites.write_dish
        self.answers[:, period] = self.readout.answers(after)[dishes, 0]
        if period >= self.taught:
            return
        error = self.readout.probabilities(after)[dishes, 0]
        meant = self.symbols[self.sites.read_dish, period]
        error[np.arange(len(meant)), meant] -= 1
        signal = torch.from_numpy(error).float()[:, None] @ self.address  # [graft, 1, s]
        self.old = [*self.old[-OLD + 1 :], signal]
        gradient = torch.zeros_like(self.grafts.values)
        for name, arm in self.arms.items():
            if arm.inner in ("none", "frozen"):
                continue
            nets = self.nets[name]
            part, moment = self.grafts.some(nets), narrow(self.moment, nets)
            sent = self._sent(arm, signal[nets], nets)
            gradient[nets] = inside(
                arm.inner, part, self.kept[name], [moment], [sent], Options(), self.generator
            )
        partners = [(self.nets[n], self.kept[n]) for n, arm in self.arms.items() if arm.inner == "KP"]
        self.stepper.step(gradient, 1.0, partners)

    def _counts(self, from_s: float) -> NDArray[np.int64]:
        """Counts after a moment, [dish, 1, channel]."""
        return bin_counts(Recording.concatenate(self.heard), np.array([HEARD_S]) + from_s).counts

    def _sent(self, arm: Arm, own: torch.Tensor, nets: slice) -> torch.Tensor:
        if arm.signal == "flipped":
            return -own
        if arm.signal == "permuted":
            return own.roll(own.shape[-1] // 2, -1)
        if arm.signal == "shuffled":
            past = torch.stack([signal[nets] for signal in self.old])
            drawn = int(torch.randint(len(past), (), generator=self.generator))
            return past[drawn] - past.mean(0)
        return own
