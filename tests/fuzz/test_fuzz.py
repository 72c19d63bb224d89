"""A little of the attack on every reader; hours of it by hand, see docs/fuzz.md."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import run
from of_wrongs import WRONGS
from targets import targets

HERE = Path(__file__).parent
N_WRONG = 12

INPUTS = 15
"""Of each target: enough to see a reader that raises what it should not at every fifth input."""
SLOW = ("nwb activity", "nwb recording")
"""A tenth of a second each: by hand alone."""


def test_readers_end_in_values_or_in_their_own_errors(tmp_path):
    """All targets in one process after another: starting one for each would take most of the time."""
    names = [name for name in targets() if name not in SLOW]
    progress = tmp_path / "progress"
    progress.write_bytes(bytes(8))
    words = [";".join(names), "0", "0", str(INPUTS), str(progress), str(tmp_path / "found")]
    done = subprocess.run([sys.executable, str(HERE / "attack.py"), *words], capture_output=True, text=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    finished = [line["target"] for line in said if "accepted" in line]
    assert finished == names, (names[len(finished) :][:1], done.returncode, done.stderr[-500:])
    assert [line for line in said if "error" in line] == []
    assert sum(line["accepted"] for line in said) > INPUTS  # not all of it is refused at the door


def test_a_reader_that_dies_hangs_eats_or_raises_is_found(tmp_path, monkeypatch):
    """The first inputs of this seed are one of each kind that a reader may not be."""
    wrongs = [random.Random(f"wrong on purpose 11 {k}").choice(WRONGS) for k in range(N_WRONG)]
    assert {*wrongs} == {*WRONGS}
    monkeypatch.setenv("FUZZ_CPU_S", "2")
    # Little, as the kernel may take seconds of processor time to hand out gigabytes: that would count as a
    # hang.
    monkeypatch.setenv("FUZZ_MEMORY_MIB", "128")
    tally = run.attack("wrong on purpose", 11, N_WRONG, tmp_path)
    kinds = {kind: count for (kind, _), count in tally.findings.items()}
    expected = {
        "died": f"died -{signal.SIGSEGV}",
        "hang": "hang",
        "memory": "MemoryError",
        "raised": "KeyError",
    }
    assert kinds == {expected[wrong]: wrongs.count(wrong) for wrong in expected}
    assert tally.accepted + tally.refused == N_WRONG
