"""Replaces the embedded server: the same handshake, immediate replies, and a crash on request.

A user turn with the name of a fault causes that fault; `once FILE NAME` does so only if the file
does not exist yet, and creates it.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


wanted = json.loads(sys.stdin.readline())
if wanted["model"].endswith("mute.gguf"):
    sys.exit(1)
if wanted["model"].endswith("broken.gguf"):
    say({"error": "llama.cpp cannot load it", "hint": "Try another."})
    sys.exit(0)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self._send({"tokens": said["content"].split()})
            return
        text = said["messages"][-1]["content"]
        if self.headers["Authorization"] != f"Bearer {wanted['api_key']}":
            self.send_response(401)
            self.end_headers()
            return
        if text.startswith("once "):
            _, marker, text = text.split()
            if Path(marker).exists():
                text = "was fine"
            Path(marker).touch()
        if text == "die":
            os._exit(1)
        if text == "hang":
            time.sleep(60)
        if text == "pause":
            time.sleep(0.5)
        if text == "settings":
            text = json.dumps({**wanted, "api_key": None, "pid": os.getpid()})
        ms = 1000.0 if text == "slow" else 10.0
        self._send(
            {
                "choices": [{"message": {"content": text}}],
                "usage": {"prompt_tokens": 20, "completion_tokens": 2},
                "timings": {"prompt_ms": ms, "predicted_ms": ms},
            }
        )

    def _send(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
say({"address": f"http://127.0.0.1:{server.server_port}"})
sys.stdin.read()
os._exit(0)
