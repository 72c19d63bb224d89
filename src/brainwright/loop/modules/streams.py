"""What many brains are shown: streams of each modality, and which of them belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from brainwright.datasets.streams import Patches
from brainwright.network import NetworkError
from brainwright.network.modules import Heard, Streams


@dataclass(frozen=True, eq=False)
class Shown:
    """Streams of each modality for every brain.

    Attributes:
        streams: name → (values [brain, stream, patch, value], validity [brain, stream, patch]).
        pairs: name → which stream of it belongs to each pair, [brain, pair]; without it streams of one number
            belong together in their order.
    """

    streams: Streams
    pairs: Mapping[str, Int[Tensor, "brain pair"]] | None = None

    @classmethod
    def of(
        cls,
        patches: Mapping[str, Patches | Sequence[Patches]],
        brains: int = 1,
        pairs: Mapping[str, Tensor] | None = None,
    ) -> "Shown":
        """Of streams that all brains share, or one set for each brain.

        Raises:
            NetworkError: another number of sets than brains, or sets of different size.
        """
        streams = {}
        for name, given in patches.items():
            sets = [given] * brains if isinstance(given, Patches) else list(given)
            if len(sets) != brains or len({each.values.shape for each in sets}) != 1:
                raise NetworkError(
                    f"{name}: expected one set of streams of one shape for each of {brains} brains, got "
                    f"{[each.values.shape for each in sets]}"
                )
            values, valid = (
                torch.stack([torch.from_numpy(getattr(each, part)) for each in sets])
                for part in ("values", "valid")
            )
            streams[name] = values, valid
        return cls(streams, pairs)

    @property
    def brains(self) -> int:
        """How many."""
        return next(iter(self.streams.values()))[0].shape[0]

    def paired(self) -> "Shown":
        """The streams of the pairs, side by side. Raises `NetworkError` where nothing says which belong
        together.
        """
        if self.pairs is None:
            counts = {name: values.shape[1] for name, (values, _) in self.streams.items()}
            if len(set(counts.values())) != 1:
                raise NetworkError(f"expected pairs, or as many streams of every modality, got {counts}")
            return self
        return self.chosen(self.pairs)

    def chosen(self, index: Mapping[str, Int[Tensor, "brain n"]]) -> "Shown":
        """These streams of each modality."""
        return Shown({name: taken(self.streams[name], places) for name, places in index.items()})

    def drawn(
        self, batch: int, generators: Sequence[torch.Generator], names: Sequence[str]
    ) -> dict[str, Tensor]:
        """Places of a batch for each brain: of pairs where several modalities are needed, else of streams."""
        if len(names) == 1 or self.pairs is None:
            count = self.streams[names[0]][0].shape[1]
            rows = torch.stack([torch.randint(count, (batch,), generator=g) for g in generators])
            return dict.fromkeys(names, rows)
        count = next(iter(self.pairs.values())).shape[1]
        rows = torch.stack([torch.randint(count, (batch,), generator=g) for g in generators])
        return {name: self.pairs[name].gather(1, rows) for name in names}


def taken(stream: tuple[Tensor, Tensor], places: Int[Tensor, "brain n"]) -> tuple[Tensor, Tensor]:
    """Those streams of each brain."""
    brains = torch.arange(len(places))[:, None]
    return stream[0][brains, places], stream[1][brains, places]


def heard_of(heard: Heard, places: Int[Tensor, "brain n"]) -> Heard:
    """What was made of those streams."""
    brains = torch.arange(len(places))[:, None]
    parts = (heard.embedding, heard.states, heard.prediction, heard.valid, heard.source)
    return Heard(*(part[brains, places] for part in parts))
