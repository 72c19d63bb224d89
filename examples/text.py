"""A text model of your own sentences, and what a recording with word onsets says of them, in a few lines."""

import numpy as np
import torch

from brainwright.datasets.sentences import sentences, vocabulary
from brainwright.emulator.text import TextPlan, fit_text, retrieved
from brainwright.loop.reading.fitted import FittedReading
from brainwright.loop.reading.reader import Readers
from brainwright.loop.reading.words import counts_after


def main(texts: int = 300, steps: int = 300) -> None:
    """Trains, reads, and prints how often the right text of 16 is found, beside noise and shuffled pairs."""
    train, test = (sentences(n, held_out=held, seed=3) for n, held in ((texts, False), (16, True)))
    model = fit_text(train, plan=TextPlan(steps=steps))  # your own list of strings here
    print("given back:", model.reconstruct(test[:1])[0])
    readers = Readers([1, 2], vocabulary())  # two simulated cultures; or a Recording and its onsets
    read = [[text.removesuffix(".") for text in part] for part in (train, test)]
    heard = []
    for number, part in enumerate(read):
        seen = readers.read(readers.culture(), part, seed=number)
        heard.append(torch.from_numpy(counts_after(seen.recording, seen.onset_s, readers.timing.windows_s)))
    fit = FittedReading.fit(read[0], model.encode(train), heard[0], seed=0, steps=100)
    wanted = fit.meanings.standardised(model.encode(test))
    for row in ("brain", "noise", "shuffled pairs"):
        share = retrieved(fit.found(row, read[1], heard[1]), wanted).float().mean(1)
        print(f"{row}: {np.round(share.numpy(), 2)} of 16 texts, one number for each culture")


if __name__ == "__main__":
    main()
