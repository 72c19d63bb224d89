"""Many any-subset models fitted side by side: the same updates as one after the other, as one tensor."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .families import Family
from .heads import Heads
from .model import RATES, TRAINED, AnySubset, Make
from .training import LARGEST_GRADIENT, Plan, asked_loss, masks, optimiser_of
from .variables import AnySubsetError, Variables


def fit_together(
    tables: Sequence[np.ndarray],
    *,
    network: Make,
    seeds: Sequence[int],
    components: int = 3,
    families: Mapping[str, Family] = TRAINED,
    updates: int = 1500,
    batch: int = 256,
    learning_rate: float = RATES["mlp"],
) -> list[AnySubset]:
    """It fits a model to each table; each is what `AnySubset.fit` with its seed gives, but for rounding.

    Args:
        tables: [row, variable] each, NaN where missing, with as many continuous variables.
        network: a function of `Heads` that makes a module without buffers.
        seeds: one for each table.
        components, families, updates, batch, learning_rate: see `AnySubset.fit`.

    Raises:
        AnySubsetError: variables that are not continuous, or not as many in each table; a fit that diverged.
    """
    each = [Variables.of(table) for table in tables]
    sizes = {len(variables) for variables in each}
    if len(sizes) != 1 or any(one.kind != "continuous" for variables in each for one in variables.each):
        raise AnySubsetError(f"fit_together: expected as many continuous variables in each, got {sizes}")
    heads, codes = [Heads(variables, components) for variables in each], []
    made = []
    for variables, head, table, seed in zip(each, heads, tables, seeds, strict=True):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made.append(network(head))
        codes.append(variables.encode(table))
    losses = _teach(made, heads[0], codes, families, [Plan(updates, batch, learning_rate, s) for s in seeds])
    if not bool(losses.isfinite().all()):
        raise AnySubsetError("the fit diverged: try a smaller learning_rate")
    parts = zip(each, heads, made, losses.T.numpy(), strict=True)
    return [AnySubset(variables, head, module.eval(), own) for variables, head, module, own in parts]


def _teach(
    networks: list[nn.Module],
    heads: Heads,
    values: list[Tensor],
    families: Mapping[str, Family],
    plans: list[Plan],
) -> Tensor:
    """Updates the networks in place; losses [update, network]."""
    params, _ = torch.func.stack_module_state(networks)
    weights = {name: nn.Parameter(value.detach().clone()) for name, value in params.items()}
    first = networks[0]

    def loss(own: Mapping[str, Tensor], rows: Tensor, given: Tensor) -> Tensor:
        def answer(entries: Tensor, flags: Tensor) -> Tensor:
            return torch.func.functional_call(first, dict(own), (entries, flags))

        return asked_loss(answer, heads, rows, given)

    plan = plans[0]
    generators = [torch.Generator().manual_seed(each.seed) for each in plans]
    optimiser, schedule = optimiser_of(list(weights.values()), plan, fused=True)
    losses = torch.zeros(plan.updates, len(networks))
    for k in range(plan.updates):
        rows, given = [], []
        for own, generator in zip(values, generators, strict=True):
            rows.append(own[torch.randint(len(own), (plan.batch,), generator=generator)])
            given.append(masks(families, plan.batch, heads.n, generator))
        each = torch.func.vmap(loss)(weights, torch.stack(rows), torch.stack(given))
        optimiser.zero_grad(set_to_none=True)
        each.sum().backward()  # a sum, so that each descends its own
        _clip([weight.grad for weight in weights.values() if weight.grad is not None])
        optimiser.step()
        schedule.step()
        losses[k] = each.detach()
    with torch.no_grad():
        for number, network in enumerate(networks):
            for name, parameter in network.named_parameters():
                parameter.copy_(weights[name][number])
    return losses


def _clip(gradients: list[Tensor]) -> None:
    """Gradients [network, ...] of every network to `LARGEST_GRADIENT`, in place."""
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    # 1e-6 and the ceiling as torch.nn.utils.clip_grad_norm_ has them
    shares = (LARGEST_GRADIENT / (norms + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(shares.reshape(-1, *(1,) * (gradient.ndim - 1)))
