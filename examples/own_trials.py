"""Evidence on one's own trials: two conditions of the same animals, with an interval and a verdict."""

import numpy as np

from brainwright.evidence import Arm, compare


def main(n: int = 12) -> str:
    """Prints and returns the verdict; the margin is what counts as no difference, fixed beforehand."""
    rng = np.random.default_rng(0)
    before = rng.normal(10.0, 2.0, n)  # stands for a measure of each animal under one condition
    after = before + rng.normal(1.5, 1.0, n)  # and under the other
    found = compare(Arm("after", after), Arm("before", before), "score", kind="difference", margin=0.5)
    low, high = found.effect.low, found.effect.high
    print(f"{found.verdict}: {found.effect.value:+.2f} [{low:+.2f}, {high:+.2f}], n = {found.n}")
    return found.verdict


if __name__ == "__main__":
    main()
