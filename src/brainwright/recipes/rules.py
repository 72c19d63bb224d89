"""How might a brain learn? Every rule on the same networks and data, beside the gradient and a floor."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUMMARY = "learning rules on digits, sequences and connectomes: accuracy, alignment, locality and cost"

PROVENANCE = {
    "citations": [
        "Lillicrap et al. 2016, Nat Commun 7:13276 (feedback alignment)",
        "Nøkland 2016, arXiv:1609.01596 (direct feedback alignment)",
        "Akrout et al. 2019, arXiv:1904.05391 (weight mirror, Kolen-Pollack)",
        "Bellec et al. 2020, Nat Commun 11:3625 (e-prop)",
        "Alpaydin & Kaynak 1998, doi:10.24432/C50P49 (digits, built in, CC BY 4.0)",
        "Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",
        "Winding et al. 2023, Science 379:eadd9330 (larval connectome)",
        "LeCun et al. 1998, Proc IEEE 86:2278 (MNIST)",
    ],
    "signs": "no transmitters are used: 30 % of the cells, drawn once, inhibit, in all arms",
    "sources of all rules": "docs/rules.md",
}


@dataclass(frozen=True)
class Config:
    """Which boards, with how many seeds."""

    seed: int = 0
    """Everything random follows from it."""
    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    boards: tuple[str, ...] = ()
    """Which: narrow, equilibrium, goodness, features, features-200, spike-features, spike-features-200, wide,
    rows, worm, spiking, mnist, larva. Default: all whose files are here.
    """
    seeds: int = 6
    """Training seeds, shared by all arms of a board; with fewer than six no comparison is decided."""
    workers: int = 0
    """Processes; 0 for one per core. Results do not depend on it, times do."""


def check(config: Config) -> None:
    """Refuse what cannot work. Raises ValueError."""
    for name, bound in {"seeds": 2, "seed": 0, "workers": 0}.items():
        if getattr(config, name) < bound:
            raise ValueError(f"--{name} must be at least {bound}, got {getattr(config, name)}")
    from brainwright.recipes._rules.design import setup_of

    setup_of(config)


def run(config: Config, folder: Path, progress: Callable[..., None]) -> dict[str, Any]:
    """Do what is not yet done in `folder/units`, then compare the arms."""
    from brainwright.recipes._rules.analysis import analyse
    from brainwright.recipes._rules.design import setup_of
    from brainwright.recipes._rules.trial import run_all

    setup = setup_of(config)
    return analyse(setup, run_all(setup, config, folder / "units", progress))


def page(folder: Path) -> str:
    """The body of the report."""
    from brainwright.recipes._rules.page import body

    return body(folder)
