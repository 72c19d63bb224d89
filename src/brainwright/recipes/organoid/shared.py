"""What both questions share."""

import torch

from brainwright.loop import Course, Dishes, DishModel, Teaching

from . import Config

QUICK_DISHES = 6
"""The fewest with which `evidence` decides anything."""
LOOK = "what changed in the tissue"
LIMITS = ("phase_charge_nC", "charge_per_minute_nC", "pulses_per_minute")


def seeds(config: Config, first: int) -> list[int]:
    """Of the dishes: others for every seed of the run."""
    n = min(config.dishes, QUICK_DISHES) if config.quick else config.dishes
    return [first + 1_000 * config.seed + i for i in range(n)]


def teaching(config: Config, dishes: Dishes, arms: dict[str, tuple[Course, str]]) -> Teaching:
    """The arms with the emulator that is asked for, in one thread, since the other cores advance dishes."""
    torch.set_num_threads(1)
    model = DishModel.named(config.emulator, config.seed)
    return Teaching(dishes, arms, model, config.gradient_steps)
