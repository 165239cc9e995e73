"""A web form in which users choose between the outputs of a skill's prompts.

Start it in a project whose skill is in a live test (`tinyarms prompt results SKILL` shows that),
and open the address that it prints:

    python vote_form.py audio-actions --port 8080

It listens only on this machine and has no login. Before others use it, put it behind a server that
authenticates them, and pass their names: `arms.vote(…, user=name)`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import uuid
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tinyarms import TinyArms, TinyArmsError

MAX_BYTES = 10_000  # of a posted form


def form(arms: TinyArms, skill: str) -> str:
    """The ballot that has waited longest. Inputs and outputs are untrusted text: escape them."""
    ballot = arms.ballot(skill)
    if ballot is None:
        return "<p>No ballot is waiting. New ones come with new tasks whose outputs differ.</p>"
    inputs = [f"<p>{escape(name)}: {escape(value)}</p>" for name, value in ballot.inputs.items()]
    buttons = [
        f'<p><button name="choice" value="{letter}">{escape(text)}</button></p>'
        for letter, text in [
            *((option.letter, option.output or "(no usable output)") for option in ballot.options),
            ("none", "None of these"),
            ("skip", "Skip"),
        ]
    ]
    # The page contains the vote's id, so a vote that is sent twice counts once.
    hidden = {"ballot": ballot.id, "vote": str(uuid.uuid4())}
    fields = [f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in hidden.items()]
    return "\n".join([*inputs, '<form method="post">', *fields, *buttons, "</form>"])


def receive(arms: TinyArms, body: str) -> str:
    """Store the vote of a posted form. Raises `TinyArmsError` or `KeyError` for a bad form."""
    fields = {name: values[0] for name, values in parse_qs(body).items()}
    choice = None if fields["choice"] == "skip" else fields["choice"]
    vote = arms.vote(fields["ballot"], choice, vote_id=fields["vote"])
    answer = "Thank you." if vote.accepted else "This ballot already has another vote."
    reason = f"<p>{escape(vote.reason)}</p>" if vote.decision else ""
    return f'<p>{answer} Votes so far: {vote.votes}.</p>{reason}<p><a href="/">Next</a></p>'


class Handler(BaseHTTPRequestHandler):
    arms: TinyArms
    skill: str

    def do_GET(self) -> None:
        self.answer(200, form(self.arms, self.skill))

    def do_POST(self) -> None:
        try:
            length = int(self.headers["Content-Length"] or 0)
            if not 0 <= length <= MAX_BYTES:
                raise ValueError("the form is too long")
            self.answer(200, receive(self.arms, self.rfile.read(length).decode()))
        except (TinyArmsError, KeyError, ValueError) as error:
            self.answer(400, f"<p>This vote cannot be counted: {escape(str(error))}</p>")

    def answer(self, status: int, html: str) -> None:
        page = f'<!doctype html><html lang="en"><title>Which is better?</title>{html}</html>'
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("skill")
    parser.add_argument("--port", type=int, default=8080)
    given = parser.parse_args()
    try:
        with contextlib.suppress(KeyboardInterrupt), TinyArms.open() as Handler.arms:
            Handler.arms.ballot(given.skill)  # raises if the project has no such skill
            Handler.skill = given.skill
            server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
            print(f"http://127.0.0.1:{server.server_port}/", flush=True)
            server.serve_forever()
    except (TinyArmsError, OSError) as error:
        sys.exit(f"vote_form.py: {error}")
