"""Golden runs: small runs of every recipe whose figures are kept, compared to the last digit.

    python scripts/golden.py [NAME ...] [--write] [--kill] [--workers N]

A run is a file in tests/golden: its recipe and options ("run", from which --write fills in the rest), the
machine that did it, and all that came of it but times. "data" are the only files that it may see, below a
folder named by BRAINWRIGHT_DATA; "workers" is the option that says how many work at a time.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
CLOCKS = {"seconds", "update_seconds", "forward_passes", "cpu_s"}
"""Fields that a clock wrote, wherever they stand; `forward_passes` is a quotient of two times."""
MACHINE = {"workers", "threads"}
"""Options on which figures must not depend."""
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Sums in several threads may end in another digit."""
LABELS = ("name", "arm", "real", "control", "null", "metric")
"""By which a row of a list is known, so that its place among the others does not matter."""
NUMBERS = r"train_accuracy|held_bytes|parameters|cosine_middle|cosine_end|feedback_angle"
RENAMED: list[tuple[str, str | None]] = [
    # every recipe: the design of a run became facts, which the page reads, and is no figure
    (r"result/design/.*", None),
    # rules: an arm's further metrics are its means and deviations; trials that diverged are in the trials
    (rf"result/arms/(.+)/({NUMBERS})", r"result/arms/\1/means/\2"),
    (r"result/arms/(.+)/cosine/(\d)", r"result/arms/\1/means/cosine_\2"),
    (r"result/arms/(.+)/cosine_sd/(\d)", r"result/arms/\1/sds/cosine_\2"),
    (r"result/arms/(.+)/diverged", None),
    (r"result/unsupported/([^/]+)/(.+)", r"result/facts/boards/\1/cannot/\2"),
    (r"result/earlier/([^/]+)/(.+)", r"result/facts/boards/\1/earlier/\2"),
    (r"result/(locality/.+)", r"result/facts/\1"),
    (r"result/gates/.+/rows/(.+)/accuracy", r"result/gates/\1 | accuracy/value"),
    (r"result/gates/.+/rows/(.+)/(verdict|ci_low|ci_high|lead)", r"result/gates/\1 | accuracy/\2"),
    (r"result/gates/.+", None),
    # larva: of a single graph its own mean said nothing more; the primary comparison stands alone;
    # reservoirs are a study, with arms and comparisons like all others
    (r"result/arms/\w+/\d+/[^/]+/(draws/0|sd_between_draws)", None),
    (r"result/comparisons/normalised/\d+/real \| normalised/\d+/degree \| .+?/(.+)", r"result/primary/\1"),
    (r"result/expansion/(.+)", r"result/comparisons/\1"),
    (r"result/reservoirs/comparisons/.+/(arm|control)", None),
    (r"result/reservoirs/comparisons/(\w+) \| (.+)", r"result/comparisons/reservoirs/\1 | reservoirs/\2"),
    (r"result/reservoirs/graphs/(.+)", r"result/arms/reservoirs/\1/n_draws"),
    (r"result/reservoirs/((radius|ridge|two_by_two)/.+)", r"result/extra/\1"),
    (r"result/reservoirs/.+", None),
    # emulate: means and deviations stand with their arms, what bounds a figure became a gate
    (r".+/cpu_s(/.+)?", None),
    (r"result/(sessions|recordings)", None),
    (r"result/checks/LZ40: (unseen|log|forecast|90 %).+", None),
    (r"result/checks/LIF80: (all|5 %).+", None),
    (r"result/arms/(LZ40/\w+)/fp_bps_share/(.+)", r"result/arms/\1/\2"),
    (r"result/arms/(LZ40/\w+)/(co_bps_share|log_rate_r2)/(mean|sd)", r"result/arms/\1/\3s/\2"),
    (r"result/arms/(LZ40/\w+)/(co_bps_share|log_rate_r2)/values/(\d+)", r"result/arms/\1/metrics/\2/\3"),
    (r"result/arms/LZ40/\w+/\w+/(ci_low|ci_high|n)", None),
    (r"result/arms/LIF80/(\w+/null\w*)/values/(\d+)", r"result/arms/LIF80 rewired/\1/draws/\2"),
    (r"result/arms/LIF80/(\w+/null\w*)/sd", r"result/arms/LIF80 rewired/\1/sd_between_draws"),
    (r"result/arms/LIF80/(\w+/null\w*)/mean", r"result/arms/LIF80 rewired/\1/mean"),
    (r"result/arms/LIF80/(\w+/null\w*)/.+", None),
    (r"result/(lz40|lif80)/.+/n", None),
    (r"result/lz40/(transformer|bi_gru|emulator)/(\w+)/(mean|sd)", r"result/arms/LZ40/\1/\3s/\2"),
    (r"result/lz40/(\w+)/(\w+)/(mean|sd)", r"result/arms/LZ40 fixed/\1/\3s/\2"),
    (r"result/lif80/(\w+/null\w*)/(\w+)/(mean|sd)", r"result/arms/LIF80 rewired/\1/\3s/\2"),
    (r"result/lif80/(\w+/\w+)/(\w+)/(mean|sd)", r"result/arms/LIF80/\1/\3s/\2"),
    (r"result/(lif80_nulls|oracles)/(.+)", r"result/extra/\1/\2"),
    (r"trials/seedless/(.+)", r"trials/LZ40 fixed/\1"),
    (r"trials/trained/(.+)", r"trials/LZ40/\1"),
    (r"trials/spiking/(.+)", r"trials/LIF80/\1"),
    (r"trials/rewired/(.+)", r"trials/LIF80 rewired/\1"),
    (r"files/units/lz40-(transformer|bi_gru|emulator)-(\d)\.npz/(.+)", r"files/units/LZ40/\1-\2-0.npz/\3"),
    (r"files/units/lz40-(\w+)-(\d)\.npz/(.+)", r"files/units/LZ40 fixed/\1-\2-0.npz/\3"),
    # recordings: a recipe of its own, where a network's training seed is its draw, and the unit a recording
    (r"result/recordings/seeds", r"result/facts/seeds"),
    (r"result/recordings/sets/(\w+)/((title|what|split|recordings|units).*)", r"result/facts/sets/\1/\2"),
    (r"result/recordings/sets/(\w+)/((seed_sd|horizons|best_baseline|coverage).*)", r"result/extra/\1/\2"),
    (r"result/recordings/sets/.+", None),
    (r"result/recordings/wiring/draws", r"result/facts/draws"),
    (r"result/recordings/wiring/pairs", r"result/arms/wiring on latents/wiring/means/pairs"),
    (r"result/recordings/wiring/(.+)/against/(arm|control)", None),
    (r"result/recordings/unseen/(\w+)/sd", None),
    (r"result/recordings/unseen/(\w+)/(\w+)", r"result/arms/unseen units/\1/means/skill@\2"),
    (r"trials/records-unseen/(.+)", r"trials/unseen units/\1"),
    (r"trials/records-(\w+)-\w+/(\w+)/(\d)/0/(.+)", r"trials/\1/\2/0/\3/\4"),
    (r"files/units/records-\w+-shown\.npz/n_seen", None),
    (r"files/units/records-(\w+)-shown\.npz/(.+)", r"files/units/\1/emulator-0-0.npz/\2"),
    (r"files/units/records-worm-expected.+", None),
    *(
        row
        for base, study in (("activity", "wiring alone"), ("emulator", "wiring on latents"))
        for old, prior in (("cook", "wiring"), ("([a-z]+)", r"\1"))
        for row in (
            (
                rf"trials/records-wiring/{base}/{old}/(\d+)/(\d+)/(.+)",
                rf"trials/{study}/priors/" + (rf"\1/0/{prior}/\2/\3" if old == "cook" else r"\2/0/\1/\3/\4"),
            ),
            (rf"result/recordings/wiring/{base}/skill/{old}", rf"result/arms/{study}/{prior}/mean"),
            (
                rf"result/recordings/wiring/{base}/animals/{old}/(.+)",
                rf"result/arms/{study}/{prior}/means/skill@" + (r"\1" if old == "cook" else r"\2"),
            ),
            (rf"result/recordings/wiring/{base}/nulls/(\d+)", rf"result/arms/{study}/null/draws/\1"),
            (
                rf"result/recordings/wiring/{base}/against/(\w+)",
                rf"result/comparisons/{study}/wiring | {study}/null | skill/\1",
            ),
        )
    ),
]
"""Pattern of a whole path in the golden file, as differences show it → what it is called now; None: it is
gone on purpose. The first that fits counts."""


def main() -> int:
    """Runs, then compares or writes. Returns 1 if a figure differs or is missing."""
    names = sorted(path.stem for path in GOLDEN.glob("*.json"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; default: all")
    parser.add_argument("--write", action="store_true", help="keep the figures instead of comparing them")
    parser.add_argument("--kill", action="store_true", help="kill each run after its first unit, then resume")
    parser.add_argument("--workers", type=int, default=1, help="processes of a run; no figure depends on it")
    asked, failed = parser.parse_args(), False
    if unknown := set(asked.names) - set(names):
        parser.error(f"expected some of {', '.join(names)}, got {', '.join(sorted(unknown))}")
    for name in asked.names or names:
        path, before = GOLDEN / f"{name}.json", resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        there = kept(name)
        with tempfile.TemporaryDirectory() as scratch:
            figures = figures_of(there["run"], Path(scratch), workers=asked.workers, kill=asked.kill)
        took = f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before:.0f} s of CPU"
        if asked.write:
            whole = {"run": there["run"], "machine": machine(), "figures": figures}
            path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
            print(f"{name}: written, {took}", flush=True)
            continue
        lines = differences(there["figures"], figures)
        worse = [line for line in lines if not line.startswith("new")]
        failed |= bool(worse)
        print(f"{name}: {f'{len(worse)} figures are not as they were' if worse else 'equal'}, {took}")
        print(*(f"  {line}\n" for line in lines[:20]), sep="", end="", flush=True)
        if worse and (other := other_machine(there["machine"])):
            print(f"  The figures are those of another machine, which may be why: {other}", flush=True)
    return int(failed)


def kept(name: str) -> dict[str, Any]:
    """A golden file."""
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def figures_of(run: Mapping[str, Any], scratch: Path, *, workers: int = 1, kill: bool = False) -> dict:
    """Does a run below `scratch` and gives all that came of it but times and places."""
    folder = scratch / "run"
    places, words = prepared(run, scratch, workers)
    begin(words, places, killed_in=folder if kill else None)
    if kill:
        begin(["--resume", str(folder)], places)
    return figures_in(folder)


def prepared(run: Mapping[str, Any], scratch: Path, workers: int = 1) -> tuple[dict[str, str], list[str]]:
    """The environment and the words of a run in `scratch/run`, which sees the files that it may see."""
    data = scratch / "data"
    data.mkdir()
    for name in run.get("data", ()):
        there = Path(os.environ.get("BRAINWRIGHT_DATA", ""), name).resolve()
        if not there.exists():
            raise SystemExit(f"expected {name} in the folder that BRAINWRIGHT_DATA names, got no {there}")
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).symlink_to(there)
    places = {"BRAINWRIGHT_DATA": str(data), "BRAINWRIGHT_CACHE": str(scratch / "cache")}
    places["PYTHONPATH"] = str(GOLDEN.parents[1] / "src")  # this tree's, whatever is installed
    amount = [run["workers"], str(workers)] if "workers" in run else []
    return places, [run["recipe"], *run["options"].split(), *amount, "--out", str(scratch / "run")]


def figures_in(folder: Path) -> dict[str, Any]:
    """All that came of a finished run but times and places."""
    config = json.loads((folder / "recipe.json").read_text("utf-8"))["config"]
    return {
        "config": {key: value for key, value in config.items() if key not in MACHINE},
        "result": without_clocks(json.loads((folder / "result.json").read_text("utf-8"))),
        "trials": trials(folder / "units"),
        "files": files(folder),
    }


def begin(words: list[str], places: Mapping[str, str], killed_in: Path | None = None) -> None:
    """`brainwright run`; killed with all its processes once a first unit lies in the folder `killed_in`."""
    command = [sys.executable, "-m", "brainwright", "run", *words]
    with tempfile.TemporaryFile() as said:
        # files are named as they lie in the folder of inputs: a whole path would stand in the configuration
        where = {"cwd": GOLDEN / "inputs", "env": os.environ | THREADS | places}
        child = subprocess.Popen(command, **where, stdout=said, stderr=said, start_new_session=True)
        if killed_in is not None:
            while child.poll() is None and not has_unit(killed_in / "units"):
                time.sleep(0.005)
            if child.returncode is None:  # one that ended has no processes left: others may bear its number
                os.killpg(child.pid, signal.SIGKILL)
        if child.wait() != (0 if killed_in is None else -signal.SIGKILL):
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}\n{said.read().decode()}")


def has_unit(units: Path) -> bool:
    """Whether a unit or a trial is finished."""
    paths = units.rglob("[!.]*.*")
    return any(path.suffix == ".npz" or path.name == "trials.jsonl" for path in paths)


def trials(units: Path) -> dict[str, Any]:
    """Every metric of every trial, by list, arm, seed and draw."""
    found = {}
    for path in units.rglob("trials.jsonl"):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            place = path.parent.relative_to(units).as_posix(), row["arm"], row["seed"], row["draw"]
            found["/".join(map(str, place))] = without_clocks(row["metrics"])
    return dict(sorted(found.items()))


def files(folder: Path) -> dict[str, str]:
    """A digest of every array of every unit, and of every table."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    for path in folder.rglob("[!.]*.np[yz]"):
        arrays, place = np.load(path, allow_pickle=False), path.relative_to(folder).as_posix()
        for key, value in ({"array": arrays} if isinstance(arrays, np.ndarray) else arrays).items():
            found[f"{place}/{key}"] = f"{value.dtype}{value.shape}".encode() + value.tobytes()
    return {place: hashlib.sha256(found[place]).hexdigest()[:16] for place in sorted(found)}


def without_clocks(value: Any) -> Any:
    """The same without fields that a clock wrote."""
    if isinstance(value, dict):
        return {key: without_clocks(item) for key, item in value.items() if not by_a_clock(key)}
    if isinstance(value, float) and math.isnan(value):
        return "nan"  # which, unlike NaN, equals itself
    return [without_clocks(item) for item in value] if isinstance(value, list) else value


def by_a_clock(key: str) -> bool:
    """Whether it is one of the `CLOCKS`, or a metric in milliseconds."""
    return key in CLOCKS or key.split(" ")[-1].split("/")[-1] == "ms"


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, plain value) of everything; a row of a list by what it calls itself, else by its place."""
    if isinstance(value, list):
        rows = [row if isinstance(row, dict) else {} for row in value]
        keys = [" | ".join(str(row[k]) for k in LABELS if k in row) or str(i) for i, row in enumerate(rows)]
        value = {f"{key}#{i}" if keys.count(key) > 1 else key: value[i] for i, key in enumerate(keys)}
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flat(item, f"{path}/{key}" if path else key)
    else:
        yield path, value


def differences(kept: Any, figures: Any) -> list[str]:
    """A line for each path that differs or is missing, then for each that is new, which is no failure."""
    was, now = (
        {today(path, value): value for path, value in flat(kept)},
        {path: value for path, value in flat(figures) if value not in ({}, [])},
    )
    was.pop(None, None)  # those that are gone on purpose
    both = [(path, value, now[path]) for path, value in was.items() if path in now]
    lines = [f"different: {path}: {a!r} was, {b!r} is" for path, a, b in both if (type(a), a) != (type(b), b)]
    lines += [f"missing: {path}: {value!r} was" for path, value in was.items() if path not in now]
    return lines + [f"new: {path}: {value!r}" for path, value in now.items() if path not in was]


def today(path: str, value: Any) -> str | None:
    """What a path of a golden file is called now; None if it is gone on purpose, or held nothing."""
    if value in ({}, []):
        return None
    for pattern, now in RENAMED:
        if re.fullmatch(pattern, path):
            return None if now is None or value is None else re.sub(pattern, now, path)
    return path


def machine() -> dict[str, str]:
    """On what the last digit may depend: versions, and the processor's features, by which kernels differ."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {
        "versions": f"python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}",
        "processor": " ".join([platform.machine(), *simd["baseline"], *simd.get("found", [])]),
        "torch kernels": torch.backends.cpu.get_cpu_capability(),
    }


def other_machine(kept: Mapping[str, str]) -> str:
    """In what this machine differs from that of the golden figures; nothing if it does not."""
    pairs = ((key, kept.get(key), here) for key, here in machine().items())
    return "; ".join(f"{key} {was} was, {here} is" for key, was, here in pairs if was != here)


if __name__ == "__main__":
    sys.exit(main())
