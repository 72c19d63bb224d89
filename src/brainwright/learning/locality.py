"""What a synapse's update may read: declared by each rule, tested by `check_rule`."""

from dataclasses import dataclass

READS = {
    "pre": "activity of its presynaptic cell",
    "post": "state of its postsynaptic cell, with the slope of its nonlinearity",
    "own weight": "its own weight",
    "lateral": "activity of other cells of the postsynaptic population",
    "scalar": "one number for all synapses: a loss, a reward",
    "noise": "a random perturbation of its own postsynaptic cell, or of itself",
    "error": "a vector that is made from the error of the outputs",
    "label": "the target itself",
    "transposed weights": "the weights of synapses elsewhere, used backward",
    "transposed signs": "only the signs of the weights of synapses elsewhere",
}
"""All that can be declared, with its meaning."""

READOUTS = ("rule", "delta")


@dataclass(frozen=True)
class Locality:
    """Declaration of a rule.

    Args:
        reads: of `READS`; everything else must leave an update as it is, to the last digit.
        phases: forward passes with their own activity; 0 for as many as it takes (relaxations).
        readout: how the synapses onto the output population learn: "rule", like the others, or "delta", from
            the error of their own postsynaptic cell, which is local to it.
        symmetric: needs reciprocal connections of equal weight.
        learns_feedback: has feedback weights of its own that learn.
        waits: until when an update must wait, in words.
    """

    reads: tuple[str, ...]
    phases: int = 1
    readout: str = "rule"
    symmetric: bool = False
    learns_feedback: bool = False
    waits: str = "backward sweep"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.reads) - set(READS))
        if unknown or self.readout not in READOUTS:
            raise ValueError(
                f"expected reads of {', '.join(READS)} and a readout of {', '.join(READOUTS)}, "
                f"got {unknown or self.readout!r}"
            )

    @property
    def weight_transport(self) -> bool:
        """Whether the weights of other synapses are read, which no synapse could know."""
        return "transposed weights" in self.reads
