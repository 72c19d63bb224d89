"""Pictures for a notebook: they draw what NumPy and SciPy give, into the axes that were handed in."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.signal import welch

import brainwright as bw
from brainwright.connectome.nulls.ensemble import Ensemble
from brainwright.datasets import DatasetError
from brainwright.evidence import Arm, against_nulls, compare
from brainwright.signal import Recording

RNG = np.random.default_rng(0)
TIMES_S = np.sort(RNG.uniform(0, 10, 800))
RECORDING = Recording(RNG.integers(0, 2, 800), RNG.integers(0, 5, 800), TIMES_S, 2, 5, 0.0, 10.0)
ARMS = Arm("taught", np.arange(8.0) + 3), Arm("sham", np.arange(8.0) + np.linspace(0, 0.5, 8))


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    figure.canvas.draw()  # what cannot be drawn fails here
    plt.close(figure)


def test_raster_has_a_tick_for_every_spike_of_the_dish(axes):
    assert bw.plot.raster(RECORDING, axes, dish=1) is axes
    x, y = axes.lines[0].get_data()
    keep = RECORDING.dish == 1
    np.testing.assert_array_equal(x, TIMES_S[keep])
    np.testing.assert_array_equal(y, RECORDING.channel[keep])


def test_rates_are_those_of_a_histogram(axes):
    bw.plot.rates(RECORDING, axes, bin_s=0.5)
    want, _ = np.histogram(TIMES_S[RECORDING.dish == 0], np.arange(0, 10.01, 0.5))
    np.testing.assert_allclose(axes.lines[0].get_ydata(), want / 5 / 0.5)
    np.testing.assert_allclose(axes.lines[0].get_xdata(), np.arange(0.25, 10, 0.5))


def test_psth_is_the_mean_over_stimuli_that_were_recorded_whole(axes):
    stimuli = [0.05, 2.0, 5.0, 7.5, 9.9]  # the first and the last reach beyond the recording
    bw.plot.psth(RECORDING, stimuli, axes, before_s=0.2, after_s=0.4, bin_s=0.1)
    spikes = TIMES_S[RECORDING.dish == 0]
    edges = np.linspace(-0.2, 0.4, 7)
    want = np.mean([np.histogram(spikes - at, edges)[0] for at in stimuli[1:4]], axis=0) / 5 / 0.1
    np.testing.assert_allclose(axes.lines[0].get_ydata(), want)
    assert axes.get_title() == "3 stimuli"
    with pytest.raises(DatasetError, match="recorded whole, got none"):
        bw.plot.psth(RECORDING, [0.0, 10.0], axes)


def test_spectrum_is_welchs(axes):
    wave = np.sin(2 * np.pi * 20 * np.arange(2000) * 0.005)
    activity = bw.Activity(wave[None, :, None], 0.005, ("a",), counts=False)
    bw.plot.spectrum(activity, axes)
    hz, power = axes.lines[0].get_data()
    want_hz, want = welch(wave, fs=200, nperseg=256)
    np.testing.assert_allclose(hz, want_hz[1:])
    np.testing.assert_allclose(power, want[1:])
    assert abs(hz[np.argmax(power)] - 20) < 200 / 256
    with pytest.raises(DatasetError, match="8 bins or more"):
        bw.plot.spectrum(RECORDING, axes, bin_s=2.0)


def test_degrees_are_survival_functions(axes):
    wiring = bw.Connectome.from_matrix(np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), rows="post")
    bw.plot.degrees(wiring, axes)
    x, y = axes.lines[0].get_data()  # out-degrees 0, 1, 2
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_allclose(y, [2 / 3, 1 / 3])


def test_ensemble_curves_and_forest_say_what_they_show(axes):
    nulls = Ensemble(5.0, np.arange(9.0), np.arange(9))
    bw.plot.ensemble(nulls, axes)
    assert axes.get_title() == "percentile 61.1, p = 1"
    assert sum(bar.get_height() for bar in axes.patches) == 9
    axes.clear()
    bw.plot.learning_curves([{"epoch": 1, "train_total": 2.0}, {"epoch": 2, "train_total": 1.0}], axes)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2.0, 1.0])
    with pytest.raises(ValueError, match="expected some of"):
        bw.plot.learning_curves([{"epoch": 1, "a": 2.0}], axes, names=["b"])
    axes.clear()
    rows = [
        compare(*ARMS, "score", kind="d_z"),
        *against_nulls(np.ones(3), {"degree": RNG.normal(size=(39, 3))}, "r"),
    ]
    bw.plot.forest([*rows, rows[0].as_dict()], axes)
    assert next(label.get_text() for label in axes.get_yticklabels()) == "taught − sham\nscore"
    assert {text.get_text() for text in axes.texts} == {"supported", rows[1].verdict}
    with pytest.raises(ValueError, match="at least one"):
        bw.plot.forest([], axes)


def test_new_axes_are_made_where_none_are_given():
    drawn = bw.plot.raster(RECORDING)
    assert drawn.figure in map(plt.figure, plt.get_fignums())
    plt.close("all")


def test_everything_shows_itself_on_one_line_and_as_a_table():
    wiring = bw.Connectome.load("celegans/varshney2011")
    network = bw.compile(wiring, signs="unsigned")
    shown = {
        "Recording(dishes 2, channels 5, from 0 to 10 s, events 800, rate 8 Hz per channel)": RECORDING,
        "Arm(taught, mean 6.5 [": ARMS[0],
        "Comparison(supported, metric score, arms taught − sham, d_z ": compare(*ARMS, "score", kind="d_z"),
        "Ensemble(real 5, nulls 4 ± 2.6, n 9, percentile 61.1, p 1)": Ensemble(
            5.0, np.arange(9.0), np.arange(9)
        ),
        "Activity(trials 1, bins 4 of 0.5 s, units 2, values counts, 2 Hz per unit": bw.Activity(
            np.ones((1, 4, 2), np.float32), 0.5, ("a", "<b>"), counts=True
        ),
        "Connectome(celegans/varshney2011: 279 cells, 2,194 edges, 517 gap junctions)": wiring,
        "Network(populations ": network,
    }
    for text, thing in shown.items():
        assert repr(thing).startswith(text.removesuffix(")"))
        assert len(repr(thing)) < 300
        assert thing._repr_html_().startswith(f"<table><caption>{type(thing).__name__}</caption>")


def test_a_strangers_name_acts_on_no_screen_and_no_page():
    arm = Arm("\x1b[2J<script>", np.ones(3))
    assert "\x1b" not in repr(arm)
    assert "<script>" not in arm._repr_html_()
