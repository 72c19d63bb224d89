"""Rasters, evoked responses and connectivity of tissue whose wiring is known."""

import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import (
    IdentityReadout,
    Layout,
    Timing,
    causal_connectivity,
    evoked_responses,
    go_on,
    pairs_of_electrodes,
    raster,
    symbol_of,
)
from brainwright.signal import Recording
from brainwright.tissue import usable_channels

K = 3
CHANNELS = usable_channels()


class Chain(Echo):
    """Every pulse is answered `delay_s` later by a spike on the next channel; every channel also spikes on a
    clock of its own, which no pulse causes.
    """

    def __init__(self, delay_s, every_s=0.0):
        super().__init__()
        self.delay_s, self.every_s = delay_s, every_s

    def read(self, duration_s):
        start, stop = self._now_s, round(self._now_s + duration_s, 9)
        self._now_s = stop
        pulses = [pulse for p in self.plans for pulse in zip(p.dish, p.channel, p.time_s, strict=True)]
        rows = [(dish, channel + 1, time_s + self.delay_s) for dish, channel, time_s in pulses]
        ticks = np.arange(round(start / self.every_s), round(stop / self.every_s)) if self.every_s else []
        rows += [(d, 0, k * self.every_s) for k in ticks for d in range(2)]
        rows = sorted((r for r in rows if start - 1e-9 <= r[2] < stop - 1e-9), key=lambda r: r[2])
        dish, channel, time_s = (np.array([r[i] for r in rows]) for i in range(3))
        spikes = {
            "dish": dish.astype(np.int32),
            "channel": channel.astype(np.int32),
            "time_s": np.maximum(time_s, start),
        }
        return Recording(**spikes, n_dishes=2, n_channels=64, start_s=start, stop_s=stop)


def layout():
    return Layout.random([1, 2], K, CHANNELS, Timing(), n_electrodes=2)


def test_connectivity_is_what_a_pulse_causes():
    pulsed = (1, 5, 9)
    caused = causal_connectivity(Chain(0.010), pulsed, repeats=3)
    wanted = np.zeros((2, 3, 64))
    wanted[:, range(3), [2, 6, 10]] = 1.0
    np.testing.assert_allclose(caused, wanted)


@pytest.mark.parametrize("delay_s", [0.003, 0.040])
def test_spikes_outside_the_window_are_not_caused(delay_s):
    assert not causal_connectivity(Chain(delay_s), (1, 5), repeats=2).any()


def test_spikes_that_come_anyway_cancel():
    assert not causal_connectivity(Chain(0.040, every_s=0.005), (1, 5), repeats=2)[:, :, 0].any()


def test_what_comes_late_counts_against():
    assert causal_connectivity(Chain(0.060), (1,), repeats=2)[0, 0, 2] == -1.0


def test_responses_say_which_symbol_answered_when():
    place = layout()
    response = evoked_responses(Echo(), place, 0, repeats=4, rng=np.random.default_rng(0))
    wanted = np.zeros((K, K, 40))
    wanted[range(K), range(K), 3] = 2.0  # each symbol's own two electrodes, 3 ms later
    np.testing.assert_allclose(response, wanted)


def test_a_raster_holds_the_spikes_of_one_dish_from_the_first_symbol_on():
    place, tissue = layout(), Echo()
    tissue.read(1.0)
    spikes = raster(tissue, place, np.array([2, 0]), dish=1)
    np.testing.assert_allclose(np.unique(spikes[:, 0]), [0.003, 0.083])
    assert set(spikes[:2, 1]) == set(place.electrodes[1, 2])
    assert set(spikes[2:, 1]) == set(place.electrodes[1, 0])


def test_channels_know_their_symbol():
    place = layout()
    owner = symbol_of(place.electrodes, 64)
    assert owner.shape == (2, 64)
    for dish in range(2):
        np.testing.assert_array_equal(symbol_of(place.electrodes[dish], 64), owner[dish])
        for symbol in range(K):
            assert (owner[dish, place.electrodes[dish, symbol]] == symbol).all()
    assert (owner < 0).sum() == 2 * (64 - 2 * K)


def test_pairs_lead_to_the_successor_or_to_another_symbol():
    place, successor = layout(), np.array([1, 2, 0])
    taught, untaught = pairs_of_electrodes(place, successor, CHANNELS, 64)
    assert taught.shape == untaught.shape == (2, len(CHANNELS), 64)
    assert not (taught & untaught).any()
    assert taught.sum() == untaught.sum() == 2 * K * 2 * 2  # dishes, symbols, two electrodes to two
    source = CHANNELS.index(int(place.electrodes[0, 0, 0]))
    assert set(np.flatnonzero(taught[0, source])) == set(place.electrodes[0, 1].tolist())


def test_tissue_goes_on_with_its_own_answers():
    """A readout that knows the successor alone plays a cycle from the first symbol on."""
    place = layout()
    weight = np.zeros((2, K, 64))
    for dish in range(2):
        for symbol in range(K):
            weight[dish, (symbol + 1) % K, place.electrodes[dish, symbol]] = 200.0
    played = go_on(Late(0.010), place, IdentityReadout(weight, np.zeros((2, K))), 7, np.random.default_rng(0))
    np.testing.assert_array_equal(played, [[0, 1, 2, 0, 1, 2, 0]] * 2)


class Late(Chain):
    """Answers on the same channel, in the window that is read."""

    def read(self, duration_s):
        heard = super().read(duration_s)
        same = heard.channel - 1
        return Recording(
            dish=heard.dish, channel=same, time_s=heard.time_s,
            n_dishes=2, n_channels=64, start_s=heard.start_s, stop_s=heard.stop_s,
        )  # fmt: skip
