"""The arms of next-embedding prediction, of the same parts: how targets are made, what keeps them apart."""

from dataclasses import dataclass, field

from brainwright.learning import Backpropagation, EProp, FeedbackAlignment, LayerLocal, LearningRule
from brainwright.objective import Objective, next_embedding
from brainwright.objective.next_embedding import (
    DelayLine,
    InfoNCE,
    Itself,
    MovingAverage,
    NextEmbedding,
    SIGReg,
    Teacher,
    VICReg,
)


@dataclass(frozen=True)
class Arm:
    """How a network is taught to predict.

    Attributes:
        kind: "cosine" (to targets of the teacher), "through" (the gradient flows into the target too),
            "contrast" or "layers".
        teacher: who makes the targets.
        beside: keeps embeddings apart where the gradient flows through.
        embedding: whether the embedding trains; else it stays random.
        network: whether anything trains.
        rule: how.
        spoiled: what is taken away in training, so that nothing of what comes next can be learned: "order"
            (the patches of every stream come in an order that is drawn anew), "targets" (a prediction is
            compared with the next patch of another stream), or "" for nothing.
    """

    kind: str = "cosine"
    teacher: Teacher = field(default_factory=Itself)
    beside: SIGReg | VICReg | None = None
    embedding: bool = True
    network: bool = True
    rule: LearningRule = field(default_factory=Backpropagation)
    spoiled: str = ""

    def __post_init__(self) -> None:
        if self.spoiled not in ("", "order", "targets"):
            raise ValueError(f"expected spoiled of '', 'order' or 'targets', got {self.spoiled!r}")

    def objective(self, hold: int) -> Objective:
        """The objective for patches that are shown for so many steps."""
        if self.kind == "contrast":
            return InfoNCE(hold)
        if self.kind == "layers":
            return next_embedding.LayerLocal(hold)
        return NextEmbedding(hold, through=self.kind == "through", beside=self.beside)


STOP, NONE, FROZEN, UNTRAINED = "stop-gradient", "none", "frozen embedding", "untrained"
SPOILED: dict[str, Arm] = {
    "any order": Arm(spoiled="order"),
    "targets of others": Arm(spoiled="targets"),
}
"""The stop-gradient arm with what it claims to learn from taken away: beside it nothing may be left of it."""


def arms(updates: int) -> dict[str, Arm]:
    """All arms of a training of so many updates: delays are shares of them."""
    few, many = max(1, round(0.05 * updates)), max(1, round(0.4 * updates))
    return {
        STOP: Arm(),
        FROZEN: Arm(embedding=False),
        UNTRAINED: Arm(network=False),
        NONE: Arm("through"),
        "delay line, 5 %": Arm(teacher=DelayLine(few)),
        "delay line, 40 %": Arm(teacher=DelayLine(many)),
        "SIGReg": Arm("through", beside=SIGReg()),
        "VICReg": Arm("through", beside=VICReg()),
        "EMA teacher": Arm(teacher=MovingAverage()),
        "InfoNCE": Arm("contrast"),
        "layer-local": Arm("layers", rule=LayerLocal()),
    }


RULES: dict[str, Arm] = {
    "backpropagation": Arm(),
    "e-prop": Arm(rule=EProp()),
    "feedback alignment": Arm(rule=FeedbackAlignment()),
}
"""The stop-gradient arm by rules that can teach it."""
