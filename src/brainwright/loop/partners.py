"""Writers that follow what other tissue answers: by a gradient, by copying, by keeping books."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .gradient_writer import FIRST_FIT_STEPS, GradientWriter
from .layout import Layout
from .messages import Messages
from .present import AFTER, Moment, Periods

GRADIENT_STEPS, BATCH, LEARNING_RATE = 2, 16, 0.01
"""Of every symbol; chosen on vats that are not reported. The ordinary loop's five steps on 64 moments cost
four times as much.
"""


class _Partners:
    """Reads answers as messages, and writes a symbol in each brain's own map; brains that only speak are left
    alone.

    Args:
        layout: electrodes of every symbol; its timing has the answer before the write.
        messages: what brains tell one another.
    """

    def __init__(self, layout: Layout, messages: Messages):
        self.layout, self.messages = layout, messages
        self._listens = (messages.graph != 0).any(axis=1)
        self._late: list[NDArray[np.float64]] = []

    def learn(self, heard: Periods) -> None:
        """Remembers what was said last, where messages come late."""
        said = self.messages.said(heard.counts[:, :, AFTER])
        self._late = [said[:, t : t + 1] for t in range(said.shape[1])][-self.messages.delay - 1 :]

    def _wanted_of(self, heard: Periods) -> NDArray[np.float32]:
        """What was wanted in periods that are over, [dish, period, symbol]."""
        said, delay = self.messages.said(heard.counts[:, :, AFTER]), self.messages.delay
        if delay:
            said = np.concatenate([said[:, :1].repeat(delay, axis=1), said[:, :-delay]], axis=1)
        return self.messages.wanted(self.messages.heard(said, heard.symbols))

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        if moment.after is None:
            raise ValueError(
                "timing: expected the answer before the write, since partners are heard first; "
                "end after_s at write_at_s"
            )
        symbols = moment.history[:, :1]
        self._late = [*self._late, self.messages.said(moment.after[:, None])][-self.messages.delay - 1 :]
        evidence = self.messages.heard(self._late[0], symbols)[:, 0]
        score = self._scores(moment, evidence).astype(np.float64)
        np.put_along_axis(score, symbols, -np.inf, axis=1)  # what is heard now is not said to come next
        written = np.sort(self.layout.of(score.argmax(axis=1)), axis=1)
        written[~self._listens] = -1
        return written

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        raise NotImplementedError


class PartnerWriter(_Partners):
    """Each brain is trained to predict what the others will answer, and written its improved prediction.

    As `GradientWriter`, with two differences. What is wanted are probabilities: the others' evidence. And the
    improved prediction is named by the auxiliary decoder and written in the brain's own map, which is right
    more often than the channels that stand out in it.

    Args:
        layout, messages: as of the room.
        channels: that may stimulate.
        gradient_steps: on each brain's emulator, per symbol; 0 takes the gradient away and leaves all else.
        blind, deaf, fit_steps: as of `GradientWriter`: random changes kept where the loss falls in place of a
            gradient; steps that see symbols and no response; how long the emulator is fitted beforehand.
        seed: of the emulators.
        make: what descends the gradient; one with another loss, for instance.
    """

    def __init__(
        self,
        layout: Layout,
        messages: Messages,
        channels: tuple[int, ...],
        *,
        gradient_steps: int = GRADIENT_STEPS,
        blind: bool = False,
        deaf: bool = False,
        fit_steps: int = FIRST_FIT_STEPS,
        seed: int = 0,
        make: Callable[..., GradientWriter] = GradientWriter,
    ):
        super().__init__(layout, messages)
        self.gradient = make(
            layout.n_symbols,
            layout.n_electrodes,
            channels,
            gradient_steps=gradient_steps,
            learning_rate=LEARNING_RATE,
            batch=BATCH,
            maps_batch=BATCH,
            blind=blind,
            deaf=deaf,
            fit_steps=fit_steps,
            seed=seed,
        )

    def learn(self, heard: Periods) -> None:
        super().learn(heard)
        self.gradient.learn(heard, self._wanted_of(heard))

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        return self.gradient.named(moment, self.messages.wanted(evidence))


class RelayWriter(_Partners):
    """Each brain is written what the others answer at the moment: no emulator, no gradient."""

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        return evidence


class TallyWriter(_Partners):
    """Each brain is written what the others have answered to this symbol so far, added up: a table outside
    the tissue, which holds the rule by the end.
    """

    def __init__(self, layout: Layout, messages: Messages):
        super().__init__(layout, messages)
        k = layout.n_symbols
        self.table = np.zeros((layout.n_dishes, k, k))

    def learn(self, heard: Periods) -> None:
        """What was answered while nothing was written counts too."""
        super().learn(heard)
        wanted = self._wanted_of(heard)
        for t in range(wanted.shape[1]):
            self._add(heard.symbols[:, t], wanted[:, t])

    def _add(self, symbols: NDArray[np.int64], wanted: NDArray[np.float32]) -> NDArray[np.float64]:
        dishes = np.arange(len(symbols))
        self.table[dishes, symbols] += wanted
        return self.table[dishes, symbols]

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        return self._add(moment.history[:, 0], self.messages.wanted(evidence))
