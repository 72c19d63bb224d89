"""What grafts do in one batch: arms beside each other, and what all of them share."""

from dataclasses import dataclass, field
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from brainwright.learning.graft.many import FLOORS, RULES, Feedback, Options
from brainwright.network.graft import Many, Ports

SIGNALS = ("own", "exact", "flipped", "shuffled", "permuted", "mixed", "mimicry")


class Task(Protocol):
    """Fresh samples for each seed."""

    def batch(self, samples: int) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True)
class Arm:
    """What one graft does.

    Attributes:
        inner: rule inside, of `RULES`; of `FLOORS`; or "none", which writes zero.
        signal: what reaches it from the written units: the host's "own"; the "exact" gradient; "flipped" in
            sign; "shuffled" over samples after centring, so that it says nothing; "permuted" over written
            units, right signals at wrong addresses; "mixed" of the host's weights with random ones (`rho`);
            "mimicry", the misfit to the currents of `Setting.missing`.
        rho: share of the host's own weights in the assumed feedback, each matrix apart: ρ W + √(1 - ρ²) R.
            R is drawn from the seed of the setting as feedback is: beside a host that was taught feedback
            alignment under the same seed, R is that host's own feedback.
        rate: Adam's.
        plastic: whether the host learns too.
        noise: deviation of the noise on what is read.
        stale: correlation of the input that is read with the present one.
    """

    inner: str = "BP"
    signal: str = "own"
    rho: float = 1.0
    rate: float = 1e-2
    plastic: bool = False
    noise: float = 0.0
    stale: float = 1.0

    def __post_init__(self) -> None:
        inners = (*RULES, *FLOORS, "none")
        if self.inner not in inners or self.signal not in SIGNALS:
            raise ValueError(
                f"expected a rule inside of {', '.join(inners)} and a signal of {', '.join(SIGNALS)}, got "
                f"{self.inner!r} and {self.signal!r}"
            )


@dataclass(frozen=True)
class Setting:
    """What all arms share.

    Attributes:
        ports: of the grafts.
        rule: of the hosts, of `RULES`.
        updates, samples: how many batches, of which size.
        host_rate: Adam's, of hosts that learn; all rates fall linearly to a tenth.
        options, inner_options: of the rules of hosts and grafts.
        missing: networks with native cells, of which the hosts are what is left: for "mimicry".
        seed: of feedback weights, noise and shuffling, apart from the networks' seeds.
    """

    ports: Ports
    rule: str = "BP"
    updates: int = 1000
    samples: int = 32
    host_rate: float = 1e-2
    options: Options = field(default_factory=Options)
    inner_options: Options = field(default_factory=Options)
    missing: Many | None = None
    seed: int = 0


@dataclass
class Grafted:
    """Networks [arm × seed], and the cosine of what each graft was taught with the exact gradient at its
    written units, at moments of the run; the first before anything was learned (0 where nothing was taught).
    """

    hosts: Many
    grafts: Many
    feedback: Feedback
    cosines: Float[Tensor, "look arm seed"]
    arms: dict[str, Arm]

    @property
    def cosine(self) -> Float[Tensor, "arm seed"]:
        """A mean over the run."""
        return self.cosines.mean(0)

    def of(self, arm: str) -> slice:
        """The networks of one arm."""
        seeds = self.hosts.n // len(self.arms)
        k = list(self.arms).index(arm)
        return slice(k * seeds, (k + 1) * seeds)
