"""A worm's wiring learns to predict its next input; guards say whether that is a success."""

import numpy as np

from brainwright.connectome import Connectome
from brainwright.datasets.named_tasks import named_task
from brainwright.datasets.streams import Patches, Split, image_streams
from brainwright.loop import PredictionCourse, judged, predict_next, prediction_arms
from brainwright.network import Rate, SpectralRadius, compile, embedded


def own_streams(arrays: list[np.ndarray]) -> Patches:
    """Stands in for your own: a list of arrays [patch, value], each a stream, whatever they are of."""
    return Patches.of(arrays, labels=np.zeros(len(arrays), np.int64))


def main(updates: int = 150, samples: int = 1437) -> None:
    """Prints, for three arms, what the prediction holds of the next patch, and whether it collapsed."""
    streams: Split = image_streams(named_task("digits"), 2, 4, n_train=samples, n_test=360)
    worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
    arms = prediction_arms(updates)
    for name in ("untrained", "stop-gradient", "none"):
        core = compile(
            worm,
            Rate("tanh"),
            n_inputs=32,
            n_outputs=32,
            output_pool="sensory",
            train="edge",
            signs="unsigned",
            scaling=SpectralRadius(0.95),
        )
        network = embedded(core, n_values=8)  # any network: layers, a connectome, spiking cells
        learned = predict_next(network, streams.train, arms[name], PredictionCourse(updates, rate=6e-3))
        figures = judged(network, streams, learned.first)
        print(
            f"{name:14s} holds {figures['decoded skill']:.3f} of the next patch (the last patch alone "
            f"{figures['last patch']:.3f}); directions {figures['directions']:.2f}"
            f"{', collapsed in part' if figures['collapsed'] else ''}"
        )


if __name__ == "__main__":
    main()
