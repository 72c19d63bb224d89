"""Downloads: resumable, bounded, checked, and only then moved to their place."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from brainwright.datasets.entry import Dataset, File
from brainwright.datasets.errors import ChecksumError, DatasetError, MissingData
from brainwright.datasets.locate import cache_folder, checksum_of, find, missing_line, prove
from brainwright.runs import give_name

CHUNK_BYTES = 1 << 18
"""A quarter of a megabyte at a time: progress is seen, and little is lost when a download stops."""
LARGEST_BYTES = 1 << 40
"""A terabyte, for files whose size is not known: more than any, so that a server cannot fill the disk without
end.
"""
TIMEOUT_S = 30.0
"""A server that says nothing for so long is taken for gone."""
Progress = Callable[[str, int, int], None]


def get(dataset: Dataset, progress: Progress | None = None) -> list[Path]:
    """Makes every file of a data set present, downloading what is not here and can be had.

    Args:
        dataset: from the registry.
        progress: called with (file name, bytes so far, bytes in all or 0).

    Returns:
        paths of the files, optional ones that are not here left out.

    Raises:
        MissingData: a file that can only be fetched by hand; one line says where to put it.
        DatasetError, ChecksumError: the download failed (nothing half-written lies at the file's place), or a
            file that is here has other bytes than published.
    """
    paths = []
    for file in dataset.files:
        path = find(dataset, file)
        if path is None and file.url and file.sha256:
            path = download(file, cache_folder() / dataset.folder / file.name, progress)
        if path is None and not file.optional:
            raise MissingData(missing_line(dataset, file))
        if path is not None:
            if file.sha256:
                prove(path, file)
            paths.append(path)
    return paths


def download(file: File, target: Path, progress: Progress | None = None) -> Path:
    """Fetches one file into `target`, by way of `target` + ".part", which a later call resumes.

    Raises:
        DatasetError: no network, an error from the server, more bytes than announced, or fewer.
        ChecksumError: other bytes than published; the part is deleted.
    """
    if not file.sha256 or not file.url:
        raise DatasetError(f"{file.name} has no known checksum or address: fetch it by hand")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    limit = file.size_bytes or LARGEST_BYTES
    if part.exists() and part.stat().st_size > limit:
        part.unlink()
    if not (file.size_bytes and part.exists() and part.stat().st_size == file.size_bytes):
        _receive(file, part, limit, progress)
    checksum = checksum_of(part, file)
    if checksum != file.sha256:
        part.unlink()
        raise ChecksumError(
            f"{file.url} gave other bytes: expected sha256 {file.sha256[:12]}..., got {checksum[:12]}..."
        )
    give_name(part, target)
    return target


def _receive(file: File, part: Path, limit: int, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(file.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            have = have if response.status == 206 else 0
            with open(part, "ab" if have else "wb") as sink:
                _copy(file, response, sink, have, limit, progress)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        if getattr(error, "code", None) == 416:  # the server has no such rest: begin anew next time
            part.unlink(missing_ok=True)
        reason = getattr(error, "reason", None) or repr(error)
        raise DatasetError(
            f"could not download {file.url} ({reason}): try again, or put the file at {part.with_suffix('')}"
        ) from error
    if file.size_bytes and part.stat().st_size != file.size_bytes:
        raise DatasetError(
            f"{file.url} broke off at {part.stat().st_size:,} of {file.size_bytes:,} bytes: run the command "
            f"again to go on"
        )


def _copy(file: File, response, sink, have: int, limit: int, progress: Progress | None) -> None:
    while chunk := response.read(CHUNK_BYTES):
        have += len(chunk)
        if have > limit:
            sink.close()
            Path(sink.name).unlink()
            raise DatasetError(f"{file.url} sends more than the {limit:,} bytes that were announced: stopped")
        sink.write(chunk)
        if progress:
            progress(file.name, have, file.size_bytes)
