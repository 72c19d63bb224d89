"""A new user's first hour, with the time of each step: python scripts/first_hour.py [--short] [STEP ...].

In full, everything begins at a clone and a wheel, in environments of their own. `--short`, as `.ci/run`
does it, takes the packages of the Python that runs it, and small sizes. It stops with exit code 1 at what
fails.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WIRING = """
import brainwright as bw
wiring = bw.Connectome.load("mine.csv")
print(bw.nulls.ensemble(wiring, bw.nulls.degree_preserving, 39, bw.connectome.statistics.reciprocity))
"""
FILES = """
import datetime, numpy as np, scipy.io
rng, t = np.random.default_rng(0), np.arange(BINS)
waves = np.stack([np.sin(t / 5), np.cos(t / 8)], axis=1) @ rng.normal(size=(2, 12))
counts = rng.poisson(np.exp(0.8 * waves - 0.5))
scipy.io.savemat("mine.mat", {"counts": counts})
try:
    import pynwb
except ImportError:
    raise SystemExit(0)
file = pynwb.NWBFile("mine", "mine", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
for column in counts.T:
    bins = np.repeat(t, column)
    file.add_unit(spike_times=np.sort(0.1 * (bins + rng.random(len(bins)))))
with pynwb.NWBHDF5IO("mine.nwb", "w") as out:
    out.write(file)
"""
EMULATOR = """
import numpy as np
import brainwright as bw
from brainwright.emulator.forecast import Size
activity = bw.Activity.load("FILE", bin_s=0.1)
emulator = bw.Emulator.fit(activity, size=Size(updates=UPDATES))
again = bw.Emulator.load(emulator.save("kept-FILE"))
assert np.array_equal(emulator.forecast(activity), again.forecast(activity))
print("FILE:", activity.values.shape, "beats", " and ".join(again.beats) or "nothing")
"""
TISSUE = """
import numpy as np
import brainwright as bw
from brainwright.loop import GradientWriter, Layout, Timing
from my_rig import MyRig
rig, stream = MyRig(), bw.tune()
layout = Layout.random([1], stream.k, range(rig.n_channels), Timing())
symbols = stream.draw(RECORD + TEACH + 1, np.random.default_rng(0))[None]
writer = GradientWriter(stream.k, layout.n_electrodes, range(rig.n_channels))
heard = bw.close_loop(rig, layout, symbols, writer, record=RECORD, block=TEACH)
print(f"{len(heard)} periods, {int((heard.written >= 0).any(2).sum())} of them written to")
"""
RULE = """
from functools import partial
import numpy as np
import brainwright as bw
from brainwright.datasets.digits import digits
from brainwright.evidence import Gate, judge
from brainwright.learning import Backpropagation
from brainwright.loop import Entry, Problem, teach
from my_rule import MyRule
problem = Problem("digits", digits, partial(bw.layered, [64, 32, 10]), epochs=EPOCHS, samples=500)
arms = {"mine": Entry(MyRule(), 0.1, {"hidden": 1e-5})}
arms["readout"] = Entry(Backpropagation(), 0.1, {"hidden": 0})
scores = {
    name: [teach(problem.lesson(arm), seed).metrics["accuracy"] for seed in range(3)]
    for name, arm in arms.items()
}
gate = Gate("digits", "mine", at_least=0.5, floor="readout", lead=0.0)
found = judge(gate, lambda arm, _: np.array(scores[arm]), "accuracy")
reached, floor = found.figures["value"], found.figures["floor"]
print(f"gate ({gate.asked('accuracy')}): {found.verdict}, {reached:.2f} beside {floor:.2f}")
"""


@dataclass(frozen=True)
class Place:
    """A folder to work in, the Python that has brainwright, and whether sizes are small."""

    folder: Path
    python: str
    short: bool
    packages: str = ""
    """Folder of packages that come first, where brainwright is not installed for that Python."""

    def do(self, *words: str, folder: Path | None = None) -> str:
        """Runs a command and returns what it printed. Raises SystemExit where it fails."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [self.packages, "."]))}
        done = subprocess.run(
            words, cwd=folder or self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)[:200]}\n{done.stdout}{done.stderr}failed: {done.returncode}")
        return done.stdout

    def brainwright(self, *words: str) -> str:
        """Runs the command line."""
        return self.do(self.python, "-m", "brainwright", *words)

    def script(self, name: str, text: str, **sizes: object) -> str:
        """Writes a script with its sizes put in, runs it, and returns what it printed."""
        for word, size in sizes.items():
            text = re.sub(rf"\b{word}\b", str(size), text)
        (self.folder / name).write_text(text, "utf-8")
        return self.do(self.python, name)


def clone(place: Place) -> str:
    """A clone and one command, to a verdict; in short a question of one's own by the template."""
    if place.short:
        place.brainwright("new", "recipe", "my_question")
        printed = place.brainwright("run", "./my_question.py", "--quick", "--out", "my_run")
    else:
        place.do("git", "clone", "--quiet", str(ROOT), "clone")
        printed = place.do(sys.executable, "start.py", "run", "--quick", folder=place.folder / "clone")
    return next(line for line in printed.splitlines() if line.startswith("Verdict"))


def wiring(place: Place) -> str:
    """One's own table of connections and its null models, in three lines."""
    rows = [f"n{a},n{(a + step) % 60},{1 + (a * step) % 5}" for a in range(60) for step in (1, 2, 59)]
    (place.folder / "mine.csv").write_text("\n".join(["source,target,synapses", *rows]), "utf-8")
    return place.script("wiring.py", WIRING)


def emulator(place: Place) -> str:
    """One's own MAT and NWB recording, an emulator of each, kept and read back."""
    place.script("files.py", FILES, BINS=300 if place.short else 800)
    files = [file for file in ("mine.mat", "mine.nwb") if (place.folder / file).exists()]
    updates = 5 if place.short else 200
    printed = [place.script("emulator.py", EMULATOR, FILE=file, UPDATES=updates) for file in files]
    return "".join(printed) + ("" if len(files) == 2 else "mine.nwb: left out, pynwb is not installed")


def tissue(place: Place) -> str:
    """Tissue of one's own by the template: checked, then taught."""
    place.brainwright("new", "tissue", "my_rig")
    checked = place.do(place.python, "my_rig.py")
    sizes = {"RECORD": 20, "TEACH": 4} if place.short else {"RECORD": 50, "TEACH": 100}
    return checked + place.script("taught.py", TISSUE, **sizes)


def rule(place: Place) -> str:
    """A learning rule of one's own by the template: checked, then held against a gate."""
    place.brainwright("new", "rule", "my_rule")
    checked = place.do(place.python, "my_rule.py").splitlines()[:1]
    return "\n".join([*checked, place.script("gate.py", RULE, EPOCHS=2 if place.short else 20)])


STEPS: dict[str, Callable[[Place], str]] = {
    step.__name__: step for step in (clone, wiring, emulator, tissue, rule)
}


def from_a_wheel(folder: Path, short: bool) -> Place:
    """Builds the wheel and installs it: into an environment that holds nothing else, or (short) beside the
    packages of this Python.
    """
    here = Place(folder, sys.executable, short)
    here.do(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=ROOT)
    wheel = str(next(folder.glob("*.whl")))
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if short:
        site = str(folder / "site")
        here.do(sys.executable, *pip, "--no-deps", "--no-index", "--target", site, wheel)
        return Place(folder, sys.executable, short, site)
    here.do(sys.executable, "-m", "venv", str(folder / "venv"))
    python = str(folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    here.do(python, *pip, f"{wheel}[nwb]")
    return Place(folder, python, short)


def main() -> None:
    """Does the steps and prints the time of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--short", action="store_true", help="the packages of this Python, small sizes")
    asked = parser.parse_args()
    if unknown := set(asked.steps) - set(STEPS):
        parser.error(f"expected {', '.join(STEPS)}, got {', '.join(sorted(unknown))}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        start = time.monotonic()
        place = from_a_wheel(Path(scratch), asked.short)
        print(f"wheel, {time.monotonic() - start:.0f} s", flush=True)
        for name in asked.steps or STEPS:
            start = time.monotonic()
            printed = STEPS[name](place).strip()
            print(f"{name}, {time.monotonic() - start:.0f} s: {STEPS[name].__doc__}", flush=True)
            print("\n".join(f"    {line}" for line in printed.splitlines()), flush=True)
    print(f"all, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
