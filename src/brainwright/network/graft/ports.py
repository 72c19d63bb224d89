"""Where a graft reads and writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import NetworkError
from ..network import Network


@dataclass(frozen=True)
class Ports:
    """k units that are read and s units onto whose current something is added.

    Args:
        read, write: names of populations.
        reads, writes: positions within them.
        latency_steps: steps from reading to writing. With 0 the written population must be advanced after
            the read one, so that nothing comes back within a step.
    """

    read: str
    reads: Sequence[int]
    write: str
    writes: Sequence[int]
    latency_steps: int = 0

    def check(self, sizes: Mapping[str, int]) -> None:
        """Ports must lie within the network.

        Args:
            sizes: population → number of cells, in the order in which they are advanced.

        Raises:
            NetworkError: populations or cells that there are not, repeated cells, a loop within a step.
        """
        names = list(sizes)
        for what, name, cells in (("read", self.read, self.reads), ("write", self.write, self.writes)):
            if name not in sizes:
                raise NetworkError(f"ports: no population {name!r} to {what}, there are {', '.join(names)}")
            if not len(cells) or len(set(cells)) != len(cells):
                raise NetworkError(
                    f"ports: expected distinct cells to {what}, at least one, got {list(cells)}"
                )
            if min(cells) < 0 or max(cells) >= sizes[name]:
                raise NetworkError(
                    f"ports: expected cells to {what} within [0, {sizes[name]}) of {name}, got "
                    f"{min(cells)}..{max(cells)}"
                )
        if self.write == names[0]:
            raise NetworkError("ports: the input population takes nothing but the drive; write elsewhere")
        if self.latency_steps < 0:
            raise NetworkError(f"ports: expected latency_steps of 0 or more, got {self.latency_steps}")
        if self.latency_steps == 0 and names.index(self.read) >= names.index(self.write):
            raise NetworkError(
                f"ports: {self.read} is not advanced before {self.write}, so what is written can only come "
                "from an earlier step: give latency_steps=1 or more"
            )

    def check_room(self, network: Network) -> None:
        """Between the written units and the output there must be room, or feedback alignment and direct
        feedback are one signal, the error over one random matrix, and cannot be told apart.

        Raises:
            NetworkError: the written population sends to the output alone.
        """
        onto = {p.post for p in network.projections if p.pre == self.write}
        if onto <= {network.output}:
            raise NetworkError(
                f"ports: {self.write} sends to the output alone, so that feedback alignment and direct "
                "feedback are one signal there (the error over one random matrix): write to an earlier "
                "population, or say room=False to go on"
            )
