"""`brainwright doctor`: looks at the machine, or at a run folder, and says what to do."""

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from brainwright import runs
from brainwright.cli.words import UsageError, program
from brainwright.runs import RunFolderError, provenance
from brainwright.verdict import VERDICTS

SUMMARY = "check this machine, or the integrity of a run folder"
SESSION, LEDGER = "session", "ledger.jsonl"
KEYS = ("recipe", "seconds", "primary", "arms", "comparisons", "checks")

Finding = tuple[bool, str]
"""Whether it is well, and what there is to say."""


def main(args: list[str]) -> int:
    """Prints the findings. Returns 0 when all is well, 1 otherwise."""
    if args and args[0] in ("-h", "--help"):
        print(f"usage: {program()} doctor [FOLDER]\n\n{SUMMARY}")
        return 0
    if len(args) > 1 or (args and args[0].startswith("-")):
        raise UsageError(f"doctor: expected at most one run folder, got {' '.join(args)}")
    findings = list(check_folder(Path(args[0])) if args else check_machine())
    for well, words in findings:
        print(f"{'ok   ' if well else 'LOOK '} {words}")
    return 0 if all(well for well, _ in findings) else 1


def check_machine() -> Iterator[Finding]:
    """It looks at Python, packages, cores, memory, disk and data folders."""
    new_enough = sys.version_info >= (3, 11)
    advice = "" if new_enough else "; brainwright needs 3.11 or later"
    yield new_enough, f"python {platform.python_version()}{advice}"
    for name in ("numpy", "scipy", "numba", "torch", "matplotlib", "pandas"):
        yield _package(name)
    yield _compiled_code()
    yield _torch_devices()
    cores = provenance.cores()
    yield cores >= 2, f"{cores} cores" + ("" if cores >= 2 else "; the time goals are made for two")
    memory_gb = _memory_gb()
    if memory_gb is not None:
        enough = memory_gb >= 3.5  # what a machine sold with 4 GB reports
        yield enough, f"{memory_gb:.1f} GB memory" + ("" if enough else "; 4 GB are advised")
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    yield free_gb >= 1, f"{free_gb:.0f} GB free here" + ("" if free_gb >= 1 else "; runs need up to 1 GB")
    yield from _data_folders()


def _package(name: str) -> Finding:
    version = provenance.installed(name)
    if version is None:
        return False, f"{name} is missing; install brainwright again, for example with python3 start.py run"
    try:
        importlib.import_module(name)
    except Exception as error:  # a broken installation can raise anything
        return False, f"{name} {version} cannot be imported ({error}); install it again"
    return True, f"{name} {version}"


def _compiled_code() -> Finding:
    try:
        from brainwright.compiled import cache_folder
    except ImportError:
        return True, "compiled code: unknown without numba"
    folder = cache_folder()
    if folder is None:
        return False, (
            "compiled code cannot be kept: every start takes a minute longer; name a folder that can be "
            "written to in NUMBA_CACHE_DIR"
        )
    return True, f"compiled code is kept in {folder}"


def _torch_devices() -> Finding:
    try:
        import torch
    except Exception:
        return True, "devices: unknown without torch"
    accelerator = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return True, f"accelerator: {accelerator}; torch threads: {torch.get_num_threads()}"


def _memory_gb() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):
        return None


def _data_folders() -> Iterator[Finding]:
    named = [Path(p) for p in os.environ.get("BRAINWRIGHT_DATA", "").split(os.pathsep) if p]
    if not named:
        yield True, "BRAINWRIGHT_DATA is not set; data sets are then fetched to a cache when they are used"
    for folder in named:
        if folder.is_dir():
            yield True, f"data folder {folder}: {sum(1 for _ in folder.iterdir())} entries"
        else:
            yield False, f"data folder {folder} does not exist; correct BRAINWRIGHT_DATA"


def check_folder(folder: Path) -> Iterator[Finding]:
    """It says whether a run folder is whole, finished and readable; it makes a recording in it a plain HDF5
    file.
    """
    tissue_files = [folder / name for name in (SESSION, LEDGER) if (folder / name).exists()]
    if tissue_files:
        yield from _session(folder)
        if not (folder / "recipe.json").exists():  # a session of its own, without a recipe
            return
    try:
        content = runs.open_recipe(folder)
    except RunFolderError as error:
        yield False, str(error)
        return
    yield True, f"recipe.json: {content['recipe']}, written by brainwright {content.get('version')}"
    yield _readable(folder, "provenance.json")
    yield _metrics(folder)
    units = sum(1 for _ in (folder / "units").glob("*")) if (folder / "units").is_dir() else 0
    yield True, f"units: {units} finished"
    yield from _result(folder)
    partial = [path.name for path in folder.rglob("*.part")]
    if partial:
        yield False, f"left over from a stop, may be deleted: {', '.join(partial)}"


def _session(folder: Path) -> Iterator[Finding]:
    """Finalises what was recorded of tissue, and verifies the ledger of what was delivered to it."""
    delivered = None
    if (folder / SESSION).exists():
        from brainwright.tissue.recording import RecordingError
        from brainwright.tissue.recording.finalise import FILE, finalise

        try:
            session = finalise(folder)
        except RecordingError as error:
            yield False, str(error)
        else:
            delivered = len(session.streams["deliveries"])
            yield (
                True,
                (
                    f"{FILE}: {session.seconds:.3f} s of tissue time, {len(session.streams['spikes']):,} "
                    f"detections, {len(session.stimuli()):,} pulses admitted, {delivered:,} delivered"
                ),
            )
            yield session.cause == "done", f"the recording ended: {session.cause}"
            if session.lost_blocks:
                yield False, f"{session.lost_blocks} blocks of the recording are lost: its files were damaged"
            if session.torn_bytes:
                yield True, f"{session.torn_bytes} bytes of the recording belong to no whole block (a stop)"
    if (folder / LEDGER).exists():
        yield from _ledger(folder / LEDGER, delivered)


def _ledger(path: Path, recorded: int | None) -> Iterator[Finding]:
    from brainwright.tissue import verify
    from brainwright.tissue.anchor import kept_head

    try:
        anchor = kept_head(path.parent / "provenance.json", path.name)
    except RunFolderError as error:
        anchor = ""
        yield False, str(error)
    report = verify(path, anchor=anchor)
    yield (
        report.intact,
        (
            f"{path.name}: {report.lines} lines, {report.delivered:,} of {report.admitted:,} admitted pulses "
            f"delivered, {report.cancelled:,} cancelled, {report.charge_nC:.4g} nC, "
            f"{'chain intact' if report.intact else 'NOT intact'}"
        ),
    )
    if report.intact:
        kept = "as provenance.json says" if anchor else "keep this, and later changes show"
        yield True, f"{path.name}: ends with {report.head}; {kept}"
    for problem in report.problems:
        yield False, f"{path.name}: {problem}"
    for words in [*report.notes, *(f"stopped: {cause}" for cause in report.stops)]:
        yield True, f"{path.name}: {words}"
    for cause in report.pauses:
        yield True, f"{path.name}: paused: {cause}"
    if recorded is not None and recorded > report.delivered:
        yield False, f"{recorded - report.delivered} recorded deliveries are missing from {path.name}"
    elif recorded is not None and recorded < report.delivered:
        yield True, f"the last {report.delivered - recorded} deliveries of {path.name} were not yet recorded"


def _readable(folder: Path, name: str) -> Finding:
    try:
        runs.read_json(folder / name)
    except RunFolderError as error:
        return False, str(error)
    return True, name


def _metrics(folder: Path) -> Finding:
    path = folder / "metrics.jsonl"
    if not path.exists():
        return False, "metrics.jsonl is missing"
    whole = len(runs.read_metrics(folder))
    torn = sum(1 for line in path.read_bytes().splitlines() if line.strip()) - whole
    note = f", {torn} torn by a stop (harmless)" if torn else ""
    return True, f"metrics.jsonl: {whole} events{note}"


def _result(folder: Path) -> Iterator[Finding]:
    if not (folder / "result.json").exists():
        yield False, f"not finished; go on with: {program()} run --resume {folder}"
        return
    well, words = _readable(folder, "result.json")
    if not well:
        yield False, words
        return
    result = runs.read_json(folder / "result.json")
    missing = [key for key in KEYS if key not in result]
    yield not missing, "result.json" + (f" lacks: {', '.join(missing)}" if missing else "")
    for comparison in [result.get("primary") or {}, *result.get("comparisons", [])]:
        verdict = comparison.get("verdict")
        if verdict not in VERDICTS:
            yield (
                False,
                f"result.json: expected a verdict of {', '.join(VERDICTS)}, got {verdict!r}",
            )
    report = (folder / "report.html").exists()
    yield (
        report,
        "report.html" + ("" if report else f" is missing; make it with: {program()} report {folder}"),
    )
