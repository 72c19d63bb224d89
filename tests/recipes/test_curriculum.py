"""The recipe `curriculum`, tiny, on made-up digits: orders, claims, page."""

import numpy as np
import pytest
import torch

from brainwright.experiment.summary import result_of
from brainwright.experiment.work import run_design
from brainwright.loop.modules import Shown
from brainwright.loop.modules.digits import Digits
from brainwright.objective.curriculum import Stage, turns
from brainwright.recipes.curriculum import Config
from brainwright.recipes.curriculum import experiment as job
from brainwright.recipes.curriculum.page import LIMITS, sections
from brainwright.report import Finished, document, markdown, standard_page
from brainwright.runs import Units, create, plain


def made_up(draws, sizes):
    """Noise in place of MNIST and speech, for the three brains of a draw."""
    generator = torch.Generator().manual_seed(draws[0])
    streams = {
        name: (torch.randn(3, 24, 4, n, generator=generator), torch.ones(3, 24, 4))
        for name, n in (("image", 49), ("sound", 128))
    }
    places = torch.arange(24).expand(3, -1)
    shown = Shown(streams, {"image": places, "sound": places})
    classes = np.tile(np.arange(24) % 10, (3, 1))
    speakers = np.array([[0, 1], [2, 3], [4, 5]])[:, np.arange(24) // 12]
    return Digits(shown, shown, classes, classes, speakers)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curriculum") / "run"
    config = Config(quick=True)
    create("curriculum", config, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "shown", made_up)
        patch.setattr(job, "require_all", lambda name: None)
        patch.setattr(job, "Stage", lambda updates, losses: Stage(1, losses))
        planned = job.design(config)
        units = Units(folder / "units")
        result = plain(result_of(planned, run_design(planned, units, workers=1), units))
    run = Finished(folder, result)
    return result, standard_page("curriculum", run, sections(run), LIMITS, plain(config))


def test_every_order_is_run_with_one_value_for_each_speaker(done):
    result, _ = done
    assert set(result["arms"]) == {*job.ORDERS, job.UNTRAINED}
    for row in result["arms"].values():
        assert len(row["values"]) == 6
        assert all(0 <= value <= 1 for value in row["values"])
    claimed = [(row["arm"], row["control"], row["metric"]) for row in result["comparisons"]]
    primary = result["primary"]
    assert len({*claimed, (primary["arm"], primary["control"], primary["metric"])}) == 12


def test_all_orders_of_the_stages_have_equal_updates_of_every_loss():
    stages = [Stage(3, losses) for _, losses in job.STAGES]
    for order in job.ORDERS.values():
        assert np.bincount(turns(stages, order, seed=1)).tolist() == [3] * len(stages)


def test_the_page_names_stages_and_orders(done):
    result, page = done
    html, text = document(page), markdown(page)
    assert result["headline"] in html
    for words in ("what belongs together", "all at once", "another order"):
        assert words in text
