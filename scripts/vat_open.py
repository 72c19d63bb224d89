"""What the vat leaves open, tried on brains that are not reported: python scripts/vat_open.py [NAME ...].

free     no stop-gradient: what is wanted of a brain holds its partners' forecasts too, and the gradient goes
         through them; beside it the same with the forecasts held fixed, and `mutual`
latent   messages are activity: each listener translates its partners' answers into its own latents by ridge
         maps that were fitted while all heard the same symbols; no common code, no read-out
xor      can this tissue learn the exclusive or of two inputs at all, if the truth is written to it?

Prints the foreign share of each vat (xor: the share of right answers), beside where it began.
"""

import argparse

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import log_softmax

from brainwright.loop import (
    IdentityReadout,
    Layout,
    PartnerWriter,
    Periods,
    ask,
    close_loop,
    couple,
    untaught_copy,
)
from brainwright.loop.partners import GRADIENT_STEPS
from brainwright.loop.present import AFTER, EARLY, LATE, Moment, present
from brainwright.loop.vats import VatArm, Vats, VatSizes, calibrate, learn_alone, vat_scores
from brainwright.loop.vats.arms import messages_of
from brainwright.loop.vats.vats import COUPLED, TOGETHER
from brainwright.tissue import SimulatedCulture, usable_channels

FIRST_SEED, N_VATS, N_BRAINS = 8_600, 4, 12
TEMPERATURE, RIDGE = 2.0, 30.0
"""Of the wanted probabilities as in `loop.messages`; the ridge is a spike's variance in as many periods."""


class FreeWriter(PartnerWriter):
    """`PartnerWriter` whose targets hold the partners' forecasts; with `stop` they are held fixed."""

    def __init__(self, *given, stop: bool, **options):
        super().__init__(*given, **options)
        self.stop = stop

    def learn(self, heard: Periods) -> None:
        super().learn(heard)
        said = self.messages.said(heard.counts[:, :, AFTER])
        evidence = self.messages.heard(said, heard.symbols)[:, 1:]
        self._evidence = torch.from_numpy(np.where(np.isinf(evidence), -1e9, evidence)).float()

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        g, graph = self.gradient, torch.from_numpy(self.messages.graph).float()
        now = torch.from_numpy(np.where(np.isinf(evidence), -1e9, evidence)).float()[:, None]
        with torch.no_grad():
            context = g._context(moment)
        for _ in range(GRADIENT_STEPS):
            pick = torch.randint(g._past.shape[1], (g.batch - 1,), generator=g._generator)
            seen = torch.cat([context, g._past[:, pick]], dim=1)
            told = torch.cat([now, self._evidence[:, pick]], dim=1)
            forecast = log_softmax(g.maps.logits(g.emulator.predict(seen)), dim=2)
            partners = torch.einsum("ij,jsk->isk", graph, forecast.detach() if self.stop else forecast)
            wanted = torch.softmax((told + partners) / TEMPERATURE, dim=2)
            loss = -(wanted * forecast).sum(2).mean(1).sum()
            for parameter, gradient in zip(g._dynamics, torch.autograd.grad(loss, g._dynamics), strict=True):
                parameter.grad = gradient
            g._optimiser.step()
        g._past = torch.cat([g._past, context], dim=1)
        self._evidence = torch.cat([self._evidence, now], dim=1)
        with torch.no_grad():
            return g.maps.logits(g.emulator.predict(context))[:, 0].numpy()


class LatentWriter(PartnerWriter):
    """Targets are latents: the mean of what the partners' answers are in the listener's own code."""

    def learn(self, heard: Periods) -> None:
        super().learn(heard)
        counts = torch.from_numpy(heard.counts[:, :, : LATE + 1])
        with torch.no_grad():
            own = self.gradient.emulator.encode(counts)[:, :, EARLY]  # [dish, period, latent]
        evoked = counts[:, :, EARLY].sqrt()
        self._usual = evoked.mean(1, keepdim=True)
        x = evoked - self._usual
        self._middle = own.mean(1, keepdim=True)
        inverse = torch.linalg.inv(x.mT @ x + RIDGE * torch.eye(x.shape[2]))
        self._maps = torch.einsum("jcd,jtd,itl->ijcl", inverse, x, own - self._middle)
        self._maps *= torch.from_numpy(self.messages.graph).float()[:, :, None, None]
        self._goals = self._translated(torch.from_numpy(heard.counts[:, :, AFTER]))[:, 1:]

    def _translated(self, after: torch.Tensor) -> torch.Tensor:
        """Answers [dish, period, channel] -> wanted latents of each listener [dish, period, latent]."""
        spikes = after.sqrt() - after.sqrt().mean(2, keepdim=True)
        n = float(self.messages.graph[0].sum())
        return self._middle + torch.einsum("ijcl,jtc->itl", self._maps, spikes) * (self.gain / n)

    gain = 3.0
    """Answers are weaker than evoked responses: about a third of their spikes."""

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        g = self.gradient
        assert moment.after is not None
        goal = self._translated(torch.from_numpy(moment.after)[:, None])
        with torch.no_grad():
            context = g._context(moment)
        for _ in range(GRADIENT_STEPS):
            pick = torch.randint(g._past.shape[1], (g.batch - 1,), generator=g._generator)
            seen = torch.cat([context, g._past[:, pick]], dim=1)
            goals = torch.cat([goal, self._goals[:, pick]], dim=1)
            loss = (g.emulator.predict(seen)[:, :, EARLY] - goals).square().sum(2).mean(1).sum()
            for parameter, gradient in zip(g._dynamics, torch.autograd.grad(loss, g._dynamics), strict=True):
                parameter.grad = gradient
            g._optimiser.step()
        g._past = torch.cat([g._past, context], dim=1)
        self._goals = torch.cat([self._goals, goal], dim=1)
        with torch.no_grad():
            return g.maps.logits(g.emulator.predict(context))[:, 0].numpy()


def in_vats(names: list[str]) -> None:
    """Arms of the vat from one private state."""
    vats = Vats(N_VATS, N_BRAINS, first_seed=FIRST_SEED, sizes=VatSizes(listen=100))
    culture, readout = calibrate(vats)
    private = learn_alone(vats, culture.snapshot(), 0).snapshot()
    _print("private", vats, vats.culture(private, plasticity=False), readout)
    messages = messages_of(VatArm(), vats, readout)
    given = vats.layout, messages, vats.channels
    ways = {"mutual": lambda: PartnerWriter(*given)}
    if "free" in names:
        ways |= {"forecasts, fixed": lambda: FreeWriter(*given, stop=True)}
        ways |= {"forecasts, free": lambda: FreeWriter(*given, stop=False)}
    if "latent" in names:
        ways |= {"latent": lambda: LatentWriter(*given)}
    symbols = vats.shared(vats.sizes.listen + vats.sizes.together, TOGETHER)
    for name, writer in ways.items():
        culture = vats.culture(private, plasticity=True)
        couple(culture, vats.layout, messages, symbols, listen=vats.sizes.listen, writer=writer())
        _print(name, vats, culture, readout)


def _print(name: str, vats: Vats, culture: SimulatedCulture, readout: IdentityReadout) -> None:
    probed = vats.probe(culture, readout)
    asked = vats.probe_symbols, vats.successor, vats.known, vats.n_brains
    share = vat_scores(probed["answers"], probed["evidence"], *asked)["foreign share"]
    print(f"{name}: {share.mean():.3f}  {np.round(share, 2).tolist()}", flush=True)


class _Xor:
    """Writes the electrodes of the right answer to a pair of inputs."""

    def __init__(self, electrodes: NDArray[np.int64]):
        self.electrodes = electrodes

    def learn(self, heard: Periods) -> None:
        """There is nothing to fit."""

    def channels(self, moment: Moment) -> NDArray[np.int64]:
        return self.electrodes[np.arange(len(self.electrodes)), moment.target]


INPUT, ANSWER = 5, 9
"""Electrodes: with nine for each input not even one input alone is learned."""


def xor(n: int = 16, taught: int = 600) -> None:
    """Two inputs of two values each are given at once; 4 and 5 are the answers, written as the truth. An
    answer is the one that stands out more than in half of the questions.
    """
    seeds = [FIRST_SEED + 500 + k for k in range(n)]
    sizes = [INPUT] * 4 + [ANSWER] * 2
    rows = [np.random.default_rng(seed).permutation(usable_channels()) for seed in seeds]
    each = [np.stack(part) for part in zip(*(np.split(row, np.cumsum(sizes)) for row in rows), strict=True)]
    pairs = [np.concatenate([each[a], each[2 + b]], axis=1) for a in range(2) for b in range(2)]
    widest = max(2 * INPUT, ANSWER)
    stimuli = [
        np.pad(part, ((0, 0), (0, widest - part.shape[1])), constant_values=-1)
        for part in (*pairs, *each[4:6])
    ]
    layout = Layout(np.stack(stimuli, axis=1), COUPLED)
    culture = SimulatedCulture(seeds, plasticity=False)
    rng = np.random.default_rng(0)
    readout = IdentityReadout.fit(present(culture, layout, rng.integers(0, 6, (n, 400))), 6)
    for name, right in (("first input alone", [4, 4, 5, 5]), ("exclusive or", [4, 5, 5, 4])):
        state, wanted = culture.snapshot(), np.array(right)
        symbols = rng.integers(0, 4, (n, taught + 5))
        culture.plasticity = True
        targets = wanted[symbols[:, :-1]]
        writer = _Xor(layout.electrodes)
        close_loop(culture, layout, symbols, writer, record=4, block=taught, refit=False, targets=targets)
        culture.plasticity = False
        probe = ask(untaught_copy(culture), layout, readout, rng.integers(0, 4, (n, 300)))
        scores = readout.scores(probe.heard.counts[:, :, AFTER])
        over = scores[:, :, 5] - scores[:, :, 4]
        said = 4 + (over > np.median(over, axis=1, keepdims=True))
        share = (said == wanted[probe.heard.symbols]).mean(1)
        ends = 1.96 * share.std(ddof=1) / np.sqrt(n)
        print(f"{name}: {share.mean():.3f} ± {ends:.3f} of the answers right (chance .5)", flush=True)
        culture.restore(state)


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("names", nargs="*", default=["free", "latent", "xor"])
    names = parser.parse_args().names
    torch.set_num_threads(1)
    if {"free", "latent"} & set(names):
        in_vats(names)
    if "xor" in names:
        xor()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
