"""Jobs: what begins, and what does not."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tinyarms.core.errors import ServiceError
from tinyarms.core.file_names import FileNames
from tinyarms.web.jobs import MOST_RUNNING, Jobs


def test_a_job_whose_thread_cannot_start_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(FileNames(Path("project")))

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        for _ in range(MOST_RUNNING + 1):
            with pytest.raises(ServiceError, match="no more threads"):
                jobs.start("evolve", "naming", lambda job: "found", "an id")
    assert jobs.all() == []
    job = jobs.start("evolve", "naming", lambda job: "found", "an id")
    job.wait(60)
    assert (job.state, job.result) == ("done", "found")
