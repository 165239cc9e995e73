"""Another project's optimizer: its own package in its own environment and process.

It gets one line of JSON (the problem), then sends requests, one per line, and gets replies:

    {"task": prompt, "demonstrations": [[text, output]], "text": text} → {"text", "score"}
    {"write": [{"role", "content"}], "max_tokens", "temperature"}      → {"text"}
    {"final": prompt, "demonstrations", "note"}                        → nothing: it has ended

Beyond the budget the answer is {"out_of_calls": why}. A peer chooses the prompt that it hands over;
if it ends without one, the result is the best prompt in the log of its task calls.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.code_version import code_hash
from search.contest import CannotRun, Found
from search.counter import Counter, OutOfCalls
from search.dataset import Dataset, task_request
from search.progress import note
from tinyarms.core.ids import content_hash
from tinyarms.models.base import Model
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.skills.prompt import Demonstration, Prompt

_SCRIPTS = Path(__file__).parent / "peers"
_SILENT_S = 1800.0
_PRIOR_EXAMPLES = 10


class PeerFailed(CannotRun):
    """The package could not be installed, or made a forbidden request."""


@dataclass(frozen=True)
class Peer:
    """A method of a package: `script` in `peers/` runs the `method`."""

    name: str
    script: str
    method: str
    packages: tuple[str, ...]
    environments: Path
    is_random: bool = True
    needs_model: bool = True
    takes_calls: bool = True

    @property
    def code(self) -> str:
        """Hash of its own script, the link to the benchmark and the versions of its packages."""
        return code_hash(_SCRIPTS / self.script, _SCRIPTS / "link.py", more=self.packages)

    def fits(self, dataset: Dataset) -> bool:
        """Its protocol carries one text for each row."""
        return not dataset.is_starter

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        """Raises `PeerFailed`."""
        python = self._environment()
        folder.mkdir(parents=True, exist_ok=True)
        with (
            (folder / "log.txt").open("wb") as log,
            subprocess.Popen(
                [python, str(_SCRIPTS / self.script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environ(folder),
                bufsize=0,
                cwd=folder,
            ) as process,
        ):
            talk = _Talk(dataset, Counter(model, dataset, calls), seed, process)
            try:
                talk.start(self.method, calls, seed, folder)
                while talk.answer_one():
                    pass
            finally:
                process.kill()
        return talk.found(_last_line(folder / "log.txt"))

    def _environment(self) -> Path:
        """Its Python environment; made at the first run and kept."""
        folder = self.environments / f"{self.packages[0].split('=')[0]}-{self._pins}"
        python = folder / "bin" / "python"
        done = folder / ".installed"
        if done.exists():
            return python
        note(f"{self.name}: installing {' '.join(self.packages)} into {folder}")
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", *self.packages],
        ):
            made = subprocess.run(command, capture_output=True, text=True)
            if made.returncode:
                said = made.stderr.strip().splitlines() or ["no reason given"]
                raise PeerFailed(f"{self.name} cannot be installed: {said[-1]}")
        done.touch()
        return python

    @property
    def _pins(self) -> str:
        return content_hash(list(self.packages))[:8]


@dataclass
class _Talk:
    """One conversation with a peer's process."""

    dataset: Dataset
    counter: Counter
    seed: int
    process: subprocess.Popen[bytes]
    final: Found | None = None
    _received: bytes = b""
    _scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _prompts: dict[str, Prompt] = field(default_factory=dict)

    def start(self, method: str, calls: int, seed: int, folder: Path) -> None:
        dataset = self.dataset
        self._send(
            {
                "method": method,
                "first_prompt": dataset.first_prompt,
                "description": dataset.description,
                "labels": dataset.labels,
                "examples": [[e.inputs["text"], e.expected] for e in dataset.given],
                "calls": calls,
                "seed": seed,
                "folder": str(folder),
            }
        )

    def answer_one(self) -> bool:
        """False when the peer has ended."""
        line = self._line()
        if line is None:
            return False
        asked = json.loads(line)
        if "final" in asked:
            prompt = _prompt(asked["final"], asked.get("demonstrations", ()))
            self.final = Found(prompt, self.counter.counts, asked.get("note", ""))
            return False
        try:
            self._send(self._task(asked) if "task" in asked else self._write(asked))
        except OutOfCalls as spent:
            self._send({"out_of_calls": str(spent)})
        return True

    def found(self, last_words: str) -> Found:
        if self.final:
            return self.final
        prompt, why = self._best(), f"ended early ({last_words[:160]}); best by the log of calls"
        return Found(prompt or Prompt(self.dataset.first_prompt), self.counter.counts, why)

    def _task(self, asked: dict[str, Any]) -> dict[str, Any]:
        prompt = _prompt(asked["task"], asked.get("demonstrations", ()))
        text = asked["text"]
        example = next((e for e in self.dataset.given if e.inputs["text"] == text), None)
        if example is None:
            raise PeerFailed(f"asked about a text that it was not given: {text[:60]!r}")
        reply = self.counter.text_of(task_request(self.dataset, prompt, example.inputs))
        score = self.dataset.scorer(example, reply)
        self._prompts[prompt.hash] = prompt
        self._scores[prompt.hash].append(score)
        return {"text": reply, "score": score}

    def _write(self, asked: dict[str, Any]) -> dict[str, Any]:
        request = ModelRequest(
            messages=tuple(Message(m["role"], m["content"]) for m in asked["write"]),
            max_tokens=asked["max_tokens"],
            temperature=asked["temperature"],
            # Two equal requests may need two different answers.
            seed=1_000_003 * self.seed + self.counter.counts.writer,
        )
        return {"text": self.counter.text_of(request)}

    def _best(self) -> Prompt | None:
        """The best mean, shrunk towards the mean of all as if by ten more examples."""
        known = [score for scores in self._scores.values() for score in scores]
        if not known:
            return None
        mean = sum(known) / len(known)

        def shrunken(key: str) -> float:
            scores = self._scores[key]
            return (sum(scores) + _PRIOR_EXAMPLES * mean) / (len(scores) + _PRIOR_EXAMPLES)

        return self._prompts[max(self._scores, key=shrunken)]

    def _send(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended: the next read reports it
            self.process.stdin.write(json.dumps(line).encode() + b"\n")

    def _line(self) -> bytes | None:
        assert self.process.stdout is not None
        while b"\n" not in self._received:
            if not select.select([self.process.stdout], [], [], _SILENT_S)[0]:
                note(f"  silent for {_SILENT_S:.0f} s: ended")
                return None
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                return None
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return line


def _prompt(text: str, demonstrations: Any) -> Prompt:
    shown = tuple(Demonstration({"text": said}, output) for said, output in demonstrations)
    return Prompt(text, shown)


def _environ(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return kept | {
        "PYTHONHASHSEED": "0",
        "DSPY_CACHEDIR": str(folder / "cache"),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise it is fetched from the network
        "OMP_NUM_THREADS": "1",
    }


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"
