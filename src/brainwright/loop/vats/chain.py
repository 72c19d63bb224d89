"""A chain of brains: what one was taught by the world, it teaches to one that has never heard the world."""

from collections.abc import Callable

import numpy as np

from brainwright.tissue import CultureParameters, Joined, SimulatedCulture, usable_channels

from ..couple import couple
from ..dishes.dishes import Arrays
from ..layout import Layout
from ..messages import Messages
from ..partners import GRADIENT_STEPS, PartnerWriter, RelayWriter, TallyWriter
from ..present import Writer
from ..probe import ask, fix_readout
from ..readout import IdentityReadout
from ..writers import RuleWriter
from .vats import CALIBRATE, COUPLED, PROBE, SYMBOLS, TOGETHER, VatSizes, never_twice, rules

CHAINS = ("gradient", "hard", "ungraded", "relay", "tally")
"""How a brain follows its teacher: gradient steps towards its evidence, or towards its answer alone; the same
emulator without steps; its answer of the moment; all its answers so far.
"""


def chain(
    way: str,
    n_chains: int,
    n_generations: int,
    *,
    first_seed: int,
    sizes: VatSizes,
    n_neurons: int = 256,
    threads: int = 1,
    seed: int = 0,
    share: Callable[..., None] = lambda _: None,
) -> Arrays:
    """Founders are written the truth; then each generation of naive brains learns from the one before, which
    hears the same random symbols and may forget meanwhile.

    Args:
        way: one of `CHAINS`.
        n_chains: each with a rule of its own.
        n_generations: after the founders.
        first_seed: of the first founder.
        sizes: of the phases; `together` symbols are taught in each generation.

    Returns:
        `share` of right answers of each generation, founders first, [chain, generation].
    """
    if way not in CHAINS:
        raise ValueError(f"way: expected one of {', '.join(CHAINS)}, got {way!r}")
    channels, parameters = usable_channels(), CultureParameters(n_neurons=n_neurons)
    successor = rules(n_chains, first_seed)

    def heard(purpose: int, generation: int, n: int) -> np.ndarray:
        rng = np.random.default_rng([first_seed, purpose, generation])
        return np.tile(never_twice(n, rng), (n_chains, 1))

    shares, teacher = [], None
    n = sizes.listen + sizes.together
    for generation in range(n_generations + 1):
        seeds = [first_seed + generation * n_chains + k for k in range(n_chains)]
        culture = SimulatedCulture(seeds, parameters, plasticity=False, threads=threads)
        layout = Layout.random(seeds, SYMBOLS, channels, COUPLED, len(channels) // SYMBOLS)
        rng = np.random.default_rng([first_seed, CALIBRATE, generation])
        readout, _ = fix_readout(culture, layout, rng.integers(0, SYMBOLS, (n_chains, sizes.calibration)))
        culture.plasticity = True
        symbols, student = heard(TOGETHER, generation, n), (culture, layout, readout)
        if teacher is None:
            alone = Messages(readout, np.eye(n_chains))
            couple(culture, layout, alone, symbols, listen=sizes.listen, writer=RuleWriter(layout, successor))
        else:
            _teach(way, teacher, student, symbols, sizes.listen, channels, seed)
        culture.plasticity = False
        before = culture.snapshot()
        asked = ask(culture, layout, readout, heard(PROBE, 0, sizes.probe))
        right = np.take_along_axis(successor, asked.heard.symbols, axis=1)
        shares.append((asked.decoded == right).mean(1))
        culture.restore(before)
        culture.plasticity, teacher = True, student
        share((generation + 1) / (n_generations + 1))
    return {"share": np.stack(shares, axis=1)}


Brain = tuple[SimulatedCulture, Layout, IdentityReadout]


def _teach(
    way: str,
    teacher: Brain,
    student: Brain,
    symbols: np.ndarray,
    listen: int,
    channels: tuple[int, ...],
    seed: int,
) -> None:
    """The students hear their teachers, who hear nobody."""
    n = len(symbols)
    tissue = Joined([teacher[0], student[0]])
    layout = Layout(np.concatenate([teacher[1].electrodes, student[1].electrodes]), COUPLED)
    readout = teacher[2].followed_by(student[2])
    graph = np.zeros((2 * n, 2 * n))
    graph[n:, :n] = np.eye(n)
    messages = Messages(readout, graph, soft=way != "hard")
    writer: Writer
    if way == "relay":
        writer = RelayWriter(layout, messages)
    elif way == "tally":
        writer = TallyWriter(layout, messages)
    else:
        steps = 0 if way == "ungraded" else GRADIENT_STEPS
        writer = PartnerWriter(layout, messages, channels, gradient_steps=steps, seed=seed)
    speakers = tuple(range(n))
    couple(
        tissue,
        layout,
        messages,
        np.concatenate([symbols, symbols]),
        listen=listen,
        writer=writer,
        speakers=speakers,
    )
