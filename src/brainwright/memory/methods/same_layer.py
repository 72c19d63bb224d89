"""The fixed layer of `Asleep` given to other methods: is it sleep that keeps, or is it the layer?"""

from dataclasses import replace

from .asleep import receptive_fields
from .contract import Method, Setting
from .plain import Joint, Nothing
from .replayed import Replay


class SameLayer(Method):
    """A method that learns on what the fixed first layer says, in place of the inputs: its network is that of
    sleep, layer by layer, with the same first layer for the same seed. What it keeps are states of that
    layer, which have fewer features than a picture.

    Args:
        setting: see `Setting`, of the inputs; the first hidden layer is random and fixed.
    """

    inner_type: type[Method]

    def __init__(self, setting: Setting, **options):
        super().__init__(setting)
        # drawn after the same numbers as in `Asleep`, so that it is the same layer
        self.fields = receptive_fields(setting.n_inputs, setting.hidden[0], self.draws)
        behind = replace(setting, n_inputs=setting.hidden[0], hidden=setting.hidden[1:])
        self.inner = self.inner_type(behind, **options)

    @property
    def kept_bytes(self) -> int:
        """What the method keeps."""
        return self.inner.kept_bytes

    def states(self, inputs):
        """What the fixed layer says, [seed, row, cell]."""
        return (inputs @ self.fields).relu()

    def learn(self, inputs, targets) -> None:
        """See `Method`."""
        self.inner.observe(self.states(inputs), targets)
        self.updates = self.inner.updates

    def finish(self) -> None:
        """See `Method`."""
        self.inner.end_of_context()
        self.updates = self.inner.updates

    def answers(self, inputs):
        """See `Method`."""
        return self.inner.answers(self.states(inputs))


class NothingBehind(SameLayer):
    """Learning on without any care behind the fixed layer: the floor of what sleep learns with."""

    name, inner_type = "none, same layer", Nothing


class JointBehind(SameLayer):
    """All contexts together behind the fixed layer: the bound of what sleep can reach with it."""

    name, inner_type, all_so_far = "joint, same layer", Joint, True


class ReplayBehind(SameLayer):
    """Experience replay of states of the fixed layer (as latent replay: Pellegrini et al. 2020,
    arXiv:1912.01100, whose layer is pretrained).
    """

    name, inner_type = "ER, same layer", Replay
