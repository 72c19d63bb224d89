"""The recipe `rules`, tiny: its numbers, its page, and that a run cut short ends the same."""

import json

import pytest
import torch

from brainwright.evidence import Trials
from brainwright.evidence.trials import Trial
from brainwright.network import layered
from brainwright.objective import Batch
from brainwright.recipes import rules
from brainwright.recipes._rules import analysis, design, lineup, problems
from brainwright.recipes._rules.trial import choose, train

ARMS = {
    name: lineup.NARROW[name]
    for name in (lineup.EXACT, lineup.FLOOR, lineup.RANDOM, "feedback alignment", "Kolen-Pollack")
}
WORM = {name: lineup.CONNECTOME[name] for name in (lineup.EXACT, lineup.FLOOR, "Kolen-Pollack")}


@pytest.fixture
def tiny(monkeypatch):
    boards = {"narrow": (problems.NARROW, ARMS), "worm": (problems.WORM, WORM)}
    monkeypatch.setattr(design, "BOARDS", boards)
    monkeypatch.setattr("brainwright.recipes._rules.trial.BOARDS", boards)
    monkeypatch.setattr("brainwright.recipes._rules.analysis.BOARDS", boards)
    monkeypatch.setattr(design, "QUICK", {"narrow": 2, "worm": 1})
    monkeypatch.setattr(design, "QUICK_SAMPLES", 64)


def quiet(*_, **__):
    pass


def test_the_result_and_the_page(tiny, tmp_path):
    config = rules.Config(quick=True)
    result = rules.run(config, tmp_path, quiet)
    assert result["primary"]["arm"] == "narrow/feedback alignment"
    assert result["primary"]["control"] == "narrow/readout only"
    assert set(result["arms"]) == {f"narrow/{n}" for n in ARMS} | {
        "worm/backpropagation",
        "worm/readout only",
    }
    assert "functions of its parameters" in result["unsupported"]["worm"]["Kolen-Pollack"]
    exact = result["arms"]["narrow/backpropagation"]
    assert exact["cosine_end"] == pytest.approx(1, abs=1e-5)
    assert exact["held_bytes"] > 0
    assert abs(result["arms"]["narrow/random direction"]["cosine_end"]) < 0.3
    assert "cosine" not in result["arms"]["narrow/readout only"]
    (tmp_path / "result.json").write_text(json.dumps(result))
    page = rules.page(tmp_path)
    assert "cannot teach this network" in page
    assert page.count("<svg") == 1  # nothing but controls on the worm

    trials = tmp_path / "units" / "narrow" / "trials.jsonl"
    lines = trials.read_text().splitlines(keepends=True)
    trials.write_text("".join(lines[:4]) + lines[4][:20])
    again = rules.run(config, tmp_path, quiet)
    for name, row in result["arms"].items():
        assert again["arms"][name]["values"] == row["values"]


def test_frozen_cells_stay_frozen_and_rates_are_chosen_on_held_out_samples():
    problem = design.replace(problems.NARROW, epochs=1, samples=200)
    floor = train(problem, lineup.NARROW[lineup.FLOOR], 0, watch=False)
    assert floor["diverged"] == 0
    own, judged = problem.data(1000, validate=True)
    assert len(own.targets) + len(judged.targets) == 200
    arms = {rate: design.replace(lineup.NARROW[lineup.EXACT], rate=rate) for rate in (1e-6, 0.03)}
    best, found = choose(problem, arms)
    assert best == 0.03
    assert found[0.03] > found[1e-6]


def test_on_connectomes_each_rule_is_asked_to_beat_its_own_floor():
    means = {lineup.EXACT: 0.9, lineup.FLOOR: 0.6, lineup.REWARD_FLOOR: 0.3, "three-factor": 0.4, "Oja": 0.5}
    rows = {
        Trial(name, seed, 0): {"accuracy": mean + 0.01 * (-1) ** seed * (name == "Oja"), "diverged": 0.0}
        for name, mean in means.items()
        for seed in range(4)
    }
    found = {row["name"]: row for row in analysis._checks("worm", Trials(rows))}
    asked = {name: row["holds"] for name, row in found.items() if name.endswith("beats its floor")}
    assert asked == {
        "worm: backpropagation beats its floor": True,
        "worm: three-factor beats its floor": True,
        "worm: Oja beats its floor": False,
    }
    assert found["worm: three-factor beats its floor"]["detail"].endswith(f"over {lineup.REWARD_FLOOR}")
    assert not any("beats its floor" in row["name"] for row in analysis._checks("wide", Trials(rows)))


def test_the_gradient_of_sigmoid_outputs_is_their_error():
    network, inputs, targets = layered([3, 4], dtype=torch.float64), torch.eye(3).double(), torch.arange(3)
    shown = network.unroll(inputs)
    loss = problems.Sigmoids().loss(shown, Batch(inputs, targets))
    (found,) = torch.autograd.grad(loss.total, shown.outputs)
    p = shown.last.detach().sigmoid()
    wanted = torch.eye(4).double()[:3]
    torch.testing.assert_close(found[:, -1], (p - wanted) / 3)
    by_hand = -(wanted * p.log() + (1 - wanted) * (1 - p).log()).sum(1).mean()
    assert loss.parts["loss"] == pytest.approx(float(by_hand))


def test_what_cannot_work_is_refused():
    with pytest.raises(ValueError, match=r"--boards: expected some of narrow, .*, got tall"):
        rules.check(rules.Config(boards=("tall",)))
    with pytest.raises(ValueError, match="--seeds must be at least 2, got 1"):
        rules.check(rules.Config(seeds=1))
    with pytest.raises(ValueError, match="--quick knows the boards"):
        rules.check(rules.Config(quick=True, boards=("wide",)))
