"""A tune as its positions: a note that occurs twice, after different notes, is two symbols."""

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import MAX_SYMBOLS, MIN_SYMBOLS, SymbolStream
from brainwright.signal.tune import midi_number, pitch_class

ODE = "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4"
"""L. van Beethoven, Symphony No. 9 (1824), theme of the last movement, up to its return to E. In the public
domain. Merged it is a round of eight positions over five pitches.
"""


def positions(name: str = "Ode to Joy", pitches: Sequence[int] | None = None) -> SymbolStream:
    """A tune that goes round for ever, each of its notes a symbol of its own.

    Repeated notes are merged, as tissue cannot answer with what has just fired; a tune that is a shorter one
    several times over becomes that one. A pitch that comes once keeps its name; one that comes several times
    is told apart by primes in the order of the tune, E', E''.

    Args:
        name: of the tune.
        pitches: MIDI note numbers; the first phrase of the Ode to Joy by default.

    Raises:
        StreamError: no note, too few that differ from the one before, or more than the electrodes of an array
            can hold.

    Example:
        >>> positions().labels
        ("E'", "F'", 'G', "F''", "E''", "D'", 'C', "D''")
    """
    given = [midi_number(pitch) for pitch in ODE.split()] if pitches is None else [int(p) for p in pitches]
    if not given:
        raise StreamError(f"{name}: expected notes, got none")
    merged = [note for note, before in zip(given, [None, *given], strict=False) if note != before]
    if len(merged) > 1 and merged[0] == merged[-1]:  # the tune goes round: its end would repeat its beginning
        merged = merged[:-1]
    once = _shortest_round(merged)
    if not MIN_SYMBOLS <= len(once) <= MAX_SYMBOLS:
        raise StreamError(
            f"{name}: expected {MIN_SYMBOLS} to {MAX_SYMBOLS} positions (notes that differ from the one "
            f"before; {MAX_SYMBOLS} with 7 electrodes each are what an array of 59 holds), got {len(once)} "
            f"({len(given)} notes); {'give a shorter' if len(once) > MAX_SYMBOLS else 'give another'} tune"
        )
    notes = [f"{len(given)} notes became {len(once)} positions: repeats were merged"]
    return SymbolStream(
        name,
        labels=_labels(once),
        sequence=np.arange(len(once)),
        midi=tuple(once),
        notes=tuple(notes if len(once) < len(given) else ()),
    )


def scattered(tune: SymbolStream) -> SymbolStream:
    """The symbols of a tune in random order, none twice in a row: nothing of its order can be heard in it."""
    k = tune.k
    transition = (1 - np.eye(k)) / (k - 1)
    name = f"{tune.name}, notes in random order"
    return SymbolStream(name, tune.labels, np.arange(k), transition, walk=True, midi=tune.midi)


def twin(tune: SymbolStream, seed: int = 0) -> SymbolStream:
    """Another round over the same positions: no step between positions in common with the tune, and of those
    one that sounds least like it, with the fewest steps between the same pitches.

    Args:
        tune: of positions.
        seed: of the draw among equals.
    """
    rounds = [np.array([0, *rest]) for rest in itertools.permutations(range(1, tune.k))]  # 5,040 of eight
    apart = [order for order in rounds if not (_after(order) == _after(tune.sequence)).any()]
    notes = np.array(tune.midi if tune.midi else range(tune.k))
    sounds = [_pitch_steps(order, notes) for order in (tune.sequence, *apart)]
    alike = np.array([sum((sounds[0] & other).values()) for other in sounds[1:]])
    least = np.flatnonzero(alike == alike.min())
    order = apart[int(np.random.default_rng(seed).choice(least))]
    return SymbolStream(f"another order of {tune.name}", tune.labels, order, midi=tune.midi)


def _after(order: np.ndarray) -> np.ndarray:
    """The symbol that follows each in a round, [symbol]."""
    after = np.empty_like(order)
    after[order] = np.roll(order, -1)
    return after


def _pitch_steps(order: np.ndarray, notes: np.ndarray) -> Counter[tuple[int, int]]:
    """How often each step from pitch to pitch comes in a round."""
    heard = notes[order].tolist()
    return Counter(zip(heard, [*heard[1:], heard[0]], strict=True))


def rounds_heard(heard: np.ndarray, tune: SymbolStream) -> int:
    """How often notes [dish, period] were a whole round of a tune, from whichever of its notes on."""
    right = heard[:, 1:] == tune.successor[heard[:, :-1].astype(np.int64)]
    windows = np.lib.stride_tricks.sliding_window_view(right, tune.k - 1, axis=1)
    return int(windows.all(axis=2).sum())


def right_so_far(played: np.ndarray, successor: np.ndarray) -> np.ndarray:
    """Which answers of free runs are right, and all before them: [..., 1 + K] played → bool [..., K].

    Args:
        played: symbols, the first of which was given.
        successor: the symbol that should follow each, [symbol].

    Example:
        >>> right_so_far(np.array([0, 1, 2, 0, 1]), np.array([1, 2, 3, 0])).tolist()
        [True, True, False, False]
    """
    right = played[..., 1:] == successor[played[..., :-1].astype(np.int64)]
    return np.logical_and.accumulate(right, axis=-1)


def pitch_ceiling(tune: SymbolStream) -> float:
    """Share of the steps of a tune of positions that the best rule gets right which sees only the pitch."""
    notes = tune.midi or tuple(range(tune.k))
    steps = list(zip(notes, (*notes[1:], notes[0]), strict=True))
    return sum(max(steps.count((note, after)) for after in set(notes)) for note in set(notes)) / len(steps)


def _shortest_round(notes: list[int]) -> list[int]:
    n = len(notes)
    length = next(d for d in range(1, n + 1) if n % d == 0 and notes == notes[:d] * (n // d))
    return notes[:length]


def _labels(notes: list[int]) -> tuple[str, ...]:
    """Pitch classes, with the octave where the tune holds one class in several, and primes."""
    names = [pitch_class(note) for note in notes]
    octaves = {name: {n for n, other in zip(notes, names, strict=True) if other == name} for name in names}
    names = [
        f"{name}{note // 12 - 1}" if len(octaves[name]) > 1 else name
        for note, name in zip(notes, names, strict=True)
    ]
    nth = [names[: i + 1].count(name) for i, name in enumerate(names)]
    return tuple(
        name + "'" * i if names.count(name) > 1 else name for name, i in zip(names, nth, strict=True)
    )
