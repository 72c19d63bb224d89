"""Sleep as amortisation: what sampling answered by day, one pass learns to answer at night."""

from collections.abc import Mapping

import torch
from torch import Tensor

from . import routes
from .families import TRAINED, Family, all_but_one
from .model import AnySubset
from .training import Plan, asked_loss, descend, masks, optimiser_of, own_loss

REHEARSED, NIGHT = Plan(600, 512, 2e-3), Plan(400, 512, 1e-3)
"""Two parts of a night, at half and a quarter of the rate of the fit, since weights are to move and not to
begin again; with 200 updates in batches of 256 the old families were worse by .01 afterwards.
"""
SINGLE: Mapping[str, Family] = {**TRAINED, **{f"all but one {k}": all_but_one for k in range(4)}}
"""Half of what is rehearsed: what Gibbs sampling asks. Its error is that of these conditionals."""
CHAINS = 16
"""That answer each query: averaged conditional probabilities err no less after 64."""


def answered(
    model: AnySubset,
    values: Tensor,
    given: Tensor,
    *,
    sweeps: int,
    chains: int = CHAINS,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """Each query, codes [query, variable] and its mask, is answered by so many Gibbs chains.

    With `sweeps=0` the answers are those of the one pass: what is left when sampling is taken away.

    Returns: rows [query * chains, variable] with what was given and what was drawn, and their masks. A binary
    variable has, in place of a draw, the mean of its conditional probabilities over chains and sweeps, which
    varies less (Gelfand & Smith 1990); a log score takes it as it is. So rows say what each variable is
    alone, which is all that one pass can learn.
    """
    generator = torch.Generator().manual_seed(seed)
    many, clamped = values.repeat(chains, 1), given.repeat(chains, 1)
    ends = routes.gibbs(model.network, model.heads, many, clamped, sweeps, generator)
    chance = ends.mean.reshape(chains, *values.shape).mean(0).repeat(chains, 1)
    binary = torch.zeros(model.heads.n, dtype=torch.bool)
    binary[model.heads.binary] = True
    return torch.where(binary, chance, ends.state), clamped


def asleep(
    model: AnySubset,
    night: tuple[Tensor, Tensor] | None,
    memory: Tensor,
    *,
    families: Mapping[str, Family] | None = None,
    plan: Plan = NIGHT,
) -> AnySubset:
    """The night: a copy of the model goes on learning, in each update half from answers and half from
    remembered rows with the families of before, so that these are not lost. The model itself stays.

    Args:
        model: as it was by day.
        night: rows and masks from `answered`, or rows with masks from elsewhere; None for a control of equal
            updates on remembered rows alone.
        memory: codes [row, variable].
        families: of the remembered rows; `TRAINED` where None.
        plan: of the night.
    """
    sleeper = model.copied()
    network, heads = sleeper.network.train(), sleeper.heads
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser, schedule = optimiser_of(network.parameters(), plan)
    half = plan.batch // 2
    for _ in range(plan.updates):
        kept = plan.batch if night is None else plan.batch - half
        rows = memory[torch.randint(len(memory), (kept,), generator=generator)]
        given = masks(families or TRAINED, kept, heads.n, generator)
        loss = own_loss(network, heads, rows, given, generator)
        if night is not None:
            chosen = torch.randint(len(night[0]), (half,), generator=generator)
            loss = (loss + asked_loss(network, heads, night[0][chosen], night[1][chosen])) / 2
        descend(optimiser, network, loss)
        schedule.step()
    network.eval()
    return sleeper
