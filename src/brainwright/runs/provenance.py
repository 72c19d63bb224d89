"""What a run ran on: enough to repeat it, nothing that names a person or a machine."""

import datetime
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import brainwright

PACKAGES = ("numpy", "scipy", "numba", "torch", "pandas", "matplotlib")


def collect(config: Any, recipe_facts: dict[str, Any]) -> dict[str, Any]:
    """Versions, commit, seed, device and cores, and what the recipe says of its data (`PROVENANCE`)."""
    return {
        "brainwright": brainwright.__version__,
        **commit(),
        "started": now(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: installed(name) for name in PACKAGES},
        "cores": cores(),
        "processor": processor_features(),
        "device": getattr(config, "device", "cpu"),
        "seed": getattr(config, "seed", None),
        **recipe_facts,
    }


def now() -> str:
    """The time now, UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_features() -> list[str]:
    """Vector units of this processor that NumPy uses: sums differ in their last digits without, say, AVX2."""
    import numpy as np

    units = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return [*units.get("baseline", []), *units.get("found", [])]


def installed(name: str) -> str | None:
    """Version of an installed package without importing it, None where it is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def commit() -> dict[str, Any]:
    """Commit of the checkout that the package runs from and whether it is unchanged; None outside one."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return {"commit": None, "clean": None}
    head, status = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return {"commit": head, "clean": None if status is None else not status}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
