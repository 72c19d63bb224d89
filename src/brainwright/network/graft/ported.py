"""A host with an inlet: extra inputs, one per sample and step, whose weights are the currents that a graft
writes. Whatever a learning rule does to these weights is the signal that it exposes at the written units.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..cells import InputCells
from ..errors import NetworkError
from ..network import Network, State
from ..projection import DenseProjection, OneToOne
from .ports import Ports


class Ported(Network):
    """A host whose cells and synapses are those of the original, shared and not copied, with an inlet for so
    many slots (sample × step).

    A slot's input is 1 in its own sample and step and 0 elsewhere, so that weight [written unit, slot] is the
    current added there and then. To a rule the inlet is one more projection that trains; any rule of the form
    (signal of the postsynaptic cell) × (what arrives) leaves its signal in `inlet.weight.grad`.

    Args:
        host: any network.
        ports: where to write.
        slots: samples × steps.

    Raises:
        NetworkError: ports outside the network, or an input that is wired in a way that cannot be widened.
    """

    def __init__(self, host: Network, ports: Ports, slots: int):
        ports.check({name: host.cells(name).n for name in host.populations})
        n, own = host.n_inputs, torch.arange(host.n_inputs).numpy()
        like = host.read(host.rest(1))
        populations = {name: host.cells(name) for name in host.populations}
        populations[host.input] = InputCells(n + slots, like.dtype)
        maps = []
        for k in range(len(host.projections)):
            projection = host.projection(k)
            if projection.pre != host.input:
                maps.append(projection)
                continue
            if not isinstance(projection, DenseProjection | OneToOne):
                raise NetworkError(
                    f"ports: expected an input with dense or one-to-one projections, got {projection.kind}"
                )
            pool = own if projection.pre_pool is None else projection.pre_pool.numpy()
            post = None if projection.post_pool is None else projection.post_pool.numpy()
            ends = (host.input, projection.post, n + slots, projection.n_post)
            if isinstance(projection, DenseProjection):
                wider = DenseProjection(
                    *ends, projection.weight, pre_pool=pool, post_pool=post, sign=projection.sign,
                    train=projection.train_weight,
                )  # fmt: skip
                if projection.train_weight:
                    wider.weight = projection.weight  # the same parameter
                maps.append(wider)
            else:
                maps.append(OneToOne(*ends, pre_pool=pool, post_pool=post))
        super().__init__(populations, [*maps, _inlet(host, ports, n, slots, like)])
        self.ports, self.slots = ports, slots

    @property
    def inlet(self) -> DenseProjection:
        """Its weights [written unit, slot] are the currents."""
        inlet = self.projection(len(self.projections) - 1)
        assert isinstance(inlet, DenseProjection)
        return inlet

    def widened(self, inputs: Float[Tensor, "batch time inputs"]) -> Float[Tensor, "batch time wider"]:
        """Inputs, with the slot of each sample and step beside them (slot = sample × steps + step)."""
        batch, steps, _ = inputs.shape
        slots = torch.eye(batch * steps, dtype=inputs.dtype).reshape(batch, steps, -1)
        return torch.cat([inputs, slots], -1)

    def advanced(self, state: State, drive: Tensor, written: Float[Tensor, "batch s"] | None) -> State:
        """One step with these currents at the written units; no slots are used."""
        products = self.products()
        n = self.cells(self.ports.write).n
        current = drive.new_zeros(len(drive), n)
        if written is not None:
            current = current.index_copy(1, torch.as_tensor(list(self.ports.writes)), written)
        products[-1] = lambda x: current
        return self.step(state, torch.cat([drive, drive.new_zeros(len(drive), self.slots)], 1), products)

    def heard(self, state: State) -> Float[Tensor, "batch k"]:
        """What the read units show."""
        shown = self.cells(self.ports.read).readout(state[self.ports.read])
        return shown[..., torch.as_tensor(list(self.ports.reads))]


def _inlet(host: Network, ports: Ports, n: int, slots: int, like: Tensor) -> DenseProjection:
    weight = torch.zeros(len(ports.writes), slots, dtype=like.dtype)
    where = torch.arange(n, n + slots).numpy()
    return DenseProjection(
        host.input, ports.write, n + slots, host.cells(ports.write).n, weight,
        pre_pool=where, post_pool=torch.as_tensor(list(ports.writes)).numpy(),
    )  # fmt: skip
