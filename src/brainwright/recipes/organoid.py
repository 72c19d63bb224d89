"""Teach a piece of simulated tissue by gradient descent on an emulator of it, with every control."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SUMMARY = "teach simulated neural tissue by gradient descent on an emulator of it, against shams"

PROVENANCE = {
    "citations": [
        "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
        "Bakkum, Chao & Potter 2008, J Neural Eng 5:310 (yoked replay as the sham of closed-loop training)",
        "Chao, Bakkum & Potter 2008, PLoS Comput Biol 4:e1000042 (spiking culture with STDP and depression)",
        "Tsodyks & Markram 1997, PNAS 94:719 (short-term depression)",
        "Turrigiano et al. 1998, Nature 391:892 (synaptic scaling)",
        "Efron 1987, J Am Stat Assoc 82:171 (bootstrap intervals)",
        "Schuirmann 1987, J Pharmacokinet Biopharm 15:657 (equivalence by two one-sided tests)",
    ],
    "data": "the tissue is simulated; the default tune (Mozart, K. 525) is in the public domain",
}


@dataclass(frozen=True)
class Config:
    """What to teach, to how much tissue, for how long."""

    seed: int = 0
    """Everything random follows from it; dishes of different seeds are different cultures."""
    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure. At most six dishes,
    and sizes of its own in place of --recorded and --taught."""
    stream: Literal["tune", "rule", "cycle", "text", "csv"] | None = None
    """What the tissue hears; default: a tune, or the file that is given."""
    text: Path | None = None
    """UTF-8 text file: a stream of letter classes."""
    csv: Path | None = None
    """CSV file: a stream of classes of one numeric column."""
    column: str | None = None
    """The column of the CSV file."""
    dishes: int = 24
    """Cultures per arm."""
    neurons: int = 256
    """Neurons per culture (256 to 1024 are tested)."""
    recorded: int = 200
    """Symbols recorded before the first write."""
    taught: int = 800
    """Symbols with writes."""
    emulator: Literal["patch", "latent"] = "patch"
    """The model of the tissue: one hidden layer over two patches, or latent diffusion, which forecasts
    better, teaches no better and takes seven times as long (docs/recordings.md)."""
    gradient_steps: int = 5
    """Gradient steps on the emulator per symbol."""
    retention: bool = False
    """Extra: what is left after two minutes of silence, of the stream alone, of random symbols."""
    dose_curve: bool = False
    """Extra: the score against the number of oracle-taught symbols, up to 2,400."""


def check(config: Config) -> None:
    """Refuse what cannot work. Raises ValueError."""
    for name, least, most in (
        ("seed", 0, 2**32 - 1),
        ("dishes", 2, 1_000),  # from there on the dishes would be those of the next seed
        ("neurons", 64, 4_096),
        ("recorded", 10, None),
        ("taught", 20, None),
        ("gradient_steps", 0, None),
    ):
        value, option = getattr(config, name), f"--{name.replace('_', '-')}"
        if value < least:
            raise ValueError(f"{option} must be at least {least}, got {value}")
        if most is not None and value > most:
            raise ValueError(f"{option} must be at most {most}, got {value}")
    stream_of(config)


def stream_of(config: Config) -> Any:
    """The stream that a configuration asks for (a `SymbolStream`)."""
    from brainwright.signal import make_stream

    return make_stream(
        config.stream, text=config.text, csv=config.csv, column=config.column, seed=config.seed
    )


def run(config: Config, folder: Path, progress: Callable[..., None]) -> dict[str, Any]:
    """Do what is not yet done in `folder/units`, then compare the arms."""
    from brainwright.recipes._organoid.analysis import analyse
    from brainwright.recipes._organoid.experiment import Experiment
    from brainwright.tissue import Live

    live = Live(folder / "live.json")
    experiment = Experiment(config, stream_of(config), folder / "units", progress, live)
    experiment.run()
    return analyse(experiment)


def page(folder: Path) -> str:
    """The body of the report."""
    from brainwright.recipes._organoid.page import body

    return body(folder)
