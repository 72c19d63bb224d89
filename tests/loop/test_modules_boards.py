"""The boards of modules: what is asked of them, by small cases whose answers are known."""

import numpy as np
import torch

from brainwright.loop.modules.asked import COUNTS, MANY, REACHED, saved, without
from brainwright.loop.modules.digits import Digits, brains_of
from brainwright.loop.modules.judge import by_speaker, candidates, canonical, found, probe, right
from brainwright.loop.modules.pairs import MODULES, WIDTHS, flat_plan
from brainwright.loop.modules.scales import errors, fixed_blocks
from brainwright.loop.modules.streams import Shown
from brainwright.loop.modules.workspace import ARMS, EDGES, SIGN, Task, Workspace
from brainwright.loop.modules.workspace import MODULES as BLOCKS
from brainwright.network.modules import Heard, hierarchy


def some_digits(rows=60):
    classes = np.resize(np.arange(10), rows)[None]
    speakers = np.where(np.arange(rows) // 10 % 2, 3, 5)[None]  # each says every digit
    nothing = Shown({"image": (torch.zeros(1, 1, 2, 1), torch.ones(1, 1, 2))})
    return Digits(nothing, nothing, classes, classes, speakers)


def test_every_draw_holds_every_speaker_out_once():
    for draw in (0, 7):
        held = [speaker for _, pair in brains_of([draw]) for speaker in pair]
        assert sorted(held) == list(range(6))
    assert len(brains_of([1, 2])) == 6


def test_candidates_are_of_ones_own_speaker_and_one_of_each_class():
    given = some_digits()
    chosen = candidates(given)[0]
    assert (chosen[np.arange(60), given.test_labels[0]] == np.arange(60)).all()
    for row, ten in enumerate(chosen):
        assert (given.speakers[0, ten] == given.speakers[0, row]).all()


def test_what_is_certain_is_found_and_what_is_noise_is_not():
    given, rng = some_digits(), np.random.default_rng(1)
    codes = np.eye(10)[given.test_labels] + 5  # the mean of candidates is far from nothing
    chosen = candidates(given)
    assert found(codes - 5, codes, chosen, given).all()
    noise = found(rng.normal(size=codes.shape), rng.normal(size=codes.shape), chosen, given)
    assert noise.mean() < 0.3
    scores = probe(codes, codes, given.labels, 60)
    assert by_speaker(right(scores, given.test_labels), given).tolist() == [1.0, 1.0]


def test_canonical_directions_find_what_two_sides_share():
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(1, 400, 9))
    noise = [rng.normal(size=(1, 400, 5)) for _ in "ab"]
    sides = [np.concatenate([shared @ rng.normal(size=(9, 9)), own], 2) for own in noise]
    (_, a), (_, b) = canonical((sides[0], sides[0]), (sides[1], sides[1]))
    like = [abs(np.corrcoef(a[0, :, k], b[0, :, k])[0, 1]) for k in range(9)]
    assert min(like) > 0.99


def test_the_flat_network_has_as_many_values_as_the_modules():
    own, other = hierarchy(MODULES, WIDTHS).n_values(), hierarchy([flat_plan()], WIDTHS).n_values()
    assert abs(own - other) < 0.02 * own


def test_a_modality_that_is_lost_is_not_heard():
    brains = hierarchy(MODULES, WIDTHS, seeds=(0,))
    streams = {name: (torch.randn(1, 3, 5, n), torch.ones(1, 3, 5)) for name, n in WIDTHS.items()}
    heard = brains.hear(without(Shown(streams), "image").streams)["both"]
    assert heard.valid.sum(2).tolist() == [[4.0] * 3]
    assert (heard.source[:, :, :4] == 1).all()
    other = dict(streams, image=(torch.randn(1, 3, 5, 49), torch.zeros(1, 3, 5)))
    assert torch.equal(brains.hear(other)["both"].states[:, :, :4], heard.states[:, :, :4])


def test_blocks_and_switches_are_where_they_are_said_to_be():
    x = torch.zeros(1, 2, 9, 48)
    x[:, :, 4:8] = 1
    assert torch.allclose(fixed_blocks(x)[0, 0], torch.tensor([[0.0], [1.0]]))
    z = torch.zeros(1, 1, 8, 2)
    z[..., 0] = 1
    made = z.clone()
    made[0, 0, 2] = -z[0, 0, 2]  # one wrong prediction, of patch 3
    labels = np.array([[[0, 0, 1, 1, 1, 1, 1, 1]]])  # switches at patch 2; 2 to 5 are after it
    said = errors(Heard(z, z, made, torch.ones(1, 1, 8), torch.zeros(1, 1, 8)), labels)
    np.testing.assert_allclose(said["after switches"], [2 / 4])
    np.testing.assert_allclose(said["elsewhere"], [0])


def test_the_sign_moves_all_modules_and_is_shown_to_one():
    codes = torch.arange(4 * 6 * 12.0).view(1, 4, 6, 12)
    for drawn in (False, True):
        patches, place, source, _ = Task(drawn, 5).episodes(8, codes, torch.Generator().manual_seed(0))
        steps = (place[:, :, 1:] - place[:, :, :-1]) % 6
        assert (steps == steps[..., :1]).all()
        assert set(steps.flatten().tolist()) == {1, 5}
        told = patches[..., -1].gather(-1, source[:, :, None, None].expand(-1, -1, 5, 1))[..., 0] / SIGN
        assert torch.equal(told[:, :, :-1] % 6, steps[..., 0].float())
        assert (patches[..., -1] != 0).sum(-1).eq(1).all()
        assert (source == 0).all() != drawn


def test_arms_of_the_workspace_have_equal_edges_and_no_error_crosses():
    counts = {}
    for arm in ARMS:
        brains = Workspace(arm, [0])
        between = brains.edges[0] * (1 - brains.within)
        counts[arm] = int(between.sum())
        patches, *_ = Task(length=3).episodes(2, brains.codes, torch.Generator().manual_seed(0))
        brains.answer.data.normal_()
        made = brains(patches)[0]
        made[:, :, :, 1].sum().backward()
        rows = brains.recurrent.grad[0].abs().sum(1).view(BLOCKS + 1, -1).sum(1)
        assert rows[1] > 0
        assert rows[[0, 2, 3, 4]].sum() == 0, "only the weights onto module 1's own cells learn by its loss"
    across = Workspace("random edges", [0], across=True)
    across.answer.data.normal_()
    across(patches)[0][:, :, :, 1].sum().backward()
    assert (across.recurrent.grad[0].abs().sum(1).view(BLOCKS + 1, -1).sum(1)[[0, 2, 3]] > 0).all()
    assert counts == {"none": 0, "read only": EDGES // 2, "broadcast": EDGES, "random edges": EDGES}


def test_a_hidden_module_is_shown_nothing_and_is_still_asked_for():
    brains, task = Workspace("none", [0]), Task(hidden=True)
    patches, place, source, blank = task.episodes(50, brains.codes, torch.Generator().manual_seed(1))
    assert (blank.sum(3) == torch.tensor([0.0] * 4 + [1.0] * 4)).all()
    assert not patches[blank > 0].any(), "nor does a hidden module see the sign"
    assert not (blank.amax(2).argmax(2) == source).any()
    wanted = task.wanted(brains, place, patches)
    units = torch.einsum("bmpv,bmvz->bmpz", brains.codes, brains.embed[:, :, :12])
    nearest = (wanted[..., None, :] - units[:, None, None]).norm(dim=-1).argmin(-1)
    assert torch.equal(nearest, place)


def test_labels_saved_are_halvings_of_a_thousand():
    shares = np.interp(np.log2(COUNTS), np.log2([20, 1_000]), [0.4, 0.8])
    needed = 2 ** np.interp(REACHED[""], [0.4, 0.8], np.log2([20, 1_000]))
    curves = np.stack([shares, shares * 0, shares + 0.5], 1)
    rows = {f"{n:,} labels": row for n, row in zip(COUNTS, curves, strict=True)}
    np.testing.assert_allclose(saved(rows, ""), [np.log2(MANY / needed), 0, np.log2(MANY / 20)])
