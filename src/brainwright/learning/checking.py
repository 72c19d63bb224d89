"""`check_rule`: does a rule keep the contract, and read only what it says? By intervention."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.network import Network, NetworkError, layered
from brainwright.objective import Batch, Classification, Objective

from . import interventions
from .interventions import Shown
from .rule import LearningRule, RuleState, Unrolling, hidden, projections, trained

TOLERANCE = 1e-9
"""Relative difference of two updates in float64 that counts as none: rounding stays orders of magnitude
below; the faintest undeclared influence that was found, of strict predictive coding, was 3e-4.
"""
SIGN_PRESERVING = 0.5
"""Share of the smallest weight that a change may reach where a rule may read signs."""


@dataclass(frozen=True)
class Setting:
    """A rule is checked on these."""

    network: Network
    objective: Objective
    batch: Batch
    unrolling: Unrolling


def setting(seed: int = 0) -> Setting:
    """It returns the default: three layers in float64, three classes, two samples."""
    # every layer is wider than the number of samples, so that weights have a null space to move in; no two
    # layers are of one size, so that a mixed-up axis fails; float64 for `TOLERANCE`
    network = layered([12, 10, 9, 3], "tanh", seed=seed, dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(2, 12, generator=generator, dtype=torch.float64)
    return Setting(network, Classification(), Batch(inputs, torch.tensor([0, 2])), {})


def check_rule(rule: LearningRule, where: Setting | None = None, *, seed: int = 0) -> dict[str, str]:
    """Changes everything that a rule does not declare, one after another, and demands the identical update.

    The interventions leave all declared variables as they are:

    - *transposed weights*, *own weight*: every row of a projection's weights is moved within the null space
      of all that its presynaptic cells send during the update: no activity can feel it, an error that
      travels back over these weights does. Small enough to change no sign for rules that read signs.
    - *label*: other targets, with the loss still judged by the true ones.
    - *error*: the loss is the same number, its gradient a random vector.
    - *scalar*: the loss is another number, its gradient the same.
    - *lateral* (layers only): a cell that sends nothing gets other inputs.

    Args:
        rule: to be checked.
        where: network, objective, samples and unrolling; free weights in float64 and few samples per step, or
            nothing can be changed unseen. `setting()` by default.
        seed: of the rule's state and of the changes.

    Returns:
        intervention → "identical", "declared", or "untestable" with the reason.

    Raises:
        NetworkError: at the first broken promise, named.
    """
    where = where or setting()
    state = rule.init(where.network, seed=seed)
    reference = _contract(rule, where, state)
    read = rule.locality.reads
    verdicts = {"transposed weights": _weights(rule, where, state, reference, seed, others=True)}
    verdicts["own weight"] = _weights(rule, where, state, reference, seed, others=False)
    targets = where.batch.targets
    other = Batch(where.batch.inputs, interventions.other_targets(targets, where.network.n_outputs))
    for message, objective, batch in (
        ("label", Shown(where.objective, "label"), other),
        ("error", Shown(where.objective, "error", seed), where.batch),
        ("scalar", Shown(where.objective, "scalar"), where.batch),
    ):
        if message in read:
            verdicts[message] = "declared"
            continue
        changed = _update(rule, Setting(where.network, objective, batch, where.unrolling), state)
        _same(rule, reference, changed, message, skip=_readout(where.network, rule))
        verdicts[message] = "identical"
    verdicts["lateral"] = "declared" if "lateral" in read else _lateral(rule, where, seed)
    return verdicts


def _contract(rule: LearningRule, where: Setting, state: RuleState) -> dict[str, Tensor]:
    """Fills `.grad` and nothing else, the same twice; and no more forward passes than declared."""
    before = {name: t.clone() for name, t in where.network.state_dict().items()}
    random = torch.get_rng_state()
    with interventions.watched(where.network) as seen:
        reference = _update(rule, where, state)
    after = where.network.state_dict()
    _demand(rule, all(torch.equal(before[name], after[name]) for name in before), "changes the network")
    _demand(rule, torch.equal(random, torch.get_rng_state()), "draws from torch's global generator")
    _demand(rule, any(g is not None and bool(g.any()) for g in reference.values()), "teaches nothing")
    for name, gradient in reference.items():
        _demand(rule, bool(torch.isfinite(gradient).all()), f"gives {name} a gradient that is not finite")
    again = _update(rule, where, state)
    _same(rule, reference, again, "nothing (the same update twice)", skip=())
    saved = RuleState.loaded(state.saved())
    _same(rule, reference, _update(rule, where, saved), "nothing (state saved and loaded)", skip=())
    steps = int(where.unrolling.get("steps") or (where.batch.inputs.shape[1:-1] or (1,))[0])
    most = max(len(sent) for sent in seen.values()) / steps
    allowed = rule.locality.phases or float("inf")
    _demand(rule, most <= allowed, f"makes {most:g} forward passes and declares {allowed:g}")
    return reference


def _weights(
    rule: LearningRule, where: Setting, state: RuleState, reference: Mapping, seed: int, *, others: bool
) -> str:
    """Moves the weights of each projection unseen; compares the updates of all others, or of itself."""
    kind = "transposed weights" if others else "own weight"
    if kind in rule.locality.reads:
        return "declared"
    with interventions.watched(where.network) as seen:
        _update(rule, where, state)
    generator, moved = torch.Generator().manual_seed(seed), 0
    for k, projection in enumerate(projections(where.network)):
        weights = interventions.free_weights(projection)
        entangled = not others and projection.delay_steps and "transposed weights" in rule.locality.reads
        if weights is None or entangled:  # in a loop, synapses of one projection are elsewhere to each other
            continue
        scale = float(weights.detach().square().mean().sqrt())
        change = interventions.unseen_change(projection, seen[k], scale, generator)
        if change is None:
            continue
        if "transposed signs" in rule.locality.reads:
            change = _sign_preserving(change, weights)
        changed = copy.deepcopy(where.network)
        target = interventions.free_weights(changed.projection(k))
        assert target is not None
        with torch.no_grad():
            target += change
        update = _update(rule, Setting(changed, where.objective, where.batch, where.unrolling), state)
        mine = [name for name in reference if name.startswith(f"projections.{k}.")]
        _same(
            rule,
            reference,
            update,
            kind,
            skip=mine if others else [name for name in reference if name not in mine],
        )
        moved += 1
    return "identical" if moved else "untestable: fewer presynaptic cells than patterns of activity"


def _lateral(rule: LearningRule, where: Setting, seed: int) -> str:
    """A cell that sends nothing must not matter to its neighbours."""
    if not interventions.feed_forward(where.network):
        return "untestable: in a recurrent network a cell's own error reaches its neighbours"
    if "noise" in rule.locality.reads and "post" not in rule.locality.reads:
        return "untestable: noise on its synapses makes a silenced cell heard"
    for population in hidden(where.network):
        quiet = copy.deepcopy(where.network)
        interventions.silenced(quiet, population, 0)
        loud = copy.deepcopy(quiet)
        interventions.excited(loud, population, 0)
        state = rule.init(quiet, seed=seed)
        a, b = (
            _update(rule, Setting(n, where.objective, where.batch, where.unrolling), state)
            for n in (quiet, loud)
        )
        for k, projection in enumerate(projections(quiet)):
            keep = interventions.spared(projection, population, 0)
            for name in [name for name in a if keep is not None and name.startswith(f"projections.{k}.")]:
                _same(rule, {name: a[name][keep]}, {name: b[name][keep]}, "lateral", skip=())
    return "identical"


def _update(rule: LearningRule, where: Setting, state: RuleState) -> dict[str, Tensor]:
    """Name → gradient, from a copy of the state; gradients of the network are left as they were."""
    held = {name: p.grad for name, p in trained(where.network).items()}
    copied = state.copy()
    after, metrics = rule.update(where.network, where.batch, where.objective, copied, where.unrolling)
    _demand(rule, "loss" in metrics, "reports no loss")
    filled = {name: p.grad.detach() for name, p in trained(where.network).items() if p.grad is not None}
    filled |= {f"learned.{name}": t.grad for name, t in after.learned.items() if t.grad is not None}
    for name, parameter in trained(where.network).items():
        parameter.grad = held[name]
    return filled


def _readout(network: Network, rule: LearningRule) -> list[str]:
    """Parameters to leave out where the readout learns from its own error."""
    if rule.locality.readout == "rule":
        return []
    onto = [k for k, projection in enumerate(projections(network)) if projection.post == network.output]
    starts = (*(f"projections.{k}." for k in onto), f"populations.{network.output}.")
    return [name for name in trained(network) if name.startswith(starts)]


def _same(rule: LearningRule, a: Mapping, b: Mapping, changed: str, skip) -> None:
    _demand(rule, set(a) == set(b), f"teaches other parameters after a change of {changed}")
    for name in a:
        if name in skip:
            continue
        # 1e-30, in the range of float32 too: an update of exact zeros is compared as it is
        scale = float(a[name].abs().max().clamp(min=1e-30)) if a[name].numel() else 1.0
        worst = float((a[name] - b[name]).abs().max()) / scale if a[name].numel() else 0.0
        _demand(
            rule, worst <= TOLERANCE, f"reads more than it declares: {changed} changes {name} by {worst:.2g}"
        )


def _sign_preserving(change: Tensor, weights: Tensor) -> Tensor:
    # 1e-300: an entry that does not move leaves all the room there is
    room = (weights.detach().abs() / change.abs().clamp(min=1e-300)).min()
    return change * min(1.0, SIGN_PRESERVING * float(room))


def _demand(rule: LearningRule, holds: bool, complaint: str) -> None:
    if not holds:
        raise NetworkError(f"check_rule: {rule.name}: {complaint}")
