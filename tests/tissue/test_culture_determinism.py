"""One seed, one result: whatever the threads, the batch, the reads or the writes."""

from itertools import pairwise

import numpy as np
import pytest

from brainwright.signal import Recording
from brainwright.tissue import CultureParameters, SimulatedCulture, StimulusPlan, usable_channels
from brainwright.tissue.culture.simulated import _far_apart

SMALL = CultureParameters(n_neurons=64)
SECONDS = 2.0


def plan_for(dishes: int) -> StimulusPlan:
    """The same pulses for every dish: six channels every 40 ms."""
    rng = np.random.default_rng(1)
    times = np.arange(0.02, SECONDS, 0.04)
    channels = np.stack([rng.choice(usable_channels(), 6, replace=False) for _ in times])
    return StimulusPlan.biphasic(np.arange(dishes)[:, None, None], channels, times[:, None])


def run(seeds, *, parts=(SECONDS,), plans=None, **condition):
    culture = SimulatedCulture(seeds, SMALL, **condition)
    for plan in plans or [plan_for(len(seeds))]:
        culture.write(plan)
    recording = Recording.concatenate([culture.read(duration_s) for duration_s in parts])
    return culture, recording


def events(recording, dish):
    mine = recording.dish == dish
    return sorted(zip(recording.time_s[mine].tolist(), recording.channel[mine].tolist(), strict=True))


def assert_same(first, second, *, pairs):
    (culture, recording), (other, again) = first, second
    for a, b in pairs:
        assert len(events(recording, a)) > 100
        assert events(recording, a) == events(again, b)
        assert np.array_equal(culture.weights(a)[2], other.weights(b)[2])


def test_the_same_seed_gives_the_same_culture_and_another_seed_another():
    assert_same(run([1, 2]), run([1, 2]), pairs=[(0, 0), (1, 1)])
    _, recording = run([1, 2])
    assert events(recording, 0) != events(recording, 1)


def test_threads_change_nothing():
    seeds = [1, 2, 3, 4, 5]
    alone, pairs = run(seeds), [(dish, dish) for dish in range(5)]
    for threads in (2, 3, 8):
        assert_same(alone, run(seeds, threads=threads), pairs=pairs)


@pytest.mark.parametrize(("n_dishes", "threads"), [(1, 1), (1, 4), (5, 2), (64, 2), (7, 3), (3, 8)])
def test_every_dish_is_taken_once_and_no_neighbours_at_one_time(n_dishes, threads):
    order = _far_apart(n_dishes, threads)
    assert sorted(order) == list(range(n_dishes))
    if n_dishes > 2 * threads:  # with fewer dishes they cannot help it
        assert all(abs(a - b) > 1 for a, b in pairwise(order))


def test_a_dish_is_the_same_alone_and_in_a_batch():
    batch = run([7, 8, 9])
    for index, seed in enumerate((7, 8, 9)):
        assert_same(batch, run([seed]), pairs=[(index, 0)])


@pytest.mark.parametrize("parts", [(0.5, 1.5), (0.001, 0.0195, 0.008, 1.9715), (0.08,) * 25])
def test_how_reads_are_split_changes_nothing(parts):
    assert_same(run([1, 2]), run([1, 2], parts=parts), pairs=[(0, 0), (1, 1)])


def test_how_pulses_are_divided_into_plans_changes_nothing():
    whole = plan_for(2)
    halves = [whole.take(whole.time_s < 1.0), whole.take(whole.time_s >= 1.0)]
    single = [whole.take(slice(i, i + 1)) for i in np.argsort(whole.time_s, kind="stable")]
    reordered = whole.take(np.random.default_rng(0).permutation(whole.n_pulses))
    for plans in (halves, single, [reordered]):
        assert_same(run([1, 2]), run([1, 2], plans=plans), pairs=[(0, 0), (1, 1)])


def test_a_snapshot_takes_the_culture_back():
    culture = SimulatedCulture([1, 2], SMALL)
    culture.write(plan_for(2))
    culture.read(0.501)  # in the middle of an artifact, with spikes under way
    snapshot = culture.snapshot()
    pulses = StimulusPlan.biphasic([0, 1], 9, culture.now_s())
    culture.restore(snapshot)
    culture.write(pulses)
    first, weights = culture.read(1.0), culture.weights(0)[2]
    culture.restore(snapshot)
    assert culture.now_s() == pytest.approx(0.501)
    culture.write(pulses)
    again = culture.read(1.0)
    assert events(first, 0) == events(again, 0) != []
    assert np.array_equal(weights, culture.weights(0)[2])


def test_a_snapshot_is_a_copy_and_must_fit():
    culture, other = SimulatedCulture([1], SMALL), SimulatedCulture([1, 2], SMALL)
    snapshot = culture.snapshot()
    culture.read(0.5)
    assert snapshot["step"][0] == 0
    with pytest.raises(ValueError, match="expected"):
        other.restore(snapshot)
    with pytest.raises(ValueError, match="weight"):
        culture.restore({name: array for name, array in snapshot.items() if name != "weight"})


def test_whole_numbers_for_the_synaptic_scale_are_the_same_condition():
    assert_same(run([1], synapses=(1, 0)), run([1], synapses=(1.0, 0.0)), pairs=[(0, 0)])


def test_arms_share_their_background():
    """A pulse must not shift the background noise: arms are paired on it."""
    quiet, stimulated = (SimulatedCulture([3], SMALL, synapses=(0.0, 0.0)) for _ in range(2))
    stimulated.write(StimulusPlan.biphasic(0, [9, 20, 33], 0.5))
    late = []
    for culture in (quiet, stimulated):
        culture.read(0.7)
        late.append(culture.read(5.0))
    assert len(late[0]) > 20
    assert events(late[0], 0) == events(late[1], 0)
