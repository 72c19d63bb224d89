"""An emulator of a recording: fitted in one call, beside what is plain, kept, and asked what comes next."""

import sys

import numpy as np

import brainwright as bw
from brainwright.emulator.forecast import Size


def made_up(path: str) -> str:
    """Stands for a file of yours: thirty units that share two rhythms."""
    rng, t = np.random.default_rng(0), np.arange(600)
    waves = np.stack([np.sin(t / 5), np.cos(t / 8)], axis=1) @ rng.normal(size=(2, 30))
    np.savez(path, counts=rng.poisson(np.exp(0.8 * waves - 0.5)))
    return path


def main(path: str | None = None, bin_s: float = 0.1, updates: int = 200) -> bw.Emulator:
    """Prints the scores, the next bins of the loudest unit, and how well a gap is filled."""
    activity = bw.Activity.load(path or made_up("recording.npz"), bin_s=bin_s)
    emulator = bw.Emulator.fit(activity, size=Size(updates=updates))
    for name, score in emulator.scores.items():
        print(f"{name}: {score:+.3f}")
    print("beats " + (" and ".join(emulator.beats) or "nothing: this recording has nothing to foretell"))
    emulator = bw.Emulator.load(emulator.save("emulator"))
    loudest = int(np.nanmean(activity.values, axis=(0, 1)).argmax())
    ahead = emulator.forecast(activity)[0, :, loudest]
    print(f"unit {activity.unit_names[loudest]}, next bins: {np.round(ahead, 2).tolist()}")
    holed = activity.values.copy()
    holed[:, 50:80, loudest] = np.nan
    pair = emulator.fill(holed)[0, 50:80, loudest], activity.values[0, 50:80, loudest]
    print(f"a gap of 30 bins, filled: r = {np.corrcoef(pair)[0, 1]:.2f}")
    return emulator


if __name__ == "__main__":
    main(*sys.argv[1:])
