"""Free runs, rests, a table in place of a model, and writers that are broken on purpose."""

from itertools import pairwise

import numpy as np
import pytest

from brainwright.loop import (
    BREAKS,
    EARLY,
    SPARED,
    DishModel,
    IdentityReadout,
    Layout,
    LookupWriter,
    Moment,
    Periods,
    Replay,
    Timing,
    broken_writer,
    in_a_row,
    play,
    rest,
    scores,
)
from brainwright.signal import Recording
from brainwright.tissue import CultureParameters, SimulatedCulture

ROUND = np.array([1, 2, 3, 0])


class Obedient:
    """Tissue that answers each symbol with the next one's electrodes, 8 ms later; it counts what it hears."""

    n_dishes, n_channels = 2, 8

    def __init__(self):
        self.now, self.pulses, self.written = 0.0, [], []

    def now_s(self):
        return self.now

    def write(self, plan):
        self.written.append((float(plan.time_s[0]), plan.dish.tolist(), plan.channel.tolist()))
        columns = plan.time_s, plan.dish, plan.channel
        self.pulses += [(t + 0.008, d, (c + 2) % 8) for t, d, c in zip(*columns, strict=True)]

    def read(self, duration_s):
        start, self.now = self.now, round(self.now + duration_s, 9)
        due = [p for p in self.pulses if start <= p[0] < self.now]
        self.pulses = [p for p in self.pulses if p[0] >= self.now]
        columns = [np.array(column) for column in zip(*due, strict=True)] if due else [np.zeros(0)] * 3
        return Recording(
            dish=columns[1].astype(np.int32),
            channel=columns[2].astype(np.int32),
            time_s=columns[0].astype(np.float64),
            n_dishes=2,
            n_channels=8,
            start_s=start,
            stop_s=self.now,
        )


def parts():
    electrodes = np.arange(8).reshape(4, 2)
    layout = Layout(np.stack([electrodes, electrodes]), Timing())
    weight = np.zeros((2, 4, 8))
    for k in range(4):
        weight[:, k, 2 * k : 2 * k + 2] = 1
    return layout, IdentityReadout(weight, np.zeros((2, 4)))


def test_obedient_tissue_plays_its_round_from_any_note():
    layout, readout = parts()
    played = play(Obedient(), layout, readout, runs=3, first=2)
    assert played.shape == (2, 3, 5)
    assert (played == [2, 3, 0, 1, 2]).all()
    assert (in_a_row(played, ROUND) == 1).all()


def test_in_a_row_counts_from_the_first_note_only():
    runs = np.array([[0, 1, 2, 3, 0], [0, 1, 2, 0, 1], [0, 2, 3, 0, 1], [0, 1, 3, 0, 1]])
    assert in_a_row(runs, ROUND).tolist() == [1.0, 0.5, 0.0, 0.25]
    asked = np.array([[0, 1, 2, 3], [0, 0, 0, 0]])
    known = scores(runs[None, :2], np.array([[1, 2, 3, 1]]), asked, ROUND)
    assert (known["in_a_row"], known["whole"], known["share"]) == (0.75, 0.5, 0.75)


def test_a_rest_is_silent_but_for_its_trains():
    layout, _ = parts()
    tissue, replay = Obedient(), Replay(every_s=1.0, symbols=3)
    symbols, told = np.tile([0, 1, 2, 3, 0, 1], (2, 1)), []
    heard = rest(tissue, layout, 2.5, replay=replay, symbols=symbols, on_train=told.append)
    assert tissue.now_s() == pytest.approx(2.5)
    assert [t for t, _, _ in tissue.written] == pytest.approx([1.0, 1.08, 1.16, 2.0, 2.08, 2.16])
    assert told == [1, 2]
    short = Obedient()  # the second train would not end within the rest
    assert len(rest(short, layout, 2.1, replay=replay, symbols=symbols)) == 1
    assert short.now_s() == pytest.approx(2.1)
    assert np.concatenate([p.symbols for p in heard], axis=1).tolist() == symbols.tolist()
    silent = Obedient()
    assert rest(silent, layout, 2.5) == []
    assert silent.now_s() == 2.5
    assert silent.written == []


def test_what_cannot_be_a_rest_is_refused():
    layout, _ = parts()
    with pytest.raises(ValueError, match=r"expected trains shorter than the 0.2 s between them, got 0.24 s"):
        rest(Obedient(), layout, 2.0, replay=Replay(every_s=0.2, symbols=3), symbols=np.zeros((2, 60), int))
    with pytest.raises(ValueError, match="expected 6 for 2 trains, got 5"):
        rest(Obedient(), layout, 2.5, replay=Replay(every_s=1.0, symbols=3), symbols=np.zeros((2, 5), int))
    with pytest.raises(ValueError, match="expected 6 for 2 trains, got none"):
        rest(Obedient(), layout, 2.5, replay=Replay(every_s=1.0, symbols=3))


def heard_of(rng, n=80):
    """Each symbol evokes spikes on its own two channels, beside noise."""
    symbols = rng.integers(0, 4, (2, n))
    counts = rng.poisson(0.3, (2, n, 4, 8)).astype(np.float32)
    for k in range(2):
        counts[:, :, EARLY][np.arange(2)[:, None], np.arange(n), 2 * symbols + k] += 3
    return Periods(symbols, np.roll(symbols, -1, axis=1), counts, np.full((2, n, 2), -1))


def moment(target):
    few = np.zeros((2, 8), np.float32)
    return Moment(np.zeros((2, 2), np.int64), np.array(target), np.zeros((2, 2, 8), np.float32), few)


def test_a_table_writes_the_channels_that_stand_out_in_the_mean_response():
    writer = LookupWriter(2, tuple(range(8)))
    writer.learn(heard_of(np.random.default_rng(0)))
    assert writer.channels(moment([0, 3])).tolist() == [[0, 1], [6, 7]]
    assert writer.channels(moment([2, 1])).tolist() == [[4, 5], [2, 3]]


@pytest.mark.parametrize("name", [*BREAKS, *SPARED])
def test_a_break_takes_away_what_it_says_and_nothing_else(name):
    layout, _ = parts()
    heard, model = heard_of(np.random.default_rng(1)), DishModel()
    whole = model.writer(layout, tuple(range(8)), 5)
    whole.learn(heard)
    writer = broken_writer(name, model, layout, tuple(range(8)))
    writer.learn(heard)
    inner = getattr(writer, "writer", writer)
    fitted = whole.emulator.state_dict()
    same = all(np.array_equal(fitted[k], v) for k, v in inner.emulator.state_dict().items())
    centres = whole.maps.centres.numpy()
    assert same == (name not in ("random emulator", "dynamics not fitted"))
    if name == "dynamics not fitted":
        kept = {k for k, v in inner.emulator.state_dict().items() if np.array_equal(fitted[k], v)}
        changed = {k for k in fitted if k.startswith(("hidden", "output")) and "weight" in k}
        assert changed <= set(fitted) - kept
        assert {k for k in fitted if k.startswith(("encoders", "decoders"))} <= kept
        np.testing.assert_array_equal(inner.maps.centres, centres)
    elif name == "centres permuted":
        moved = inner.maps.centres.numpy()
        order = [int(np.flatnonzero((centres == moved[:, k : k + 1]).all((0, 2)))[0]) for k in range(4)]
        assert sorted(order) == [0, 1, 2, 3]
        assert not (np.array(order) == np.arange(4)).any()
    elif name == "another culture's decoder":
        np.testing.assert_array_equal(inner.maps.centres, np.roll(centres, 1, axis=0))
    elif same:
        np.testing.assert_array_equal(inner.maps.centres, centres)
    dynamics = inner.emulator.dynamics_parameters()
    before = [p.detach().clone() for p in dynamics]
    writer.channels(moment([1, 2]))
    moved = any(not np.array_equal(was, p.detach()) for was, p in zip(before, dynamics, strict=True))
    assert moved == (name != "learning rate 0")


def test_a_blind_step_is_kept_only_where_the_loss_falls():
    layout, _ = parts()
    writer = DishModel().writer(layout, tuple(range(8)), 40, blind=True)
    heard = heard_of(np.random.default_rng(3))
    writer.learn(heard)
    seen, goal = writer._past[:, :30], writer._wanted[:, :30]
    losses = [writer._losses(seen, goal).detach()]
    for _ in range(40):
        writer._try(seen, goal)
        losses.append(writer._losses(seen, goal).detach())
    assert all((later <= before).all() for before, later in pairwise(losses))
    assert (losses[-1] < losses[0]).all()


def test_what_is_fitted_of_a_dish_does_not_depend_on_how_many_there_are():
    layout, _ = parts()
    heard = heard_of(np.random.default_rng(4))
    both, alone = (
        DishModel().writer(layout, tuple(range(8)), 5),
        DishModel().writer(layout, tuple(range(8)), 5),
    )
    both.learn(heard)
    alone.learn(Periods(*(getattr(heard, name)[:1] for name in ("symbols", "targets", "counts", "written"))))
    for name, array in alone.state().items():
        np.testing.assert_allclose(array, both.state()[name][:1], rtol=1e-4, atol=1e-5, err_msg=name)


def test_breaks_that_cannot_be_are_refused():
    layout, _ = parts()
    with pytest.raises(ValueError, match=r"expected one of learning rate 0, .*, got 'gravity'"):
        broken_writer("gravity", DishModel(), layout, (0, 1))
    alone = Layout(layout.electrodes[:1], Timing())
    with pytest.raises(ValueError, match="expected at least two dishes, got one"):
        broken_writer("another culture's decoder", DishModel(), alone, (0, 1))


def test_maps_never_see_what_is_wanted():
    """With other targets, what is fitted is the same to the last bit: only gradient steps may differ."""
    layout, _ = parts()
    heard = heard_of(np.random.default_rng(2))
    other = Periods(heard.symbols, (heard.symbols + 2) % 4, heard.counts, heard.written)
    states = []
    for periods in (heard, other):
        writer = DishModel().writer(layout, tuple(range(8)), 5)
        writer.learn(periods)
        states.append({k: v for k, v in writer.state().items() if k != "wanted"})
    for name, array in states[0].items():
        np.testing.assert_array_equal(array, states[1][name])


def test_weights_return_to_their_slow_part_and_it_follows_only_through_an_open_gate():
    slow = {"tau_return_s": 2.0, "tau_consolidation_s": 1.0}
    parameters = CultureParameters(n_neurons=64, learning_rate=0.0, kick_rate_hz=0.0, **slow)
    culture = SimulatedCulture([1], parameters)
    born = culture.snapshot()
    rng = np.random.default_rng(0)
    n_e, wiring = parameters.n_excitatory, culture.wirings[0]
    plastic = (wiring.pre < n_e) & (wiring.post < n_e)
    moved = born["weight"] + np.where(plastic, rng.uniform(0, 0.2, len(plastic)), 0)
    # a scaling leaves the sums of a cell's inputs as they were at birth
    for cell in range(n_e):
        into = plastic & (wiring.post == cell)
        moved[into] *= born["weight"][into].sum() / max(moved[into].sum(), 1e-12)
    culture.restore(born | {"weight": moved})
    culture.read(1.0)
    gap = (moved - born["weight"]) * np.exp(-1.0 / 2.0)  # closed form of an exponential return
    np.testing.assert_allclose(culture.snapshot()["weight"] - born["weight"], gap, atol=1e-12)
    np.testing.assert_array_equal(culture.snapshot()["slow"], born["slow"])
    culture.restore(born | {"weight": moved})
    culture.consolidating = True
    culture.read(1.0)
    assert not np.array_equal(culture.snapshot()["slow"], born["slow"])
