"""The thought generator: what is thought more often, because it scored better than expected."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .errors import SteeringError


@dataclass(frozen=True, eq=False)
class Thoughts:
    """Preferences over candidate thoughts that learn from the prediction error of their score: a policy with
    a baseline (gradient bandit: Sutton & Barto 2018, section 2.8).

        p = softmax(h),   δ = v - V,   h += η δ (chosen - p),   V += η_v δ

    Attributes:
        preferences: h [body, thought].
        expected: V [body].
        rate, expected_rate: η, η_v.

    Example:
        >>> thoughts = Thoughts.start(bodies=1, thoughts=2)
        >>> draws = torch.Generator().manual_seed(0)
        >>> for _ in range(300):
        ...     thought = thoughts.draw(draws)
        ...     thoughts = thoughts.learned(thought, (thought == 1).double())
        >>> bool(thoughts.chances[0, 1] > 0.9)
        True
    """

    preferences: Float[Tensor, "body thought"]
    expected: Float[Tensor, " body"]
    rate: float = 0.3
    expected_rate: float = 0.1

    @staticmethod
    def start(bodies: int, thoughts: int, rate: float = 0.3, expected_rate: float = 0.1) -> "Thoughts":
        """At first all thoughts are as likely."""
        zero = torch.zeros(bodies, thoughts, dtype=torch.float64)
        return Thoughts(zero, zero[:, 0].clone(), rate, expected_rate)

    @property
    def chances(self) -> Float[Tensor, "body thought"]:
        """How likely each is to be thought next."""
        return self.preferences.softmax(-1)

    def draw(self, generator: torch.Generator) -> Int[Tensor, " body"]:
        """The next thought of each body."""
        return torch.multinomial(self.chances, 1, generator=generator)[:, 0]

    def learned(self, thought: Int[Tensor, " body"], score: Float[Tensor, " body"]) -> "Thoughts":
        """Preferences after a thought was scored. Raises SteeringError for a score that is not finite."""
        if not bool(score.isfinite().all()):
            raise SteeringError("Thoughts: expected finite scores, got NaN or infinity")
        surprise = score.to(self.expected) - self.expected
        chosen = torch.nn.functional.one_hot(thought, self.preferences.shape[1]).to(surprise)
        moved = self.preferences + self.rate * surprise[:, None] * (chosen - self.chances)
        return Thoughts(moved, self.expected + self.expected_rate * surprise, self.rate, self.expected_rate)
