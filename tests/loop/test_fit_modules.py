"""Modules learn by their own losses: alone as in company, and nobody else's."""

import copy
from functools import partial
from itertools import pairwise

import pytest
import torch

from brainwright.connectome.nulls import named
from brainwright.datasets import MissingData
from brainwright.datasets.streams import same_class
from brainwright.loop import PredictionCourse
from brainwright.loop.modules import Shown, fit_modules
from brainwright.loop.modules.fit_modules import clip_each_brain
from brainwright.loop.modules.pairs import WIDTHS
from brainwright.loop.modules.wired import SIZE, table
from brainwright.network import NetworkError
from brainwright.network.modules import Heard, ModulePlan, hierarchy
from brainwright.objective.curriculum import LOSSES, Stage, one_by_one, together, turns

TABLE = [
    ModulePlan("eye", ("image",), 9, 4),
    ModulePlan("ear", ("sound",), 8, 4),
    ModulePlan("both", ("eye", "ear"), 6, 5, join="series", parts=2),
]
COURSE = PredictionCourse(4, batch=16, rate=1e-2)


def shown(brains=2, streams=40):
    """A slow sine in both modalities, with noise."""
    generator = torch.Generator().manual_seed(0)
    phase = torch.rand(brains, streams, 1, 1, generator=generator) * 6.3
    steps = torch.arange(6.0).view(1, 1, 6, 1)
    values = {
        name: torch.sin(phase + steps + torch.arange(float(n)))
        + 0.1 * torch.randn(brains, streams, 6, n, generator=generator)
        for name, n in (("image", 3), ("sound", 2))
    }
    return Shown({name: (x, torch.ones(brains, streams, 6)) for name, x in values.items()})


def brains_of(*seeds):
    return hierarchy(TABLE, {"image": 3, "sound": 2}, seeds=seeds)


def state(brains, name):
    return {key: value.clone() for key, value in brains.of(name).state_dict().items()}


def test_a_brain_learns_alone_what_it_learns_in_company():
    both, data = brains_of(3, 5), shown()
    fit_modules(both, data, course=COURSE)
    alone = brains_of(5)
    fit_modules(alone, Shown({k: (x[1:], v[1:]) for k, (x, v) in data.streams.items()}), course=COURSE)
    for name in ("eye", "both"):
        for one, other in zip(both.of(name).parameters(), alone.of(name).parameters(), strict=True):
            torch.testing.assert_close(one[1], other[0], rtol=1e-3, atol=1e-4)  # Adam magnifies rounding


def test_training_lowers_the_loss_and_touches_the_named_module_alone():
    brains, data = brains_of(0, 1), shown()
    before = state(brains, "eye"), state(brains, "both")
    row = fit_modules(brains, data, [Stage(40, {"ear": {"next": 1.0}})], COURSE).history
    assert row[-1]["ear"] < row[0]["ear"] - 0.1
    for name, kept in zip(("eye", "both"), before, strict=True):
        assert all(torch.equal(kept[key], value) for key, value in brains.of(name).state_dict().items())


def test_end_to_end_moves_lower_modules_by_the_loss_of_a_higher_one():
    data = shown()
    for end_to_end in (False, True):
        brains = brains_of(0, 1)
        before = state(brains, "eye")["recurrent"]
        fit_modules(brains, data, [Stage(2, {"both": {"next": 1.0}})], COURSE, end_to_end=end_to_end)
        assert torch.equal(before, brains.of("eye").recurrent) != end_to_end


def test_one_by_one_and_all_at_once_are_the_same_for_a_module_that_hears_streams():
    one, all_at_once, data = brains_of(0, 1), brains_of(0, 1), shown()
    fit_modules(one, data, [Stage(5, {"eye": {"next": 1.0}})], COURSE)
    fit_modules(all_at_once, data, [together(["eye", "ear"], 5)], COURSE)
    torch.testing.assert_close(one.of("eye").recurrent, all_at_once.of("eye").recurrent)


def test_frozen_modules_are_heard_once_and_to_the_same_effect():
    """What is kept of frozen modules stands for hearing them again at every update."""
    data, brains = shown(), brains_of(0, 1)
    again = copy.deepcopy(brains)
    fit_modules(brains, data, [Stage(4, {"both": {"next": 1.0}})], COURSE)
    fit_modules(again, data, [Stage(4, {"both": {"next": 1.0}})], COURSE, order="mixed")
    torch.testing.assert_close(brains.of("both").recurrent, again.of("both").recurrent, rtol=1e-4, atol=1e-5)


def test_every_order_gives_every_stage_its_updates():
    stages = one_by_one(["eye", "ear", "both"], 4)
    for order in ("staged", "shuffled", "mixed"):
        drawn = turns(stages, order, seed=3)
        assert sorted(drawn) == [0] * 4 + [1] * 4 + [2] * 4
        assert (drawn == sorted(drawn)) == (order == "staged")
        assert order == "mixed" or sum(a != b for a, b in pairwise(drawn)) == 2
    with pytest.raises(ValueError, match="expected an order"):
        turns(stages, "reverse")


def test_losses_are_what_they_say():
    generator = torch.Generator().manual_seed(1)
    z, made = (torch.randn(2, 5, 4, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    source = torch.tensor([0, 0, 1, 1]).expand(2, 5, 4)
    valid = torch.ones(2, 5, 4, dtype=torch.float64)
    valid[:, 0, 3] = 0
    heard = Heard(z, made, made, valid, source)
    like = torch.cosine_similarity(made[:, :, :-1], z[:, :, 1:], dim=-1)
    like[:, 0, 2] = 0
    torch.testing.assert_close(LOSSES["next"](heard), -like.sum((1, 2)) / 14)
    logits = 10 * torch.cosine_similarity(made[0, :, None, 1], z[0, None, :, 2], dim=-1)
    wanted = torch.nn.functional.cross_entropy(logits, torch.arange(5))
    torch.testing.assert_close(LOSSES["contrast"](heard)[0], wanted)
    rows = z[0].flatten(0, 1)[valid[0].flatten() > 0]
    cov = torch.cov(rows.T, correction=0)
    apart = 0.04 * (cov.square().sum() - cov.diagonal().square().sum()) / 3
    torch.testing.assert_close(
        LOSSES["spread"](heard)[0], (1 - cov.diagonal().sqrt()).clamp(min=0).mean() + apart
    )
    still = Heard(z, z[:, :, :1].expand(z.shape), made, valid, source)
    torch.testing.assert_close(LOSSES["slow"](still), -torch.ones(2, dtype=torch.float64))


def test_gradients_are_clipped_brain_by_brain():
    weights = [torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(2, 2, 2))]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
        weight.grad[1] *= 1e-3
    clip_each_brain(weights, 1.0)
    assert abs(float(sum(w.grad[0].square().sum() for w in weights)) - 1) < 1e-6
    assert torch.equal(weights[0].grad[1], torch.full((3,), 1e-3))


def test_pairs_are_of_one_class_and_drawn_together():
    a, b = same_class(torch.arange(6).numpy() % 2, torch.arange(8).numpy() % 2, 12, seed=0)
    pairs = {"image": torch.from_numpy(a)[None], "sound": torch.from_numpy(b)[None]}
    data = Shown({"image": (torch.zeros(1, 6, 2, 1), torch.ones(1, 6, 2)),
                  "sound": (torch.zeros(1, 8, 3, 1), torch.ones(1, 8, 3))}, pairs)  # fmt: skip
    places = data.drawn(30, [torch.Generator().manual_seed(0)], ["image", "sound"])
    assert torch.equal(places["image"] % 2, places["sound"] % 2)
    assert data.paired().streams["sound"][0].shape == (1, 12, 3, 1)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([Stage(1, {"nose": {"next": 1.0}})], "trains nose"),
        ([Stage(1, {"eye": {"next": 1.0}}, data="night")], "names the data 'night'"),
    ],
)
def test_stages_that_name_nothing_are_refused(stages, said):
    with pytest.raises(NetworkError, match=said):
        fit_modules(brains_of(0, 1), shown(), stages, COURSE)
    with pytest.raises(NetworkError, match="for 1 brains, got 2"):
        fit_modules(brains_of(0), shown(), course=COURSE)
    with pytest.raises(ValueError, match="expected losses of"):
        Stage(1, {"eye": {"joy": 1.0}})


def test_modules_of_three_animals_and_their_nulls_are_brains_of_one_batch():
    try:
        plans = table()
    except MissingData as error:
        pytest.skip(str(error))
    null = partial(named("degree"), seed=3)
    brains = hierarchy(plans, WIDTHS, seeds=[0, 0], nulls=[None, null])
    for cells in brains.cells.values():
        real, rewired = (weights != 0 for weights in cells.recurrent)
        assert real.shape == (SIZE, SIZE)
        assert real.any()
        assert not torch.equal(real, rewired)
