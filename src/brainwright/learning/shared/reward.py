"""Learning from reward alone: an action, one number for how good it was, a running mean of what to expect."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import one_hot

from brainwright.network import Network, NetworkError, Trajectory
from brainwright.objective import Batch

from ..locality import Locality
from ..rule import LearningRule, RuleState, fill, gradients, hidden
from .activity import (
    Inlet,
    OverTime,
    Seen,
    draw,
    each_loss,
    observe,
    remember_inlets,
    remembered_inlets,
    repeated,
    replayed,
    steps_of,
    taught_at,
)
from .noise import check_noise

ACTIONS = ("drawn", "outputs")
BASELINES = ("running", "class")


@dataclass(frozen=True)
class RewardRule(LearningRule):
    """What rules of reward share: the trial, the action, and the advantage R - R̄.

    R is minus the loss of the action. An action that is "drawn" is one class, by the probabilities
    softmax(outputs), shown to the objective as a one-hot vector: cross-entropy then differs by exactly 1
    between hit and miss. Otherwise the noisy outputs are the action. The readout is taught by the score of
    the drawn class, or by its own noise.

    Readout and noise-taught synapses need learning rates that differ by a factor of 10² to 10³: give `fit`
    rates for "hidden" and "readout".

    Args:
        sigma: σ of the noise on what arrives at each cell, at every step. With .3 and
            a learning rate for each group a narrow net learned, with .1 and one rate it did not.
        action: "drawn" or "outputs".
        when: the step at which a class is drawn: the "last", or "every" one.
        baseline: R̄ of all trials ("running"), or of each class of target apart ("class"): the trial's type.
        memory: share of R̄ that one update replaces; .05 averages the last 20 updates.
        estimates: trials of every sample in one update.
    """

    sigma: float = 0.3
    action: str = "drawn"
    when: str = "last"
    baseline: str = "running"
    memory: float = 0.05
    estimates: int = 1

    def __post_init__(self) -> None:
        check_noise(self.sigma, self.estimates)
        for name, allowed in (("action", ACTIONS), ("when", ("last", "every")), ("baseline", BASELINES)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"expected {name} of {', '.join(allowed)}, got {getattr(self, name)!r}")
        if not 0 < self.memory <= 1:
            raise ValueError(f"expected a memory above 0 and at most 1, got {self.memory}")

    @property
    def locality(self) -> Locality:
        """Reward reaches all; with a baseline for each class, so does the class."""
        label = ("label",) if self.baseline == "class" else ()
        return Locality(("pre", "post", "noise", "scalar", *label), phases=self.estimates, waits="reward")

    @property
    def passes(self) -> float:
        """The passes are those of the trials alone."""
        return float(self.estimates)

    @abstractmethod
    def eligible(
        self, network: Network, seen: Seen, noise: Mapping[Inlet, OverTime], third: Float[Tensor, " batch"]
    ) -> dict[str, Tensor | None]:
        """Name of parameter → sum over samples of third × eligibility at the end of the trial, before the
        readout.
        """

    @property
    def recorded(self) -> bool:
        """Whether `eligible` needs the output of the hidden cells."""
        return False

    def prepare(self, network, state) -> None:
        """Where noise goes; R̄ and the number of updates that made it, for each type of trial."""
        remember_inlets(network, self._noisy(network), state)
        types = network.n_outputs if self.baseline == "class" else 1
        like = network.read(network.rest(1))
        state.tensors["baseline"], state.tensors["updates"] = like.new_zeros(types), like.new_zeros(types)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        trials = repeated(batch, self.estimates)
        n, steps = len(trials.inputs), steps_of(network, batch.inputs, unrolling)
        noise = draw(network, remembered_inlets(state), steps, n, self.sigma, state.generator)
        names = hidden(network) if self.recorded else []
        seen = observe(network, trials.inputs, unrolling, noise=noise, record=names)
        action, score = self._act(seen.trajectory, trials, state)
        reward = -each_loss(objective, action, trials)
        third = self._advantage(reward, trials, state) / n
        before_readout = self.eligible(network, seen, noise, third)
        if score is not None:
            outputs = replayed(network, seen.sent)
            readout = gradients(network, [outputs], [score * third[:, None, None]])
        else:
            at_readout = {place: noise[place] for place in noise if place[0] == network.output}
            readout = taught_at(network, scored(at_readout, third, self.sigma), seen.sent)
        fill(network, {name: -g for name, g in {**readout, **before_readout}.items() if g is not None})
        loss = objective.loss(seen.trajectory, trials)
        return state, {**loss.parts, "loss": float(loss.total), "reward": float(reward.mean())}

    def _noisy(self, network: Network) -> list[str]:
        return hidden(network) + ([network.output] if self.action == "outputs" else [])

    def _act(
        self, shown: Trajectory, batch: Batch, state: RuleState
    ) -> tuple[Trajectory, Float[Tensor, "batch time outputs"] | None]:
        """(what the objective judges, d log p(action) / d outputs)."""
        if self.action == "outputs":
            return shown, None
        if batch.targets.dtype != torch.int64:
            raise NetworkError('a drawn action is a class: for targets that are values use action="outputs"')
        outputs = shown.outputs
        judged = outputs[:, -1:] if self.when == "last" else outputs
        p = judged.softmax(-1)
        picked = torch.multinomial(p.flatten(0, 1).cpu(), 1, generator=state.generator)
        chosen = one_hot(picked.reshape(p.shape[:2]).to(p.device), p.shape[-1]).to(p)
        quiet = torch.zeros_like(outputs[:, : outputs.shape[1] - judged.shape[1]])
        action = Trajectory(torch.cat([quiet, chosen], 1), shown.state, shown.recorded)
        return action, torch.cat([quiet, chosen - p], 1)

    def _advantage(self, reward: Float[Tensor, " batch"], batch: Batch, state: RuleState) -> Tensor:
        """It returns R - R̄, R̄ from earlier updates; in the first, from the other trials of the same type.
        Moves R̄.
        """
        mean, updates = state.tensors["baseline"], state.tensors["updates"]
        kind = batch.targets if self.baseline == "class" else torch.zeros_like(reward, dtype=torch.long)
        if kind.ndim != 1 or kind.dtype != torch.int64:
            raise NetworkError('baseline="class" needs one class for each sample')
        count = torch.zeros_like(mean).index_add(0, kind, torch.ones_like(reward))
        total = torch.zeros_like(mean).index_add(0, kind, reward)
        others = (total[kind] - reward) / (count[kind] - 1).clamp(min=1)
        expected = torch.where(count[kind] > 1, others, reward)
        expected = torch.where(updates[kind] > 0, mean[kind], expected)
        share = torch.clamp(1 / (updates + 1), min=self.memory) * (count > 0)
        state.tensors["baseline"] = mean + share * (total / count.clamp(min=1) - mean)
        state.tensors["updates"] = updates + (count > 0)
        return reward - expected


def scored(noise: Mapping[Inlet, OverTime], third: Tensor, sigma: float) -> dict[Inlet, OverTime]:
    """third × d log p(noise) / d what arrives."""
    return {place: pushed * (third / sigma**2)[:, None] for place, pushed in noise.items()}
