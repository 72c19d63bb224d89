"""Does a decoder read the brain? Noise, shuffled pairs, confounds and free running beside its score."""

import numpy as np
from sklearn.linear_model import RidgeClassifier

from brainwright.evidence import Paired, audit

WORDS = ("the", "dog", "sees", "a", "bird")


def reading(sentences: int, signal: float, seed: int) -> Paired:
    """Stands in for your own: words that mostly have their place in a sentence, 40 channels that drift with
    the place and hear the word as strongly as `signal` says.
    """
    rng = np.random.default_rng(seed)
    place = np.tile(np.arange(6), sentences)
    number = np.where(rng.random(len(place)) < 0.5, place % 5, rng.integers(0, 5, len(place)))
    heard = signal * rng.normal(size=(5, 40))[number] + rng.normal(size=(6, 40))[place]
    words = np.array(WORDS)[number]
    return Paired(
        activity=heard + rng.normal(size=heard.shape),
        target=words,
        confounds={"word length": np.array([len(word) for word in words])},
        blocks=np.repeat(np.arange(sentences), 6),
    )


def main(sentences: int = 80) -> None:
    """Prints every row for activity that hears the words, for activity that knows the place alone, and for a
    decoder that is told the word before.
    """
    print(audit(RidgeClassifier(), reading(sentences, signal=1.0, seed=0)))  # your decoder and data here
    print()
    print(audit(RidgeClassifier(), reading(sentences, signal=0.0, seed=0)))
    print()
    print(audit(RidgeClassifier(), reading(sentences, signal=0.1, seed=0), generative=1).sentence)


if __name__ == "__main__":
    main()
