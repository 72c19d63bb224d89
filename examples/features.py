"""Sparse features of a recording: what drives each, how sure they are, and raising one of them."""

from pathlib import Path

import numpy as np

from brainwright.emulator.features import FeaturePlan, drives, frames_of, judged, stability_floor
from brainwright.loop.amplify import AmplifyWork
from brainwright.runs import Units
from brainwright.tissue import CultureParameters, SimulatedCulture


def main(seconds: float = 60.0, updates: int = 400, trials: int = 600, folder: str = "amplified") -> None:
    """Prints the features of a culture's own activity, and what rises when their channels are stimulated."""
    culture = SimulatedCulture([1], CultureParameters(n_neurons=400, weight_mV=5.0, p_near=0.08, p_far=0.01))
    heard = culture.read(seconds)  # or Recording.load("mine.nwb"); Activity.load for calcium and counts
    frames = frames_of(heard, bin_s=0.02)
    plan = FeaturePlan(n_features=24, k=3, batch=128, updates=updates)
    found = judged(frames, plan, seeds=[0, 1, 2])
    print(f"unexplained {found.fvu.mean():.2f}, components {found.pca.equal_l0:.2f}")
    floor = stability_floor(plan.n_features, frames.shape[1])
    print(f"live {found.live.mean():.2f}, come again {found.stability.mean():.2f} (random {floor:.2f})")
    for one in drives(found.features, frames, top=4, apart=5)[:5]:
        shown = [f"{unit} ({weight:+.2f})" for unit, weight in zip(one.units, one.weights, strict=True)]
        when = (one.moments * 0.02).round(2).tolist()
        print(f"feature {one.feature}: {100 * one.active:.0f} % of the time, {', '.join(shown)}, at {when} s")

    work = AmplifyWork((1, 2), n_trials=trials, n_targets=4, repeats=4, plan=plan)
    units = Units(Path(folder))  # finished steps are kept there
    for step in work.steps():
        if not units.done(step.name):
            units.save(step.name, step.work(units, lambda *_, **__: None))
    for arm, rise in work.rises(units).items():
        print(f"{arm}: {np.mean(rise.rise):+.2f} sd, other features {np.mean(rise.others):+.2f}")


if __name__ == "__main__":
    main()
