"""Spikes of a simulated culture: a raster, and the rate of each channel."""

import matplotlib.pyplot as plt

import brainwright as bw


def main(path: str = "culture_raster.png", duration_s: float = 10.0) -> bw.Recording:
    """Draws the spontaneous activity of one culture, prints who is loudest, and keeps the recording."""
    culture = bw.SimulatedCulture(seeds=[7])
    recording = culture.read(duration_s)
    rate_hz = recording.rate_hz()[0]
    loudest = rate_hz.argsort()[::-1][:3]
    print(f"{len(recording)} spikes in {recording.duration_s:g} s on {recording.n_channels} channels")
    print("loudest: " + ", ".join(f"channel {k} at {rate_hz[k]:.1f} Hz" for k in loudest))
    _, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    bw.plot.raster(recording, axes).figure.savefig(path, dpi=150)
    recording.save("culture.npz")
    return bw.Recording.load("culture.npz")


if __name__ == "__main__":
    main()
