from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tinyarms.models.embedded.server as embedded_server
from tests.models.embedded.gguf import write_head
from tinyarms.core.errors import CallStopped, ModelRejected, ModelTimeout, ModelUnavailable
from tinyarms.core.settings import ModelSettings
from tinyarms.models.embedded import context_growth, tuning
from tinyarms.models.embedded.catalog import CATALOG
from tinyarms.models.embedded.gguf_file import ModelShape, read_shape
from tinyarms.models.embedded.model import SERVER_COMMAND, EmbeddedModel, default_threads
from tinyarms.models.embedded.pull import pull
from tinyarms.models.embedded.thread_governor import PATIENCE
from tinyarms.skills.contract import JsonSchema, Labels, Pattern
from tinyarms.skills.execution import Message, ModelRequest

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_child.py")))


def ask(text: str, **more: Any) -> ModelRequest:
    return ModelRequest(messages=(Message("user", text),), **more)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


Make = Callable[..., EmbeddedModel]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[EmbeddedModel] = []

    def one(
        file: str = "fine.gguf",
        background: bool = False,
        command: tuple[str, ...] = STAND_IN,
        **changes: Any,
    ) -> EmbeddedModel:
        (tmp_path / file).touch()
        settings = ModelSettings(kind="embedded", model="tiny", **changes)
        model = EmbeddedModel(
            settings, tmp_path / file, name="small", background=background, command=command
        )
        made.append(model)
        return model

    yield one
    for model in made:
        model.close()


@pytest.mark.slow
def test_starts_with_the_first_request_and_ends_with_close(make: Make) -> None:
    model = make()
    assert model.pid is None
    assert model.complete(ask("hello")).text == "hello"
    pid = model.pid
    assert pid is not None
    assert model.complete(ask("again")).text == "again"
    assert model.pid == pid
    model.close()
    assert not is_running(pid)
    with pytest.raises(ModelUnavailable, match="closed"):
        model.complete(ask("hello"))


@pytest.mark.slow
def test_the_settings_reach_the_child_and_the_key_is_not_in_its_command(make: Make) -> None:
    model = make(slots=3, context_window=512, threads=2, background=True)
    told = json.loads(model.complete(ask("settings")).text)
    assert (told["slots"], told["context_window"], told["threads"]) == (3, 512, 2)
    assert told["nice"] > 0
    command = Path(f"/proc/{told['pid']}/cmdline").read_bytes().split(b"\0")
    assert command == [part.encode() for part in STAND_IN] + [b""]


@pytest.mark.slow
def test_threads_leave_a_core_free_where_there_are_more_than_two(make: Make) -> None:
    cores = len(os.sched_getaffinity(0))
    assert default_threads() == (cores if cores <= 2 else cores - 1)
    told = json.loads(make().complete(ask("settings")).text)
    assert (told["threads"], told["nice"]) == (default_threads(), 0)


@pytest.mark.slow
def test_a_killed_child_is_started_again(make: Make) -> None:
    model = make()
    model.complete(ask("hello"))
    before = model.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert model.complete(ask("hello")).text == "hello"
    assert model.pid != before


@pytest.mark.slow
def test_a_child_that_dies_of_a_request_is_started_again_once(make: Make, tmp_path: Path) -> None:
    model = make()
    assert model.complete(ask(f"once {tmp_path / 'died'} die")).text == "was fine"
    with pytest.raises(ModelUnavailable, match="failed twice on one request"):
        model.complete(ask("die"))
    assert model.complete(ask("hello")).text == "hello"


@pytest.mark.slow
def test_a_child_that_hangs_is_killed_and_the_next_request_starts_another(make: Make) -> None:
    model = make(timeout_s=1.0)
    model.complete(ask("hello"))
    hanging = model.pid
    assert hanging is not None
    with pytest.raises(ModelTimeout):
        model.complete(ask("hang"))
    assert not is_running(hanging)
    assert model.complete(ask("hello")).text == "hello"


@pytest.mark.slow
def test_threads_share_one_child(make: Make) -> None:
    model = make()
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.append(model.complete(ask("settings")).text))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {json.loads(text)["pid"] for text in said} == {model.pid}
    assert len(said) == 6


@pytest.mark.slow
def test_closing_while_a_request_runs_leaves_no_child(make: Make, tmp_path: Path) -> None:
    model = make()
    model.complete(ask("hello"))
    failures: list[ModelUnavailable] = []

    def hang() -> None:
        try:
            model.complete(ask(f"once {tmp_path / 'there'} hang"))
        except ModelUnavailable as error:
            failures.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    pid = model.pid
    assert pid is not None
    assert wait_until((tmp_path / "there").exists)
    model.close()
    thread.join()
    assert not is_running(pid)
    assert model.pid is None
    assert "closed" in failures[0].message


@pytest.mark.slow
def test_weights_that_cannot_be_loaded(make: Make) -> None:
    with pytest.raises(ModelUnavailable, match=r"cannot load it\. Try another\."):
        make("broken.gguf").complete(ask("hello"))
    with pytest.raises(ModelUnavailable, match=r"ended or hung.*tinyarms model pull tiny"):
        make("mute.gguf").complete(ask("hello"))


def test_without_xllamacpp_the_extra_is_named(make: Make) -> None:
    # -S: a Python without installed packages.
    bare = (sys.executable, "-I", "-S", embedded_server.__file__)
    with pytest.raises(ModelUnavailable, match=r"not installed.*tinyarms\[local\]"):
        make(command=bare).complete(ask("hello"))


def tuned(threads: int, slots: int = 1) -> tuning.Tuning:
    """As the stand-in answers: 20 prompt tokens in 10 ms, 2 of the reply in 10 ms."""
    chosen = tuning.Measured(threads, slots, 50.0, 2000.0, 200.0)
    return tuning.Tuning(chosen, (chosen,))


@pytest.mark.slow
def test_what_was_measured_here_is_used_where_the_settings_say_nothing(
    make: Make, tmp_path: Path
) -> None:
    tuning.store(tmp_path / "fine.gguf", tuned(threads=7, slots=3))
    model = make()
    told = json.loads(model.complete(ask("settings")).text)
    assert (told["threads"], told["slots"]) == (7, 3)
    assert (model.threads, model.slots, model.needs_tuning) == (7, 3, False)
    assert (make(slots=1).slots, make(slots=1).threads) == (1, 7)
    assert (make(threads=2).slots, make(threads=2).threads) == (3, 2)


@pytest.mark.slow
def test_tuning_measures_real_processes_and_uses_what_it_finds(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_SECONDS", 0.01)
    monkeypatch.setattr(tuning, "physical_cores", lambda: 1)
    monkeypatch.setattr(tuning, "DISTURBED", 0.0)
    model = make()
    assert (model.needs_tuning, make(threads=1, slots=1).needs_tuning) == (True, False)
    assert not make("mute.gguf", threads=1, slots=1).needs_tuning
    heard: list[tuning.Measured] = []
    found = model.tune(heard.append)
    assert [(each.threads, each.slots) for each in heard] == [(1, 1), (1, 2), (1, 4)]
    assert found.measured == tuple(heard)
    assert found.chosen.prompt_per_second == pytest.approx(2000)
    assert tuning.stored(tmp_path / "fine.gguf") == found
    assert (model.threads, model.slots) == (found.chosen.threads, found.chosen.slots)
    assert not model.needs_tuning
    assert model.pid is None


@pytest.mark.slow
def test_what_a_busy_machine_shows_is_used_but_not_kept(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_SECONDS", 0.01)
    monkeypatch.setattr(tuning, "physical_cores", lambda: 1)
    monkeypatch.setattr(tuning, "DISTURBED", 1000.0)
    model = make()
    model.tune(lambda measured: None)
    assert (model.threads, model.needs_tuning) == (1, False)
    assert tuning.stored(tmp_path / "fine.gguf") is None


@pytest.mark.slow
def test_on_a_busy_machine_it_starts_anew_with_fewer_threads(make: Make, tmp_path: Path) -> None:
    tuning.store(tmp_path / "fine.gguf", tuned(threads=4))
    model = make()
    for _ in range(PATIENCE):
        model.complete(ask("slow"))
    assert model.threads == 2
    assert json.loads(model.complete(ask("settings")).text)["threads"] == 2
    fixed = make(threads=4)
    for _ in range(PATIENCE):
        fixed.complete(ask("slow"))
    assert fixed.threads == 4


@pytest.mark.slow
def test_a_restart_waits_for_the_requests_that_are_under_way(make: Make, tmp_path: Path) -> None:
    tuning.store(tmp_path / "fine.gguf", tuned(threads=4, slots=2))
    model = make()
    before = json.loads(model.complete(ask("settings")).text)["pid"]
    said: list[str] = []
    other = threading.Thread(
        target=lambda: said.append(model.complete(ask(f"once {tmp_path / 'there'} pause")).text)
    )
    other.start()
    assert wait_until((tmp_path / "there").exists)
    for _ in range(PATIENCE):
        model.complete(ask("slow"))
    assert json.loads(model.complete(ask("settings")).text)["pid"] != before
    other.join()
    assert said == ["pause"]
    assert not is_running(before)


def words(count: int, last: str = "settings", max_tokens: int = 8) -> ModelRequest:
    """A chat of so many words, which the stand-in counts as tokens, the last one for itself."""
    turns = (Message("system", "word " * (count - 1)), Message("user", last))
    return ModelRequest(messages=turns, max_tokens=max_tokens)


@pytest.mark.slow
def test_the_context_grows_with_the_longest_request(make: Make, tmp_path: Path) -> None:
    model = make("grows.gguf")
    write_head(tmp_path / "grows.gguf")

    def window_after(request: ModelRequest) -> int:
        return int(json.loads(model.complete(request).text)["context_window"])

    assert window_after(ask("settings")) == 2048
    assert window_after(words(1900)) == 2048
    assert window_after(words(2100)) == 4096
    assert window_after(words(100, max_tokens=5000)) == 8192
    assert window_after(words(8180)) == 8192
    pid = model.pid
    with pytest.raises(ModelRejected, match=r"need 9,008 tokens.*at most 8,192.*use a model") as no:
        model.complete(words(9000))
    assert no.value.concerns == "input"
    assert window_after(ask("settings")) == 8192
    assert model.pid == pid


@pytest.mark.slow
def test_a_context_that_is_set_stays(make: Make, tmp_path: Path) -> None:
    model = make("grows.gguf", context_window=1024)
    write_head(tmp_path / "grows.gguf")
    with pytest.raises(ModelRejected, match=r"has 1,024\. .*Raise `context_window`"):
        model.complete(words(2100))
    assert json.loads(model.complete(ask("settings")).text)["context_window"] == 1024


@pytest.mark.slow
def test_a_context_grows_only_where_its_memory_is_known_and_there(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelRejected, match=r"has 2,048, and how much it may grow here is not"):
        make("fine.gguf").complete(words(2100))
    monkeypatch.setattr(context_growth, "available_memory", lambda: 3000 * 23_040)
    model = make("grows.gguf")
    write_head(tmp_path / "grows.gguf")
    with pytest.raises(ModelRejected, match=r"there is memory for 2,524\..*Free memory"):
        model.complete(words(2600))
    told = json.loads(model.complete(words(2400)).text)
    assert told["context_window"] == 2524


@pytest.mark.slow
def test_a_larger_context_waits_for_the_calls_in_flight(make: Make, tmp_path: Path) -> None:
    model = make("grows.gguf", slots=3)
    write_head(tmp_path / "grows.gguf")
    before = json.loads(model.complete(ask("settings")).text)["pid"]
    replies: list[str] = []

    def call(request: ModelRequest) -> None:
        replies.append(model.complete(request).text)

    calls = [ask(f"once {tmp_path / 'there'} pause"), words(2100), words(5000)]
    threads = [threading.Thread(target=call, args=(request,)) for request in calls]
    for thread in threads:
        thread.start()
        assert wait_until((tmp_path / "there").exists)
    for thread in threads:
        thread.join()
    assert replies[0] == "pause"
    after = [json.loads(text) for text in replies[1:]]
    assert before not in {told["pid"] for told in after}
    assert json.loads(model.complete(ask("settings")).text)["context_window"] == 8192
    assert not is_running(before)


@pytest.mark.slow
def test_stopped_calls_end_while_one_waits_for_a_larger_context(make: Make, tmp_path: Path) -> None:
    model = make("grows.gguf", slots=2)
    write_head(tmp_path / "grows.gguf")
    model.complete(ask("hello"))
    stopped: list[CallStopped] = []

    def call(request: ModelRequest) -> None:
        try:
            model.complete(request)
        except CallStopped as error:
            stopped.append(error)

    hangs = ask(f"once {tmp_path / 'there'} hang")
    threads = [threading.Thread(target=call, args=(each,)) for each in (hangs, words(2100))]
    for thread, is_so in zip(
        threads,
        ((tmp_path / "there").exists, lambda: bool(model._emptied._waiters)),  # type: ignore[attr-defined]
        strict=True,
    ):
        thread.start()
        assert wait_until(is_so)
    model.stop_calls()
    for thread in threads:
        thread.join(60)
    assert len(stopped) == 2
    assert model.complete(ask("hello")).text == "hello"


LABELS = Labels(("negative", "positive"))
COMMENT = "Label the comment as positive or negative.\n\nInput: a lovely film\nOutput:"


@pytest.mark.model
def test_grammar_and_label_logprobs(embedded_model: EmbeddedModel) -> None:
    request = ask(COMMENT, max_tokens=16, constraint=LABELS.constraint(), want_labels=LABELS.labels)
    reply = embedded_model.complete(request)
    known = reply.label_logprobs
    assert known is not None
    assert set(known) == set(LABELS.labels)
    assert reply.text == max(known, key=lambda label: known[label])
    assert all(-10 < value < 0 for value in known.values())
    assert (reply.prompt_tokens, reply.completion_tokens) == (48, 2)


@pytest.mark.model
def test_labels_that_begin_alike_are_told_apart(embedded_model: EmbeddedModel) -> None:
    labels = Labels(("note", "none", "timer"))
    asked = "Choose note, none or timer.\n\nInput: the key is under the mat\nOutput:"
    request = ask(asked, max_tokens=16, constraint=labels.constraint(), want_labels=labels.labels)
    reply = embedded_model.complete(request)
    assert reply.text in ("note", "none")
    known = reply.label_logprobs
    assert known is not None
    assert known["note"] != known["none"]
    assert max(known, key=lambda label: known[label]) == reply.text


@pytest.mark.model
@pytest.mark.parametrize("dialect", ["ollama", "openai"])
def test_a_server_that_puts_labels_into_json_tells_their_log_probabilities_too(
    embedded_model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    request = ask(COMMENT, max_tokens=16, constraint=LABELS.constraint(), want_labels=LABELS.labels)
    embedded_model.complete(request)
    child = embedded_model._child
    assert child is not None
    monkeypatch.setattr(child.model._dialect, "_default", dialect)
    # With a window to set, Ollama is asked by an API of its own.
    settings = child.model._settings.model_copy(update={"context_window": None})
    monkeypatch.setattr(child.model, "_settings", settings)
    reply = embedded_model.complete(request)
    assert reply.completion_tokens > 2
    known = reply.label_logprobs
    assert known is not None
    assert reply.text == max(known, key=lambda label: known[label]) == "positive"
    assert all(-10 < value < 0 for value in known.values())


@pytest.mark.model
def test_a_pattern_and_a_schema_hold(embedded_model: EmbeddedModel) -> None:
    # However hot, the text ends before its tokens do: a part has at most 8 letters.
    pattern = Pattern("[a-z]{2,8}(-[a-z]{2,8}){1,3}", max_tokens=48)
    request = ask(
        "Name a file about cats.", max_tokens=48, temperature=1.5, constraint=pattern.constraint()
    )
    text = embedded_model.complete(request).text
    assert pattern.parse(text) == text
    schema = JsonSchema(
        {
            "type": "object",
            "properties": {"mood": {"enum": ["good", "bad"]}},
            "required": ["mood"],
            "additionalProperties": False,
        }
    )
    request = ask("How is the film?", max_tokens=24, constraint=schema.constraint())
    assert json.loads(schema.parse(embedded_model.complete(request).text))["mood"] in (
        "good",
        "bad",
    )


@pytest.mark.model
def test_a_raw_completion_ends_at_the_stop(embedded_model: EmbeddedModel) -> None:
    request = ModelRequest(completion="One, two, three, four,", max_tokens=12, stop=(",",))
    reply = embedded_model.complete(request)
    assert reply.text == " five"
    assert reply.prompt_tokens < 12  # no chat template around it


@pytest.mark.model
def test_the_same_request_gets_the_same_reply(embedded_model: EmbeddedModel) -> None:
    request = ask("Name a colour.", max_tokens=12, temperature=1.0, seed=7)
    first = embedded_model.complete(request)
    embedded_model.complete(ask("Something else.", max_tokens=2))
    again = embedded_model.complete(request)
    assert again.text == first.text
    assert embedded_model.complete(request).cached_tokens > 0
    other_seeds = {
        embedded_model.complete(ask("Name a colour.", max_tokens=12, temperature=1.0, seed=s)).text
        for s in (8, 9, 10)
    }
    assert other_seeds != {first.text}


@pytest.mark.model
def test_a_killed_real_child_is_started_again(embedded_model: EmbeddedModel) -> None:
    request = ask(COMMENT, max_tokens=16, constraint=LABELS.constraint())
    first = embedded_model.complete(request)
    before = embedded_model.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert embedded_model.complete(request).text == first.text
    assert embedded_model.pid != before


_PARENT = """
import sys, time
from pathlib import Path
from tinyarms.core.settings import ModelSettings
from tinyarms.models.embedded.model import EmbeddedModel
from tinyarms.skills.execution import ModelRequest
settings = ModelSettings(kind="embedded", model="smollm2:135m", threads=1)
model = EmbeddedModel(settings, Path(sys.argv[1]), name="small", background=True)
model.complete(ModelRequest(completion="One", max_tokens=1))
print(model.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.model
def test_a_killed_parent_leaves_no_orphan() -> None:
    path = pull("smollm2:135m", lambda done, total: None)
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        assert os.getpriority(os.PRIO_PROCESS, pid) == 10
        parent.kill()
    assert wait_until(lambda: not is_running(pid))


@pytest.mark.model
@pytest.mark.parametrize("slots", [1, 2])
def test_a_longer_context_takes_a_longer_prompt(make: Make, slots: int) -> None:
    """Each slot has all of it."""
    weights = str(pull("smollm2:135m", lambda done, total: None))
    long = ask("word " * 600, max_tokens=1)
    real = {"file": weights, "command": SERVER_COMMAND, "threads": 2, "slots": slots}
    with pytest.raises(ModelRejected, match=r"602 tokens.*has 512\..*Raise `context_window`"):
        make(context_window=512, **real).complete(long)
    assert make(context_window=1024, **real).complete(long).prompt_tokens == 631


@pytest.mark.model
def test_the_context_of_the_real_model_grows_to_what_a_request_needs(make: Make) -> None:
    weights = pull("smollm2:135m", lambda done, total: None)
    shape = read_shape(weights)
    assert shape == ModelShape(23_040, CATALOG["smollm2:135m"].trained_context)
    model = make(file=str(weights), command=SERVER_COMMAND, threads=1, slots=2)
    short, long = (
        ask(text, max_tokens=16, constraint=LABELS.constraint())
        for text in (COMMENT, f"{'word ' * 2100} {COMMENT}")
    )
    first = model.complete(short)
    pid = model.pid
    assert model.complete(long).prompt_tokens > 2048
    assert model.pid != pid
    assert model._window == 4096
    assert model.complete(short).text == first.text
    with pytest.raises(ModelRejected, match=r"the model reads at most 8,192"):
        model.complete(ask("word " * 8200, max_tokens=1))


@pytest.mark.model
def test_the_catalog_knows_what_the_model_was_trained_to_read(make: Make) -> None:
    weights = str(pull("smollm2:135m", lambda done, total: None))
    most = CATALOG["smollm2:135m"].trained_context
    model = make(file=weights, command=SERVER_COMMAND, threads=2, context_window=2 * most)
    with pytest.raises(ModelRejected, match=rf"available context size \({most} tokens\)"):
        model.complete(ask("word " * (most + 100), max_tokens=1))


@pytest.mark.model
def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"not a model")
    settings = ModelSettings(kind="embedded", model="tiny", threads=1)
    model = EmbeddedModel(settings, tmp_path / "no.gguf", name="small")
    with pytest.raises(ModelUnavailable, match=r"no\.gguf"):
        model.complete(ask("hello"))
    model.close()
