"""PPO of many brains at once: seeds, nulls and other animals learn as one tensor, each as it would alone."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.steering.value import gae
from brainwright.world import Choice

from .brains import Brains
from .errors import Interrupted, LearnError
from .evaluate import Make, made
from .ppo import PPO
from .rollout import begun, going_on, stepped
from .scaled import ReturnScale

LATELY = 20
"""Episodes of a mean return of one brain."""


def learn_together(
    brains: Brains,
    env: str | Make,
    *,
    method: PPO | None = None,
    steps: int = 30_000,
    series: Sequence[int] | None = None,
    seed: int = 0,
    shuffled: bool = False,
    progress: Callable[[float], object] = lambda share: None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """All learn by PPO with the same settings, in place.

    Args:
        brains: any number.
        env: seeds → world, or an id of Gymnasium.
        method: settings; its `bodies` are those of each brain.
        steps: of the world, of each brain.
        series: of bodies and draws that each brain is given, [brain]; brains of one series begin in the same
            episodes and draw with the same numbers. 0, 1, 2, ... by default.
        seed: of the order of moments within updates, the same for all.
        shuffled: what the moments of a rollout gained is dealt out to them anew: the control in which
            learning must come to nothing (rewards will not do: they are alike in every step of CartPole).
        progress: called with the share that is done.

    Returns:
        steps of each brain so far at every update, and the mean return of its last episodes there,
        [update, brain].

    Raises:
        LearnError: a loss that is not finite, a series for each brain that is not one for each.
        Interrupted: as `learn`; the curve until then is its attribute `returns`.
    """
    how, series = method or PPO(), [*range(brains.n)] if series is None else [*series]
    if len(series) != brains.n:
        raise LearnError(f"series: expected one for each of {brains.n} brains, got {len(series)}")
    lives, order = Lives(brains, env, how, series, shuffled), torch.Generator().manual_seed(seed)
    owned = brains.owners()
    optimiser = torch.optim.Adam([p for p, _ in owned], lr=how.rate, eps=1e-5, fused=True)
    curve, done = [], 0
    while done < steps:
        for group in optimiser.param_groups:
            group["lr"] = how.rate * (1 - done / steps)
        try:
            told = lives.collect()
        except Interrupted as error:
            error.returns = np.array([row for _, row in curve])
            raise
        for _ in range(how.epochs):
            for at in torch.randperm(len(told[-1]), generator=order).split(how.batch):
                _updated(brains, how, [part[at] for part in told], optimiser, owned)
        brains.seen(told[0][None])
        if not all(torch.isfinite(p).all() for p, _ in owned):
            raise LearnError(f"the loss is not finite after {done} steps: try a smaller rate")
        done += how.bodies * how.horizon
        curve.append((done, lives.lately()))
        progress(min(1.0, done / steps))
    return np.array([at for at, _ in curve]), np.array([row for _, row in curve])


class Lives:
    """The bodies of all brains, between rollouts."""

    def __init__(self, brains: Brains, env: str | Make, how: PPO, series: Sequence[int], shuffled: bool):
        self.brains, self.how, self.n, self.shuffled = brains, how, len(series), shuffled
        kinds = list(dict.fromkeys(series))
        self.place = torch.tensor([kinds.index(one) for one in series])
        self.draws = [torch.Generator().manual_seed(one) for one in kinds]
        self.world = made(env)([one * how.bodies + body for body in range(how.bodies) for one in series])
        self.shape = (how.bodies, self.n)
        self.scale = ReturnScale(self.shape, how.discount) if how.scaled else None
        self.rng = np.random.default_rng(series[0])
        self.seen, self.paid = self._shaped(begun(self.world)), np.zeros(self.shape)
        self.ended: list[list[float]] = [[] for _ in series]

    @torch.no_grad()
    def collect(self) -> tuple[Tensor, ...]:
        """Observations, actions, log probabilities, advantages and targets, each [moment, brain, ...]."""
        rows, how = [], self.how
        for _ in range(how.horizon):
            parameters, value = self.brains.told(self.seen)
            law = self.brains.distribution(parameters)
            action = self._drawn(law)
            moment = stepped(self.world, action.flatten(0, 1).numpy())
            reward = moment.reward.reshape(self.shape)
            ended, cut = (part.reshape(self.shape) for part in (moment.terminated, moment.truncated))
            over, after = ended | cut, self._shaped(moment.observation)
            ahead = self.brains.values(after) if cut.any() else torch.zeros(self.shape)
            self._count(reward, over)
            given = reward if self.scale is None else self.scale.scaled(reward, over)
            rows.append((self.seen, action, law.log_prob(action), value, ahead, given, ended, over))
            self.seen = self._shaped(going_on(self.world, moment)) if over.any() else after
        seen, actions, log_probs, values, ahead = (torch.stack([row[k] for row in rows]) for k in range(5))
        rewards, ended, over = (np.stack([row[k] for row in rows]) for k in (5, 6, 7))
        known = values.double().numpy()
        following = np.concatenate([known[1:], self.brains.values(self.seen).double().numpy()[None]])
        following = np.where(over, ahead.double().numpy(), following)
        options = {"discount": how.discount, "decay": how.decay}
        gained = gae(rewards, known, following, ended, over, **options)
        targets = torch.from_numpy(gained + known).float()
        if self.shuffled:
            gained = self.rng.permuted(gained.reshape(-1, self.n), axis=0).reshape(gained.shape)
        parts = torch.from_numpy(gained).float(), targets
        return tuple(part.flatten(0, 1) for part in (seen, actions, log_probs, *parts))

    def lately(self) -> NDArray[np.float64]:
        """Mean return of the last episodes of each brain; NaN before the first."""
        return np.array([np.mean(own[-LATELY:]) if own else np.nan for own in self.ended])

    def _drawn(self, law) -> Tensor:
        """Actions [body, brain, ...]; brains of one series draw with the same numbers."""
        if isinstance(self.brains.actions, Choice):
            drawn = [torch.rand(self.how.bodies, generator=own) for own in self.draws]
            uniform = torch.stack(drawn, 1)[:, self.place, None]
            below = law.probs.cumsum(-1)[..., :-1] < uniform  # without the last, which rounding may miss
            return below.sum(-1)
        shape = self.how.bodies, self.brains.needed
        drawn = [torch.randn(shape, generator=own) for own in self.draws]
        return law.mean + law.stddev * torch.stack(drawn, 1)[:, self.place]

    def _count(self, reward: NDArray[np.float64], over: NDArray[np.bool_]) -> None:
        self.paid += reward
        for body, brain in zip(*np.nonzero(over), strict=True):
            self.ended[brain].append(self.paid[body, brain])
        self.paid[over] = 0

    def _shaped(self, observation: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.array(observation, np.float32)).reshape(*self.shape, -1)


def _updated(
    brains: Brains,
    how: PPO,
    told: Sequence[Tensor],
    optimiser: torch.optim.Optimizer,
    owned: Sequence[tuple[Tensor, Tensor]],
) -> None:
    """One update in place; nothing is averaged or cut over brains."""
    seen, actions, log_probs, gained, targets = told
    parameters, values = brains.told(seen)
    law = brains.distribution(parameters)
    ratio = (law.log_prob(actions) - log_probs).exp()
    gained = (gained - gained.mean(0)) / (gained.std(0) + 1e-8)  # of a batch without spread
    clipped = ratio.clamp(1 - how.clip, 1 + how.clip)
    loss = -torch.minimum(ratio * gained, clipped * gained).mean(0)
    loss = loss + how.value * (values - targets).square().mean(0)
    if how.entropy:
        loss = loss - how.entropy * law.entropy().mean(0)
    optimiser.zero_grad()
    loss.sum().backward()
    _cut(owned, brains.n, how.largest_gradient)
    optimiser.step()


@torch.no_grad()
def _cut(owned: Sequence[tuple[Tensor, Tensor]], n: int, largest: float) -> None:
    """Gradients of each brain are made no longer than `largest`, by the norm of its own."""
    squares = torch.zeros(n)
    for p, owner in owned:
        if p.grad is not None:
            squares.index_add_(0, owner, p.grad.reshape(-1).square())
    factor = (largest / (squares.sqrt() + 1e-6)).clamp(max=1.0)
    for p, owner in owned:
        if p.grad is not None:
            p.grad.mul_(factor[owner].reshape(p.shape))
