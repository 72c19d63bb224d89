"""Which stimulation evokes this? A model of your stimulated recording answers before anything is done."""

import tempfile
from pathlib import Path

import numpy as np

from brainwright.loop.evoke import Evoker, Protocol, read_stimulated
from brainwright.loop.evoke.dishes import EvokeDishes, around_the_middle
from brainwright.loop.evoke.trials import play_writes


def recorded(path: Path, trials: int) -> None:
    """Stands in for your own file: a culture, random writes on the ring around its middle, what it said."""
    protocol = around_the_middle()
    culture = EvokeDishes([904]).culture()
    writes = protocol.random((1, trials), np.random.default_rng(0))
    plan = protocol.plan(writes, 0.0)
    culture.write(plan)
    heard = culture.read(trials * protocol.period_s)
    begins = protocol.before_s + protocol.period_s * np.arange(trials)
    named = {"stimulus_time_s": plan.time_s, "stimulus_channel": plan.channel, "trial_s": begins}
    spikes = {"time_s": heard.time_s, "channel": heard.channel, "n_channels": 64, "stop_s": heard.stop_s}
    np.savez(path, **spikes, **named)


def main(trials: int = 600) -> None:
    """Asks for an answer that was heard once, and prints what is to be expected of the write for it."""
    path = Path(tempfile.mkdtemp()) / "stimulated.npz"
    recorded(path, trials)
    recording, writes, begins = read_stimulated(path)  # your file here
    middle = around_the_middle()
    protocol = Protocol(electrodes=middle.electrodes, region=middle.region)  # your electrodes and channels
    evoker = Evoker.fit(recording, writes, protocol, begin_s=begins)
    culture = EvokeDishes([904]).culture()  # your tissue
    unseen = np.repeat(protocol.random((1, 1), np.random.default_rng(1)), 20, axis=1)
    counts = play_writes(culture, protocol, unseen).counts[:, :, list(protocol.region)]
    target = evoker.standardised(counts).mean(1, keepdims=True)
    found = evoker.write_for(target, limits=culture.limits)
    print(f"correlation of predicted and single answers, trials held out: {found.reliability[0]:.2f}")
    print(
        f"one trial is expected nearer to the target than a random write by {found.expected_gain[0, 0]:.0%}"
    )
    print("predicted answer of the first channels:", np.round(found.predicted[0, 0, :5], 2))
    tested = play_writes(culture, protocol, np.repeat(found.writes, 20, axis=1)).counts
    answer = evoker.standardised(tested[:, :, list(protocol.region)]).mean(1)[0]
    print(f"evoked, 20 trials: correlation with the target {np.corrcoef(answer, target[0, 0])[0, 1]:.2f}")
    culture.write(found.plan(culture.now_s() + 0.1))  # a StimulusPlan like any other


if __name__ == "__main__":
    main()
