"""What the vat leaves open, tried on brains that are not reported: python scripts/vat_open.py [NAME ...].

free     no stop-gradient: what is wanted of a brain holds its partners' forecasts too, and the gradient goes
         through them; beside it the same with the forecasts held fixed, and `mutual`
latent   messages are activity: each listener translates its partners' answers into its own latents by ridge
         maps that were fitted while all heard the same symbols; no common code, no read-out
xor      can this tissue learn the exclusive or of two inputs at all, if the truth is written to it?

Prints the foreign share of each vat (xor: the share of right answers), beside where it began.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import log_softmax

from brainwright.loop import (
    GradientWriter,
    IdentityReadout,
    Layout,
    Messages,
    OracleWriter,
    PartnerWriter,
    Periods,
    ask,
    close_loop,
    couple,
    untaught_copy,
)
from brainwright.loop.messages import TEMPERATURE
from brainwright.loop.present import AFTER, EARLY, LATE, Moment, present
from brainwright.loop.vats import VatArm, Vats, VatSizes, calibrate, learn_alone, vat_scores
from brainwright.loop.vats.arms import messages_of
from brainwright.loop.vats.vats import COUPLED, TOGETHER
from brainwright.tissue import SimulatedCulture, usable_channels

FIRST_SEED, N_VATS, N_BRAINS = 8_600, 4, 12
RIDGE = 30.0
"""A spike's variance in as many periods."""


class Told(Messages):
    """What is wanted is the evidence itself: the loss makes probabilities of it."""

    def wanted(self, evidence: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.where(np.isinf(evidence), -1e9, evidence).astype(np.float32)


class FreeGradient(GradientWriter):
    """Targets hold the partners' forecasts, [listener, speaker]; with `stop` they are held fixed."""

    def __init__(self, *given: Any, graph: NDArray[np.float64], stop: bool, **options: Any):
        super().__init__(*given, **options)
        self.graph, self.stop = torch.from_numpy(graph).float(), stop

    def _losses(self, seen: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
        forecast = log_softmax(self.maps.logits(self.emulator.predict(seen)), dim=2)
        partners = torch.einsum("ij,jsk->isk", self.graph, forecast.detach() if self.stop else forecast)
        wanted = torch.softmax((goal + partners) / TEMPERATURE, dim=2)
        return -(wanted * forecast).sum(2).mean(1)


class LatentGradient(GradientWriter):
    """Targets are latents of the coming response."""

    def _losses(self, seen: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
        return (self.emulator.predict(seen)[:, :, EARLY] - goal).square().sum(2).mean(1)


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
        self.gradient._wanted = self._translated(torch.from_numpy(heard.counts[:, :, AFTER]))[:, 1:]

    def _translated(self, after: torch.Tensor) -> torch.Tensor:
        """Answers [dish, period, channel] -> wanted latents of each listener [dish, period, latent]."""
        spikes = after.sqrt() - after.sqrt().mean(2, keepdim=True)
        n = float(self.messages.graph[0].sum())
        return self._middle + torch.einsum("ijcl,jtc->itl", self._maps, spikes) * (self.gain / n)

    gain = 3.0
    """Answers are weaker than evoked responses: about a third of their spikes."""

    def _scores(self, moment: Moment, evidence: NDArray[np.float64]) -> NDArray[np.floating]:
        assert moment.after is not None
        goal = self._translated(torch.from_numpy(moment.after)[:, None])[:, 0]
        return self.gradient.named(moment, goal.numpy())


def in_vats(names: list[str]) -> None:
    """Arms of the vat from one private state."""
    vats = Vats(N_VATS, N_BRAINS, first_seed=FIRST_SEED, sizes=VatSizes(listen=100))
    culture, readout = calibrate(vats)
    private = learn_alone(vats, culture.snapshot(), 0).snapshot()
    _print("private", vats, vats.culture(private, plasticity=False), readout)
    messages = messages_of(VatArm(), vats, readout)
    given = vats.layout, messages, vats.channels
    ways: dict[str, Callable[[], PartnerWriter]] = {"mutual": lambda: PartnerWriter(*given)}
    if "free" in names:
        told = vats.layout, Told(readout, messages.graph), vats.channels
        for name, stop in (("forecasts, fixed", True), ("forecasts, free", False)):
            make = partial(FreeGradient, graph=messages.graph, stop=stop)
            ways[name] = partial(PartnerWriter, *told, make=make)
    if "latent" in names:
        ways["latent"] = partial(LatentWriter, *given, make=LatentGradient)
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
        writer = OracleWriter(layout)
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
