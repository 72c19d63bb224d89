"""Saved networks: the same after loading; changed or foreign files refused."""

import json

import pytest
import torch
from wirings import small

from brainwright.network import LIF, FanIn, Graph, NetworkError, Rate, Train, compile, layered, load, save
from brainwright.untrusted.described import sealed

KINDS = {
    "layered": lambda: layered([5, 7, 3], "tanh"),
    "frozen": lambda: compile(small(), n_inputs=5, n_outputs=3),
    "one to one": lambda: compile(small(), dtype=torch.float64),
    "gain": lambda: compile(
        small(gaps=True),
        Rate("tanh", tau_s={"A": 0.0, "B": 0.01, "C": 0.1}, bias="type"),
        n_inputs=5,
        n_outputs=3,
        train="gain",
    ),
    "low-rank": lambda: compile(small(), Graph(channels=3), n_inputs=5, n_outputs=3, train="low-rank"),
    "clamp": lambda: compile(
        small(),
        LIF(options={"synapse_mV": 3.0}),
        n_inputs=5,
        n_outputs=3,
        train=Train("edge", magnitude="clamp"),
    ),
    "dense": lambda: compile(small(), n_inputs=5, n_outputs=3, train="dense", scaling=FanIn()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_network_is_the_saved_one(kind, tmp_path):
    network = KINDS[kind]()
    with torch.no_grad():
        for p in network.parameters():
            p += 0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1), dtype=p.dtype)
    again = load(save(network, tmp_path / "brain"))
    dtype = next(iter(network.state_dict().values())).dtype if kind != "one to one" else torch.float64
    x = torch.randn(4, network.n_inputs, generator=torch.Generator().manual_seed(2)).to(dtype)
    steps = network.fewest_steps + 20
    assert torch.equal(network.unroll(20 * x, steps=steps).outputs, again.unroll(20 * x, steps=steps).outputs)
    assert again.ids == network.ids
    assert again.provenance == json.loads(json.dumps(network.provenance))
    assert [p.shape for p in again.parameters()] == [p.shape for p in network.parameters()]
    assert {name: index.tolist() for name, (_, index) in again.pools.items()} == {
        name: index.tolist() for name, (_, index) in network.pools.items()
    }
    save(again, tmp_path / "brain")  # over itself
    assert sorted(path.name for path in (tmp_path / "brain").iterdir()) == ["model.json", "model.safetensors"]


def test_what_was_changed_is_refused(tmp_path):
    folder = save(layered([2, 2]), tmp_path / "net")
    description = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**description, "format_version": 99}))
    with pytest.raises(NetworkError, match="expected format version 1, got 99"):
        load(folder)
    (folder / "model.json").write_text(json.dumps({**description, "sha256": "0"}))
    with pytest.raises(NetworkError, match="does not match its checksum"):
        load(folder)
    with pytest.raises(NetworkError, match=r"no readable model\.json"):
        load(tmp_path)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="holds other files"):
        save(layered([2, 2]), folder)


def forged(folder, **changes) -> None:
    """A description that says something else, with a checksum that fits."""
    path = folder / "model.json"
    rest = {k: v for k, v in json.loads(path.read_text()).items() if k != "description_sha256"}
    path.write_text(json.dumps(sealed({**rest, **changes})))


def test_the_description_is_inside_its_checksum_and_checked_behind_it(tmp_path):
    folder = save(layered([2, 2]), tmp_path / "net")
    sound = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**sound, "provenance": {"made": "up"}}))
    with pytest.raises(NetworkError, match="does not match its checksum"):
        load(folder)
    populations, projections = sound["populations"], sound["projections"]
    wrong = [
        ({"populations": [{**populations[0], "n": 10**12}, *populations[1:]]}, "numbers"),
        ({"populations": [{**populations[0], "n": -1}, *populations[1:]]}, "sizes of 0 or more"),
        ({"populations": [{**populations[0], "n": 2.5}, *populations[1:]]}, "number of cells"),
        ({"populations": [{**populations[0], "dtype": "load"}, *populations[1:]]}, "dtype"),
        ({"populations": [{**populations[0], "kind": "mine"}, *populations[1:]]}, "kind"),
        ({"populations": {}}, "populations"),
        ({"projections": [{**projections[0], "n_pre": 7}]}, "expected weights"),
        ({"projections": [{**projections[0], "bogus": 7}]}, "saved network"),
        ({"pools": {"p": [populations[0]["name"], [5]]}}, "positions below 2"),
        ({"pools": {"p": ["nowhere", [0]]}}, "pool p"),
        ({"ids": {populations[0]["name"]: [1]}}, "an id per cell"),
        ({"provenance": [1]}, "provenance"),
    ]
    for changes, message in wrong:
        (folder / "model.json").write_text(json.dumps(sound))
        forged(folder, **changes)
        with pytest.raises(NetworkError, match=message):
            load(folder)
    (folder / "model.json").write_text(json.dumps(sound))
    forged(folder)
    assert load(folder).n_inputs == 2
