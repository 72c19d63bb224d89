"""A recording of your own, with word onsets and the text that was read: the same read-out, the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.nwb_file import UNITS, VOLTAGE, chosen, opened, series_of, sources, trains_of
from brainwright.emulator.text import TextPlan, TextShape
from brainwright.experiment.trials import Trials
from brainwright.runs import Units
from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S

from . import fitted as rows
from .fitted import FittedReading
from .text_model import text_model
from .waves import Waves
from .windows import Windows
from .words import ReadingError, ReadText, table_of

CANDIDATES = 64
SPLITS = "splits"
KINDS = (VOLTAGE, "TimeSeries")
"""Of continuous signals: EEG and ECoG are the first, MEG may be the second."""
WORDS, ONSETS = "word", "start_time"
"""Columns of a table of intervals in which the words stand."""
N_BYTES = 60
"""Longest text."""
MAPPED = (rows.BRAIN, rows.NOISE, rows.SHUFFLED, rows.COUNTS)


def read_texts(path: Path) -> list[str]:
    """The lines of a UTF-8 file, blank ones left out.

    Raises:
        ReadingError: no such file, bytes that are no UTF-8, lines that are too long, fewer than a retrieval
            needs.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ReadingError(
            f"{path.name}: expected UTF-8 text, got byte 0x{error.object[error.start]:02x} at position "
            f"{error.start}; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise ReadingError(f"expected a readable text file at {path}, got: {error.strerror}") from error
    texts = [" ".join(line.split()) for line in lines if line.strip()]
    for text in texts:
        if len(text.encode()) > N_BYTES:
            raise ReadingError(f"{path.name}: expected lines of at most {N_BYTES} bytes, got {text!r}")
    if len(texts) < 2 * CANDIDATES:
        raise ReadingError(
            f"{path.name}: expected {2 * CANDIDATES} texts or more, a line each ({CANDIDATES} are "
            f"held out for "
            f"retrieval, and as many to learn from), got {len(texts)}"
        )
    return texts


def read_words(
    path: Path, source: str | None = None
) -> tuple[Recording | Waves, list[str], Float[np.ndarray, " word"]]:
    """Spikes or a continuous signal of an NWB file, and the words and onsets of the first table of intervals
    with a column `word`.

    Args:
        path: of the file.
        source: "units" or the name of a series (`acquisition/eeg`); needed where there are several series and
            no units.

    Raises:
        ReadingError: no such table, channels that were not recorded throughout.
        DatasetError: no NWB, nothing to read, several series and none named.
        ImportError: pynwb is not installed.
    """
    with opened(path) as file:
        tables: dict[str, Any] = dict(file.intervals or {})
        if file.trials is not None:
            tables["trials"] = file.trials
        for table in tables.values():
            if WORDS in table.colnames:
                words = [str(word) for word in table[WORDS][:]]
                onset_s = np.asarray(table[ONSETS][:], np.float64)
                name = chosen(path, file, source, KINDS)
                if name == UNITS:
                    return _recording(path, file), words, onset_s
                return Waves.of(series_of(name, sources(file, KINDS)[name])), words, onset_s
        found = ", ".join(tables) or "none"
        raise ReadingError(f"{path.name}: expected a table of intervals with a column {WORDS!r}, got {found}")


def _recording(path: Path, file: Any) -> Recording:
    trains = trains_of(path, file)
    start_s, stop_s = trains.interval_s()
    time_s = np.concatenate(trains.times_s)
    unit = np.repeat(np.arange(len(trains.names)), [len(train) for train in trains.times_s])
    end_s = float(np.nextafter(stop_s, np.inf)) + 2 * TOLERANCE_S  # the last spike is inside
    return Recording(
        np.zeros(len(time_s), np.int32), unit, time_s, 1, len(trains.names), min(0.0, start_s), end_s
    )


@dataclass(frozen=True, eq=False)
class OwnReading:
    """Reads a recording's text out of it, with other texts held out in every split.

    Attributes:
        data, text: the files.
        seed: of splits and models.
        source: what of the recording is read: see `read_words`.
        windows: in which a word's answer lies.
        model: folder of a text model, or None: see `text_model`.
        shape, plan: of the text model that is trained.
        fit_steps: of the emulator.
    """

    data: Path
    text: Path
    seed: int = 0
    source: str | None = None
    windows: Windows = field(default_factory=Windows)
    model: Path | None = None
    shape: TextShape = field(default_factory=TextShape)
    plan: TextPlan = field(default_factory=TextPlan)
    fit_steps: int = rows.FIT_STEPS

    @cached_property
    def reading(self) -> ReadText:
        """The reading, its words proven to be those of the text. Raises ReadingError where they are not."""
        texts = read_texts(self.text)
        recording, words, onset_s = read_words(self.data, self.source)
        said = [word for text in texts for word in text.split()]
        for k, (a, b) in enumerate(zip(words, said, strict=False)):
            if a != b:
                raise ReadingError(
                    f"{self.text.name}: expected word {k + 1} to be {a!r} as in {self.data.name}, got {b!r}"
                )
        return ReadText(tuple(texts), recording, onset_s)

    def heard_after_words(self) -> Float[torch.Tensor, "1 word 2 feature"]:
        """What followed each word. Raises ReadingError."""
        return self._counts

    @cached_property
    def _counts(self) -> torch.Tensor:
        heard, onset_s = self.reading.recording, self.reading.onset_s
        if isinstance(heard, Waves):
            return torch.from_numpy(heard.after(onset_s, self.windows))
        return torch.from_numpy(self.windows.counts(heard, onset_s))

    def split(self, number: int) -> dict[str, float]:
        """Scores of one split, `row/metric` each: 64 texts are held out, all else is learned from."""
        texts, counts = self.reading.texts, self._counts
        order = np.random.default_rng([self.seed, number]).permutation(len(texts))
        test, train = np.sort(order[:CANDIDATES]), np.sort(order[CANDIDATES:])
        table, slot = table_of(texts)
        heard = [counts[:, torch.from_numpy(table[part][slot[part] >= 0])] for part in (train, test)]
        shown, asked = ([texts[k] for k in part] for part in (train, test))
        model = text_model(self.model, shown, self.shape, replace(self.plan, seed=self.seed))
        latents = model.encode(shown)
        fit = FittedReading.fit(shown, latents, heard[0], self.seed, self.fit_steps)
        wanted, made = fit.meanings.standardised(model.encode(asked)), {}
        for row in MAPPED:
            made[row] = fit.scored(row, asked, heard[1], wanted)
        made |= rows.confound_scores(shown, asked, latents, fit.meanings, 1, wanted)
        return {
            f"{row}/{name}": float(x[0])
            for row, own in made.items()
            for name, x in own.items()
            if x.ndim == 1
        }

    def splits(self, seeds: Sequence[int], units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
        """Every split: an array [split] for each row and metric."""
        made = []
        for seed in seeds:
            made.append(self.split(seed))
            share(len(made) / len(seeds))
        return {name: np.array([row[name] for row in made]) for name in made[0]}

    def outcomes(self, units: Units) -> Trials:
        """An arm for each row."""
        made = units.load(SPLITS)
        arms = dict.fromkeys(name.split("/")[0] for name in made)
        metrics = ("retrieved", "nearness", "chance")
        return Trials.of(
            {arm: {m: made[f"{arm}/{m}"] for m in metrics if f"{arm}/{m}" in made} for arm in arms}
        )
