"""The peer's end of the conversation that `search/peer.py` describes. Standard library only."""

from __future__ import annotations

import json
import os
import sys
import threading

WRITER_TOKENS = 512
WRITER_TEMPERATURE = 0.8
"""llama.cpp's own default, for packages that do not set one."""


class OutOfCalls(Exception):
    """The budget is spent."""


class Link:
    """Model calls and the final prompt, through the runner, which sends `problem` at the start."""

    def __init__(self):
        # Packages print; the real standard output is only for our lines.
        self._out = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self.problem = json.loads(sys.stdin.readline())
        self.examples = [(text, expected) for text, expected in self.problem["examples"]]
        self.spent = False

    def task(self, prompt, text, demonstrations=()):
        """(reply, score in [0, 1]) of one task call. Raises `OutOfCalls`."""
        shown = [list(pair) for pair in demonstrations]
        answer = self._ask({"task": prompt, "text": text, "demonstrations": shown})
        return answer["text"], answer["score"]

    def write(self, messages, max_tokens=None, temperature=None):
        """The reply to chat messages or to one user message. Raises `OutOfCalls`."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        asked = {
            "write": [{"role": m["role"], "content": m["content"]} for m in messages],
            "max_tokens": min(max_tokens or WRITER_TOKENS, WRITER_TOKENS),
            "temperature": WRITER_TEMPERATURE if temperature is None else temperature,
        }
        return self._ask(asked)["text"]

    def finish(self, prompt, note="", demonstrations=()):
        """Hand over the final prompt and end the process."""
        shown = [list(pair) for pair in demonstrations]
        print(json.dumps({"final": prompt, "demonstrations": shown, "note": note}), file=self._out)
        self._out.close()
        os._exit(0)  # a package's threads would delay a normal exit

    def validation_size(self):
        """Rows for a full evaluation: a tenth of the calls, so that ten evaluations fit."""
        wanted = max(20, min(100, self.problem["calls"] // 10))
        return max(1, min(wanted, len(self.examples) // 3))

    def _ask(self, line):
        with self._lock:
            print(json.dumps(line), file=self._out)
            answer = sys.stdin.readline()
        if not answer:  # the runner has ended
            os._exit(1)
        reply = json.loads(answer)
        if "out_of_calls" in reply:
            self.spent = True
            raise OutOfCalls(reply["out_of_calls"])
        return reply
