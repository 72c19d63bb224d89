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
    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    axes.scatter(recording.time_s, recording.channel, s=1, c="black")
    axes.set(xlabel="time, s", ylabel="channel")
    figure.savefig(path, dpi=150)
    plt.close(figure)
    recording.save("culture.npz")
    return bw.Recording.load("culture.npz")


if __name__ == "__main__":
    main()
