"""The present, answered as the earlier network would: learning without forgetting."""

from .contract import Method, Setting, softened
from .weights import MLP


class WithoutForgetting(Method):
    """Learning without forgetting (Li & Hoiem 2016, arXiv:1606.09282): inputs of the present are replayed
    with the softened scores of the network as it was when the context began, temperature 2.
    """

    name = "LwF"

    def __init__(self, setting: Setting):
        super().__init__(setting)
        self.earlier: MLP | None = None

    @property
    def kept_bytes(self) -> int:
        """Of the earlier network."""
        return self.brain.weights.n_bytes if self.earlier else 0

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        logits = self.brain(inputs)
        loss = self.named(logits, targets)
        if self.earlier is not None:
            loss = self.mixed(loss, self.kept(logits, self.earlier(inputs), targets))
        self.descend(loss)

    def kept(self, logits, wanted, targets):
        """Distillation over earlier classes; in the scenario task over each earlier context by itself."""
        if self.setting.scenario == "task":
            groups = [self.setting.of_context(k) for k in range(self.contexts)]
            return sum(softened(logits, wanted, group, group) for group in groups) / len(groups)
        old = self.before if self.setting.scenario == "class" else self.before | True
        return softened(logits, wanted, old, self.competing(targets))

    def finish(self) -> None:
        """See `Method`."""
        self.earlier = self.brain.copied()
