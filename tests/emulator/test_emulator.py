"""The emulator's verbs: what is missing does not count, gradients are exact, a new recording is new units."""

import json

import numpy as np
import pytest
import torch

from brainwright.emulator import (
    Emulator,
    Masks,
    Plan,
    Schedule,
    Shape,
    fit_autoencoder,
    fit_dynamics,
    load_emulator,
    save_emulator,
)
from brainwright.emulator.storage import SavedEmulatorError
from brainwright.emulator.training import wanted_latents
from brainwright.untrusted.described import sealed


def waves(n_trials, n_bins=18, n_units=10, seed=0):
    """Counts of units that follow one wave of random phase, with their rates [trial, bin, unit]."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (n_trials, 1, 1))
    angle = phase + 0.6 * np.arange(n_bins)[:, None] + np.linspace(0, 2 * np.pi, n_units, endpoint=False)
    rates = np.exp(1.2 * np.cos(angle) - 0.7)
    return torch.from_numpy(rng.poisson(rates).astype(np.float32)), torch.from_numpy(rates)


def small(shape=None, n_units=6, seed=0, **options):
    made = Emulator(
        torch.full((n_units,), 0.4), torch.full((n_units,), 0.6), shape or TINY, seed=seed, **options
    )
    return made.eval()


TINY = Shape(size=1, n_latent=3, dropout=0.0)


def test_shapes_and_missing_values():
    emulator = small()
    x = torch.poisson(torch.full((2, 10, 6), 0.5))
    x[:, 6:] = torch.nan
    x[0, 2, 3] = torch.nan
    latents = emulator.encode(x)
    assert latents.shape == (2, 10, 1, 3)
    rates = emulator.predict(x)
    assert rates.shape == x.shape
    assert (rates > 0).all()
    torch.testing.assert_close(rates, emulator.decode(latents))
    drawn = emulator.ensemble(x, 3, schedule=Schedule(2))
    assert drawn.shape == (3, *x.shape)
    assert torch.isfinite(drawn).all()


def test_nothing_seen_is_allowed():
    assert torch.isfinite(small().ensemble(torch.full((1, 5, 6), torch.nan), 2, schedule=Schedule(2))).all()


def test_another_number_of_units_is_refused():
    with pytest.raises(ValueError, match="6 units, got activity of 5"):
        small().predict(torch.zeros(1, 4, 5))


def test_the_same_seed_gives_the_same_emulator_and_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    a, b = small(seed=3), small(seed=3)
    assert torch.equal(before, torch.random.get_rng_state())
    for one, two in zip(a.parameters(), b.parameters(), strict=True):
        assert torch.equal(one, two)


def awake(**options):
    """Every parameter away from zero, in double precision: the dynamics starts as identity otherwise."""
    emulator = small(Shape(size=1, n_latent=2, n_stimuli=2, dropout=0.0, **options), n_units=3).double()
    generator = torch.Generator().manual_seed(1)
    for parameter in emulator.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return emulator


@pytest.mark.parametrize("kind", ["point", "sampled"])
def test_gradients_of_activity_and_stimulus_agree_with_finite_differences(kind):
    emulator = awake()
    x = torch.rand(1, 4, 3, dtype=torch.float64)
    hidden = torch.zeros_like(x, dtype=torch.bool)
    hidden[:, 3:] = True
    stimulus = torch.rand(1, 4, 2, dtype=torch.float64)

    def forecast(activity, stimulus):
        seen = activity.masked_fill(hidden, torch.nan)
        if kind == "point":
            return emulator.predict(seen, stimulus)[:, 3:]
        return emulator.ensemble(seen, 1, stimulus=stimulus, schedule=Schedule(3), causal=True)[0, :, 3:]

    inputs = (x.requires_grad_(), stimulus.requires_grad_())
    assert torch.autograd.gradcheck(forecast, inputs, eps=1e-6, atol=1e-5)
    gradient = torch.autograd.grad(forecast(*inputs).sum(), inputs)
    assert gradient[1].abs().max() > 1e-4
    assert (gradient[0][:, 3:] == 0).all()


def test_a_parameter_gradient_agrees_with_a_finite_difference():
    emulator = awake()
    x = torch.rand(2, 5, 3, dtype=torch.float64)
    parameter = emulator.encoder.blocks[0].attention.qkv.weight
    value = emulator.predict(x).square().sum()
    (gradient,) = torch.autograd.grad(value, [parameter])
    step = 1e-6
    with torch.no_grad():
        parameter[0, 0] += step
    changed = emulator.predict(x).square().sum()
    assert (changed - value).item() / step == pytest.approx(gradient[0, 0].item(), rel=1e-3)


def test_units_show_their_own_group_alone():
    group = torch.tensor([0, 0, 1, 1, 1, 0])
    emulator = small(Shape(size=1, n_latent=3, n_groups=2, dropout=0.0), group=group)
    z = torch.randn(1, 4, 2, 3, requires_grad=True)
    emulator.decode(z)[..., group == 0].sum().backward()
    assert (z.grad[:, :, 1] == 0).all()
    assert z.grad[:, :, 0].abs().min() > 0
    with pytest.raises(ValueError, match="n_groups = 2"):
        small(Shape(n_groups=2), group=group + 1)


def test_wiring_biases_attention_between_groups():
    """Group 1 hardly reaches group 0, group 0 reaches both: gradients follow."""
    shape = Shape(size=1, n_latent=3, n_groups=2, dropout=0.0)
    group = torch.tensor([0, 0, 0, 1, 1, 1])
    wiring = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    emulator = small(shape, group=group, wiring=wiring)
    emulator.wiring_gain.data.fill_(8.0)

    def influence(of, on):
        x = torch.rand(1, 5, 6, requires_grad=True)
        emulator.encode(x)[:, :, on].square().sum().backward()
        return x.grad[..., group == of].abs().sum()

    assert influence(1, 0) < 1e-6 * influence(0, 1)


def test_masks_hide_what_they_say():
    masks = Masks(entries=0.2, units=0.5, shortest=3, longest=6, without_end=0.0, never=(4, 5))
    shown = masks.shown((400, 20, 6), torch.Generator().manual_seed(0))
    assert not shown[:, :, 4:].any()
    assert not shown[:, 17:].any()
    last = (shown.any(2) * torch.arange(20)).max(1).values
    assert last.max() == 16
    kept = shown[:, :10, :4].float().mean()
    assert kept == pytest.approx(0.8 * 0.75, abs=0.03)
    assert not Masks(blank=1.0).shown((3, 40, 2), torch.Generator()).any()


@pytest.fixture(scope="module")
def trained():
    counts, _ = waves(200)
    emulator = Emulator(counts.mean((0, 1)), counts.std((0, 1)), Shape(size=1, n_latent=4, dropout=0.1))
    masks = Masks(entries=0.2, units=0.2, shortest=0, longest=8)
    fit_autoencoder(emulator, counts, masks, Plan(updates=80, batch=24, learning_rate=8e-3))
    blank = Masks(entries=0.2, units=0.2, shortest=0, longest=8, blank=0.3)
    fit_dynamics(emulator, counts, blank, Plan(updates=150, batch=24))
    return emulator


def log_r2(rates, truth):
    error = (rates.log() - truth.log()).square().mean()
    return float(1 - error / truth.log().var())


def test_it_learns_to_smooth_fill_in_and_forecast(trained):
    counts, rates = waves(40, seed=1)
    hidden = counts.clone()
    hidden[:, 13:] = torch.nan
    hidden[:, :, 7:] = torch.nan
    with torch.no_grad():
        found = trained.predict(hidden)
        drawn = trained.ensemble(hidden, 8)
    for part in (np.s_[:, :13, :7], np.s_[:, :13, 7:], np.s_[:, 13:]):
        assert log_r2(found[part], rates[part]) > 0.6
        assert log_r2(drawn.mean(0)[part], rates[part]) > 0.5


def test_draws_differ_where_nothing_is_known(trained):
    """From nothing the phase is open: draws spread over it; given the trial it is known."""
    counts, _ = waves(20, seed=2)
    with torch.no_grad():
        free = trained.ensemble(torch.full_like(counts, torch.nan), 6).log().std(0).mean()
        bound = trained.ensemble(counts, 6).log().std(0).mean()
    assert free > 1.5 * bound


def test_a_new_recording_trains_its_units_alone(trained):
    counts, _ = waves(60, n_units=9, seed=3)
    other = trained.for_units(counts.mean((0, 1)), counts.std((0, 1)))
    frozen = {name: p.clone() for name, p in other.named_parameters() if not name.startswith("units.")}
    masks = Masks(entries=0.2, units=0.2, shortest=0, longest=8)
    fit_autoencoder(other, counts, masks, Plan(updates=60, batch=24, learning_rate=2e-2))
    for name, parameter in other.named_parameters():
        if name in frozen:
            assert torch.equal(parameter, frozen[name])
    new, truth = waves(20, n_units=9, seed=4)
    with torch.no_grad():
        assert log_r2(other.predict(new), truth) > 0.5


def test_targets_of_the_dynamics_spread_as_the_encoding_is_uncertain():
    """Of an encoder that takes the mean of n entries, the draws have the variance of that mean, sd^2 / n."""

    class Mean(Emulator):
        def encode(self, x, stimulus=None):
            return x.nanmean(2)[:, :, None, None]

        def standardised(self, latents):
            return latents

    x = 3 * torch.randn(100, 50, 40)
    x[:, :, 30:] = 100.0
    masks = Masks(never=tuple(range(30, 40)))
    reader = Mean(torch.ones(40), torch.ones(40), Shape(size=1, n_latent=1))
    drawn = wanted_latents(reader, x, masks, 0, None)[..., 0, 0]
    off = drawn - x[:, :, :30].mean(2)
    assert off.mean() == pytest.approx(0, abs=0.01)
    assert off.std() == pytest.approx(3 / 30**0.5, rel=0.05)


def test_continuous_signals():
    rng = np.random.default_rng(0)
    _, rates = waves(80)
    signal = rates.log().float() + 0.3 * torch.from_numpy(rng.normal(size=rates.shape)).float()
    shape = Shape(size=1, n_latent=4, dropout=0.1, likelihood="gaussian")
    emulator = Emulator(signal.mean((0, 1)), signal.std((0, 1)), shape)
    masks = Masks(entries=0.2, units=0.2, shortest=0, longest=8)
    fit_autoencoder(emulator, signal, masks, Plan(updates=60, batch=24, learning_rate=1e-2))
    hidden = signal.clone()
    hidden[:, 14:] = torch.nan
    with torch.no_grad():
        found = emulator.predict(hidden)
    error = (found - rates.log()).square()[:, 14:].mean() / rates.log().var()
    assert error < 0.4


def test_a_rollout_goes_on_from_what_was_seen():
    emulator = small()
    x = torch.poisson(torch.full((2, 8, 6), 0.5))
    found = emulator.rollout(x, 7, chunk=3, schedule=Schedule(2))
    assert found.shape == (2, 7, 6)
    assert torch.isfinite(found).all()
    again = emulator.rollout(x, 3, chunk=3, schedule=Schedule(2))
    torch.testing.assert_close(found[:, :3], again)
    with pytest.raises(ValueError, match="chunk of 1 to 8"):
        emulator.rollout(x, 7, chunk=9)


def test_saved_and_read_back_it_says_the_same(tmp_path):
    wiring, group = torch.rand(2, 2), torch.tensor([0, 1, 1, 0, 0, 1])
    emulator = small(Shape(size=1, n_latent=3, n_groups=2, dropout=0.0), group=group, wiring=wiring)
    save_emulator(emulator, tmp_path / "m", bin_s=0.02, unit_names=list("abcdef"))
    other, description = load_emulator(tmp_path / "m")
    x = torch.poisson(torch.full((1, 5, 6), 0.5))
    assert torch.equal(other.predict(x), emulator.predict(x))
    assert (description["bin_s"], description["unit_names"]) == (0.02, list("abcdef"))
    (tmp_path / "m" / "model.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="checksum"):
        load_emulator(tmp_path / "m")
    with pytest.raises(ValueError, match="expected model"):
        load_emulator(tmp_path / "none")


def test_a_saved_emulator_that_says_what_its_tensors_are_not(tmp_path):
    save_emulator(small(Shape(size=1, n_latent=3, dropout=0.0)), tmp_path / "m", bin_s=0.02)
    path = tmp_path / "m" / "model.json"
    sound = json.loads(path.read_text())
    path.write_text(json.dumps({**sound, "bin_s": 0.5}))
    with pytest.raises(ValueError, match="checksum"):
        load_emulator(tmp_path / "m")
    rest = {k: v for k, v in sound.items() if k != "description_sha256"}
    shape = rest["shape"]
    for changes in (
        {"shape": {**shape, "size": 10**6}},
        {"shape": {**shape, "n_latent": 10**9}},
        {"shape": {**shape, "n_groups": 10**9}},
        {"shape": {**shape, "n_stimuli": 10**9}},
        {"shape": {**shape, "n_stimuli": -1}},
        {"shape": {**shape, "dropout": 7}},
        {"shape": {**shape, "likelihood": "gamma"}},
        {"shape": [1]},
        {"bin_s": -0.02},
        {"bin_s": "0.02"},
        {"unit_names": ["a"]},
        {"unit_names": ["a"] * len(rest["unit_names"])},
        {"sha256": "0"},
    ):
        path.write_text(json.dumps(sealed({**rest, **changes})))
        with pytest.raises(SavedEmulatorError):
            load_emulator(tmp_path / "m")
