"""A client that serves prompts and keeps what users say while the service is away."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
from pydantic import ValidationError

from tinyarms.client.answers import Ballot, Ran, Reported, ServedPrompt
from tinyarms.client.paths import BALLOT, KEY, RUN, feedback_path, prompt_path, vote_path
from tinyarms.client.prompt_copies import PromptCopies
from tinyarms.client.queue import MAX_BYTES, EventQueue, QueuedEvent
from tinyarms.core.errors import ServiceAway, StoreError, UsageError
from tinyarms.core.ids import check_ids, new_id
from tinyarms.core.text import check_url, one_line, shorten, storable

TIMEOUT_S = 2.0
"""Seconds that the client waits for the service, except for a run. Higher: a slow service counts as
there, and users wait longer for one that hangs."""
RUN_TIMEOUT_S = 130.0
"""Seconds that a run may take."""
RETRY_S = 5.0
"""Seconds after which a service that was away is asked again. Lower: what waits is sent sooner."""
_MOST_BEFORE_OWN = 20
"""Most events that waited and are sent in a call of `feedback` or `vote`, before its own. Higher:
whoever calls waits longer after an outage, and is told more often what became of it."""
_MOST_SKILLS = 50_000
"""Most tasks and ballots whose skill is remembered, the newest. Higher: more memory, and fewer
requests for a skill that cannot be used."""
_T = TypeVar("_T", ServedPrompt, Ran, Ballot)
_JSON = {"Content-Type": "application/json"}
_BUSY = frozenset({408, 425, 429})
_NOT_YET = frozenset({401, 403, 421})
"""The token or the address is wrong: what waits can be sent once it is corrected."""
_MOST_BROKEN = 20
"""Most events of one round that get no answer of the service. Higher: more of those behind them are
sent, and a wrong address gets more requests."""


class _NotYet(UsageError):
    """The service does not know the token, or not the name that it is asked by."""


class _Broke(ServiceAway):
    """The service broke at this request, or something else answered it, such as a proxy. The
    service may be there for other requests."""


class _SkillAway(ServiceAway):
    """The service cannot use one skill now, because of a mistake in the project. It is there for
    the others."""

    skill = ""


class Client:
    """A client of `tinyarms serve`. Threads may share it; use it with `with`, or `close` it.

    Prompts that were seen are kept on disk and served from there while the service is away.
    Feedback and votes are on the disk before they are sent, and are sent once, also by the next
    process that uses the folder; those of a skill in their order. A skill that the service cannot
    use now, because of a mistake in the project, holds up its own only.

    Parameters
    ----------
    url
        Where the service is, such as `http://127.0.0.1:8765`.
    token
        A token of the service (`tinyarms serve token add`).
    folder
        A folder of this client's own, for what it keeps. It is made if it is not there, and is for
        its owner only.
    timeout_s
        Seconds that a request may take, above 0, except for a run.
    run_timeout_s
        Seconds that a run may take, above 0.
    retry_s
        Seconds after which a service that was away is asked again, above 0.
    most_bytes
        Most bytes of feedback and votes that wait, above 0; beyond that `StoreError` is raised.

    Raises
    ------
    UsageError
        For an address, a token or a number that cannot be used. Of every method: for an argument
        that is wrong, and if the service refuses, for instance because of the token.
    StoreError
        If the folder cannot be read or written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tinyarms.client import Client
    >>> folder = TemporaryDirectory()
    >>> with Client("http://127.0.0.1:9", "token", folder.name) as client:  # nobody is there
    ...     sent = client.feedback("task-1", success=True)
    ...     sent.queued, client.waiting
    (True, 1)
    >>> folder.cleanup()
    """

    def __init__(
        self,
        url: str,
        token: str,
        folder: Path | str,
        *,
        timeout_s: float = TIMEOUT_S,
        run_timeout_s: float = RUN_TIMEOUT_S,
        retry_s: float = RETRY_S,
        most_bytes: int = MAX_BYTES,
    ) -> None:
        folder = Path(folder)
        numbers = {"timeout_s": timeout_s, "run_timeout_s": run_timeout_s, "retry_s": retry_s}
        for name, number in {**numbers, "most_bytes": most_bytes}.items():
            if not 0 < number < math.inf:
                raise UsageError(f"{name}: {number} is out of range.", "Give a number above 0.")
        try:
            check_url(url)
            self._http = httpx2.Client(
                base_url=url,
                headers={"Authorization": f"Bearer {token}"},
                timeout=timeout_s,
                follow_redirects=False,
            )
        except (httpx2.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise UsageError(
                f"The address or the token cannot be used ({error}).",
                "Write the address as http://HOST:PORT.",
            ) from error
        self._run_timeout_s, self._retry_s = run_timeout_s, retry_s
        self._copies = PromptCopies(folder / "prompts")
        self._queue = EventQueue(folder, most_bytes)
        self._skills: dict[str, str] = {}
        """Path of an event → its skill, as far as it was seen."""
        self._away_until = 0.0
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None
        if self.waiting:
            self._send_later()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End. What waits stays on the disk, and the next client of the folder sends it."""
        self._closed.set()
        sender = self._sender
        if sender is not None:
            sender.join()
        self._http.close()

    @property
    def waiting(self) -> int:
        """How many pieces of feedback and votes wait for the service."""
        return len(self._queue.waiting())

    def prompt(self, skill: str) -> ServedPrompt:
        """The prompt in production; while the service is away, the last one that was seen.

        `from_disk` of the answer says which. Raises `ServiceAway` if it is away and no prompt was
        seen, and `UsageError` if it refuses.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from tinyarms.client import Client
        >>> folder = TemporaryDirectory()
        >>> with Client("http://127.0.0.1:9", "token", folder.name) as client:  # nobody is there
        ...     client.prompt("tickets")
        Traceback (most recent call last):
        tinyarms.core.errors.ServiceAway: http://127.0.0.1:9: the service is away (ConnectError). \
Look if it runs.
        >>> folder.cleanup()
        """
        check_ids(skill=skill)
        try:
            answer = self._ask("GET", prompt_path(skill))
        except ServiceAway:
            last = self._copies.last(skill)
            if last is None:
                raise
            return last
        version = answer.get("version", {})
        prompt = _read(
            ServedPrompt,
            {**version.get("prompt", {}), "skill": skill, "version": version.get("number")},
        )
        self._copies.keep(prompt)
        return prompt

    def run(
        self,
        skill: str,
        inputs: Mapping[str, str],
        *,
        user: str | None = None,
        expected: str | None = None,
        task_id: str | None = None,
    ) -> Ran:
        """Run a skill once, with the prompt in production.

        `inputs`: each input of the skill by its name, as a text; a picture is a data URL. `user`:
        whose task it is, of up to 255 characters; only a token of the role `application` may name
        one. `expected`: the right output, if it is known: then the skill's scorer decides how the
        task went. `task_id`: your own id, of up to 255 characters; with it a repeated run counts
        once. Raises `ServiceAway` and `UsageError`.
        """
        check_ids(skill=skill, task_id=task_id, user=user)
        texts = {name: _text(f"the input {name!r}", text) for name, text in dict(inputs).items()}
        body = {"skill": skill, "inputs": texts, "task_id": task_id or new_id()}
        more = {"user": user, "expected": None if expected is None else _text("expected", expected)}
        body |= {name: value for name, value in more.items() if value is not None}
        key = str(body["task_id"])
        ran = _read(Ran, self._ask("POST", RUN, body, key=key, timeout_s=self._run_timeout_s))
        self._note_skill(feedback_path(ran.task_id), ran.skill)
        return ran

    def feedback(
        self,
        task_id: str,
        *,
        success: bool | None = None,
        correction: str | None = None,
        user: str | None = None,
    ) -> Reported:
        """Report that a task was a success or a failure, or its right output.

        `task_id`: that of `run`. `user`: who says it, as in `run`. The answer is there at once; its
        `queued` says whether the service has still to be told. Raises `UsageError` unless exactly
        one of `success` and `correction` is given, and if the service refuses it; `StoreError` if
        it cannot be kept.
        """
        if (success is None) == (correction is None):
            raise UsageError("Feedback needs success or correction.", "Give exactly one of them.")
        check_ids(task_id=task_id, user=user)
        if success is not None and not isinstance(success, bool):
            raise UsageError(f"success: {success!a} is no answer.", "Give True or False.")
        right = None if correction is None else _text("correction", correction)
        said = {"success": success, "correction": right, "user": user}
        return self._report(feedback_path(task_id), said)

    def ballot(self, skill: str, user: str | None = None) -> Ballot | None:
        """The ballot that has waited longest; `None` if none waits, or if the service is away.

        `user`: who is asked, as in `run`. Raises `UsageError` if the service refuses.
        """
        check_ids(skill=skill, user=user)
        asked = {"skill": skill} | ({} if user is None else {"user": user})
        try:
            answer = self._ask("GET", BALLOT, params=asked)
        except ServiceAway:
            return None
        found = answer.get("ballot")
        if found is None:
            return None
        ballot = _read(Ballot, found)
        self._note_skill(vote_path(ballot.id), ballot.skill)
        return ballot

    def vote(self, ballot_id: str, choice: str | None, *, user: str | None = None) -> Reported:
        """Answer a ballot.

        `choice`: the letter of the best output, `A`, `B` … by position; `none` if none is good, or
        `None` to skip. `user`: who chooses, as in `run`. The answer is that of `feedback`. Raises
        `UsageError` if the service refuses it, and `StoreError` if it cannot be kept.
        """
        check_ids(ballot_id=ballot_id, choice=choice, user=user)
        body = {"user": user} if user is not None else {}
        return self._report(vote_path(ballot_id), body, choice=choice)

    def flush(self) -> int:
        """Send what waits, now. Returns how much still waits."""
        self._away_until = 0.0
        self._send_waiting()
        return self.waiting

    # What is sent.

    def _report(self, path: str, said: Mapping[str, Any], **more: Any) -> Reported:
        body = {name: value for name, value in said.items() if value is not None} | more
        event = QueuedEvent(new_id(), path, body, self._skills.get(path))
        self._queue.put(event)
        answers = self._send_waiting(_MOST_BEFORE_OWN + 1)
        answer = answers.get(event.key)
        if isinstance(answer, UsageError):
            raise answer
        queued = answer is None and any(each.key == event.key for each in self._queue.waiting())
        if queued:
            self._send_later()
        return Reported(queued=queued, answer=answer)

    def _send_waiting(self, most: int | None = None) -> dict[str, dict[str, Any] | UsageError]:
        """Send the events that wait, in their order, until one cannot be sent now, at most so many.

        One that only its skill holds up stays, with those behind it of the same skill, task or
        ballot. Returns what the service said of each, by its key.
        """
        answers: dict[str, dict[str, Any] | UsageError] = {}
        if not self._is_worth_asking:
            return answers
        with self._queue.alone() as alone:
            if not alone:
                return answers  # Another thread or process is at it.
            asked = broken = 0
            held = set[str]()
            for event in self._queue.waiting():
                if asked == most or broken == _MOST_BROKEN:
                    break
                if not held.isdisjoint((event.path, self._skill_of(event))):
                    continue
                asked += 1
                try:
                    answers[event.key] = self._ask("POST", event.path, event.body, key=event.key)
                except _SkillAway as error:
                    self._note_skill(event.path, error.skill)
                    held |= {event.path, error.skill}
                except _Broke:
                    broken += 1  # The events behind it need not wait for ever.
                except (ServiceAway, _NotYet):
                    break
                except UsageError as error:
                    answers[event.key] = error
                    self._queue.set_aside(event, str(error))
                else:
                    self._queue.done(event.key)
        return answers

    def _skill_of(self, event: QueuedEvent) -> str:
        """The skill that the event is about; empty if that is not known."""
        return event.skill or self._skills.get(event.path, "")

    def _note_skill(self, path: str, skill: str) -> None:
        with self._lock:
            self._skills[path] = skill
            while len(self._skills) > _MOST_SKILLS:
                self._skills.pop(next(iter(self._skills)), None)

    def _send_later(self) -> None:
        """Try again every `retry_s` seconds, until nothing waits."""
        with self._lock:
            if self._closed.is_set() or (self._sender is not None and self._sender.is_alive()):
                return
            self._sender = threading.Thread(target=self._keep_sending, daemon=True)
            self._sender.start()

    def _keep_sending(self) -> None:
        while not self._closed.wait(self._retry_s):
            try:
                self._send_waiting()
                # Under the lock: what is put into the queue from now on starts another sender.
                with self._lock:
                    if not self._queue.waiting():
                        self._sender = None
                        return
            except StoreError:
                continue  # The disk may have room again later.

    # One request.

    @property
    def _is_worth_asking(self) -> bool:
        """Whether the service was not found to be away just now."""
        return time.monotonic() >= self._away_until

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        """The JSON object that the service answers. Raises `ServiceAway` and `UsageError`."""
        if not self._is_worth_asking:
            raise self._away("it did not answer just now")
        try:
            reply = self._http.request(
                method,
                path,
                # ASCII only: whatever has come into the queue can be sent.
                content=None if body is None else json.dumps(body).encode(),
                params=params,
                headers=_JSON if key is None else {**_JSON, KEY: key},
                timeout=httpx2.USE_CLIENT_DEFAULT if timeout_s is None else timeout_s,
            )
        except httpx2.RequestError as error:
            raise self._away(type(error).__name__) from error
        if reply.status_code == 500:
            raise _Broke("The service broke at a request.", "Its log shows where.")
        if (away := _skill_away(reply)) is not None:
            raise away
        if reply.status_code > 500 or reply.status_code in _BUSY or _is_busy(reply):
            raise self._away(f"status {reply.status_code}")
        try:
            answer = reply.json()
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or not (reply.is_success or _is_problem(reply)):
            raise _Broke(
                f"{self._where}: something else than tinyArms answers there "
                f"(status {reply.status_code}).",
                "Correct the address, or look at the proxy before the service.",
            )
        if reply.is_success:
            return answer
        raise _refusal(reply.status_code, answer)

    def _away(self, why: str) -> ServiceAway:
        now = time.monotonic()
        if now >= self._away_until:
            self._away_until = now + self._retry_s
        return ServiceAway(f"{self._where}: the service is away ({why}).", "Look if it runs.")

    @property
    def _where(self) -> str:
        return f"{self._http.base_url.scheme}://{self._http.base_url.netloc.decode()}"


def _text(what: str, value: object) -> str:
    """A text that can be sent. Raises `UsageError` for what is none."""
    if not isinstance(value, str):
        raise UsageError(f"{what}: {type(value).__name__} is no text.", "Give a text.")
    return storable(value)


def _is_problem(reply: httpx2.Response) -> bool:
    """Whether the service itself refuses, and not something before it."""
    return reply.headers.get("content-type", "").startswith("application/problem+json")


def _skill_away(reply: httpx2.Response) -> _SkillAway | None:
    """What the service says of a skill that it cannot use now; `None`: it says something else."""
    if reply.status_code != 503 or not _is_problem(reply):
        return None
    try:
        told = reply.json()
    except (ValueError, RecursionError):
        return None
    skill = told.get("skill") if isinstance(told, dict) else None
    if not isinstance(skill, str) or not skill:
        return None
    detail = shorten(one_line(str(told.get("detail") or "")), 500)
    hint = shorten(one_line(str(told.get("hint") or "")), 500)
    away = _SkillAway(f"The service cannot use the skill {skill!r} now: {detail}", hint)
    away.skill = skill
    return away


def _is_busy(reply: httpx2.Response) -> bool:
    """Whether a conflict is over in a moment."""
    return reply.status_code == 409 and "retry-after" in reply.headers


def _refusal(status: int, told: Mapping[str, Any]) -> UsageError:
    """The error for a request that the service does not accept."""
    detail = shorten(one_line(str(told.get("detail") or f"status {status}")), 500)
    kind = _NotYet if status in _NOT_YET else UsageError
    return kind(f"The service refuses: {detail}", shorten(str(told.get("hint") or ""), 500))


def _read(kind: type[_T], answer: object) -> _T:
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, what["loc"]))
        raise UsageError(
            f"The service's answer cannot be read ({place}: {what['msg']}).",
            "Its version may not be that of this client.",
        ) from error
