#!/usr/bin/env python3
"""Sets brainwright up in .venv and runs it: `python3 start.py run ...` or `python3 start.py test ...`.

Uses the standard library alone. The first call installs; later calls start at once. Arguments pass through.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "brainwright.stamp"
LOCK = ROOT / "requirements.lock"
TORCH = "torch==2.13.0"  # apart from the lock: with hashes pip could not choose a CPU build that you offer
WORDS = ("run", "test", "list", "data", "connectome", "report", "watch", "doctor", "new", "completion")
USAGE = """usage: python3 start.py run  [RECIPE] [options]   the main job, or another recipe
       python3 start.py test [pytest options]     the test suite

  python3 start.py run --quick            a first look in under a minute
  python3 start.py run --help             every option
  python3 start.py test -k signal         some tests
The other words of brainwright pass too: list, report, watch, doctor, new."""


def main(arguments):
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if not arguments or arguments[0] not in WORDS:
        say(f"start.py: expected run or test, got {' '.join(arguments[:1]) or 'nothing'}\n\n{USAGE}")
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036
        have = f"{sys.version_info[0]}.{sys.version_info[1]} at {sys.executable}"
        advice = "install one and call it by name, for example: python3.11 start.py run"
        sys.exit(f"start.py: expected Python 3.11 or later, got {have}; {advice}")
    if not is_ready():
        set_up()
    os.environ["BRAINWRIGHT_PROGRAM"] = "python3 start.py"
    if arguments[0] == "test":
        os.chdir(ROOT)
        return hand_over([str(python()), "-m", "pytest", *arguments[1:]])
    return hand_over([str(python()), "-m", "brainwright", *arguments])


def python():
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp():
    """What the environment was made from: lock, package metadata, torch, Python and place."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    parts += [TORCH.encode(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready():
    return python().exists() and STAMP.exists() and STAMP.read_text().strip() == stamp()


def set_up():
    check_machine()
    say(f"Setting up {VENV}, once: about three minutes, and 1.6 GB on disk with a CPU build of torch.")
    say("The default Linux build of torch carries CUDA: a download of 2.8 GB.")
    STAMP.unlink(missing_ok=True)
    if not works():
        step("1/4 making the environment", sys.executable, "-m", "venv", "--clear", str(VENV))
    pip = (str(python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
    step("2/4 the pinned packages", *pip, "--quiet", "--require-hashes", "--no-deps", "-r", str(LOCK))
    step("3/4 torch (the large one)", *pip, TORCH)
    editable = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    step("4/4 brainwright itself", *pip, "--quiet", *editable)
    STAMP.write_text(stamp())


def check_machine():
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info[1]}-venv"
        sys.exit(f"""start.py: this Python cannot make environments (no ensurepip).
On Debian and Ubuntu: sudo apt install {package}; then run the same command again""")
    if shutil.disk_usage(ROOT).free < 3e9:
        say(f"Warning: less than 3 GB are free at {ROOT}.")


def works():
    """Whether .venv holds this very Python with pip, for instance from a set-up that was interrupted."""
    if not python().exists():
        return False
    probe = [str(python()), "-c", "import pip, sys; print(sys.version)"]
    found = subprocess.run(probe, capture_output=True, text=True, check=False)
    return found.returncode == 0 and found.stdout.strip() == sys.version.strip()


def step(title, *command):
    say(f"[{title}]")
    code = subprocess.run(command, env={**os.environ, "PIP_USER": "0"}, check=False).returncode
    if code:
        sys.exit(f"start.py: {title!r} failed with exit code {code}; see above, then run it again")


def say(line):
    print(line, file=sys.stderr, flush=True)


def hand_over(command):
    """Becomes the command, so that signals and its exit code need no forwarding (Windows: waits for it)."""
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
