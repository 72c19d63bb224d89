"""The gradient writer on a scripted tissue: what a step changes, and what it must not."""

import numpy as np
import pytest
import torch
from scripted import Echo

from brainwright.emulator import DishEmulators
from brainwright.loop import GradientWriter, Layout, Moment, Timing, close_loop, gradient_writer, present
from brainwright.tissue import usable_channels

K = 6


@pytest.fixture
def heard_and_layout():
    layout = Layout.random([1, 2], K, usable_channels(), Timing())
    symbols = np.tile(np.arange(61) % K, (2, 1))
    return present(Echo(), layout, symbols[:, :60], targets=symbols[:, 1:]), layout


def moment_of(heard, t, target):
    return Moment(
        history=np.stack([heard.symbols[:, t], heard.symbols[:, t - 1]], axis=1),
        target=target,
        previous=heard.counts[:, t - 1, :2],
        early=heard.counts[:, t, 0],
    )


def writer_for(heard, layout, **options):
    writer = GradientWriter(K, layout.n_electrodes, usable_channels(), **options)
    writer.learn(heard)
    return writer


def chance_of(writer, moment):
    with torch.no_grad():
        logits = writer.maps.logits(writer.emulator.predict(writer._context(moment)))[:, 0]
    return logits.softmax(1).gather(1, torch.from_numpy(moment.target)[:, None])[:, 0].numpy()


def test_a_gradient_step_raises_the_chance_of_the_wanted_symbol(heard_and_layout):
    heard, layout = heard_and_layout
    writer = writer_for(heard, layout)
    surprising = moment_of(heard, 30, (heard.symbols[:, 31] + 2) % K)
    before = chance_of(writer, surprising)
    writer.channels(surprising)
    assert (chance_of(writer, surprising) > before).all()


def test_a_gradient_step_leaves_encoder_decoder_and_maps_alone(heard_and_layout):
    heard, layout = heard_and_layout
    writer = writer_for(heard, layout)
    fixed = {
        k: v.clone() for k, v in [*writer.maps.state_dict().items(), *writer.emulator.state_dict().items()]
    }
    writer.channels(moment_of(heard, 30, (heard.symbols[:, 31] + 2) % K))
    after = {**writer.maps.state_dict(), **writer.emulator.state_dict()}
    changed = {k for k, v in after.items() if not torch.equal(v, fixed[k])}
    assert changed == {"hidden.weight", "hidden.bias", "output.weight", "output.bias"}


def test_without_steps_nothing_changes_and_the_prediction_is_written(heard_and_layout):
    heard, layout = heard_and_layout
    writer = writer_for(heard, layout, gradient_steps=0)
    before = {k: v.clone() for k, v in writer.emulator.state_dict().items()}
    chosen = writer.channels(moment_of(heard, 30, heard.symbols[:, 0]))
    assert all(torch.equal(v, before[k]) for k, v in writer.emulator.state_dict().items())
    likely = np.sort(layout.of((heard.symbols[:, 30] + 1) % K), axis=1)  # a cycle is easily predicted
    assert (chosen == likely).mean() > 0.9


def test_writes_are_distinct_usable_channels(heard_and_layout):
    heard, layout = heard_and_layout
    chosen = writer_for(heard, layout).channels(moment_of(heard, 20, heard.symbols[:, 21]))
    assert chosen.shape == (2, layout.n_electrodes)
    for row in chosen:
        assert len(set(row)) == layout.n_electrodes
        assert set(row) <= set(usable_channels())


def test_steered_writes_follow_the_target_not_the_stream():
    layout = Layout.random([3, 4], K, usable_channels(), Timing())
    symbols = np.random.default_rng(0).integers(0, K, (2, 161))
    wanted = (symbols[:, :-1] + 2) % K
    writer = GradientWriter(K, layout.n_electrodes, usable_channels())
    heard = close_loop(Echo(), layout, symbols, writer, record=40, block=120, refit=False, targets=wanted)
    right = np.sort(layout.electrodes[np.arange(2)[:, None], wanted], axis=2)
    hit = (heard.written[:, 120:, :, None] == right[:, 120:, None]).any(3).mean()
    assert hit > 0.8


def test_the_same_seed_gives_the_same_writes(heard_and_layout):
    heard, layout = heard_and_layout
    moments = [moment_of(heard, t, (heard.symbols[:, t] + 2) % K) for t in (20, 21)]
    writers = [writer_for(heard, layout, seed=4) for _ in range(2)]
    writes = [[writer.channels(moment) for moment in moments] for writer in writers]
    assert np.array_equal(writes[0], writes[1])


def test_the_latent_emulator_takes_the_same_place(heard_and_layout, monkeypatch):
    """A step raises the chance of the wanted symbol, through the diffusion alone; a state can be taken up."""
    monkeypatch.setattr(gradient_writer, "FIRST_FIT_STEPS", 12)
    heard, layout = heard_and_layout
    options = {"emulator": DishEmulators, "batch": 8, "learning_rate": 1e-3}
    writer = writer_for(heard, layout, **options)
    other = GradientWriter(K, layout.n_electrodes, usable_channels(), **options)
    other.restore(writer.state())
    writer.batch = 1  # the surprising moment alone
    surprising = moment_of(heard, 30, (heard.symbols[:, 31] + 2) % K)
    fixed = {k: v.clone() for k, v in writer.emulator.state_dict().items()}
    before = chance_of(writer, surprising)
    np.testing.assert_allclose(chance_of(other, surprising), before, rtol=1e-4)
    chosen = writer.channels(surprising)
    assert (chance_of(writer, surprising) > before).all()
    assert chosen.shape == (2, layout.n_electrodes)
    changed = {k for k, v in writer.emulator.state_dict().items() if not torch.equal(v, fixed[k])}
    assert changed
    assert all(name.startswith("dynamics__") for name in changed)
    other.batch, other.blind, other.gradient_steps = 1, True, 8  # a search on the same loss keeps what helps
    other.channels(surprising)
    after = chance_of(other, surprising)
    assert (after >= before - 1e-6).all()
    assert (after > before).any()
