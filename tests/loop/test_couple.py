"""Coupled tissue: who hears whom, what is said, what is written; and what is refused before a pulse."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.connectome import Connectome
from brainwright.loop import (
    AFTER,
    IdentityReadout,
    Layout,
    Messages,
    Moment,
    PartnerWriter,
    RelayWriter,
    SilentWriter,
    TallyWriter,
    Timing,
    close_loop,
    couple,
    graphs,
)
from brainwright.loop.messages import normal_levels
from brainwright.loop.vats.vats import COUPLED
from brainwright.tissue import (
    CultureParameters,
    Joined,
    Paced,
    SimulatedCulture,
    StimulusLimits,
    StimulusPlan,
    StimulusRefused,
    VirtualClock,
    usable_channels,
)

K = 4
LAYOUT = Layout.random([1, 2, 3], K, usable_channels(), COUPLED, 3)


def readout(n=3, k=K):
    """A read-out that adds up the counts on channel k for symbol k."""
    return IdentityReadout(np.tile(np.eye(k, 64), (n, 1, 1)), np.zeros((n, k)))


def counts(*rows):
    """Answers [dish, channel] of three dishes."""
    full = np.zeros((len(rows), 64), np.float32)
    full[:, : len(rows[0])] = rows
    return full


def moment(symbols, answers):
    now = np.array(symbols)
    nothing = np.zeros((len(now), 64), np.float32)
    before = np.zeros((len(now), 2, 64), np.float32)
    return Moment(np.stack([now, now], 1), np.full(len(now), -1), before, nothing, counts(*answers))


def messages(graph=None, **options):
    return Messages(readout(), graphs.all_to_all(3) if graph is None else graph, **options)


def test_who_hears_whom():
    assert graphs.all_to_all(3).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert graphs.ring(3).tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    world = graphs.small_world(12, near=4, rewired=0.5, seed=1)
    assert (world.sum(1) == 4).all()
    assert not world.diagonal().any()
    assert graphs.small_world(12, near=4, rewired=0.0)[0].nonzero()[0].tolist() == [1, 2, 10, 11]
    wiring = Connectome.from_matrix(np.array([[0, 3, 0], [1, 9, 0], [0, 2, 0]]))  # post × pre
    assert graphs.of_connectome(wiring).tolist() == [[0, 1.5, 0], [0.5, 0, 0], [0, 1, 0]]
    with pytest.raises(ValueError, match="even number"):
        graphs.small_world(4, near=4)
    with pytest.raises(ValueError, match="synapses between"):
        graphs.of_connectome(Connectome.from_matrix(np.eye(2)))


def test_who_is_never_reached():
    assert graphs.unheard(graphs.ring(7)) == []
    assert graphs.unheard(graphs.many(graphs.ring(3), 2)) == [], "groups of their own"
    line = np.diag(np.ones(3), -1)  # each hears the one before; the first hears nobody
    assert (0, 3) in graphs.unheard(line)
    assert (3, 0) not in graphs.unheard(line)


def test_evidence_is_added_up_and_the_own_symbol_is_no_answer():
    told = messages()
    said = told.said(counts([4, 0, 1, 0], [0, 3, 1, 0], [0, 2, 0, 0])[:, None])
    heard = told.heard(said, np.array([[0], [1], [2]]))[:, 0]
    assert heard[0].tolist() == [-np.inf, 5, 1, 0]
    assert heard[1].tolist() == [4, -np.inf, 1, 0]
    wanted = told.wanted(heard)
    weights = np.exp(np.array([5, 1, 0]) / 2)
    np.testing.assert_allclose(wanted[0], [0, *(weights / weights.sum())], rtol=1e-6)
    assert messages(soft=False).wanted(heard)[0].tolist() == [0, 1, 0, 0]


def test_coarse_messages_have_the_spread_of_naive_evidence():
    answers = counts([0, 1.2, 3.9, 9], [0, 0, 0, 0], [1, 0, 0, 0])[:, None]
    vote = 1 / np.sqrt(1 / 4 * 3 / 4)
    np.testing.assert_allclose(messages(levels=1).said(answers)[0, 0], [0, 0, 0, vote])
    np.testing.assert_allclose(messages(levels=2).said(answers)[0, 0], [-1, 1, 1, 1])
    draws = np.random.default_rng(0).standard_normal(200_000)
    for n in (2, 3, 4, 8):
        edges, values = normal_levels(n)
        told = values[np.searchsorted(edges, draws)]
        # standard errors of a mean, a share and a deviation of so many draws are below .003
        assert abs(told.mean()) < 0.01
        assert abs(told.std() - 1) < 0.01
        np.testing.assert_allclose([(told == value).mean() for value in values], 1 / n, atol=0.01)
    assert messages(levels=1).bits == 2
    assert messages(levels=4).bits == 8
    assert messages().bits == 128


def test_relay_writes_what_partners_say_in_the_own_map():
    writer = RelayWriter(LAYOUT, messages())
    written = writer.channels(moment([0, 0, 0], [[0, 9, 0, 0], [0, 0, 2, 0], [0, 0, 1, 0]]))
    wanted = [2, 1, 1]  # of each: the sum of the two others
    assert written.tolist() == np.sort(LAYOUT.of(np.array(wanted)), axis=1).tolist()


def test_late_messages_are_those_of_the_symbol_before():
    writer = RelayWriter(LAYOUT, messages(delay=1))
    writer.channels(moment([0, 0, 0], [[0, 5, 0, 0]] * 3))
    written = writer.channels(moment([0, 0, 0], [[0, 0, 5, 0]] * 3))
    assert written.tolist() == np.sort(LAYOUT.of(np.array([1, 1, 1])), axis=1).tolist()


def test_a_tally_outvotes_a_mistake():
    writer = TallyWriter(LAYOUT, messages())
    for answer in ([0, 2, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]):
        written = writer.channels(moment([0, 0, 0], [answer] * 3))
    assert written.tolist() == np.sort(LAYOUT.of(np.array([1, 1, 1])), axis=1).tolist()
    relayed = RelayWriter(LAYOUT, messages()).channels(moment([0, 0, 0], [[0, 0, 2, 0]] * 3))
    assert relayed.tolist() == np.sort(LAYOUT.of(np.array([2, 2, 2])), axis=1).tolist()


def test_who_hears_nobody_is_not_written():
    graph = np.zeros((3, 3))
    graph[1, 0] = graph[2, 0] = 1
    written = RelayWriter(LAYOUT, messages(graph)).channels(moment([0, 0, 0], [[0, 1, 0, 0]] * 3))
    assert (written[0] == -1).all()
    assert (written[1:] >= 0).all()


def cultures(n=3):
    return SimulatedCulture(list(range(1, n + 1)), CultureParameters(n_neurons=32))


def symbols(n=12, dishes=3, k=K):
    return np.tile(np.arange(n) % k, (dishes, 1))


def test_gradient_steps_lead_to_what_partners_say_and_nothing_else_does():
    """A teacher that always says symbol 2: taught emulators name it, those without steps do not."""
    graph = np.zeros((3, 3))
    graph[1:, 0] = 1
    told = messages(graph)
    named = {}
    for steps in (0, 20):
        writer = PartnerWriter(LAYOUT, told, usable_channels(), gradient_steps=steps)
        heard = close_loop(cultures(), LAYOUT, symbols(31), SilentWriter(), record=30, block=1, refit=False)
        writer.learn(heard)
        for _ in range(8):
            written = writer.channels(moment([0, 0, 0], [[0, 0, 9, 0]] * 3))
        named[steps] = [(np.sort(LAYOUT.electrodes[dish, 2]) == written[dish]).all() for dish in (1, 2)]
        assert (written[0] == -1).all()
    assert named[20] == [True, True]
    assert named[0] != [True, True]


def test_coupled_tissue_of_two_kinds_runs_the_same_in_virtual_and_on_a_clock():
    def run(wrap):
        tissue = wrap(
            Joined([cultures(2), SimulatedCulture([3], CultureParameters(n_neurons=32), cells=False)])
        )
        graph = np.array([[0, 1, 1], [1, 0, 1], [0, 0, 0]], float)
        return couple(tissue, LAYOUT, messages(graph), symbols(), listen=8, speakers=(2,))

    first, again = run(lambda tissue: tissue), run(lambda tissue: Paced(tissue, VirtualClock()))
    assert (first.written[:, :8] == -1).all()
    assert (first.written[:2, 8:] >= 0).all()
    assert (first.written[2] == -1).all()
    for name in ("counts", "written", "symbols"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert (first.targets == -1).all()
    assert not first.counts[2, :, AFTER].any(), "saline answers nothing"


def test_what_cannot_be_coupled_is_refused_before_a_pulse():
    tissue = cultures()
    deaf = graphs.all_to_all(3)
    deaf[1] = 0
    apart = np.array([[0, 1, 0], [1, 0, 0], [1, 0, 0]], float)  # nobody hears dish 2
    shared = LAYOUT.electrodes.copy()
    shared[1, 2] = shared[1, 3]
    late = Timing(write_at_s=0.018, after_s=(0.018, 0.030), late_s=(0.030, 0.080))
    cases = {
        "hears nobody": {"messages": messages(deaf)},
        "that dish 2 says ever reaches dish 0": {"messages": messages(apart)},
        "stands for two symbols": {"layout": replace(LAYOUT, electrodes=shared)},
        "evidence on the 4 symbols": {"messages": Messages(readout(3, 5), graphs.all_to_all(3))},
        "expected 3 dishes": {"messages": Messages(readout(2), graphs.all_to_all(2))},
        "answer to end before the write": {"layout": replace(LAYOUT, timing=late)},
        "0 to 3": {"symbols": symbols(k=5)},
        "listen": {"listen": 12},
        "less than 8 periods late": {"messages": messages(delay=8)},
        "read-outs of 64 channels": {
            "messages": Messages(IdentityReadout(np.zeros((3, K, 9)), np.zeros((3, K))), graphs.all_to_all(3))
        },
        "that hear nobody, got 0": {"speakers": (0,)},
        "that hear nobody, got -1": {"speakers": (-1,)},
        "one dish that listens": {"messages": messages(np.zeros((3, 3))), "speakers": (0, 1, 2)},
    }
    for words, changed in cases.items():
        given = {"layout": LAYOUT, "messages": messages(), "symbols": symbols(), "listen": 8} | changed
        with pytest.raises(ValueError, match=words):
            couple(tissue, **given)
    assert tissue.now_s() == 0
    assert tissue.ledger.n_delivered == 0
    for options in ({"levels": 0}, {"delay": -1}):
        with pytest.raises(ValueError, match="or more"):
            messages(**options)
    with pytest.raises(ValueError, match="zero or more"):
        messages(-graphs.all_to_all(3))


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("pulses_per_minute: coupling would need", {"pulses_per_minute": 60}),
        ("charge_per_minute_nC: coupling would need", {"charge_per_minute_nC": 30.0}),
        ("follow one another", {"channel_interval_s": 0.065}),
        ("at most 2 channels", {"simultaneous_channels": 2}),
        ("may stimulate", {"channels": tuple(np.unique(LAYOUT.electrodes)[1:].tolist())}),
    ],
)
def test_limits_that_coupling_would_exceed_are_told_before_the_first_pulse(words, limits):
    """12 periods need 12 x 3 + 12 x 3 pulses of .4 nC in each dish: 72, and 28.8 nC."""
    strict = StimulusLimits(**{"channels": usable_channels()} | limits)
    tissue = SimulatedCulture([1, 2, 3], CultureParameters(n_neurons=32), limits=strict)
    if "charge" in words:  # what was given a moment ago counts too
        tissue.write(StimulusPlan.biphasic(1, usable_channels()[:6], 0.001))
        tissue.read(0.1)
    given = tissue.ledger.n_delivered
    with pytest.raises(StimulusRefused, match=words):
        couple(tissue, LAYOUT, messages(), symbols(), listen=8)
    tissue.read(1.0)
    assert tissue.ledger.n_delivered == given


def test_a_small_world_reaches_everybody():
    for n in (76, 91, 104):  # whose first draws do not
        assert graphs.unheard(graphs.small_world(n)) == []
