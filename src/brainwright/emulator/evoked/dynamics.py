"""Small dynamics with the write as an input: prior activity is encoded, writes push it, an answer is read."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..dish.layers import DishLinear, generators

WITHOUT = 2
"""Steps of the dynamics after the last slot: the time between the last pulse and the answer."""
OTHERS_WEIGHT = 0.1
"""Of the error in channels that are not asked for, but tell of the state."""


class DynamicsResponse(nn.Module):
    """h0 = B tanh(A b); h' = tanh(W h + U x_slot + c), a step for each slot and two without; z = V h + L x.

    b is the standardised root of what was active before, x the write. Members are fitted to the same trials
    from different weights; all members of all dishes are one batch of maps and share none.

    Args:
        n_dishes, n_slots, n_electrodes, n_channels, n_answers: sizes; a write has slot x electrode inputs.
        n_hidden: of the state.
        members: models of each dish.
        seed: of their weights.
    """

    centre: Tensor
    spread: Tensor

    def __init__(
        self,
        n_dishes: int,
        n_slots: int,
        n_electrodes: int,
        n_channels: int,
        n_answers: int,
        *,
        n_hidden: int = 64,
        members: int = 2,
        seed: int = 0,
    ):
        super().__init__()
        self.n_slots, self.n_electrodes, self.members, self.n_dishes = (
            n_slots,
            n_electrodes,
            members,
            n_dishes,
        )
        draws = [draw for member in range(members) for draw in generators(n_dishes, 2 * seed + 7 * member)]
        self.encode = DishLinear(n_channels, n_hidden, draws)
        self.begin = DishLinear(n_hidden, n_hidden, draws, 0.5)
        self.inner = DishLinear(n_hidden, n_hidden, draws)
        self.push = DishLinear(n_electrodes, n_hidden, draws)
        self.read = DishLinear(n_hidden, n_answers, draws, 0.1)
        self.skip = DishLinear(n_slots * n_electrodes, n_answers, draws, 0.1)
        self.register_buffer("centre", torch.zeros(n_dishes, 1, n_channels))
        self.register_buffer("spread", torch.ones(n_dishes, 1, n_channels))

    def predict(
        self, writes: Float[Tensor, "dish sample input"], before: Float[Tensor, "dish sample channel"]
    ) -> Float[Tensor, "member dish sample answer"]:
        """The answer that each member expects, differentiable with respect to the write."""
        context = ((before.sqrt() - self.centre) / self.spread).repeat(self.members, 1, 1)
        write = writes.repeat(self.members, 1, 1)
        h = self.begin(self.encode(context).tanh())
        for slot in range(self.n_slots + WITHOUT):
            drive = self.inner(h)
            if slot < self.n_slots:
                first = slot * self.n_electrodes
                drive = drive + self.push(write[:, :, first : first + self.n_electrodes])
            h = drive.tanh()
        return (self.read(h) + self.skip(write)).unflatten(0, (self.members, self.n_dishes))

    @classmethod
    def fit(
        cls,
        writes: Float[Tensor, "dish trial input"],
        before: Float[Tensor, "dish trial channel"],
        answers: Float[Tensor, "dish trial answer"],
        others: Float[Tensor, "dish trial other"],
        n_slots: int,
        *,
        steps: int = 300,
        batch: int = 128,
        learning_rate: float = 0.005,
        weight_decay: float = 1.0,
        seed: int = 0,
    ) -> "FittedDynamics":
        """Squared error on answers, and less on `others`, which is heard in other channels at that time."""
        (n_dishes, n, n_inputs), n_answers = writes.shape, answers.shape[2]
        wanted = torch.cat([answers, others], dim=2)
        sizes = n_dishes, n_slots, n_inputs // n_slots, before.shape[2], wanted.shape[2]
        model = cls(*sizes, seed=seed)
        root = before.sqrt()
        model.centre, model.spread = root.mean(1, keepdim=True), root.std(1, keepdim=True) + 0.1
        weight = torch.full((wanted.shape[2],), OTHERS_WEIGHT)
        weight[:n_answers] = 1.0
        optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=max(steps, 2))
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            rows = torch.randint(n, (min(batch, n),), generator=generator)
            error = model.predict(writes[:, rows], before[:, rows]) - wanted[:, rows]
            # a mean over trials and a sum over models: each learns as if it were alone
            loss = (error.square() * weight).sum((0, 1, 3)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
        model.requires_grad_(False)
        return FittedDynamics(model, n_answers)


@dataclass(frozen=True, eq=False)
class FittedDynamics:
    """Fitted dynamics, of which the answers that were asked for are shown: the first `n_answers`."""

    model: DynamicsResponse
    n_answers: int

    def predict(
        self, writes: Float[Tensor, "dish sample input"], before: Float[Tensor, "dish sample channel"]
    ) -> Float[Tensor, "member dish sample answer"]:
        """As of `DynamicsResponse`."""
        return self.model.predict(writes, before)[..., : self.n_answers]
