"""One brain in each study: all arms on the same memories, "arm/metric" → value."""

from collections.abc import Mapping
from functools import cache, partial

import torch
from torch import Tensor

from brainwright.datasets.digits import digits
from brainwright.loop import Night, sleep
from brainwright.loop.nights.asked_later import asked_later
from brainwright.loop.nights.days import kept_over_days, of_cultures
from brainwright.loop.nights.motor_sequence import motor_sequence
from brainwright.loop.nights.rule_of_examples import rule_of_examples
from brainwright.loop.nights.two_tunes import TwoTunes, by_dish, dishes_of, two_tunes
from brainwright.loop.plan_from_memory import planned
from brainwright.loop.sleep import Order
from brainwright.memory import Experiences, Hippocampus
from brainwright.network import Network, layered
from brainwright.objective.any_subset.known import joined

DAYS, EACH = 8, 20
"""Days, and memories of each."""
QUICKLY = partial(torch.optim.Adam, lr=3e-3)
"""Of small networks, which a night of 60 updates must move."""
RARE, SHARE = (8, 9), 0.04
"""Digits that bring reward, and how many of them come, as a share of what there is."""
UNREWARDED = 0.2
"""Salience of what brings none, where a reward has 1 more: tags alone would leave nothing else."""

ORDERS: dict[str, Order] = {
    "reward-tagged": "reward",
    "uniform": "uniform",
    "priority": "priority",
    "tags shuffled": "reward",
}


def amnesia(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Eight days of pairs that follow no rule; then the hippocampus is removed."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(DAYS * EACH, 40, generator=generator)
    whole = Experiences.of(states, torch.randint(8, (DAYS * EACH,), generator=generator))
    turned = whole.targets[torch.randperm(DAYS * EACH, generator=generator)]
    rows = {}
    for arm in ("slept", "no sleep", "shuffled"):
        network, store = layered([40, 100, 8], seed=seed), Hippocampus(40, DAYS * EACH, seed=seed)
        for day in range(1, DAYS + 1):
            store.store(whole.at(slice((day - 1) * EACH, day * EACH)))
            held = store.experiences
            if arm == "shuffled":
                held = Experiences(held.states, turned[: len(held)], held.rewards)
            if arm != "no sleep":
                sleep(network, held, Night(updates, 32, optimiser=QUICKLY), seed=seed + day)
        before = hits(store.recall(states).targets, whole.targets)
        after = right(network, whole).reshape(DAYS, EACH).mean(1)
        rows[arm] = {
            "gradient": float(after[:3].mean() - after[-3:].mean()),
            "with the hippocampus": before,
            "old, without": float(after[:3].mean()),
            "recent, without": float(after[-3:].mean()),
            **{f"day {day + 1}": float(value) for day, value in enumerate(after)},
        }
    return joined(rows)


def skill(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Five keys."""
    return joined(motor_sequence(updates, seed))


def indexed(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """A stream of digits, and what is asked for later."""
    inputs, targets, test = pictures()
    return joined(asked_later(inputs, targets, test.states, test.targets, updates=updates, seed=seed))


def cultured(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """One culture over its days in vitro, forecast by one network; its number is that of the seed."""
    days = of_cultures()
    return joined(kept_over_days(days[seed % len(days)], updates=updates, seed=seed))


def tissue(n_dishes: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Dishes taught two tunes, all at once: "dish/arm/metric" → value."""
    seeds, plan = range(seed, seed + n_dishes), TwoTunes()
    return by_dish(seeds, two_tunes(dishes_of(seeds, plan), plan))


def stopgap(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Two hundred examples of a rule: stored at once, or slept on."""
    return joined(rule_of_examples(updates, seed))


def equal(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Digits in five parts: as many updates on the present while awake, or at night on what is stored."""
    inputs, targets, test = pictures()
    generator, rows, picks = torch.Generator().manual_seed(seed), {}, []
    for k in range(5):
        there = torch.nonzero(targets // 2 == k).flatten()
        picks.append(there[torch.randperm(len(there), generator=generator)[:60]])
    for arm in ("asleep", "awake", "shuffled", "noise"):
        network, store = layered([64, 100, 10], seed=seed), Hippocampus(64, 300, seed=seed)
        for k, rows_of in enumerate(picks):
            today = Experiences.of(inputs[rows_of], targets[rows_of])
            store.store(today)
            held = today if arm == "awake" else store.experiences
            if arm == "shuffled":
                order = torch.randperm(len(held), generator=torch.Generator().manual_seed(seed))
                held = Experiences(held.states, held.targets[order], held.rewards)
            elif arm == "noise":
                drawn = torch.randn(held.states.shape, generator=torch.Generator().manual_seed(seed))
                held = Experiences(drawn, held.targets, held.rewards)
            sleep(network, held, Night(updates, 32, optimiser=QUICKLY), seed=seed + k)
        rows[arm] = {"accuracy": float(right(network, test).mean())}
    return joined(rows)


def rewarded(updates: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """A stream in which two digits are rare and bring reward: one night, in three orders."""
    inputs, targets, test = pictures()
    generator = torch.Generator().manual_seed(seed)
    rare = torch.isin(targets, torch.tensor(RARE))
    kept = ~rare | (torch.rand(len(targets), generator=generator) < SHARE)
    order = torch.nonzero(kept).flatten()
    order = order[torch.randperm(len(order), generator=generator)[:500]]
    rewards = rare[order].float() + UNREWARDED
    held, asked, rows = Experiences.of(inputs[order], targets[order], rewards), test.targets, {}
    wanted = torch.isin(asked, torch.tensor(RARE))
    turned = Experiences(held.states, held.targets, rewards[torch.randperm(500, generator=generator)])
    for arm in ORDERS:
        network = layered([64, 100, 10], seed=seed)
        own = turned if arm == "tags shuffled" else held
        kind: Order = ORDERS[arm]
        sleep(network, own, Night(2 * updates, 16, order=kind, optimiser=QUICKLY), seed=seed)
        known = right(network, test)
        rows[arm] = {
            "rewarded": float(known[wanted].mean()),
            "others": float(known[~wanted].mean()),
            "balanced": float(known[wanted].mean() + known[~wanted].mean()) / 2,
        }
    return joined(rows)


def planning(n_rooms: int, _: str, seed: int, draw: int) -> Mapping[str, float]:
    """Rooms whose goal has moved."""
    return joined({arm: {"reached": share} for arm, share in planned(seed, n_rooms=n_rooms).items()})


@cache
def pictures() -> tuple[Tensor, Tensor, Experiences]:
    """The built-in digits."""
    task = digits()
    test = Experiences.of(torch.tensor(task.test_inputs), torch.tensor(task.test_targets))
    return torch.tensor(task.train_inputs), torch.tensor(task.train_targets), test


@torch.no_grad()
def right(network: Network, asked: Experiences) -> Tensor:
    """Whether each is named rightly, as 0 or 1."""
    return (network.unroll(asked.states).last.argmax(-1) == asked.targets).float()


def hits(named: Tensor, targets: Tensor) -> float:
    """Share that is right."""
    return float((named == targets).float().mean())
