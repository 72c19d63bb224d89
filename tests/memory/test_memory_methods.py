"""Methods keep their contract; exact forms against autograd, replicas and hand-made cases."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from brainwright.datasets.digits import digits
from brainwright.memory import RecallError, check_memory, nearest_r2, told_apart
from brainwright.memory.gist import Gist, Moments
from brainwright.memory.methods import (
    METHODS,
    Consolidation,
    Intelligence,
    NearestMean,
    ProjectedGradient,
    Samples,
    Setting,
    figures,
    of_folder,
    permuted,
    split,
    taken,
)
from brainwright.memory.methods.asleep import receptive_fields
from brainwright.memory.methods.buffer import Buffer
from brainwright.memory.methods.contract import softened
from brainwright.memory.methods.regularised import fisher, reversed_fisher
from brainwright.memory.methods.weights import MLP, Draws

SMALL = Setting(6, 3, seeds=(4, 5), hidden=(5, 4))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_the_contract(name):
    check_memory(METHODS[name])


def test_the_checker_sees_a_method_that_draws_from_torch():
    class Noisy(METHODS["none"]):
        def learn(self, inputs, targets):
            super().learn(inputs + 0.01 * torch.randn(inputs.shape), targets)

    with pytest.raises(RecallError, match="generator"):
        check_memory(Noisy)


def test_fisher_is_that_of_single_samples_over_all_labels():
    brain = MLP(SMALL.sizes, Draws(SMALL.seeds), 1e-3)
    inputs = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(0))
    wanted = {name: torch.zeros_like(part) for name, part in brain.weights.at.items()}
    for s in range(2):
        for row in range(7):
            for label in range(3):
                log_chance = torch.log_softmax(brain(inputs[:, row : row + 1])[s, 0], 0)[label]
                slopes = torch.autograd.grad(log_chance, list(brain.weights.at.values()))
                for name, slope in zip(wanted, slopes, strict=True):
                    wanted[name] += float(log_chance.detach().exp()) * slope.square() / 7
    found = brain.weights.parts_of(fisher(brain, inputs, torch.ones(3, dtype=torch.bool)))
    for name, part in wanted.items():
        torch.testing.assert_close(found[name], part, atol=1e-7, rtol=1e-4)


def test_reversed_fisher_is_that_of_a_samples_own_class_under_reversed_scores():
    brain = MLP(SMALL.sizes, Draws(SMALL.seeds), 1e-3)
    inputs = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, 2, 1, 0], [2, 2, 0, 1, 1]])
    wanted = {name: torch.zeros_like(part) for name, part in brain.weights.at.items()}
    for s in range(2):
        for row in range(5):
            log_chance = torch.log_softmax(-brain(inputs[:, row : row + 1])[s, 0], 0)[targets[s, row]]
            slopes = torch.autograd.grad(log_chance, list(brain.weights.at.values()))
            for name, slope in zip(wanted, slopes, strict=True):
                wanted[name] += slope.square() / 5
    competing = torch.ones(3, dtype=torch.bool)
    found = brain.weights.parts_of(reversed_fisher(brain, inputs, targets, competing))
    for name, part in wanted.items():
        torch.testing.assert_close(found[name], part, atol=1e-7, rtol=1e-4)


def test_two_terms_of_consolidation_have_the_gradient_of_their_sum():
    method, generator = Consolidation(SMALL), torch.Generator().manual_seed(1)
    terms = []
    for _ in range(2):
        inputs = torch.rand(2, 8, 6, generator=generator)
        method.observe(inputs, torch.randint(3, (2, 8), generator=generator))
        before = method.importance.clone()
        method.end_of_context()
        terms.append((method.importance - before, method.brain.weights.flat.clone()))
    at = method.brain.weights.flat + 0.1
    wanted = sum(own * (at - point) for own, point in terms)
    torch.testing.assert_close(method.importance * (at - method.centre), wanted, atol=1e-7, rtol=1e-4)


def test_intelligence_adds_up_to_the_loss_that_was_lowered():
    """Along small steps the path integral is the fall of the loss (Zenke et al. 2017)."""
    method = Intelligence(Setting(6, 3, seeds=(4,), hidden=(5, 4), rate=1e-4))
    inputs, targets = torch.rand(1, 30, 6), torch.randint(3, (1, 30))
    method.observe(inputs, targets)
    method.path.zero_()
    losses = []
    for _ in range(50):
        losses.append(float(method.named(method.brain(inputs), targets).detach()))
        method.observe(inputs, targets)
    losses.append(float(method.named(method.brain(inputs), targets).detach()))
    assert float(method.path.sum()) == pytest.approx(losses[0] - losses[-1], rel=0.05)


def test_a_projected_gradient_never_raises_the_loss_of_what_is_kept():
    method, generator = ProjectedGradient(SMALL), torch.Generator().manual_seed(2)
    method.observe(torch.rand(2, 9, 6, generator=generator), torch.zeros(2, 9, dtype=torch.long))
    method.end_of_context()
    inputs, targets = torch.rand(2, 9, 6, generator=generator), torch.ones(2, 9, dtype=torch.long)
    method.seen[1] = True
    state = [g.get_state() for g in method.draws.generators]
    method.keep(inputs, targets)
    past, classes = method.past(9)
    for g, own in zip(method.draws.generators, state, strict=True):
        g.set_state(own)
    method.brain.weights.backward(method.named(method.brain(past), classes))
    kept = method.brain.weights.slopes.clone()
    method.brain.weights.step = lambda: None
    method.learn(inputs, targets)
    parts = method.brain.weights.parts_of(method.brain.weights.slopes * kept)
    assert (sum(part.flatten(1).sum(1) for part in parts.values()) >= -1e-6).all()


def test_distillation_of_equal_scores_is_their_entropy():
    logits, every = torch.randn(2, 5, 3), torch.ones(3, dtype=torch.bool)
    share = torch.softmax(logits / 2, -1)
    wanted = -(share * share.log()).sum(-1).mean() * 2 * 4
    torch.testing.assert_close(softened(logits, logits, every, every), wanted)


def test_reservoirs_hold_every_sample_with_the_same_chance():
    """Of 40 offered 10 stay: the earliest as often as the latest."""
    buffer = Buffer(1, 10, 1, Draws(range(300)))
    for k in range(8):
        rows = (torch.arange(5) + 5 * k).float()
        targets = rows.long().expand(300, 5)
        buffer.offer(rows[None, :, None].expand(300, 5, 1), targets, torch.zeros_like(targets))
    counts = np.bincount(buffer._targets.flatten().numpy(), minlength=40)
    assert counts.sum() == 3000
    # 75 expected of each; a binomial deviation of 7.5, of which four
    assert abs(counts - 75).max() < 30


def test_a_buffer_gives_pictures_of_bytes_back_exactly():
    pictures = torch.randint(0, 256, (1, 20, 16)).float() / 255
    pictures[..., 0], pictures[..., 1] = 0, 1
    buffer = Buffer(2, 10, 16, Draws([0]))
    targets = torch.arange(20)[None] % 2
    buffer.offer(pictures, targets, targets)
    kept, _ = buffer.kept(0)
    assert torch.cdist(pictures[0], kept).amin(1).max() < 1e-5
    assert buffer.n_bytes == 20 * (16 + 9)


def test_draws_of_a_gist_have_its_moments():
    generator = torch.Generator().manual_seed(3)
    mix = torch.randn(6, 6, generator=generator)
    states = torch.randn(1, 4000, 6, generator=generator) @ mix + 2
    moments, gist = Moments(1, 2, 6), Gist(1, 6, rank=6)
    moments.add(states, torch.ones(1, 4000, dtype=torch.long))
    gist.take(moments)
    drawn, classes = gist.draw(20_000, Draws([0]))
    assert (classes == 1).all()
    # half precision and 20,000 draws: a few hundredths of a deviation
    torch.testing.assert_close(drawn[0].mean(0), states[0].mean(0), atol=0.1, rtol=0.02)
    torch.testing.assert_close(drawn[0].T.cov(), states[0].T.cov(), atol=0.3, rtol=0.05)
    assert gist.n_bytes == 2 * 6 * (1 + 1 + 6)


def test_density_of_a_gist_is_that_of_a_gaussian():
    moments, gist = Moments(1, 1, 5), Gist(1, 5, rank=2)
    states = torch.randn(1, 500, 5, generator=torch.Generator().manual_seed(4))
    moments.add(states, torch.zeros(1, 500, dtype=torch.long))
    gist.take(moments)
    spread, along = gist.spreads[0, 0].float(), gist.directions[0, 0].float()
    floor = 0.01 * spread.square().mean() + 1e-6
    covariance = along.T @ along + torch.diag(spread.square() + floor)
    exact = torch.distributions.MultivariateNormal(gist.means[0, 0].float(), covariance)
    found, wanted = gist.log_density(states)[0, :, 0], exact.log_prob(states[0])
    torch.testing.assert_close(found - found[0], wanted - wanted[0], atol=1e-3, rtol=1e-3)


def test_receptive_fields_see_patches():
    fields = receptive_fields(784, 50, Draws([0, 1]))
    assert fields.shape == (2, 784, 50)
    assert ((fields != 0).sum(1) <= 100).all()
    torch.testing.assert_close(fields.square().sum(1), torch.ones(2, 50))
    torch.testing.assert_close(fields.sum(1), torch.zeros(2, 50), atol=1e-5, rtol=0)


def test_what_is_kept_to_the_pixel_is_had_back():
    pictures, classes = torch.rand(60, 30), torch.arange(60) % 3
    assert nearest_r2(pictures[:30], classes[:30], pictures[:30], classes[:30]) == pytest.approx(1)
    assert nearest_r2(pictures[:30], classes[:30], pictures[30:], classes[30:]) < 0.2
    with pytest.raises(RecallError, match="nothing is kept"):
        nearest_r2(pictures[:1], classes[:1], pictures[1:3], classes[1:3])


def test_a_course_fills_its_matrix_and_forgetting_is_seen():
    setting, contexts = split(digits(), 5, seeds=(0, 1), hidden=(20, 20))
    floor = taken(METHODS["none"](setting), contexts, iterations=25, batch=32)
    slept = taken(METHODS["sleep"](setting), contexts, iterations=25, batch=32)
    assert floor.scores.shape == (2, 5, 5)
    assert not np.isnan(floor.scores).any()
    assert np.isnan(floor.during[:, 0]).all()
    # of 25 batches nine different ones lie nearest to ten moments, and one moment is before them
    assert not np.isnan(floor.during[:, 4, :10, :4]).any()
    rows = figures(floor)
    assert len(rows) == 2
    assert rows[0]["average"] == pytest.approx(floor.scores[0, -1].mean())
    assert rows[0]["stability gap"] > 0.3
    assert figures(slept)[0]["stability gap"] == 0, "by day nothing of it is trained"
    assert floor.scores[:, -1].mean() < 0.35 < slept.scores[:, -1].mean()
    assert floor.updates == 5 * 25 == slept.updates


def test_subnormal_numbers_move_no_weight():
    """Pixels of the first context that are dark in the second: Adam's means fade below the normal range."""
    setting, _ = split(digits(), 5, hidden=(6, 6))
    lit = [torch.zeros(40, 64), torch.zeros(40, 64)]
    lit[0][:, :32], lit[1][:, 32:] = torch.rand(2, 40, 32, generator=torch.Generator().manual_seed(0))
    named = torch.arange(40) % 2
    contexts = [Samples(own, named + 2 * k, own, named + 2 * k) for k, own in enumerate(lit)]
    brains = []
    for through in (taken, taken.__wrapped__):
        method = METHODS["none"](setting)
        through(method, contexts, iterations=1000, batch=8)
        brains.append(method.brain.weights)
    means = [brain.optimiser.state[brain.flat]["exp_avg"] for brain in brains]
    tiny = [int(((mean != 0) & (mean.abs() < torch.finfo().tiny)).sum()) for mean in means]
    assert tiny[0] == 0 < tiny[1]
    assert torch.equal(brains[0].flat, brains[1].flat)
    assert float(torch.full((1,), 1e-39) * 1.0) > 0, "afterwards as before"


def test_what_is_permuted_has_strengths_of_its_own():
    setting, _ = permuted(digits(), 2, hidden=(5, 5))
    assert METHODS["EWC"](setting).strength == 100
    assert METHODS["SI"](setting).strength == 10
    assert METHODS["ER"](setting).per_class == 10


def test_the_same_layer_is_the_same_layer():
    setting, contexts = split(digits(), 5, seeds=(3, 7), hidden=(20, 20))
    slept, replayed = METHODS["sleep"](setting), METHODS["ER, same layer"](setting)
    assert torch.equal(slept.fields, replayed.fields)
    assert replayed.inner.setting.sizes == (20, 20, 10)
    inputs = contexts[0].inputs[:5].expand(2, -1, -1)
    torch.testing.assert_close(slept.states(inputs), replayed.states(inputs))
    replayed.observe(contexts[0].inputs[:9], contexts[0].targets[:9])
    assert replayed.kept_bytes == 9 * (20 + 9)
    assert METHODS["joint, same layer"].all_so_far


def test_exemplars_have_the_mean_of_their_class():
    """Of herded exemplars the mean is nearer than of as many that are drawn (Welling 2009)."""
    setting, contexts = split(digits(), 5, seeds=(3,), hidden=(20, 20))
    method = NearestMean(setting, per_class=6)
    for _ in range(10):
        method.observe(contexts[0].inputs, contexts[0].targets)
    today, _ = method.today.kept(0)
    method.end_of_context()
    method.brain = method.brain.copied()  # without gradients
    for c in (0, 1):
        own = contexts[0].inputs[contexts[0].targets == c][None]
        wanted = method.features(own).mean(1)
        held, named = method.exemplars.kept(0)
        away = (method.features(held[named == c][None]).mean(1) - wanted).norm()
        order = torch.Generator().manual_seed(c)
        drawn = [own[:, torch.randperm(own.shape[1], generator=order)[:6]] for _ in range(20)]
        others = [float((method.features(part).mean(1) - wanted).norm()) for part in drawn]
        assert float(away) < np.median(others)
    assert method.kept_bytes == 2 * 6 * (64 + 9)
    assert torch.cdist(held, today).amin(1).max() < 1e-2, "exemplars are samples"


def test_scores_that_are_equal_tell_nothing_apart():
    assert told_apart(torch.ones(5), torch.ones(7)) == 0.5
    assert told_apart(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])) == 1


def test_protocols():
    setting, contexts = split(digits(), 5, "domain")
    assert setting.n_classes == 2
    assert all(set(own.targets.tolist()) == {0, 1} for own in contexts)
    setting, contexts = permuted(digits(), 3)
    assert torch.equal(contexts[1].inputs.sort(1).values, contexts[0].inputs.sort(1).values)
    assert not torch.equal(contexts[1].inputs, contexts[0].inputs)
    setting, framed = permuted(digits(), 3, frame=2)
    lit = framed[1].inputs.sort(1).values
    assert setting.n_inputs == (2 + 8 + 2) ** 2
    assert set(lit[:, : -(8**2)].flatten().tolist()) == {-1.0}, "the frame is as dark as a picture may be"
    assert torch.equal(lit[:, -(8**2) :], contexts[1].inputs.sort(1).values)
    with pytest.raises(RecallError, match="square pictures"):
        permuted(replace(digits(), train_inputs=digits().train_inputs[:, :5]), 2, frame=1)
    with pytest.raises(RecallError, match="divisor"):
        split(digits(), 3)
    with pytest.raises(RecallError, match="classes of every context"):
        Setting(4, 2, "task")


def test_contexts_of_a_folder(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(2):
        np.savez(tmp_path / f"{k}.npz", inputs=rng.normal(size=(20, 5)), targets=np.arange(20) % 2 + 2 * k)
    setting, contexts = of_folder(tmp_path)
    assert setting.n_classes == 4
    assert setting.groups == ((0, 1), (2, 3))
    assert len(contexts[0].test_targets) == 4
    assert 0 <= float(contexts[1].inputs.min()) <= float(contexts[1].inputs.max()) <= 1
    for wrong, words in (
        ({"inputs": np.ones((3, 5))}, "inputs and targets"),
        ({"inputs": np.ones((3, 5)), "targets": [0, 1]}, "a class from 0"),
        ({"inputs": np.ones((3, 6)), "targets": [0, 1, 1]}, "equal features"),
    ):
        np.savez(tmp_path / "9.npz", **wrong)
        with pytest.raises(RecallError, match=words):
            of_folder(tmp_path)
    (tmp_path / "9.npz").write_bytes(b"no archive")
    with pytest.raises(RecallError, match="NPZ"):
        of_folder(tmp_path)
    with pytest.raises(RecallError, match="one a context"):
        of_folder(tmp_path / "nowhere")
