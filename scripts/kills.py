"""kill -9 at random moments of small runs of every recipe, until they end; what comes of it must not differ.

    python scripts/kills.py [--kills 200] [--seed 0] [NAME ...]

The runs are the golden ones (`scripts/golden.py`). Each is done once to know its figures and its time, then
killed again and again, at moments drawn over that time, and resumed, until its share of the kills is spent;
then it is let through and compared to the last digit. A run that ends before its moment is begun anew. Prints
a row for each run; returns 1 where a figure differs or is missing, or processes are left over.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import golden


def killed(
    run: Mapping[str, Any],
    scratch: Path,
    kills: int,
    wanted: dict[str, Any],
    seconds: float,
    rng: random.Random,
) -> list[str]:
    """Kills a run so often; gives how its figures differ from those that it has without."""
    figures = dict(golden.flat(wanted))
    anew = 0
    while kills > 0:
        folder = _made(scratch / f"killed-{anew}")
        places, words = golden.prepared(run, folder)
        place = folder / "run"
        while kills > 0 and not (place / "result.json").exists():
            begun = (place / "recipe.json").exists()
            kills -= _kill(["--resume", str(place)] if begun else words, places, rng.uniform(0.3, seconds))
        if not (place / "result.json").exists():
            golden.begin(["--resume", str(place)] if (place / "recipe.json").exists() else words, places)
        came = dict(golden.flat(golden.figures_in(place)))
        if wrong := [path for path in {**figures, **came} if figures.get(path) != came.get(path)]:
            return wrong
        anew += 1
    return []


def _kill(words: list[str], places: Mapping[str, str], after_s: float) -> int:
    """Starts a run and kills it with all its processes' leader gone; 1, or 0 where it ended before."""
    command = [sys.executable, "-m", "brainwright", "run", *words]
    where = {"cwd": golden.GOLDEN / "inputs", "env": {**os.environ, **golden.THREADS, **places}}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, **where, **silent, start_new_session=True)
    try:
        if child.wait(after_s):
            raise SystemExit(f"{' '.join(words)}: exit code {child.returncode}")
        return 0
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)  # the leader alone: workers must end by themselves
        child.wait()
        _wait_until_alone(child.pid)
        return 1


def _wait_until_alone(session: int, most_s: float = 20.0) -> None:
    """Until no process of the killed run's session is left. Raises SystemExit."""
    deadline = time.monotonic() + most_s
    while True:
        left = subprocess.run(["pgrep", "-s", str(session)], capture_output=True, text=True, check=False)
        if not left.stdout.strip():
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"processes are left over: {left.stdout.split()}")
        time.sleep(0.05)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def main() -> int:
    """Prints a row for each run."""
    names = sorted(path.stem for path in golden.GOLDEN.glob("*.json"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked, failed = parser.parse_args(), False
    chosen = asked.names or names
    print("| run | kills | seconds | |\n|---|---|---|---|", flush=True)
    for number, name in enumerate(chosen):
        rng = random.Random(f"{asked.seed} {name}")
        share = asked.kills // len(chosen) + (number < asked.kills % len(chosen))
        run = golden.kept(name)["run"]
        with tempfile.TemporaryDirectory() as scratch:
            start = time.monotonic()
            wanted = golden.figures_of(run, _made(Path(scratch, "whole")))
            seconds = time.monotonic() - start
            lines = killed(run, Path(scratch), share, wanted, seconds, rng)
        failed |= bool(lines)
        said = "equal" if not lines else f"{len(lines)} differ: {lines[0]}"
        print(f"| {name} | {share} | {seconds:.0f} | {said} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
