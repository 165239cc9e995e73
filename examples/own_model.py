"""An application that calls its own model. tinyArms supplies the prompt and learns.

Start it in a project that `tinyarms init` wrote:

    python own_model.py "Wake me at seven" --expected timer

`keyword_model` replaces your model, so that this runs without a server. It finds keywords and
does not follow a prompt. With a server that speaks the OpenAI API, call a real model:

    python own_model.py "Wake me at seven" --server http://127.0.0.1:11434/v1 --model qwen3:0.6b
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from tinyarms import TinyArms, TinyArmsError

SKILL = "audio-actions"
KEYWORDS = {
    "reminder": ("remind", "forget"),
    "message": ("tell", "write to", "text"),
    "calendar": ("meeting", "appointment", "friday"),
    "timer": ("wake", "timer", "minutes"),
    "note": ("note", "write down"),
}


def keyword_model(messages: list[dict[str, str]]) -> str:
    """The label of the first keyword in the transcript, which the last turn ends with."""
    transcript = messages[-1]["content"].rpartition("Input:")[2].lower()
    for label, words in KEYWORDS.items():
        if any(word in transcript for word in words):
            return label
    return "none"


def server_model(messages: list[Any], server: str, model: str) -> str:
    from openai import OpenAI  # pip install openai

    client = OpenAI(base_url=server, api_key=os.environ.get("OPENAI_API_KEY", "none"))
    reply = client.chat.completions.create(model=model, messages=messages, temperature=0)
    return reply.choices[0].message.content or ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("transcript")
    parser.add_argument("--expected", help="The right output: tinyArms learns from it.")
    parser.add_argument("--server", help="The base URL of a server that speaks the OpenAI API.")
    parser.add_argument("--model", default="", help="The model's name on that server.")
    given = parser.parse_args()
    inputs = {"transcript": given.transcript}

    with TinyArms.open() as arms, arms.task(SKILL) as task:
        messages = task.messages(**inputs)  # the prompt in production, filled with the inputs
        start = time.monotonic()
        if given.server:
            output = server_model(messages, given.server, given.model)
        else:
            output = keyword_model(messages)
        # Report the output. tinyArms checks it against the skill's contract: here, its labels.
        done = task.finish(inputs, output, latency_ms=1000 * (time.monotonic() - start))
        print(f"{done.output or done.violation}  (task {done.task_id})")

        if given.expected == done.output:
            arms.feedback(done.task_id, success=True)
        elif given.expected:
            arms.feedback(done.task_id, correction=given.expected)
        print(arms.stats(SKILL).status)


if __name__ == "__main__":
    try:
        main()
    except TinyArmsError as error:
        sys.exit(f"own_model.py: {error}")
