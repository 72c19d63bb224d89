"""`Evoker`: one recording of random writes, then a write for any wanted answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.emulator.evoked.scale import AnswerScale
from brainwright.signal import Recording
from brainwright.tissue import DoseLedger, StimulusLimits, StimulusPlan, StimulusRefused

from .descend import Descent, climbed, descend
from .models import ResponseModel, expected, fit_models
from .protocol import EvokeError, Protocol, Writes
from .trials import EvokedTrials, trials_of

LEAST_PER_INPUT = 2
"""Recorded trials for each input below which a fit is refused."""
HELD_OUT = 0.05
"""Share of the trials, the last ones, that no model sees: they say how far it can be trusted."""
CANDIDATES = 4_000
"""Random writes among which the best is looked for where no gradient is taken."""
Aim = Literal["amounts", "pattern"]


@dataclass(frozen=True, eq=False)
class Evoking:
    """Writes that were chosen, and what is expected of them.

    Attributes:
        protocol: in which they are given.
        writes: bool [dish, target, input].
        predicted: the mean answer that is expected, [dish, target, channel of the region], in the units of
            the targets.
        spread: standard deviation of a single trial's answer around the prediction, on trials that no model
            saw, [dish, channel].
        reliability: correlation of prediction and single-trial answers on those trials, [dish]; noise alone
            keeps it below 1.
        expected_gain: by which share one trial is expected nearer to its target than that of a random write,
            in squared distance, [dish, target]; below 0 it is farther away.
    """

    protocol: Protocol
    writes: Writes
    predicted: NDArray[np.float32]
    spread: NDArray[np.float32]
    reliability: NDArray[np.float64]
    expected_gain: NDArray[np.float64]

    def plan(self, start_s: float, target: int = 0) -> StimulusPlan:
        """The pulses that evoke a target, the first slot at `start_s`, one write in each dish."""
        early = start_s - self.protocol.before_s
        return self.protocol.plan(self.writes[:, target : target + 1], early)


class Evoker:
    """Models of what writes evoke in a region, and the way back: from a wanted answer to a write.

    Answers are z = (sqrt(count) - mean) / sd over the recorded trials, for each dish and channel of the
    region; `standardised` turns counts into them.

    Args:
        trials: random writes and what was answered, [dish, trial, ...].
        protocol: of the trials.
        kind: see `fit_models`.
        seed: of the models and of where a descent begins.
        steps: of fitting a network.
        held_out: share of trials that no model sees.

    Raises:
        EvokeError: too few trials for the number of inputs; a region that the recording does not have.
    """

    def __init__(
        self,
        trials: EvokedTrials,
        protocol: Protocol,
        *,
        kind: str = "auto",
        seed: int = 0,
        steps: int = 300,
        held_out: float = HELD_OUT,
    ):
        self.protocol, self.seed = protocol, seed
        _check_trials(trials, protocol)
        counts, before = torch.from_numpy(trials.counts), torch.from_numpy(trials.before)
        region = list(protocol.region)
        others = [c for c in range(counts.shape[2]) if c not in set(region)]
        self.scale = AnswerScale.of(counts[:, :, region])
        z, rest = self.scale(counts[:, :, region]), AnswerScale.of(counts[:, :, others])(counts[:, :, others])
        x = torch.from_numpy(trials.writes).float()
        seen = slice(0, len(trials) - max(2, round(held_out * len(trials))))
        later = slice(seen.stop, None)
        self.models: Sequence[ResponseModel] = fit_models(
            kind,
            x[:, seen],
            before[:, seen],
            z[:, seen],
            counts[:, seen][:, :, region],
            rest[:, seen],
            len(protocol.slots_s),
            seed,
            steps,
        )
        self.used = x.any(1).all(0)
        """Inputs that were written in every dish: of others nothing is known."""
        self.reached = z.amin(1).numpy(), z.amax(1).numpy()
        """Least and largest answer of every channel in a recorded trial, [dish, channel] each."""
        self.usual = before.mean(1, keepdim=True)
        with torch.no_grad():
            told = expected(self.models, x[:, later], before[:, later])
        missed = z[:, later] - told
        self.spread = missed.square().mean(1).sqrt().numpy()
        self.reliability = _correlation(told, z[:, later])

    @classmethod
    def fit(
        cls,
        recording: Recording,
        writes: StimulusPlan,
        protocol: Protocol,
        *,
        begin_s: NDArray[np.float64] | None = None,
        kind: str = "auto",
        seed: int = 0,
    ) -> "Evoker":
        """From a recording with its writes; see `trials_of` for how pulses become trials.

        Raises:
            EvokeError: as `trials_of`; too few trials for the number of inputs.
        """
        return cls(trials_of(recording, writes, protocol, begin_s), protocol, kind=kind, seed=seed)

    def standardised(self, counts: NDArray[np.floating]) -> NDArray[np.float32]:
        """Counts [dish, n, channel of the region] as answers."""
        return self.scale(torch.as_tensor(counts, dtype=torch.float32)).numpy()

    def predict(self, writes: Writes, before: NDArray[np.floating] | None = None) -> NDArray[np.float32]:
        """The mean answer that writes [dish, n, input] are expected to evoke, [dish, n, channel].

        `before` [dish, n, channel] are counts in the window before; by default what was usual.
        """
        with torch.no_grad():
            x = torch.from_numpy(np.asarray(writes, np.float32))
            return expected(self.models, x, self._context(before, x.shape[1])).numpy()

    def write_for(
        self,
        targets: NDArray[np.floating],
        *,
        electrodes: Sequence[int] | None = None,
        charge_nC: float | None = None,
        limits: StimulusLimits | None = None,
        before: NDArray[np.floating] | None = None,
        aim: Aim = "amounts",
        descent: Descent | None = None,
    ) -> Evoking:
        """Writes for wanted answers, each of the same charge.

        Args:
            targets: answers, [dish, target, channel of the region].
            electrodes: that may be used; all that were written in the recording by default.
            charge_nC: of a write, in one phase; that of a recorded write by default.
            limits: that have to be kept; see `StimulusLimits`.
            before: counts in the window before, [dish, target, channel]; what was usual by default.
            aim: "amounts", the squared distance; "pattern", the correlation with the noise of a trial in its
                denominator, so that an answer that is too small to be seen is not chosen.
            descent: how the gradient is followed.

        Raises:
            EvokeError: targets of another shape or beyond what was ever reached; electrodes outside the array
                or never written; a charge of no pulse, or limits that no write can meet.
        """
        wanted = self._checked(targets, aim)
        usable, k, most = self._allowed(electrodes, charge_nC, limits)
        descent = descent or Descent()
        before_all = self._context(before, wanted.shape[1])
        many = wanted.repeat(1, descent.starts, 1)
        many_before = before_all.repeat(1, descent.starts, 1)

        def loss(x: Tensor) -> Tensor:
            n = x.shape[1] // wanted.shape[1]
            return self.loss(x, many[:, : n * wanted.shape[1]], many_before[:, : n * wanted.shape[1]], aim)

        shape = wanted.shape[0], wanted.shape[1], self.protocol.n_inputs
        options = {"usable": usable, "n_slots": len(self.protocol.slots_s), "most": most}
        writes = descend(loss, shape, k, descent=descent, seed=self.seed, **options).numpy()
        if limits is not None:
            self._check_plan(writes, limits)
        return self.evoking(writes, targets, before)

    def evoking(
        self, writes: Writes, targets: NDArray[np.floating], before: NDArray[np.floating] | None = None
    ) -> Evoking:
        """What is expected of writes [dish, target, input], however they were chosen."""
        predicted = self.predict(writes, before)
        noise = np.square(self.spread).sum(-1)[:, None]
        missed = np.square(predicted - targets).sum(-1) + noise
        # a random write's answer has mean 0 and variance 1 in every channel
        usual = np.square(np.asarray(targets, np.float64)).sum(-1) + predicted.shape[-1]
        return Evoking(self.protocol, writes, predicted, self.spread, self.reliability, 1 - missed / usual)

    def loss(self, x: Tensor, wanted: Tensor, before: Tensor, aim: Aim = "amounts") -> Tensor:
        """What is descended: the mean over models of the mean over their members, [dish, sample]."""
        return torch.stack(
            [self._each(model.predict(x, before), wanted, aim).mean(0) for model in self.models]
        ).mean(0)

    def best_of_random(
        self, targets: NDArray[np.floating], seed: int, n: int = CANDIDATES, aim: Aim = "amounts"
    ) -> Writes:
        """The best of `n` random writes by the same loss, no gradient: [dish, target, input]."""
        wanted = torch.from_numpy(np.asarray(targets, np.float32))
        rng, chosen = np.random.default_rng([seed, n]), []
        tried = self.protocol.random((len(wanted), n), rng)
        with torch.no_grad():
            x = torch.from_numpy(tried).float()
            context = self.usual.expand(-1, n, -1)
            told = [model.predict(x, context) for model in self.models]
            for target in wanted.unbind(1):
                each = [self._each(z, target[:, None], aim).mean(0) for z in told]
                chosen.append(torch.stack(each).mean(0).argmin(1))
        picked = torch.stack(chosen, dim=1).numpy()
        return np.take_along_axis(tried, picked[:, :, None], axis=1)

    def climb(self, targets: NDArray[np.floating], seed: int, n: int = CANDIDATES) -> Writes:
        """The best of a tenth of `n` random writes, then random swaps of its pulses as often as is left of
        `n`: the same loss asked as often as in `best_of_random`, no gradient, [dish, target, input].
        """
        wanted = torch.from_numpy(np.asarray(targets, np.float32))
        first = torch.from_numpy(self.best_of_random(targets, seed, n // 10))

        def loss(x: Tensor) -> Tensor:
            many = wanted.repeat(1, x.shape[1] // wanted.shape[1], 1)
            return self.loss(x, many, self.usual.expand(-1, x.shape[1], -1))

        return climbed(loss, first, n - n // 10, seed=seed).numpy()

    def _each(self, z: Tensor, wanted: Tensor, aim: Aim) -> Tensor:
        """The expected loss of one trial: its noise adds to a squared distance what no write changes, and to
        a correlation a denominator.
        """
        noise = torch.from_numpy(self.spread).square().sum(1)[:, None]
        if aim == "amounts":
            return (z - wanted).square().sum(-1) + noise
        z, wanted = z - z.mean(-1, keepdim=True), wanted - wanted.mean(-1, keepdim=True)
        size = (z.square().sum(-1) + noise).sqrt() * wanted.square().sum(-1).sqrt()
        return -(z * wanted).sum(-1) / size

    def _context(self, before: NDArray[np.floating] | None, n: int) -> Tensor:
        if before is None:
            return self.usual.expand(-1, n, -1)
        return torch.from_numpy(np.asarray(before, np.float32))

    def _checked(self, targets: NDArray[np.floating], aim: Aim) -> Tensor:
        n_dishes, n_channels = self.spread.shape
        shape = np.shape(targets)
        if (
            len(shape) != 3
            or shape[0] != n_dishes
            or shape[2] != n_channels
            or not np.isfinite(targets).all()
        ):
            raise EvokeError(
                f"targets: expected finite answers [{n_dishes} dishes, target, {n_channels} channels of the "
                f"region], got shape {shape}"
            )
        if aim == "pattern":  # how much is not asked
            return torch.from_numpy(np.asarray(targets, np.float32))
        low, high = (side[:, None] for side in self.reached)
        beyond = np.maximum(targets - high, low - targets)
        worst = np.unravel_index(int(beyond.argmax()), shape)
        if beyond[worst] > 0:
            dish, target, at = (int(i) for i in worst)
            raise EvokeError(
                f"target {target} of dish {dish}: expected answers that were reached in the recording, but "
                f"channel {self.protocol.region[at]} is wanted at {targets[worst]:+.2f} sd, "
                f"{beyond[worst]:.2f} sd beyond what it ever did ({low[dish, 0, at]:+.2f} to "
                f"{high[dish, 0, at]:+.2f}): ask for less, or record with more pulses"
            )
        return torch.from_numpy(np.asarray(targets, np.float32))

    def _allowed(
        self, electrodes: Sequence[int] | None, charge_nC: float | None, limits: StimulusLimits | None
    ) -> tuple[Tensor, int, int]:
        """Inputs that may carry a pulse, how many do, and how many at most in a slot."""
        protocol = self.protocol
        there = np.array(protocol.electrodes)
        allowed = np.ones(len(there), bool)
        if electrodes is not None:
            if unknown := sorted(set(map(int, electrodes)) - set(protocol.electrodes)):
                raise EvokeError(
                    f"electrodes: expected some of the {len(there)} that were written in the recording "
                    f"({there.min()} to {there.max()}), got {unknown[:8]} outside the array that is known"
                )
            allowed &= np.isin(there, list(electrodes))
        most = protocol.n_electrodes
        if limits is not None:
            allowed &= np.isin(there, limits.channels)
            most = min(most, limits.simultaneous_channels)
        usable = self.used & torch.from_numpy(np.tile(allowed, len(protocol.slots_s)))
        k = protocol.n_pulses if charge_nC is None else int(charge_nC / protocol.pulse_nC + 1e-9)
        room = int(usable.unflatten(0, (len(protocol.slots_s), -1)).sum(1).clamp(max=most).sum())
        asked = protocol.n_pulses * protocol.pulse_nC if charge_nC is None else charge_nC
        if not 0 < k <= room:
            raise EvokeError(
                f"expected a write of 1 to {room} pulses of {protocol.pulse_nC:g} nC (electrodes that may be "
                f"used and were recorded, at most {most} at a time), got "
                f"{k} pulses ({asked:g} nC): no write can meet this"
            )
        return usable, k, most

    def _check_plan(self, writes: Writes, limits: StimulusLimits) -> None:
        """Raises EvokeError for limits that no write of this protocol can meet: current, charge, spacing."""
        n_dishes, n = writes.shape[:2]
        for target in range(n):
            plan = self.protocol.plan(writes[:, target : target + 1], 0.0)
            n_channels = max(int(plan.channel.max()) + 1, max(limits.channels) + 1)
            try:
                limits.check(plan, DoseLedger(n_dishes, n_channels), 0.0)
            except StimulusRefused as refusal:
                raise EvokeError(f"limits that no write of this protocol can meet: {refusal}") from refusal


def _check_trials(trials: EvokedTrials, protocol: Protocol) -> None:
    n, least = len(trials), LEAST_PER_INPUT * protocol.n_inputs
    if n < least:
        raise EvokeError(
            f"expected {least} trials or more for {protocol.n_inputs} inputs ({len(protocol.slots_s)} slots "
            f"x {protocol.n_electrodes} electrodes), {LEAST_PER_INPUT} for each, got {n}: record for "
            f"{(least - n) * protocol.period_s:.0f} s more, or use fewer electrodes"
        )
    beyond = [c for c in protocol.region if not 0 <= c < trials.counts.shape[2]]
    if beyond:
        raise EvokeError(f"region: expected channels 0 to {trials.counts.shape[2] - 1}, got {beyond[:8]}")


def _correlation(told: Tensor, heard: Tensor) -> NDArray[np.float64]:
    """Over trials and channels, [dish]."""
    a, b = (part.flatten(1) - part.flatten(1).mean(1, keepdim=True) for part in (told, heard))
    size = (a.square().sum(1) * b.square().sum(1)).sqrt().clamp(min=1e-12)
    return ((a * b).sum(1) / size).double().numpy()
