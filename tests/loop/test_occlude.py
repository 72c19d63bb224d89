"""Half of a modality is hidden: what is hidden, what stands in its place, and who may be asked."""

import numpy as np
import torch

from brainwright.loop.modules import Shown
from brainwright.loop.modules.digits import Digits
from brainwright.loop.modules.occlude import (
    beginning,
    best_of,
    decoded,
    filled,
    half,
    hidden_of,
    mean_of,
    remembered,
    rolled,
)
from brainwright.loop.modules.whole import FRONT, SENSES, Triples
from brainwright.network.modules import ModulePlan, hierarchy

WIDTHS = {"image": 3, "sound": 2, "keys": 4}


def streams(rows=20, brains=1):
    generator = torch.Generator().manual_seed(0)
    made = {
        name: (torch.randn(brains, rows, 7, n, generator=generator), torch.ones(brains, rows, 7))
        for name, n in WIDTHS.items()
    }
    made["sound"][1][:, 0, 4:] = 0
    made["sound"][0][:, 0, 4:] = 0
    return Shown(made)


def small():
    senses = [ModulePlan(m, (s,), 5, 4, top_down=FRONT) for s, m in SENSES.items()]
    front = ModulePlan(FRONT, tuple(SENSES.values()), 6, 4, parts=4, units=3)
    return hierarchy([*senses, front], WIDTHS, seeds=(0,))


def test_what_is_hidden_and_put_back_is_the_stream_again():
    shown = streams()
    for name in WIDTHS:
        values, valid = shown.streams[name]
        seen, there = half(shown, name).streams[name]
        first = beginning(valid)
        assert torch.equal(there.sum(2, keepdim=True), first)
        patches, counted = hidden_of(shown, name)
        assert counted.sum(2).tolist() == (valid.sum(2) - first[..., 0]).tolist()
        again = filled(shown, name, patches).streams[name][0]
        torch.testing.assert_close(again, values)
        assert not torch.equal(seen, values)
        blank = filled(shown, name, np.zeros_like(patches)).streams[name][0]
        assert torch.equal(blank, seen)


def test_hidden_patches_that_follow_from_features_are_decoded_and_others_have_their_mean():
    rng = np.random.default_rng(0)
    x, there = rng.normal(size=(1, 60, 5)), np.ones((1, 60, 2))
    patches = (x @ rng.normal(size=(5, 6))).reshape(1, 60, 2, 3)
    made = decoded(x[:, :50], x[:, 50:], patches[:, :50], there[:, :50])
    left = np.square(made - patches[:, 50:]).sum() / np.square(patches[:, 50:]).sum()
    assert left < 0.02  # the weakest ridge of the list, .1
    assert best_of(x[0], patches[0].reshape(60, -1)) == 0.1
    noise = rng.normal(size=(1, 600, 2, 3)) + 3
    y = noise[0].reshape(600, -1)
    assert best_of(rng.normal(size=(600, 200)), y) == 100.0, "nothing can be known: the strongest"
    few = np.array([[1.0, 0.0]] * 300 + [[1.0, 1.0]] * 300)[None]
    mean = mean_of(noise * few[..., None], few)
    np.testing.assert_allclose(mean[0, 0, 1], noise[0, 300:, 1].mean(0))


def test_a_hippocampus_gives_back_the_half_of_a_stored_triple_and_keeps_what_is_given():
    brains, shown = small(), streams()
    sides = [shown] * 3
    made = remembered(brains, [half(shown, "image")] * 3, sides, "image")
    heard = brains.hear(shown.streams, cut=True)["eye"].states[0].detach()
    # 7 patches in four parts; the cue holds the first four patches in two
    late = torch.stack([heard[:, 3:6].mean(1), heard[:, 5:].mean(1)], 1).flatten(1).numpy()
    recalled = made[1][0, :, 2 * 5 :]
    like = np.corrcoef(recalled.ravel(), late.ravel())[0, 1]
    assert like > 0.9
    assert made[0].shape == (1, 20, 4 * 5)


def test_a_module_that_goes_on_by_itself_hears_its_own_prediction():
    brains, shown = small(), streams()
    with torch.no_grad():
        heard = brains.hear(half(shown, "keys").streams)
        made = rolled(brains, heard, "hand", torch.ones(1, 20, 1), led=False)
        cells, own = brains.of("hand"), brains.hear(half(shown, "keys").streams, cut=True)["hand"]
        longer = torch.cat([own.embedding[:, :, :4], own.prediction[:, :, 3:4]], 2)
        wanted = cells.states(longer)[:, :, 4]
    np.testing.assert_allclose(made, np.tile(wanted.numpy(), (1, 1, 4)), atol=1e-6)
    led = rolled(brains, heard, "hand", torch.ones(1, 20, 1), led=True)
    assert not np.allclose(made, led)


def test_shuffled_triples_keep_images_in_their_places():
    classes = np.zeros((1, 20), np.int64)
    given = Triples(streams(), streams(), Digits(streams(), streams(), classes, classes, classes))
    mixed = given.shuffled([3]).train.streams
    assert torch.equal(mixed["image"][0], given.train.streams["image"][0])
    for name in ("sound", "keys"):
        one, other = mixed[name][0].flatten(2), given.train.streams[name][0].flatten(2)
        assert not torch.equal(one, other)
        torch.testing.assert_close(one.sort(1).values, other.sort(1).values)
