"""Assessors: on your conditioning table, on your own contexts, with your own predictor, which is checked."""

from dataclasses import dataclass

import pandas as pd
import torch

from brainwright import steering
from brainwright.steering import Delta, Flinch, Hebb, Salt
from brainwright.steering.conditioning import scores_of, table_of


@dataclass(frozen=True)
class Damped(Delta):
    """A predictor of your own: the delta rule, whose errors saturate."""

    def learn(self, state, context, target, gate):
        error = torch.tanh(target.to(state) - self.predict(state, context))
        return self.step(state, context, error, gate)


def main(trials: int = 40) -> None:
    """Prints scores of a table, then what assessors say of three thoughts, and which is chosen."""
    phases = (1, 0, 1, trials), (1, 1, 1, trials // 2), (1, 0, 0, trials // 2)
    rows = [{"light": a, "tone": b, "outcome": us} for a, b, us, n in phases for _ in range(n)]
    table = table_of(pd.DataFrame(rows))  # or read_conditioning("mine.csv")
    for rule in (Delta(), Hebb()):
        scores = scores_of(steering.conditioned(table, rule))
        print(type(rule).__name__, {name: round(float(values[0]), 3) for name, values in scores.items()})

    steering.check_assessor(Damped())
    assessors = steering.Assessors(("flinch", "salt"), "override", Damped())
    context = torch.randn(1, 3 * trials, 1, 8, generator=torch.Generator().manual_seed(0)).repeat(1, 1, 2, 1)
    truth = (context[..., :2] > 0.5).double()  # what the circuits sense a step later
    moments = steering.Moments(context, truth, torch.ones_like(truth, dtype=torch.bool))
    state = assessors.learn(moments, passes=5)
    thoughts = torch.zeros(1, 3, 8)
    thoughts[0, 0, 1], thoughts[0, 1, 0], thoughts[0, 1, 1] = (
        1.0,
        2.0,
        4.0,
    )  # salt; much salt that looms; nothing
    said = assessors.read(state, thoughts)
    card = steering.Scorecard((Flinch(), Salt()), (steering.Veto("flinch", 0.4),))
    scored = card.score(steering.Body({"salt": torch.zeros(1)}, {"salt": 1.0}), said)
    print("said", said.numpy().round(2).tolist(), "vetoed", scored.vetoed.tolist(), "best", int(scored.best))
    print("growth of the loop", steering.refuse_growth(assessors, moments, state).numpy().round(2).tolist())


if __name__ == "__main__":
    main()
