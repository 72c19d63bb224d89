"""Tasks: inputs and what is wanted of them, as plain arrays, with the split that they came with."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from brainwright.datasets.errors import DatasetError


@dataclass(frozen=True, eq=False)
class Task:
    """A classification task has these samples.

    Args:
        name: of the data set.
        train_inputs, test_inputs: float32 [sample, feature].
        train_targets, test_targets: int64 [sample], classes.
        classes: name of each class.
        note: what must be said with any result.
    """

    name: str
    train_inputs: Float[np.ndarray, "train feature"]
    train_targets: Int[np.ndarray, " train"]
    test_inputs: Float[np.ndarray, "test feature"]
    test_targets: Int[np.ndarray, " test"]
    classes: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        for side in ("train", "test"):
            inputs, targets = getattr(self, f"{side}_inputs"), getattr(self, f"{side}_targets")
            if inputs.ndim != 2 or targets.shape != inputs.shape[:1]:
                raise DatasetError(
                    f"{self.name}: expected {side} inputs [sample, feature] and one target each, got shapes "
                    f"{inputs.shape} and {targets.shape}"
                )
            if targets.size and not 0 <= targets.min() <= targets.max() < len(self.classes):
                raise DatasetError(f"{self.name}: {side} targets outside the {len(self.classes)} classes")

    @property
    def chance(self) -> float:
        """It is the accuracy of always naming the commonest training class, on the test samples."""
        commonest = np.bincount(self.train_targets, minlength=len(self.classes)).argmax()
        return float((self.test_targets == commonest).mean())

    def standardised(self) -> "Task":
        """It returns the task with each feature of mean 0 and deviation 1 over the training samples; constant
        features 0.
        """
        mean, sd = self.train_inputs.mean(0), self.train_inputs.std(0)
        # below a millionth of the largest, what varies is the rounding of float32 features
        scale = np.divide(
            1, sd, out=np.zeros_like(sd), where=sd > 1e-6 * max(float(sd.max(initial=0)), 1e-30)
        )
        return replace(
            self,
            train_inputs=((self.train_inputs - mean) * scale).astype(np.float32),
            test_inputs=((self.test_inputs - mean) * scale).astype(np.float32),
        )

    def first(self, n: int, seed: int = 0) -> "Task":
        """It returns `n` training samples, drawn in an order that depends on the seed alone: the first 100
        are among the first 1,000. Test samples stay. Raises `DatasetError` where there are fewer.
        """
        if not 1 <= n <= len(self.train_targets):
            raise DatasetError(f"{self.name} has {len(self.train_targets)} training samples, asked for {n}")
        chosen = np.random.default_rng(seed).permutation(len(self.train_targets))[:n]
        return replace(self, train_inputs=self.train_inputs[chosen], train_targets=self.train_targets[chosen])

    def first_tests(self, n: int) -> "Task":
        """It returns the first `n` test samples, or all where there are fewer."""
        return replace(self, test_inputs=self.test_inputs[:n], test_targets=self.test_targets[:n])
