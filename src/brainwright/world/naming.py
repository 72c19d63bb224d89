"""A world of things and their names: what is seen and heard, with nothing in it that matters yet."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .contract import WorldError

GROUPS = ("danger", "salt", "both", "neutral")
"""What a kind of thing will do later: loom, taste of salt, both, neither."""
PER_GROUP, HELD_OUT = 8, 2
"""Kinds of each group, and how many of them (the last) are kept from the animal while it learns what
matters.
"""
N_KINDS = PER_GROUP * len(GROUPS)
VISION, WORDS = 24, 24
"""Units that see and units that hear, disjoint: no unit ties a name to a thing. One more sees how large it
is.
"""
N_INPUTS = VISION + 1 + WORDS
FUNCTION_WORDS = 6
SHARED_PART, OWN_PART = 0.5**0.5, 1.5
"""Lengths of what kinds share (a prototype for looming and one for taste, added where a kind will do that and
taken off where it will not), and of what is a kind's own: kinds of a group are alike, not the same. What does
not loom differs from the mean look as much as what does: were there only a lack, a linear reader without an
offset would take whatever has more to it for salty.
"""
NOISE = 0.05
SEEN_FOR, GAP = (1, 4), (0, 1)
"""Steps, least and most, that something is seen, and that nothing happens: a thing in view is expected to
stay.
"""
HEARD_FOR, TALKED_FOR = 2, 1
"""Steps that a word lasts where a thing is named, and where it is talked about."""
LEAD = 6
SIZE_UNIT = 0.25
"""Value of the unit of size for anything in view: no more than a unit of vision, or all things would be
alike.
"""
NAMED_FIRST = (("", "w"), ("v", ""), ("", ""))
NAMED_AFTER = (("v", ""), ("", "w"), ("", ""))
WAYS = (
    (("v", ""), ("v", ""), ("", "")),
    NAMED_FIRST,
    NAMED_FIRST,
    NAMED_AFTER,
    (("v", "w"), ("v", ""), ("", "")),
    (("", "a"), ("", "w"), ("", "f")),
    (("", "w"), ("", "a"), ("", "f")),
)
"""What is seen and heard in the three parts of an event: a thing (v), its name (w), the associate of the name
(a), a function word (f). A name is a promise more often than a comment.
"""
FIRST = [number for number, way in enumerate(WAYS) if way == NAMED_FIRST]
Order = Literal["any", "never first"]
SIGHT, SIZE, SOUND = slice(0, VISION), VISION, slice(VISION + 1, N_INPUTS)


@dataclass(frozen=True, eq=False)
class NamingWorld:
    """Appearances and words, drawn by a seed. Names are independent of appearance, so that a world in which
    two names are swapped is another seed.

    Attributes:
        seed: everything random follows from it.

    Example:
        >>> world = NamingWorld(3)
        >>> world.streams(5, 24, np.random.default_rng(0)).shape
        (5, 24, 2)
    """

    seed: int
    looks: NDArray[np.float64] = field(init=False, repr=False)
    """[kind, vision]"""
    words: NDArray[np.float64] = field(init=False, repr=False)
    """[word, unit]: names of all kinds, then an associate of each, then function words."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise WorldError(f"NamingWorld: expected a seed of 0 or more, got {self.seed}")
        rng = np.random.default_rng([self.seed, 17])
        danger, salt = SHARED_PART * _unit(rng.normal(size=(2, VISION)))
        prototypes = np.stack([danger - salt, salt - danger, danger + salt, -danger - salt])
        looks = prototypes.repeat(PER_GROUP, 0) + OWN_PART * _unit(rng.normal(size=(N_KINDS, VISION)))
        object.__setattr__(self, "looks", looks)
        object.__setattr__(self, "words", _words(rng))

    def renamed(self) -> "NamingWorld":
        """The same things under words that were never heard in this world."""
        other = NamingWorld(self.seed)
        object.__setattr__(other, "words", _words(np.random.default_rng([self.seed, 18])))
        return other

    def streams(
        self, n: int, steps: int, rng: np.random.Generator, *, order: Order = "any", shuffled: bool = False
    ) -> NDArray[np.int64]:
        """What is seen and heard at every step, [stream, step, 2]: numbers of kind and word, -1 for nothing.

        Things are looked at, named before, while or after they are seen, and talked about (a name beside its
        associate, nothing in view).

        Args:
            n, steps: how many, how long.
            rng: of the draws.
            order: "never first": a name never comes before its thing.
            shuffled: names are drawn anew for each occasion, so that they say nothing.
        """
        kind = rng.integers(N_KINDS, size=(n, steps))  # an event lasts a step at least
        name = rng.integers(N_KINDS, size=kind.shape) if shuffled else kind
        way = rng.integers(len(WAYS), size=kind.shape)
        if order == "never first":
            way[np.isin(way, FIRST)] = WAYS.index(NAMED_AFTER)
        function = 2 * N_KINDS + rng.integers(FUNCTION_WORDS, size=kind.shape)
        values = {"": np.full_like(kind, -1), "v": kind, "w": name, "a": kind + N_KINDS, "f": function}
        see, hear, lasts = (np.empty((n, steps, 3), np.int64) for _ in range(3))
        for number, parts in enumerate(WAYS):
            here, talk = way == number, not any(seen for seen, _ in parts)
            for place, (seen, heard) in enumerate(parts):
                see[here, place], hear[here, place] = values[seen][here], values[heard][here]
                low, high = (
                    GAP if place == 2 else SEEN_FOR if seen else (TALKED_FOR if talk else HEARD_FOR,) * 2
                )
                lasts[here, place] = rng.integers(low, high + 1, size=here.sum())
        ends = lasts.reshape(n, -1).cumsum(1)
        first = rng.integers(LEAD, size=(n, 1))  # a stream begins anywhere within an event
        at = (ends[:, None] <= (first + np.arange(steps))[..., None]).sum(-1)
        return np.stack([np.take_along_axis(part.reshape(n, -1), at, 1) for part in (see, hear)], -1)

    def inputs(
        self, stream: NDArray[np.int64], rng: np.random.Generator | None = None
    ) -> NDArray[np.float64]:
        """Values of all input units, [*stream, input], with noise where draws are given."""
        looks = np.vstack([self.looks, np.zeros(VISION)])[stream[..., 0]]
        words = np.vstack([self.words, np.zeros(WORDS)])[stream[..., 1]]
        size = SIZE_UNIT * (stream[..., :1] >= 0)
        values = np.concatenate([looks, size, words], -1)
        return values if rng is None else values + NOISE * rng.normal(size=values.shape)


def group_of(kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of the groups, as in `GROUPS`."""
    return kinds // PER_GROUP


def met(kinds: NDArray[np.int64]) -> np.ndarray:
    """Which kinds the animal meets while it learns what matters."""
    return kinds % PER_GROUP < PER_GROUP - HELD_OUT


def _words(rng: np.random.Generator) -> NDArray[np.float64]:
    return OWN_PART * _unit(rng.normal(size=(2 * N_KINDS + FUNCTION_WORDS, WORDS)))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
