"""Attacks every reader with changed inputs, in processes of their own: a reader that dies is found, not
fatal.

By hand, for hours:  python tests/fuzz/run.py --inputs 1000000 [--only npz] [--seed 1] [--minutes 60]

Each input follows from (target, seed, number): a finding names them, and its files are kept in --found.
"""

import argparse
import json
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
BATCH = 4000
"""Inputs of one process: what a broken file leaves behind in a library does not gather for ever."""
STUCK_S = 900.0
"""By the clock, for a child that uses no processor time either; long, as a busy machine lets it wait."""


@dataclass
class Tally:
    """What came of the inputs of one target."""

    accepted: int = 0
    refused: int = 0
    findings: Counter = field(default_factory=Counter)
    examples: dict[tuple[str, str], dict] = field(default_factory=dict)

    def find(self, kind: str, place: str, example: dict) -> None:
        self.findings[kind, place] += 1
        self.examples.setdefault((kind, place), example)


def attack(name: str, seed: int, n: int, found: Path, stop_at: float = float("inf"), first: int = 0) -> Tally:
    """`n` inputs for one target; a child that dies is followed by another behind the input that killed it."""
    tally, at, end = Tally(), first, first + n
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        while at < end and time.monotonic() < stop_at:
            stop = min(end, at + BATCH)
            progress.write_bytes(struct.pack("<q", at))
            words = [str(HERE / "attack.py"), name, str(seed), str(at), str(stop), str(progress), str(found)]
            child = subprocess.Popen(
                [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            out, err, stuck = _followed(child, progress)
            at = _counted(tally, out, err, child.returncode, stuck, progress, at, stop)
    return tally


def _followed(child: subprocess.Popen, progress: Path) -> tuple[str, str, bool]:
    """Its output; kills it where nothing moves."""
    last, since = b"", time.monotonic()
    while True:
        try:
            return *child.communicate(timeout=5), False
        except subprocess.TimeoutExpired:
            now = progress.read_bytes()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > STUCK_S:
                child.kill()
                return *child.communicate(), True


def _counted(
    tally: Tally, out: str, err: str, code: int, stuck: bool, progress: Path, at: int, stop: int
) -> int:
    """Takes what a child said into the tally. Returns the number of the input to go on with."""
    ended = False
    for line in out.splitlines():
        said = json.loads(line)
        if "error" in said:
            tally.find(said["error"], said["place"], said)
        else:
            ended = True
            tally.accepted += said["accepted"]
            tally.refused += said["refused"]
    if ended:
        return stop
    (killer,) = struct.unpack("<q", progress.read_bytes())
    kind = "stuck" if stuck else "hang" if code == -signal.SIGPROF else f"died {code}"
    if code > 0 and not stuck:
        raise RuntimeError(f"the child failed by itself: {err[-2000:]}")
    tally.find(kind, "", {"input": killer, "words": err.strip()[-200:]})
    tally.refused += killer - at + 1
    return killer + 1


def main() -> int:
    """Prints a line for each target and each finding. Returns 1 where there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=30_000, help="in all, over all targets")
    parser.add_argument("--only", default="", help="targets whose name holds this")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each target")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--found", type=Path, default=Path(tempfile.gettempdir()) / "brainwright-fuzz")
    options = parser.parse_args()
    names = [name for name in _names() if options.only in name]
    options.found.mkdir(parents=True, exist_ok=True)
    begin, found = time.monotonic(), 0
    print("| reader | inputs | read | refused | findings | inputs/s |\n|---|---|---|---|---|---|", flush=True)
    for k, name in enumerate(names):
        n = options.inputs // len(names)
        share = (begin + 60 * options.minutes - time.monotonic()) / (len(names) - k)
        start = time.monotonic()
        tally = attack(name, options.seed, n, options.found, start + share, options.first)
        done, seconds = tally.accepted + tally.refused, time.monotonic() - start
        wrong = sum(tally.findings.values())
        found += wrong
        row = (name, f"{done:,}", f"{tally.accepted:,}", f"{tally.refused:,}", wrong, f"{done / seconds:.0f}")
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        for (kind, place), count in tally.findings.most_common():
            print(
                f"    {count} x {kind} at {place}: {tally.examples[kind, place]}", file=sys.stderr, flush=True
            )
    print(f"{found} findings in {time.monotonic() - begin:.0f} s", flush=True)
    return int(found > 0)


def _names() -> list[str]:
    """Of all targets, asked in a process of its own: reading their files imports nothing heavy here."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import targets; print(*targets.targets(), sep=chr(10))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
