"""Digits seen and heard: what each brain is shown, and which speakers it never hears before it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Int

from brainwright.datasets.named_tasks import named_task
from brainwright.datasets.streams import Patches, image_streams, same_class, spoken_streams
from brainwright.datasets.streams.spoken import SPEAKERS, recordings

from .streams import Shown

IMAGE, SOUND = "image", "sound"
NOISE = 0.5
"""Deviation of what is added to every value of an image, in units of its own deviation: so that images do not
decide alone.
"""


@dataclass(frozen=True)
class Sizes:
    """How much is shown.

    Attributes:
        images, tests: images to train on, and to judge with.
        pairs: of one class, to train on; the test pairs are as many as there are tests.
    """

    images: int = 2_000
    tests: int = 600
    pairs: int = 2_000


@dataclass(frozen=True, eq=False)
class Digits:
    """What every brain is shown, and what it is judged with.

    Attributes:
        train, test: streams and pairs of one class.
        labels, test_labels: class of each training and test pair, [brain, pair].
        speakers: who speaks in each test pair, [brain, pair].
    """

    train: Shown
    test: Shown
    labels: Int[np.ndarray, "brain pair"]
    test_labels: Int[np.ndarray, "brain pair"]
    speakers: Int[np.ndarray, "brain pair"]

    def shuffled(self, seeds: Sequence[int]) -> Shown:
        """The training streams, paired without regard to class."""
        pairs = self.train.pairs
        assert pairs is not None
        count = pairs[SOUND].shape[1]
        turned = torch.stack(
            [torch.randperm(count, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        )
        return replace(self.train, pairs={IMAGE: pairs[IMAGE], SOUND: pairs[SOUND].gather(1, turned)})

    def with_pairs(self, n: int) -> Shown:
        """The training streams with the first n pairs alone."""
        pairs = self.train.pairs
        assert pairs is not None
        return replace(self.train, pairs={name: index[:, :n] for name, index in pairs.items()})


def brains_of(draws: Sequence[int]) -> list[tuple[int, tuple[int, int]]]:
    """(seed, speakers held out) of each brain: each draw parts the six speakers into three pairs, so that
    every draw judges every speaker once.
    """
    brains = []
    for draw in draws:
        order = np.random.default_rng(draw).permutation(len(SPEAKERS)).tolist()
        brains += [(draw, (order[k], order[k + 1])) for k in range(0, len(order), 2)]
    return brains


def digits(draws: Sequence[int], sizes: Sizes | None = None) -> Digits:
    """Three brains for each draw; see `brains_of`.

    Raises:
        MissingData: says which file to put where.
    """
    sizes = sizes or Sizes()
    task = named_task("mnist")
    each = [_brain(task, seed, held, sizes) for seed, held in brains_of(draws)]
    trains, tests = zip(*((one[0], one[1]) for one in each), strict=True)
    return Digits(_shown(trains), _shown(tests), *(np.stack([one[k] for one in each]) for k in (2, 3, 4)))


def _shown(sides: Sequence[tuple[Patches, Patches, np.ndarray, np.ndarray]]) -> Shown:
    """Of all brains; of the sounds as many as every brain has, but for those in pairs none is lost."""
    most = max(len(side[1].values) for side in sides)
    sounds = [side[1].chosen(np.resize(np.arange(len(side[1].values)), most)) for side in sides]
    pairs = {
        name: torch.stack([torch.from_numpy(places) for places in index])
        for name, index in ((IMAGE, [side[2] for side in sides]), (SOUND, [side[3] for side in sides]))
    }
    return Shown.of({IMAGE: [side[0] for side in sides], SOUND: sounds}, len(sides), pairs)


def _brain(task, seed: int, held: tuple[int, int], sizes: Sizes):
    """((streams and places of pairs) to train on, the same to judge with, classes of both, who speaks)."""
    images = image_streams(task, 7, 7, n_train=sizes.images, n_test=sizes.tests, seed=seed)
    sounds, speakers = spoken_streams(held_out=held), recordings()[2]
    rng = np.random.default_rng([seed, *held])
    sides, classes = [], []
    for seen, heard, n in (
        (images.train, sounds.train, sizes.pairs),
        (images.test, sounds.test, sizes.tests),
    ):
        noise = NOISE * rng.standard_normal(seen.values.shape)
        noisy = replace(seen, values=seen.values + noise.astype(np.float32))
        a, b = same_class(seen.labels, heard.labels, n, seed=int(rng.integers(2**31)))
        sides.append((noisy, heard, a, b))
        classes.append(seen.labels[a])
    return (*sides, *classes, speakers[np.isin(speakers, held)][sides[1][3]])
