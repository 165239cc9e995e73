from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ConfigError, ModelUnavailable
from tinyarms.models.recording import KeepingModel, RecordingModel, ReplayModel
from tinyarms.skills.execution import Message, ModelReply, ModelRequest


@dataclass
class Echo:
    """A model in memory that answers with the prompt."""

    name: str = "small"
    labels: dict[str, float] | None = None
    asked: list[ModelRequest] = field(default_factory=list)
    slots: int = 1
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def complete(self, request: ModelRequest) -> ModelReply:
        self.asked.append(request)
        text = f"{len(self.asked)}: {request.messages[-1].content}"
        return ModelReply(text, 3, 2, 1.5, cached_tokens=1, label_logprobs=self.labels)


def ask(text: str) -> ModelRequest:
    return ModelRequest(messages=(Message("user", text),))


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    recorder = RecordingModel(Echo(labels={"a": -0.5, "b": -1.5}), path)
    recorded = [recorder.complete(ask(text)) for text in ("one", "two")]
    replay = ReplayModel(path, "small")
    assert [replay.complete(ask(text)) for text in ("one", "two")] == recorded
    assert recorded[0].label_logprobs == {"a": -0.5, "b": -1.5}


def test_recording_goes_on_where_it_was_and_the_last_reply_counts(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    inner = Echo()
    RecordingModel(inner, path).complete(ask("one"))
    last = RecordingModel(inner, path).complete(ask("one"))
    assert len(path.read_text().splitlines()) == 2
    assert ReplayModel(path, "small").complete(ask("one")) == last


@pytest.mark.slow
@given(text=st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_any_text_survives(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any-text.jsonl"
    wanted = ask(text.encode("utf-8", "ignore").decode())
    recorded = RecordingModel(Echo(), path).complete(wanted)
    assert ReplayModel(path, "small").complete(wanted) == recorded


def test_line_separators_that_json_leaves_alone_survive(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    recorded = RecordingModel(Echo(), path).complete(ask("a\u2028b\x85c\r\nd"))
    assert ReplayModel(path, "small").complete(ask("a\u2028b\x85c\r\nd")) == recorded


def test_threads_do_not_tear_lines(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    recorder = RecordingModel(Echo(), path)
    threads = [
        threading.Thread(target=recorder.complete, args=(ask(f"{n}" * 9_000),)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    replay = ReplayModel(path, "small")
    assert all(replay.complete(ask(f"{n}" * 9_000)).text.endswith(f"{n}") for n in range(8))


def test_what_was_not_recorded_is_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    RecordingModel(Echo(), path).complete(ask("one"))
    for request, name in (
        (ask("two"), "small"),
        (ask("one"), "other"),
        (ModelRequest(messages=ask("one").messages, seed=1), "small"),
        (ModelRequest(completion="one"), "small"),
    ):
        with pytest.raises(ModelUnavailable, match="no recorded reply for"):
            ReplayModel(path, name).complete(request)


@pytest.mark.parametrize("line", ["{", "[]", '"x"', '{"key": "k"}', '{"key": "k", "reply": {}}'])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "replies.jsonl"
    RecordingModel(Echo(), path).complete(ask("one"))
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ConfigError, match=r"replies\.jsonl, line 2: not a recorded reply"):
        ReplayModel(path, "small")


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ReplayModel(tmp_path / "nothing.jsonl", "small")


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    RecordingModel(Echo(), path).complete(ask("one"))
    row = json.loads(path.read_text())
    assert row["key"] == ask("one").key("small")
    assert row["reply"]["text"] == "1: one"


def test_a_kept_reply_is_not_asked_for_again(tmp_path: Path) -> None:
    path, inner = tmp_path / "replies.jsonl", Echo()
    first = KeepingModel(inner, path)
    replies = [first.complete(ask(text)) for text in ("one", "two", "one")]
    assert [reply.text for reply in replies] == ["1: one", "2: two", "1: one"]
    later = Echo()
    again = KeepingModel(later, path)
    assert [again.complete(ask(text)) for text in ("two", "one")] == [replies[1], replies[0]]
    assert again.complete(ask("three")).text == "1: three"
    assert len(later.asked) == 1
    again.close()
    assert later.closed


@pytest.mark.parametrize("torn", ['{"key": "x", "reply": {"te', '{"key"'])
def test_a_line_that_a_crash_cut_off_is_asked_for_again(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "replies.jsonl"
    KeepingModel(Echo(), path).complete(ask("one"))
    whole = path.read_text()
    path.write_text(whole + torn)
    later = Echo()
    again = KeepingModel(later, path)
    assert path.read_text() == whole
    assert [again.complete(ask(text)).text for text in ("one", "two")] == ["1: one", "1: two"]
    assert len(later.asked) == 1
    replay = ReplayModel(path, "small")
    assert [replay.complete(ask(text)).text for text in ("one", "two")] == ["1: one", "1: two"]
