from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.full_disk import files_of_at_most
from tinyarms.core.errors import StoreError
from tinyarms.loop.project import kept_answers
from tinyarms.loop.project.kept_answers import KeptAnswer, KeptAnswers

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COUNTED = KeptAnswer(200, '{"counted": true}', {"location": "/v1/jobs/1"})


def answers_of(root: Path, now: datetime = NOW) -> KeptAnswers:
    return KeptAnswers(root, lambda: now)


def test_an_answer_is_kept_for_its_caller_its_key_and_its_request(tmp_path: Path) -> None:
    with answers_of(tmp_path).attempt("ada", "key", "vote A") as attempt:
        assert attempt.state == "new"
        attempt.keep(COUNTED)
    for answers in (answers_of(tmp_path), answers_of(tmp_path)):  # after a restart, say
        with answers.attempt("ada", "key", "vote A") as again:
            assert (again.state, again.answer) == ("answered", COUNTED)
        with answers.attempt("ada", "key", "vote B") as other:
            assert (other.state, other.answer) == ("other", None)
        for caller, key in (("bob", "key"), ("ada", f"key {id(answers)}")):
            with answers.attempt(caller, key, "vote A") as new:
                assert new.state == "new"
                new.drop()


def test_a_request_that_is_carried_out_is_busy_and_one_without_an_answer_interrupted(
    tmp_path: Path,
) -> None:
    answers = answers_of(tmp_path)
    with (
        answers.attempt("ada", "key", "vote A"),
        answers.attempt("ada", "key", "vote A") as second,
    ):
        assert second.state == "busy"
        second.keep(COUNTED)  # not its own to keep
        second.drop()
    with answers.attempt("ada", "key", "vote A") as third:
        assert third.state == "interrupted"
        third.drop()
    with answers.attempt("ada", "key", "vote B") as fourth:
        assert fourth.state == "new"


def test_a_line_that_is_cut_off_counts_as_interrupted(tmp_path: Path) -> None:
    with answers_of(tmp_path).attempt("ada", "key", "vote A") as attempt:
        attempt.keep(COUNTED)
    [file] = tmp_path.rglob("*.json")
    whole = file.read_bytes()
    for length in range(1, len(whole)):
        file.write_bytes(whole[:length])
        with answers_of(tmp_path).attempt("ada", "key", "vote A") as again:
            assert (again.state, again.answer) == ("interrupted", None)


def test_old_answers_are_deleted_and_all_are_for_their_owner_only(tmp_path: Path) -> None:
    answers = answers_of(tmp_path)
    with answers.attempt("ada", "key", "vote A") as attempt:
        attempt.keep(COUNTED)
    [file] = tmp_path.rglob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    age = timedelta(seconds=kept_answers.KEPT_S)
    old = (NOW - age - timedelta(minutes=1)).timestamp()
    os.utime(file, (old, old))
    with answers_of(tmp_path).attempt("ada", "another", "vote A"):
        assert not file.exists()


def test_a_full_disk_is_said_in_a_line_and_leaves_no_half_answer(tmp_path: Path) -> None:
    answers = answers_of(tmp_path)
    with files_of_at_most(0), pytest.raises(StoreError, match="cannot be written"):
        answers.attempt("ada", "key", "vote A")
    with answers.attempt("ada", "key", "vote A") as attempt:
        assert attempt.state == "new"
        with files_of_at_most(100), pytest.raises(StoreError, match="cannot be written"):
            attempt.keep(KeptAnswer(200, "x" * 1000))
    with answers.attempt("ada", "key", "vote A") as again:
        assert (again.state, again.answer) == ("interrupted", None)
