"""The floor and the bound: learning on without any care, and learning all contexts together."""

from .contract import Method


class Nothing(Method):
    """It learns what it is given, and nothing keeps what it knew."""

    name = "none"

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.descend(self.named(self.brain(inputs), targets))


class Joint(Nothing):
    """It is given samples of all contexts so far, evenly: the upper bound."""

    name, all_so_far = "joint", True
