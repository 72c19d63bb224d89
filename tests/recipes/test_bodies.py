"""The recipe `bodies`, tiny: its pooled statistic, its claims, its page."""

import numpy as np
import pytest

from brainwright.connectome import Connectome
from brainwright.errors import UserError
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop import bodies
from brainwright.recipes.bodies import Config, experiment, trial
from brainwright.recipes.bodies.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain

NAMES = ("pong", "rooms")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A wiring of 40 cells in a folder."""
    rng, ids = np.random.default_rng(0), [f"n{k}" for k in range(40)]
    counts = rng.integers(1, 4, (40, 40)) * (rng.random((40, 40)) < 0.15) * (1 - np.eye(40))
    wiring = Connectome.from_matrix(counts, ids=ids)
    wiring = wiring.with_cells(sign=np.where(rng.random(40) < 0.3, -1.0, 1.0))
    folder = tmp_path_factory.mktemp("wiring") / "small"
    wiring.with_pool("sensory", ids[:8]).with_pool("output", ids[-6:]).save(folder)
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory, small):
    patch = pytest.MonkeyPatch()
    patch.setattr(experiment, "QUICK_STEPS", 64)
    patch.setattr(experiment, "QUICK_EPISODES", 2)
    patch.setattr(bodies.assay, "LONGEST", 30)
    patch.setattr(bodies.assay, "FILMED", 5)
    patch.setattr(trial, "TRAINER", trial.PPO(bodies=2, horizon=16, epochs=1, batch=16, scaled=True))
    config = Config(quick=True, env=NAMES, wiring=small)
    folder = tmp_path_factory.mktemp("bodies") / "run"
    create("bodies", config, folder)
    units, planned = Units(folder / "units"), experiment.design(config)
    result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    patch.undo()
    return Finished(folder, result)


def test_every_arm_is_in_every_body_and_the_page_shows_it(done):
    for arm in (trial.REAL, trial.BARE, trial.LAYERS, bodies.UNTAUGHT, *bodies.CONTROLS):
        assert set(done.arms()[arm]["means"]) == {experiment.POOLED, *NAMES}
    assert done.primary["verdict"] == "cannot tell", "two rewired wirings decide nothing"
    assert done.comparison(trial.REAL, trial.NULL, "rewirings", "pong")["verdict"] == "cannot tell"
    page = standard_page("bodies", done, sections(done), LIMITS, plain(Config(quick=True)))
    text = markdown(page)
    for words in ("a verdict needs 39", "Chosen by hand", "core bypassed", "actions shuffled in time"):
        assert words in text
    html = document(page)
    assert "data:image/gif;base64" in html
    assert len(html) < 1_500_000


def test_the_pooled_return_treats_all_wirings_alike():
    rng = np.random.default_rng(0)
    returns = {"a": rng.normal(size=9), "b": 500 * rng.normal(size=9) + 70, "c": np.full(9, 3.0)}
    before = {name: values[:0] for name, values in returns.items()}
    told = bodies.pooled(returns, returns, before)
    assert told.mean() == pytest.approx(0, abs=1e-12)
    order = rng.permutation(9)
    mixed = {name: values[order] for name, values in returns.items()}
    np.testing.assert_allclose(bodies.pooled(mixed, mixed, before), told[order])
    two = [(values - values.mean()) / values.std() for values in (returns["a"], returns["b"])]
    np.testing.assert_allclose(told, np.sum(two, axis=0) / 3, err_msg="what is the same for all adds 0")


def test_what_is_left_between_brains_that_all_learned_does_not_outweigh_a_body():
    hard, done = np.array([1.0, 2.0, 3.0]), np.array([0.9701, 0.97, 0.9699])
    untaught = {"hard": np.full(3, 0.0), "done": np.full(3, -0.03)}
    told = bodies.pooled({"hard": hard, "done": done}, {"hard": hard, "done": done}, untaught)
    deviations = (hard - 2) / hard.std()  # and .0001 of a way of 1, of which a twentieth is one deviation
    np.testing.assert_allclose(told, (deviations + np.array([0.002, 0, -0.002])) / 2, atol=1e-12)


def test_a_rewired_wiring_differs_from_the_real_one_in_its_edges_alone(small):
    task = bodies.task_of("pong")
    real, rewired = (trial.network_of(small, 5, task, brain) for brain in ((trial.REAL, 0), (trial.NULL, 3)))
    for k in (0, 2):
        np.testing.assert_array_equal(
            real.projection(k).values().detach(), rewired.projection(k).values().detach()
        )
    assert (real.projection(1).pattern.post != rewired.projection(1).pattern.post).any()
    assert real.n_parameters == rewired.n_parameters
    assert trial.series_of(5, (trial.NULL, 3)) == trial.series_of(5, (trial.REAL, 0)) == 5


def test_whole_runs_have_what_they_claim():
    planned = experiment.design(Config(env=NAMES))
    assert planned.facts["nulls"] == 8 < planned.facts["needed"] == 39
    assert experiment.FIRST_SEED >= 47_000
    full = experiment.design(Config(env=NAMES, full=True))
    assert full.facts["nulls"] == 39
    assert len(experiment.FULL) >= 5
    arms = {claim.control for claim in full.claims}
    assert {trial.RANDOM, trial.SHUFFLED, trial.NULL} <= arms
    parts = trial.parts_of([(trial.NULL, k) for k in range(30)] + [(trial.LAYERS, 0)])
    assert [len(part) for part in parts] == [12, 12, 6, 1]


def test_a_body_that_is_not_there_is_one_line():
    pytest.importorskip("gymnasium", reason="needs the extra worlds")
    with pytest.raises(UserError, match="NoSuchBody-v0: expected an id that Gymnasium knows"):
        experiment.design(Config(env=("NoSuchBody-v0",)))
