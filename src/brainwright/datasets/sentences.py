"""Small sentences of known meaning, as text and back: agent, action, object, place and tense.

English with agreement: "the nurses hide the basket near the garden.". 196,608 sentences of 43 to 49 bytes.
Agents, objects and places are of six letters each and prepositions of four, so that the length of a word,
which a reader's eye shows, says little of the word. `parse` is the grammar's own judge: it knows no model.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from brainwright.datasets.errors import DatasetError

AGENTS = {  # word: whether it is several
    "farmer": False, "nurses": True, "doctor": False, "pilots": True, "sailor": False, "judges": True,
    "wizard": False, "guards": True, "tailor": False, "queens": True, "dancer": False, "uncles": True,
    "singer": False, "hunter": False, "banker": False, "priest": False,
}  # fmt: skip
ACTIONS = {  # stem: (third person, past)
    "paint": ("paints", "painted"), "clean": ("cleans", "cleaned"), "count": ("counts", "counted"),
    "check": ("checks", "checked"), "fetch": ("fetches", "fetched"), "watch": ("watches", "watched"),
    "touch": ("touches", "touched"), "smash": ("smashes", "smashed"), "carry": ("carries", "carried"),
    "trade": ("trades", "traded"), "throw": ("throws", "threw"), "steal": ("steals", "stole"),
    "break": ("breaks", "broke"), "bring": ("brings", "brought"), "catch": ("catches", "caught"),
    "leave": ("leaves", "left"),
}  # fmt: skip
OBJECTS = (
    "basket", "violin", "mirror", "kettle", "ladder", "hammer", "pillow", "carpet", "bottle", "guitar",
    "candle", "wallet", "helmet", "button", "camera", "jacket",
)  # fmt: skip
PLACES = {  # word: preposition
    "garden": "near", "bridge": "over", "castle": "from", "market": "past", "forest": "near",
    "school": "past", "island": "from", "cellar": "from", "tavern": "past", "museum": "near",
    "valley": "over", "palace": "past", "temple": "near", "harbor": "from", "meadow": "over",
    "office": "from",
}  # fmt: skip
FUNCTION_WORDS = frozenset({"the", "will", *PLACES.values()})
"""Those that say nothing of agent, action, object or place by themselves."""
TENSES = ("past", "present", "future")
_STEM_OF = {form: stem for stem, forms in ACTIONS.items() for form in (stem, *forms)}
_TENSE_OF = {past: "past" for _, past in ACTIONS.values()} | {"will": "future"}
HELD_OUT_SHARE = 1 / 8
"""Of the pairs of agent and action: two actions of each agent are never trained on."""


@dataclass(frozen=True)
class Meaning:
    """What a sentence says; each field is a word of the tables above."""

    agent: str
    action: str
    object: str
    place: str
    tense: str

    @property
    def pair(self) -> tuple[str, str]:
        """Agent and action, by which sentences are held out."""
        return self.agent, self.action

    def text(self) -> str:
        """The sentence, such as "the farmer left the basket near the garden."."""
        third, past = ACTIONS[self.action]
        now = self.action if AGENTS[self.agent] else third
        verb = {"past": past, "present": now, "future": f"will {self.action}"}[self.tense]
        return f"the {self.agent} {verb} the {self.object} {PLACES[self.place]} the {self.place}."


def meanings() -> Iterator[Meaning]:
    """All meanings, in the order of the tables."""
    yield from (Meaning(*words) for words in product(AGENTS, ACTIONS, OBJECTS, PLACES, TENSES))


def parse(text: str) -> Meaning | None:
    """The meaning of a sentence; None where it is none of the grammar ("the farmer leave")."""
    words = text.split(" ")
    if len(words) not in (8, 9) or not text.endswith("."):
        return None
    agent, verbs, thing, place = words[1], words[2:-5], words[-4], words[-1].removesuffix(".")
    if agent not in AGENTS or thing not in OBJECTS or place not in PLACES:
        return None
    action = _STEM_OF.get(verbs[-1])
    if action is None:
        return None
    meant = Meaning(agent, action, thing, place, _TENSE_OF.get(verbs[0], "present"))
    return meant if meant.text() == text else None


def held_out_pairs(seed: int = 0) -> frozenset[tuple[str, str]]:
    """The pairs of agent and action that no training sentence has, two of every agent and action."""
    rng = np.random.default_rng(seed)
    agents, actions = list(AGENTS), rng.permutation(list(ACTIONS))
    each = round(HELD_OUT_SHARE * len(actions))
    order = rng.permutation(len(agents))
    return frozenset(
        (agent, str(actions[(order[i] + k * len(actions) // each) % len(actions)]))
        for i, agent in enumerate(agents)
        for k in range(each)
    )


def sentences(n: int, *, held_out: bool, seed: int = 0, split_seed: int = 0) -> list[str]:
    """Different sentences, drawn evenly from those that are held out, or from all others.

    Args:
        n: how many.
        held_out: whether their pairs of agent and action are those of `held_out_pairs(split_seed)`.
        seed: of the draw; drawn sentences of one seed begin alike whatever `n`.
        split_seed: of the pairs.

    Raises:
        DatasetError: more than there are.
    """
    every = _side(held_out, split_seed)
    if not 0 <= n <= len(every):
        raise DatasetError(f"expected 0 to {len(every):,} sentences, got {n:,}")
    chosen = np.random.default_rng([seed, int(held_out)]).permutation(len(every))[:n]
    return [every[k].text() for k in chosen]


@cache
def _side(held_out: bool, split_seed: int) -> tuple[Meaning, ...]:
    """One side of the split, made once per process."""
    pairs = held_out_pairs(split_seed)
    return tuple(meaning for meaning in meanings() if (meaning.pair in pairs) is held_out)


def words_of(text: str) -> list[str]:
    """The words of a sentence as they are heard, the final stop left out."""
    return text.removesuffix(".").split()


def vocabulary() -> tuple[str, ...]:
    """Every word of the grammar, in the order of the alphabet."""
    forms = {form for stem, forms in ACTIONS.items() for form in (stem, *forms)}
    return tuple(sorted({*AGENTS, *forms, *OBJECTS, *PLACES, *PLACES.values(), "the", "will"}))
