"""Modules of a table: order, pools, clocks, what may and what may not cross."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.connectome.nulls import degree_preserving
from brainwright.network import NetworkError
from brainwright.network.modules import Dense, ModulePlan, Pool, hierarchy, in_order
from brainwright.network.modules.clock import every, in_parts


def eye_and_ear(**more):
    return [
        ModulePlan("both", ("eye", "ear"), 6, 5, join="series", parts=3, **more),
        ModulePlan("eye", ("image",), 7, 4),
        ModulePlan("ear", ("sound",), 8, 4),
    ]


def shown(brains=2, streams=3):
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(brains, streams, 6, 3, generator=generator)
    sound = torch.randn(brains, streams, 5, 2, generator=generator)
    valid = torch.ones(brains, streams, 5)
    valid[:, 0, 3:] = 0
    return {"image": (image, torch.ones(brains, streams, 6)), "sound": (sound, valid)}


def ring(n=12):
    """Cells of two types, each onto the next three."""
    cells = pd.DataFrame({"id": range(n), "type": ["a", "b"] * (n // 2), "sign": [1.0, -1.0] * (n // 2)})
    rows = [(k, (k + step) % n, 1 + (k * step) % 3) for k in range(n) for step in (1, 2, 4)]
    return Connectome.from_dataframe(pd.DataFrame(rows, columns=["pre", "post", "count"]), cells)


def test_a_table_is_put_in_order_and_every_brain_has_weights_of_its_own():
    assert [plan.name for plan in in_order(eye_and_ear(), ["image", "sound"])] == ["eye", "ear", "both"]
    brains = hierarchy(eye_and_ear(), {"image": 3, "sound": 2}, seeds=(4, 9))
    heard = brains.hear(shown())
    assert heard["both"].states.shape == (2, 3, 6, 6)  # three parts of each of two
    assert not torch.equal(brains.of("eye").recurrent[0], brains.of("eye").recurrent[1])
    alone = hierarchy(eye_and_ear(), {"image": 3, "sound": 2}, seeds=(9,))
    of_one = alone.hear({name: (x[1:], v[1:]) for name, (x, v) in shown().items()})
    torch.testing.assert_close(of_one["both"].prediction[0], heard["both"].prediction[1])
    # eye: embedding 3·4+4, drive 4·7+7, recurrent 49, prediction 7·4+4
    assert brains.n_values("eye") == 16 + 35 + 49 + 32


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([ModulePlan("a", ("b",), 4), ModulePlan("b", ("a",), 4)], "in a circle: a, b"),
        ([ModulePlan("a", ("smell",), 4)], "hears smell"),
        ([ModulePlan("a", ("image",), 4), ModulePlan("a", ("image",), 4)], "'a' twice"),
        ([ModulePlan("a", ("image",), 4, top_down="b"), ModulePlan("b", ("a",), 4)], "every=2 or more"),
        ([ModulePlan("a", ("image",), None)], "needs a size"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table, said):
    with pytest.raises(NetworkError, match=said):
        hierarchy(table, {"image": 3})


def test_streams_of_different_length_cannot_be_heard_together():
    brains = hierarchy([ModulePlan("a", ("image", "sound"), 4)], {"image": 3, "sound": 2}, seeds=(0, 1))
    with pytest.raises(NetworkError, match="together: expected streams of equal number and length"):
        brains.hear(shown())
    with pytest.raises(NetworkError, match="no such stream"):
        brains.hear({"image": shown()["image"]})


def test_a_pool_gives_its_synapses_and_stays_a_part_when_expanded():
    worm = ring()
    pool = Pool(worm, "type == 'a'")
    own = worm.subset(where="type == 'a'").weights("given", dtype=np.float64).toarray()
    weights = pool.weights(None, 0, None).numpy()
    assert np.array_equal(weights != 0, own != 0)
    assert abs(abs(np.linalg.eigvals(weights)).max() - 0.9) < 1e-5
    larger = pool.weights(9, 3, None).numpy()
    assert larger.shape == (9, 9)
    assert np.array_equal(np.sign(larger[:6, :6]), np.sign(own))
    null = pool.weights(None, 0, partial(degree_preserving, seed=1)).numpy()
    assert ((null != 0).sum(0) == (own != 0).sum(0)).all()
    assert Pool(worm, most=5).n_cells(None) == 5


def test_pools_that_are_empty_too_large_or_shared_are_refused():
    worm = ring()
    with pytest.raises(NetworkError, match="an empty pool"):
        hierarchy([ModulePlan("a", ("image",), None, topology=Pool(worm, "type == 'c'"))], {"image": 3})
    with pytest.raises(NetworkError, match="more than size=4"):
        hierarchy([ModulePlan("a", ("image",), 4, topology=Pool(worm, "type == 'a'"))], {"image": 3})
    two = [
        ModulePlan("a", ("image",), None, 4, topology=Pool(worm, "type == 'a'")),
        ModulePlan("b", ("a",), None, 4, topology=Pool(worm, "id < 4")),
    ]
    with pytest.raises(NetworkError, match="share 2 cells"):
        hierarchy(two, {"image": 3})
    assert hierarchy(two, {"image": 3}, overlap=True).n_values("b") > 0


def test_clocks_are_means_over_what_is_there():
    x = torch.arange(10.0).view(1, 1, 10, 1)
    valid = torch.ones(1, 1, 10)
    valid[..., 7:] = 0
    blocks, whole = every(x, valid, 3)
    assert blocks.flatten().tolist() == [1.0, 4.0, 0.0]
    assert whole.flatten().tolist() == [1.0, 1.0, 0.0]
    assert in_parts(x, valid, 2).flatten().tolist() == [1.5, 4.5]  # 0..3 and 3..6: the middle is in both
    assert in_parts(x, (x[..., 0] < 2).float(), 4).flatten().tolist() == [0.0, 0.0, 1.0, 1.0]


def two_levels(seeds=(0, 1)):
    table = [
        ModulePlan("slow", ("fast",), 6, 5, every=4, reads="embedding"),
        ModulePlan("fast", ("x",), 7, 4, embedding="squared", top_down="slow"),
    ]
    return hierarchy(table, {"x": 3}, seeds=seeds)


def test_no_later_patch_changes_a_prediction_to_the_last_bit():
    brains = two_levels()
    generator = torch.Generator().manual_seed(2)
    x, valid = torch.randn(2, 3, 16, 3, generator=generator), torch.ones(2, 3, 16)
    for at in (1, 4, 7, 8, 11, 15):
        other = x.clone()
        other[:, :, at:] = torch.randn(2, 3, 16 - at, 3, generator=generator)
        one, two = (brains.hear({"x": (values, valid)}) for values in (x, other))
        assert torch.equal(one["fast"].prediction[:, :, :at], two["fast"].prediction[:, :, :at])
        assert torch.equal(one["slow"].prediction[:, :, : at // 4], two["slow"].prediction[:, :, : at // 4])
        assert not torch.equal(one["fast"].prediction[:, :, at:], two["fast"].prediction[:, :, at:])


def test_what_comes_down_is_the_prediction_of_the_block_before():
    brains = two_levels()
    x, valid = torch.randn(2, 3, 16, 3), torch.ones(2, 3, 16)
    heard, cut = brains.hear({"x": (x, valid)}), brains.hear({"x": (x, valid)}, cut=True)
    changed = (heard["fast"].prediction != cut["fast"].prediction).any(-1).all(1).all(0)
    assert changed.all(), "the first block hears zeros, which is an input too"
    assert torch.equal(heard["slow"].prediction, cut["slow"].prediction)
    down = brains._from_above(brains.plan("fast"), valid, heard["slow"].prediction)
    assert not down[:, :, :3].any()
    assert torch.equal(down[:, :, 3], heard["slow"].prediction[:, :, 0])  # of patch 4, made after block 0
    assert torch.equal(down[:, :, 14], heard["slow"].prediction[:, :, 2])


def workspace_of(**more):
    """A module above two, and one that reads four units of each of the three and sends down to the first."""
    both = {"join": "together", "parts": 4} | more
    return [
        ModulePlan("eye", ("image",), 7, 4, top_down="front"),
        ModulePlan("ear", ("sound",), 8, 4),
        ModulePlan("both", ("eye", "ear"), 6, 5, **both),
        ModulePlan("front", ("eye", "ear", "both"), 5, 6, parts=4, units=4),
    ]


def test_what_comes_down_from_parts_of_many_streams_tells_nothing_of_later_patches():
    brains = hierarchy(workspace_of(), {"image": 3, "sound": 2}, seeds=(0, 1))
    assert brains.front_hears_of_eye.shape == (2, 4)
    streams = shown()
    for length in (2, 5, 6):  # shorter than its parts, and no multiple of them
        valid = torch.zeros(2, 3, 6)
        valid[:, :, :length] = 1
        image = streams["image"][0] * valid[..., None]
        for at in range(1, length):
            other = image.clone()
            other[:, :, at:] += 1
            one, two = (brains.hear(streams | {"image": (x, valid)})["eye"] for x in (image, other))
            assert torch.equal(one.prediction[:, :, :at], two.prediction[:, :, :at])
    heard = [brains.hear(streams, cut=cut)["eye"].prediction for cut in (False, True)]
    assert not torch.equal(*heard)
    alone = brains.hear({"image": streams["image"]}, only=["eye"], cut=True)  # its own stream is enough
    assert torch.equal(alone["eye"].prediction, heard[1])


def test_what_would_tell_of_later_patches_may_not_come_down():
    for more in ({"join": "series"}, {"parts": 3}, {"parts": None, "every": 2}):
        with pytest.raises(NetworkError, match="steps to come"):
            hierarchy(workspace_of(**more), {"image": 3, "sound": 2})


def test_a_network_is_no_topology_and_the_error_says_what_is():
    with pytest.raises(NetworkError, match=r"got a Linear: modules are rate cells.*Pool of its connectome"):
        ModulePlan("a", ("image",), 4, topology=torch.nn.Linear(2, 2))


def test_no_gradient_crosses_unless_it_is_asked_to():
    brains = hierarchy(eye_and_ear(), {"image": 3, "sound": 2}, seeds=(0, 1))
    for through in (False, True):
        brains.zero_grad()
        brains.hear(shown(), only=["both"], through=through)["both"].prediction.sum().backward()
        reached = any(p.grad is not None and p.grad.any() for p in brains.of("eye").parameters())
        assert reached == through


def test_inputs_in_series_follow_the_order_that_is_given_and_skip_what_fills_up():
    brains = hierarchy([ModulePlan("a", ("image", "sound"), 4, 4, join="series")], {"image": 3, "sound": 2})
    x = {name: (values[:1], valid[:1]) for name, (values, valid) in shown().items()}
    order = torch.tensor([[[1, 0], [0, 1], [0, 1]]])  # the first stream hears the sound first
    heard = brains.hear(x, orders={"a": order})["a"]
    assert heard.source[0, 0, :9].tolist() == [1] * 3 + [0] * 6
    assert heard.source[0, 1].tolist() == [0] * 6 + [1] * 5
    assert heard.valid[0, 0].tolist() == [1.0] * 9 + [0.0] * 2
    straight = brains.of("a").embeddings[1](x["sound"][0])
    torch.testing.assert_close(heard.embedding[0, 0, :3], straight[0, 0, :3])


def test_dense_weights_have_the_radius_of_a_recurrent_network():
    weights = Dense().weights(400, 0, None).numpy()
    assert abs(abs(np.linalg.eigvals(weights)).max() - 0.9) < 0.05  # Girko: within about n^-1/2
