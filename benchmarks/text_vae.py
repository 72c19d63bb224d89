"""Train the text model on the built-in sentences and judge it on pairs of agent and action it never saw.

    python benchmarks/text_vae.py FOLDER [SEED]

Prints the share of held-out sentences that come back exactly, the share of interpolations that the grammar
accepts, and the processor time of the training; the model is saved in FOLDER.
"""

import sys
import time

from brainwright.datasets.sentences import parse, sentences
from brainwright.emulator.text import fit_text, save_text, share_exact, share_grammatical
from brainwright.emulator.text.fit import TextPlan

TRAINED, JUDGED = 100_000, 1_000


def main(folder: str, seed: int = 90_000) -> None:
    """Trains, saves, prints."""
    begun = time.process_time()

    def told(step: int, nats: float, kl: float) -> None:
        if step % 100 == 0:
            print(
                f"step {step}: {nats:.2f} nats, |mu|^2 / 2 {kl:.1f}, {time.process_time() - begun:.0f} s",
                flush=True,
            )

    texts = sentences(TRAINED, held_out=False, seed=seed)
    begun = time.process_time()
    model = fit_text(texts, plan=TextPlan(seed=seed), progress=told)
    spent = time.process_time() - begun
    save_text(model, folder)
    judged = sentences(JUDGED, held_out=True, seed=seed)
    exact, fair = share_exact(model, judged), share_grammatical(model, judged, parse)
    print(f"exact {exact:.4f}, grammatical between two {fair:.4f}, training {spent:.0f} s of processor time")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
