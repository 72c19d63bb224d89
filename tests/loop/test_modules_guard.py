"""Modules that give up their own streams for another's are told from those that do not."""

import torch

from brainwright.loop import PredictionCourse
from brainwright.loop.modules import Shown, fit_modules
from brainwright.loop.modules.guard import costs, gave_up_their_own
from brainwright.network.modules import ModulePlan, hierarchy
from brainwright.objective.curriculum import Stage, one_by_one, together

TABLE = [
    ModulePlan("eye", ("image",), 12, 4),
    ModulePlan("ear", ("sound",), 12, 4),
    ModulePlan("both", ("eye", "ear"), 12, 5, join="series", parts=2),
]
COURSE = PredictionCourse(40, batch=16, rate=1e-2)


def shown(seed: int, streams: int = 60) -> Shown:
    """One phase in both modalities, with noise."""
    generator = torch.Generator().manual_seed(seed)
    phase = torch.rand(1, streams, 1, 1, generator=generator) * 6.3
    steps = torch.arange(6.0).view(1, 1, 6, 1)
    values = {
        name: torch.sin(phase + steps + torch.arange(float(n)))
        + 0.1 * torch.randn(1, streams, 6, n, generator=generator)
        for name, n in (("image", 3), ("sound", 2))
    }
    return Shown({name: (x, torch.ones(1, streams, 6)) for name, x in values.items()})


def test_the_guard_fires_where_modules_learn_for_another_alone():
    train, test, found = shown(0), shown(1), {}
    stages = {
        "across alone": Stage(60, {"both": {"next": 1.0}}),
        "of their own": together(("eye", "ear"), 60),
    }
    for name, stage in stages.items():
        brains = hierarchy(TABLE, {"image": 3, "sound": 2}, seeds=(0,))
        fit_modules(brains, train, one_by_one(("eye", "ear"), 40), COURSE)
        before = costs(brains, test, "both")
        fit_modules(brains, train, [stage], COURSE, end_to_end=name == "across alone")
        after = costs(brains, test, "both")
        assert set(before) == {"eye", "ear"}
        assert all(0 <= row["within"] <= 2 and 0 <= row["across"] <= 2 for (row,) in before.values())
        found[name] = gave_up_their_own(before, after)
    assert found["across alone"] == {"eye": 1.0, "ear": 1.0}
    assert not any(found["of their own"].values())
