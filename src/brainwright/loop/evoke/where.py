"""Tasks in which a network might be needed where a linear model fails: amounts, contexts, two volleys."""

from dataclasses import replace

from .dishes import EvokeDishes, around_the_middle
from .names import BY_AMOUNT, OWN_CONTEXT, RIDGE, WITH_STATE
from .work import EvokeWork

VOLLEY = 12
"""Electrodes of a volley that comes before a write and depresses what it reaches."""


def where(work: EvokeWork, n_dishes: int) -> dict[str, tuple[EvokeWork, tuple[str, ...]]]:
    """By name, the task and the models that are compared in it, on the first dishes of a run.

    "amounts": recorded writes have 3 to 27 pulses, targets need 27, where answers saturate; a ridge that is
    told the number of pulses stands beside the plain one. "context": one of
    three volleys, or none of that number, comes 45 ms before each trial, so that the same write meets
    depressed synapses of one or the other half of the ring; a target is of one context, which the network
    sees in the activity before. "two volleys": slots 30 ms apart, of which the first changes what the second
    does.
    """
    seeds, kinds = work.dishes.seeds[:n_dishes], ("both", "network", RIDGE)
    ring = around_the_middle().electrodes
    volleys = (ring[::3], ring[1::3], ring[2::3])
    protocols = {
        "amounts": around_the_middle(n_pulses=27),
        "context": around_the_middle(conditions=tuple(volley[:VOLLEY] for volley in volleys)),
        "two volleys": around_the_middle(slots_s=(0.0, 0.030), n_pulses=18, window_s=(0.035, 0.045)),
    }
    tasks, more = {}, {"context": (WITH_STATE, OWN_CONTEXT), "amounts": (BY_AMOUNT,)}
    for name, protocol in protocols.items():
        dishes = EvokeDishes(seeds, protocol, work.dishes.parameters, work.dishes.threads)
        own = replace(work, dishes=dishes, recorded=0, amounts=(3, 27) if name == "amounts" else None)
        tasks[name] = own, (*kinds, *more.get(name, ()))
    return tasks
