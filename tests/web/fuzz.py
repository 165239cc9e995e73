"""Generated requests against the description of the API."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.loop.place import OTHER, SKILL
from tests.web.served import serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
NAMES = {"skill": [SKILL, OTHER, "none"], "format": ["markdown", "tasks-jsonl", "none"]}
LONG = r"(/(evolve|evaluate|compare|variants|refresh|doctor|forecast)|^/v1/(monitor/)?check)$"
"""Routes that begin work of minutes: hundreds of jobs would wait for each other."""


def fuzz(root: Path, cases: int, seed: int = 0) -> tuple[int, str]:
    """Send about so many requests; the number that was sent, and what is wrong in words."""
    (root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {ab_testing: {min_tasks: 0}, server: {requests_per_s: 100000}}\n"
    )
    with serving(root) as served:
        headers = {"authorization": f"Bearer {served.token('release')}"}
        document = httpx.get(f"{served.url}/openapi.json", headers=headers).json()
        for operations in document["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", []):
                    if parameter["name"] in NAMES:
                        parameter["schema"] = {"enum": NAMES[parameter["name"]]}
        (root / "openapi.json").write_text(json.dumps(document))
        each = max(1, cases // sum(map(len, document["paths"].values())))
        words = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", "openapi.json"),
            *("--url", served.url, "--header", f"authorization: {headers['authorization']}"),
            *("--checks", ",".join(CHECKS), "--phases", "fuzzing", "--seed", str(seed)),
            *("--max-examples", str(each), "--suppress-health-check", "all"),
            *("--generation-database", "none", "--exclude-path-regex", LONG, "--no-color"),
            # A request without an answer is a failure, and a busy machine answers slowly.
            *("--request-timeout", "120"),
        ]
        ran = subprocess.run(words, cwd=root, capture_output=True, text=True)
    sent = re.search(r"(\d+) generated", ran.stdout)
    if sent is None:
        raise RuntimeError(ran.stdout + ran.stderr)
    if not ran.returncode:
        return int(sent[1]), ""
    failures = ran.stdout.partition("= FAILURES =")[2].partition("= WARNINGS =")[0]
    return int(sent[1]), failures.strip("= \n") or f"{ran.stdout}{ran.stderr}"
