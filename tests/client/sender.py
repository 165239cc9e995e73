"""A process that reports feedback until it is killed: `python -m tests.client.sender URL FOLDER`.

It prints the id of a task once its feedback is acknowledged.
"""

from __future__ import annotations

import sys

from tests.client.served import TOKEN
from tinyarms.client import Client

if __name__ == "__main__":
    url, folder, first = sys.argv[1:]
    with Client(url, TOKEN, folder, timeout_s=1, retry_s=0.05) as client:
        for number in range(int(first), 100_000):
            client.feedback(f"task-{number}", success=bool(number % 2))
            sys.stdout.write(f"task-{number}\n")
            sys.stdout.flush()
