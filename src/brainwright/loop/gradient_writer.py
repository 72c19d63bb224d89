"""The writer that descends a gradient: emulator, auxiliary maps, improved prediction, electrodes."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from brainwright.emulator import AuxiliaryMaps, PatchEmulator, contexts, fit_auxiliary, fit_emulator

from .present import EARLY, LATE, Moment, Periods


class GradientWriter:
    def __init__(
        self,
        n_symbols: int,
        n_electrodes: int,
        channels: tuple[int, ...],
        *,
        gradient_steps: int = 2,
        learning_rate: float = 0.003,
        batch: int = 32,
        seed: int = 0,
        sharp=False,
    ):
        self.n_symbols, self.n_electrodes = n_symbols, n_electrodes
        self.usable = np.array(channels)
        self.gradient_steps, self.learning_rate, self.batch, self.seed = gradient_steps, learning_rate, batch, seed
        self.emulator = None
        self.maps = None

    def learn(self, heard: Periods) -> None:
        counts = torch.from_numpy(heard.counts[:, :, : LATE + 1])
        symbols = torch.from_numpy(heard.symbols)
        first = self.emulator is None
        if self.emulator is None or self.maps is None:
            self.emulator = PatchEmulator(counts, seed=self.seed)
            self.maps = AuxiliaryMaps(len(counts), self.n_symbols, self.emulator.n_latent, self.seed)
        fit_emulator(self.emulator, counts, steps=200 if first else 60, seed=self.seed)
        fit_auxiliary(self.maps, self.emulator, counts, symbols, steps=200 if first else 60)
        evoked = counts[:, :, EARLY]
        self._mean, self._sd = evoked.mean(1), evoked.std(1) + 0.1
        with torch.no_grad():
            context = contexts(self.emulator.encode(counts))[:, :-1]
            history = torch.stack([symbols[:, 1:-1], symbols[:, :-2]], dim=2)
            self.contexts = [self.maps.with_task(context, history)]
            self.targets = [symbols[:, 2:]]
        self.dyn = list(self.emulator.hidden.parameters()) + list(self.emulator.output.parameters())
        self.opt = torch.optim.Adam(self.dyn, lr=self.learning_rate)
        self.rng = torch.Generator().manual_seed(1)
        n=counts.shape[1]-2
        self.bank_c = torch.zeros(len(counts), n + 3000, 3, self.emulator.n_latent); self.bank_c[:, :n] = self.contexts[0]
        self.bank_t = torch.zeros(len(counts), n + 3000, dtype=torch.long); self.bank_t[:, :n] = self.targets[0]
        self.n = n

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        with torch.no_grad():
            context = self._context(moment)
        if self.gradient_steps:
            self.bank_c[:, self.n] = context[:, 0]; self.bank_t[:, self.n] = torch.from_numpy(moment.coming); self.n += 1
            for _ in range(self.gradient_steps):
                pick = torch.randint(self.n, (self.batch,), generator=self.rng); pick[0] = self.n - 1
                logits = self.maps.logits(self.emulator.predict(self.bank_c[:, pick]))
                loss = cross_entropy(logits.flatten(0, 1), self.bank_t[:, pick].flatten()) * len(logits)
                for p, g in zip(self.dyn, torch.autograd.grad(loss, self.dyn), strict=True): p.grad = g
                self.opt.step()
        with torch.no_grad():
            rate = self.emulator.decode(self.emulator.predict(context))[:, 0, EARLY]
        salience = ((rate - self._mean) / self._sd).numpy()[:, self.usable]
        top = np.argsort(-salience, axis=1, kind="stable")[:, : self.n_electrodes]
        return np.sort(self.usable[top], axis=1)

    def _context(self, moment: Moment) -> Tensor:
        before = self.emulator.encode(torch.from_numpy(moment.previous)[:, None])[:, 0]
        now = torch.from_numpy(np.stack([moment.early, np.zeros_like(moment.early)], axis=1))
        current = self.emulator.encode(now[:, None])[:, 0, EARLY]
        context = torch.stack([before[:, EARLY], before[:, LATE], current], dim=1)[:, None]
        return self.maps.with_task(context, torch.from_numpy(moment.history)[:, None])
