"""Any variables of a table from any others: draws, probabilities, and how good they are, in a few lines."""

import numpy as np
import pandas as pd

from brainwright.objective import AnySubset
from brainwright.objective.any_subset import groups, score_grid


def table(rows: int, seed: int) -> pd.DataFrame:
    """Stands in for your own: two cells, a stimulus and a choice that hang together, one in ten missing."""
    rng = np.random.default_rng(seed)
    stimulus = rng.choice(["left", "right"], rows)
    drive = np.where(stimulus == "left", -1.0, 1.0) + rng.normal(size=rows)
    cells = {"cell 1": drive + 0.5 * rng.normal(size=rows), "cell 2": 0.5 * drive + rng.normal(size=rows)}
    whole = pd.DataFrame({"stimulus": stimulus, **cells, "choice": np.where(drive > 0, "right", "left")})
    return whole.mask(rng.random(whole.shape) < 0.1)


def main(rows: int = 4000, updates: int = 600) -> None:
    """Prints what a cell says about the choice, what the choice says about the cells, and a scoring grid."""
    model = AnySubset.fit(table(rows, seed=0), updates=updates)  # your DataFrame or array here
    drawn = model.sample(observed={"cell 1": 1.5}, query=["choice", "cell 2"], n=500)
    print(f"given cell 1 = 1.5: right in {100 * (drawn['choice'] == 'right').mean():.0f} % of the draws")
    print(model.sample(observed={"choice": "left", "stimulus": "right"}, n=3))
    score = model.log_prob(query={"cell 1": 1.0, "cell 2": 0.5}, given={"choice": "right"})
    print(f"log p of both cells given the choice: {score.value[0]:.2f} nats ({score.kind})")
    # questions of your own beside those of the grid: from the cells to the rest
    asked = {"cells to rest": groups(model.variables.names, ["cell 1", "cell 2"])}
    grid = score_grid(model, table(rows // 10, seed=1), families=asked, sampled_rows=20)
    print(grid[["family", "chained", "one pass", "sampled", "calibration", "C2ST"]].round(3).to_string())


if __name__ == "__main__":
    main()
