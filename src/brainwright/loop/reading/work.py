"""The work of the recipe `text`: a text model, readings, what is read out of them and written into them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.datasets.sentences import FUNCTION_WORDS, parse, sentences, vocabulary
from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text import (
    TextEncoder,
    TextPlan,
    TextShape,
    fit_text_encoder,
    share_exact,
    share_grammatical,
)
from brainwright.evidence import Check
from brainwright.experiment.trials import Trials
from brainwright.runs import Units

from . import fitted as rows
from .fitted import FittedReading, scores
from .reader import SIGNAL, Readers
from .text_model import TextModel, packed, pretrained, text_model, unpacked
from .words import EARLY, N_SLOTS, counts_after, slot_numbers
from .write import Writer

Arrays = Mapping[str, NDArray]
Share = Callable[..., None]
MODEL, HEARD, READ, WRITTEN, CURVE = "text model", "heard", "read", "written", "curve"
TARGET, THROUGH, OTHER, BEFORE, UP = (
    "written",
    "through the stimulus",
    "another text",
    "no step",
    "sign turned",
)
SHUFFLED_MAPS, ONCE = "shuffled maps", "read once"
NO_LEARNING, LOOKED_UP, SPELLED = (
    "through an untrained emulator",
    "best of recorded writes",
    "words, no text model",
)
"""The write with a part of the sketch taken away: training of the emulator, the gradient, the text model."""
SIGNALS = (0.0, 0.35, 0.5, SIGNAL, 0.85, 1.0)
PERIODS_S = (0.2, 0.1, 0.06)
"""From word to word, of what is flashed or written: 5, 10 and 17 words a second."""
WRITE_PERIOD_S = 0.2
STOP = "."


@dataclass(frozen=True)
class Sizes:
    """How much is read, written and trained.

    Attributes:
        trained: sentences that the text model sees, and `judged` held-out ones that it gives back.
        read: texts of a reading that maps are fitted to; as many others for the judge.
        tested: held-out texts, the candidates of every retrieval; `written` of them are written.
        random: writes from which the response to a write is learned.
        plan, shape: of the text model.
        fit_steps: of the emulator.
    """

    trained: int = 100_000
    judged: int = 500
    read: int = 1_200
    tested: int = 64
    written: int = 32
    random: int = 2_000
    plan: TextPlan = field(default_factory=TextPlan)
    shape: TextShape = field(default_factory=TextShape)
    fit_steps: int = rows.FIT_STEPS


@dataclass(frozen=True, eq=False)
class ReadingWork:
    """Everything that is done with a batch of readers.

    Attributes:
        seeds: of the cultures.
        seed: of texts, split, text model and emulators.
        sizes: how much.
        model: folder of a text model that is there already, or of a pretrained one, or None.
        threads: that advance cultures.
    """

    seeds: Sequence[int]
    seed: int
    sizes: Sizes = field(default_factory=Sizes)
    model: Path | None = None
    threads: int = 1

    @cached_property
    def readers(self) -> Readers:
        return Readers(self.seeds, vocabulary(), threads=self.threads)

    def texts(self, name: str) -> list[str]:
        """Sentences as they are read, the stop left out: "train" and "judge" share none, "test" is of pairs
        of agent and action that neither has.
        """
        n, seed = self.sizes.read, self.seed
        if name == "test":
            drawn = sentences(self.sizes.tested, held_out=True, seed=seed)
        else:
            drawn = sentences(2 * n, held_out=False, seed=seed + 1)
            drawn = drawn[:n] if name == "train" else drawn[n:]
        return [text.removesuffix(STOP) for text in drawn]

    def train_text(self, units: Units, share: Share) -> Arrays:
        """The text model, and how good it is."""
        sizes, begun = self.sizes, time.process_time()
        texts = sentences(sizes.trained, held_out=False, seed=self.seed)
        plan = replace(sizes.plan, seed=self.seed)

        def told(step: int, _nats: float, _kl: float) -> None:
            share(0.9 * step / plan.steps)

        model = text_model(self.model, texts, sizes.shape, plan, told)
        loaded = self.model is not None and not pretrained(self.model)
        spent = 0.0 if loaded else time.process_time() - begun
        judged = sentences(sizes.judged, held_out=True, seed=self.seed + 2)
        return {
            **packed(model),
            "exact": np.array([share_exact(model, judged)]),
            "grammatical": np.array([share_grammatical(model, judged, parse)]),
            "processor time": np.array([spent]),
        }

    def hear(self, units: Units, share: Share) -> Arrays:
        """Texts are read by every dish, as it was born; what was heard after each word, as counts."""
        told = {"train": 10, "judge": 11, "test": 12, "again": 13}
        made: dict[str, NDArray] = {}
        for k, (name, seed) in enumerate(told.items()):
            texts = self.texts("test" if name == "again" else name)
            made[name] = self._read(texts, seed, self.readers.signal)
            share((k + 1) / 6)
        made["saline"] = self._read(self.texts("test"), 12, self.readers.signal, cells=False)
        n, n_inputs = self.sizes.random, self.readers.n_write_inputs
        draws = [np.random.default_rng([seed, 6]).random((n, n_inputs)) for seed in self.seeds]
        writes = np.stack([row.argsort(1).argsort(1) < self.readers.timing.n_pulses for row in draws])
        return made | {"writes": writes, "answers": self._written(writes, WRITE_PERIOD_S)}

    def read_out(self, units: Units, share: Share) -> Arrays:
        """What can be read out of activity that nothing was fitted to, beside every control."""
        heard, model = units.load(HEARD), self._model(units)
        fit, train, test = self._fit(heard, "train", model), self.texts("train"), self.texts("test")
        wanted, made = fit.meanings.standardised(self._latents(model, test)), {}
        for k, row in enumerate(rows.MAPPED):
            counts = _tensor(heard["saline" if row == rows.NO_CELLS else "test"])
            found, scored = fit.found(row, test, counts), fit.scored(row, test, counts, wanted)
            named, texts = rows.written_out(model, fit.meanings.restored(found), [t + STOP for t in test])
            made |= {f"{row}/{name}": values for name, values in (scored | named).items()}
            if row in (rows.BRAIN, rows.NOISE):
                made[f"{row}/texts"] = np.array(texts)
            share((k + 1) / len(rows.MAPPED))
        drawn = self._fit(heard, "train", model, trained=False)
        taken = {
            rows.UNTRAINED: drawn.scored(rows.BRAIN, test, _tensor(heard["test"]), wanted),
            rows.WORDS: fit.by_words(test, _tensor(heard["test"])),
        }
        made |= {f"{row}/{name}": x for row, own in taken.items() for name, x in own.items()}
        latents = self._latents(model, train)
        beside = rows.confound_scores(train, test, latents, fit.meanings, len(self.seeds), wanted)
        made |= {f"{row}/{name}": x for row, own in beside.items() for name, x in own.items()}
        halves = (train, _tensor(heard["train"])), (test, _tensor(heard["test"]))
        return made | {"named": rows.named_by_ridge(*halves, FUNCTION_WORDS)}

    def write(self, units: Units, share: Share) -> Arrays:
        """Texts are written; a judge, fitted to other texts and without the emulator, reads them back."""
        root = Units(units.folder.parent)  # of a study of its own, which reads what the first one heard
        heard, model = root.load(HEARD), self._model(root)
        fit, test = self._fit(heard, "train", model), self.texts("test")
        judge = self._fit(heard, "judge", model)
        latents, n = self._latents(model, test), self.sizes.written
        written, asked = test[:n], judge.meanings.standardised(latents)
        goal, n_words = fit.meanings.standardised(latents[:n]), [len(text.split()) for text in test[:n]]
        writer = self._writer(fit, heard, model)
        wrong = replace(writer, decoder=fit.shuffled[0])
        states = {
            TARGET: writer.improved(n_words, goal),
            BEFORE: writer.improved(n_words, goal, steps=0),
            UP: writer.improved(n_words, goal, sign=-1.0),
        }
        pulses = {name: writer.pulses(state, self.seed) for name, state in states.items()}
        pulses[SHUFFLED_MAPS] = wrong.pulses(wrong.improved(n_words, goal), self.seed)
        pulses[THROUGH] = writer.through(n_words, goal, self.seed)
        drawn = self._writer(self._fit(heard, "train", model, trained=False), heard, model)
        pulses[NO_LEARNING] = drawn.through(n_words, goal, self.seed)
        pulses[LOOKED_UP] = writer.looked_up(n_words, goal, torch.from_numpy(heard["writes"]))
        pulses[SPELLED] = writer.spelled(written, self.seed)
        share(0.5)
        flat = {name: _flat(part, n_words) for name, part in pulses.items()}
        found = {
            name: judge.found(rows.COUNTS, written, _tensor(self._written(x, WRITE_PERIOD_S)))
            for name, x in flat.items()
        }
        words = sum(n_words)
        found[ONCE] = judge.found(rows.COUNTS, written, _tensor(heard["again"][:, :words]))
        made = {f"{arm}/{k}": x for arm, z in found.items() for k, x in scores(z, asked).items()}
        # the same writes, scored against the text after their own: equal charge, another text
        other = scores(found[TARGET], torch.cat([asked[1:n], asked[:1], asked[n:]]))
        made |= {f"{OTHER}/{name}": x for name, x in other.items()}
        share(0.7)
        return {**made, **self._speed(judge, written, asked, flat, heard)}

    def curve(self, units: Units, share: Share) -> Arrays:
        """Retrieval over the reader's signal, from half as many texts."""
        model, made = self._model(Units(units.folder.parent)), {}
        train, test = self.texts("train")[: self.sizes.read // 2], self.texts("test")
        latents, goal = self._latents(model, train), self._latents(model, test)
        for k, signal in enumerate(SIGNALS):
            counts = [_tensor(self._read(texts, 20 + i, signal)) for i, texts in enumerate((train, test))]
            fit = FittedReading.fit(train, latents, counts[0], self.seed, self.sizes.fit_steps)
            found = fit.found(rows.BRAIN, test, counts[1])
            made[f"{signal:g}"] = scores(found, fit.meanings.standardised(goal))["retrieved"]
            share((k + 1) / len(SIGNALS))
        return made

    def outcomes(self, units: Units) -> Trials:
        """Arms of the read-out; metrics are those of `scores`, and shares of words written out."""
        made = units.load(READ)
        shown = (*rows.MAPPED, rows.UNTRAINED, rows.WORDS, rows.LENGTHS, rows.POSITIONS)
        arms = {row: _of(f"{row}/", made) for row in shown}
        arms[rows.BRAIN] |= {"named": made["named"]}
        return Trials.of(arms)

    def chance_checks(self, units: Units) -> list[Check]:
        """Noise, shuffled pairs and a dish without cells know no more of a text than how many words it has,
        which is told to all.
        """
        made, test = units.load(READ), self.texts("test")
        controls = rows.NOISE, rows.SHUFFLED, rows.NO_CELLS
        return [rows.at_chance(row, made[f"{row}/chosen"], test) for row in controls]

    def model_outcomes(self, units: Units) -> Trials:
        """The text model alone: one arm, of one value."""
        text = units.load(MODEL)
        return Trials.of({MODEL: {name: text[name] for name in ("exact", "grammatical", "processor time")}})

    def written_outcomes(self, units: Units) -> Trials:
        """Arms of the write, by name."""
        made = units.load(WRITTEN)
        arms = dict.fromkeys(key.rpartition("/")[0] for key in made)
        return Trials.of({arm: _of(f"{arm}/", made) for arm in arms})

    def curve_outcomes(self, units: Units) -> Trials:
        """An arm for each signal."""
        return Trials.of({arm: {"retrieved": x} for arm, x in units.load(CURVE).items()})

    def _speed(
        self,
        judge: FittedReading,
        texts: list[str],
        wanted: Tensor,
        pulses: dict[str, NDArray],
        heard: Arrays,
    ) -> Arrays:
        """Texts written ahead of the eye, against the same texts flashed as fast, and read at the eye's pace:
        right texts per minute.
        """
        words = [word for text in texts for word in text.split()]
        number = np.array([self.readers.words.index(word) for word in words])
        flashed = self.readers.heard(number, 30, self.readers.signal)
        seen = self.readers.timing.onsets(words, np.random.default_rng([13, 2]))
        shown = {"eye": (heard["again"][:, : len(words)], float(np.diff(seen).mean()))}
        for period_s in PERIODS_S:
            flat = (flashed, self.readers.senses), (pulses[TARGET], None), (pulses[THROUGH], None)
            for name, (part, electrodes) in zip(("flashed", TARGET, THROUGH), flat, strict=True):
                counts = self._written(part, period_s, electrodes)
                shown[f"{name}, {round(1 / period_s)} words per second"] = counts, period_s
        made = {}
        for name, (counts, period_s) in shown.items():
            own = scores(judge.found(rows.COUNTS, texts, _tensor(counts)), wanted)
            rate = 60 * len(texts) / (len(words) * period_s)
            made |= {f"{name}/{metric}": values for metric, values in own.items()}
            made[f"{name}/right per minute"] = own["retrieved"] * rate
        return made

    def _writer(self, fit: FittedReading, heard: Arrays, model: TextModel) -> Writer:
        train = self.texts("train")
        patches = fit.emulator.encode(_tensor(heard["train"]))
        latents = fit.meanings.standardised(self._latents(model, train))
        n_words = [len(text.split()) for text in train]
        slot = torch.from_numpy(np.concatenate([slot_numbers(n) for n in n_words]))
        before = torch.cat([torch.zeros_like(latents[:1]), latents[:-1]])
        before = before.repeat_interleave(torch.tensor(n_words), 0)
        encoder = TextEncoder(len(self.seeds), latents.shape[1], N_SLOTS, rows.N_LATENT, self.seed)
        fit_text_encoder(encoder, fit.emulator, patches, before, slot, seed=self.seed)
        encoder.requires_grad_(False)
        writes, answers = torch.from_numpy(heard["writes"]).float(), _tensor(heard["answers"])
        evoked = fit.emulator.encode(answers)[:, :, EARLY]
        response = RidgeResponse.fit(writes, writes, evoked)
        timing = self.readers.timing
        sizes = len(timing.slots_s), timing.n_pulses
        return Writer(fit.emulator, encoder, fit.decoder, response, patches[:, -1], latents[-1], *sizes)

    def _fit(self, heard: Arrays, name: str, model: TextModel, *, trained: bool = True) -> FittedReading:
        texts, steps = self.texts(name), self.sizes.fit_steps if trained else 0
        latents = self._latents(model, texts)
        return FittedReading.fit(texts, latents, _tensor(heard[name]), self.seed, steps)

    def _latents(self, model: TextModel, texts: Sequence[str]) -> Tensor:
        return model.encode([text + STOP for text in texts])

    def _model(self, units: Units) -> TextModel:
        return unpacked(units.below(MODEL).load(MODEL), self.model)

    def _read(self, texts: list[str], seed: int, signal: float, *, cells: bool = True) -> NDArray[np.uint8]:
        tissue = self.readers.culture(cells=cells)
        read = self.readers.read(tissue, texts, 1_000 * self.seed + seed, signal=signal)
        return counts_after(read.recording, read.onset_s, self.readers.timing.windows_s).astype(np.uint8)

    def _written(
        self, pulses: NDArray, period_s: float, electrodes: tuple[int, ...] | None = None
    ) -> NDArray[np.uint8]:
        onset_s = period_s * np.arange(pulses.shape[1])
        where = self.readers.writers if electrodes is None else electrodes
        recording, onset_s = self.readers.play(self.readers.culture(), pulses, onset_s, where)
        return counts_after(recording, onset_s, self.readers.timing.windows_s).astype(np.uint8)


def _flat(pulses: Tensor, n_words: Sequence[int]) -> NDArray[np.bool_]:
    """[dish, text, word, input] to [dish, word, input]: texts in a row."""
    return torch.cat([pulses[:, text, :n] for text, n in enumerate(n_words)], dim=1).numpy()


def _tensor(counts: NDArray) -> Tensor:
    return torch.from_numpy(counts.astype(np.float32))


def _of(prefix: str, made: Arrays) -> dict[str, NDArray]:
    return {
        key.removeprefix(prefix): x
        for key, x in made.items()
        if key.startswith(prefix) and x.dtype.kind == "f"
    }
