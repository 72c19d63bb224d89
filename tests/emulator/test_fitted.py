"""An emulator in one call: it forecasts what can be foretold, fills gaps, and comes back from a folder."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from brainwright.datasets import DatasetError
from brainwright.datasets.activity import Activity
from brainwright.emulator import Emulator, FittedEmulator
from brainwright.emulator.fitted import question_of
from brainwright.emulator.forecast import Size, score
from brainwright.emulator.storage import SavedEmulatorError
from brainwright.emulator.training import EarlyStop
from brainwright.errors import UserError

SMALL = Size(updates=60, size=1, n_latent=3, stride=6)
NAMES = tuple(f"n{k}" for k in range(8))


def rhythm(*, counts: bool, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """What is recorded and what lies behind it: two slow waves that all units share."""
    rng = np.random.default_rng(0)
    t = np.arange(n)
    waves = np.stack([np.sin(t / 5), np.cos(t / 7)], axis=1) @ rng.normal(size=(2, len(NAMES)))
    if counts:
        rate = np.exp(waves)
        return rng.poisson(rate).astype(np.float32), rate
    scaled = 50 + 3 * waves * np.arange(1, 1 + len(NAMES))
    return (scaled + rng.normal(size=scaled.shape)).astype(np.float32), scaled


def activity(values, counts):
    return Activity(values[None], 0.1, NAMES, counts)


@pytest.fixture(scope="module", params=[True, False], ids=["counts", "signal"])
def fitted(request):
    values, truth = rhythm(counts=request.param)
    values[:, 3] = 2.0  # a unit that never changes
    return Emulator.fit(activity(values, request.param), n_seen=30, n_ahead=6, size=SMALL), values, truth


def test_it_beats_what_is_plain_on_data_it_never_saw(fitted):
    model, *_ = fitted
    assert isinstance(model, FittedEmulator)
    assert "mean" in model.beats
    assert model.scores["emulator"] > 0.05


def test_a_forecast_is_the_one_that_was_scored_in_the_recordings_own_scale(fitted):
    model, values, _ = fitted
    question, _ = question_of(activity(values, model.counts), 30, 6, SMALL)
    known = np.arange(8) != 3
    scale, level = (1.0, 0.0) if model.counts else (question.scale, 50.0)
    windows = np.full((len(question.test), 36, 8), 2.0)
    windows[:, :, known] = question.test * scale + level
    ahead = model.forecast(windows[:, :30])
    assert ahead.shape == (len(windows), 6, 8)
    assert np.isnan(ahead[:, :, 3]).all()
    again = score((ahead[:, :, known] - level) / scale, question.coming(question.test), counts=model.counts)
    assert again == pytest.approx(model.scores["emulator"], abs=1e-4)


def test_what_was_recorded_stays_and_gaps_are_filled(fitted):
    model, values, truth = fitted
    holed = values.copy()
    holed[100:130, :2] = np.nan
    filled = model.fill(holed)[0]
    assert np.array_equal(filled[~np.isnan(holed)], values[~np.isnan(holed)])
    assert np.corrcoef(filled[100:130, :2].ravel(), truth[100:130, :2].ravel())[0, 1] > 0.5


def test_it_comes_back_from_a_folder_named_by_a_text(fitted, tmp_path):
    model, values, _ = fitted
    model.save(str(tmp_path / "kept"))
    again = Emulator.load(str(tmp_path / "kept"))
    assert again.unit_names == NAMES
    assert again.scores == model.scores
    assert np.array_equal(again.forecast(values), model.forecast(values), equal_nan=True)
    assert set(model.files()) == {"model.json", "model.safetensors"}


def test_what_it_cannot_do_is_said(fitted, tmp_path):
    model, values, _ = fitted
    with pytest.raises(UserError, match="expected 30 bins or more, got 10"):
        model.forecast(values[:10])
    with pytest.raises(UserError, match="of 8 units"):
        model.forecast(values[:, :3])
    with pytest.raises(UserError, match=r"bins of 0\.1 s, as it was fitted to, got bins of 0\.5 s"):
        model.forecast(replace(activity(values, model.counts), bin_s=0.5))
    with pytest.raises(UserError, match=r"bins of 0\.1 s"):
        model.fill(replace(activity(values, model.counts), bin_s=0.05))
    other = activity(np.round(np.abs(values)), not model.counts)
    for ask in (model.forecast, model.fill):
        with pytest.raises(UserError, match=r"expected (counts|a continuous signal), as it was fitted to"):
            ask(other)
    with pytest.raises(DatasetError, match=r"too short|shorter"):
        Emulator.fit(activity(values[:40], True) if model.counts else activity(values[:40], False))
    with pytest.raises(SavedEmulatorError):
        Emulator.load(tmp_path)


def test_a_bare_array_is_told_what_is_fitted():
    with pytest.raises(UserError, match=r"expected a brainwright\.Activity, got ndarray"):
        Emulator.fit(np.ones((40, 3)))


def test_early_stop_keeps_the_best_and_ends():
    parameter = torch.nn.Parameter(torch.zeros(1))
    losses = iter([3.0, 1.0, 2.0, 2.0])
    stop = EarlyStop(lambda: next(losses), every=2, patience=2)
    over = []
    for update in range(1, 9):
        over.append(stop.is_over(update, [parameter], [torch.tensor([float(update)])]))
    assert over == [False] * 7 + [True]
    assert stop.best is not None
    assert float(stop.best[0]) == 4.0
    assert float(parameter.detach()) == 0.0
