"""Runs every recipe with --quick, and the example: python scripts/quick_runs.py [NAME ...].

Prints the verdict, the wall time and the time of all processors of each; a quick run should end within 45 s
on two quiet cores. Exits 1 where one fails.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from brainwright.cli.cookbook import recipe_files

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "recipe"


def quick(recipe: str, folder: Path) -> str:
    """One quick run, in a line. Raises SystemExit where it fails."""
    command = [sys.executable, "-m", "brainwright", "run", recipe, "--quick", "--out", str(folder)]
    before, start = _processors_s(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, processors = time.monotonic() - start, _processors_s() - before
    if done.returncode:
        raise SystemExit(f"{recipe}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    result = json.loads((folder / "result.json").read_text("utf-8"))
    failed = [check["name"] for check in result["checks"] if not check["holds"]]
    words = f"; checks that do not hold: {'; '.join(failed)}" if failed else ""
    return f"{result['primary']['verdict']}, {seconds:.1f} s, {processors:.1f} s of processors{words}"


def _processors_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="recipes; all, and the example, by default")
    asked = parser.parse_args().names or [*recipe_files(), f"{EXAMPLE}{os.sep}"]
    with tempfile.TemporaryDirectory() as scratch:
        for number, name in enumerate(asked):
            print(f"{name}: {quick(name, Path(scratch, str(number)))}", flush=True)
