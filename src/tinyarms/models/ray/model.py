"""A fleet: one model in many Ray actors. To its caller it is a model with more slots."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tinyarms.core.errors import (
    CallStopped,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
    TinyArmsError,
)
from tinyarms.core.settings import Fleet
from tinyarms.models.base import Model, as_sent_by, left_out_by
from tinyarms.models.ray.actor import ModelActor
from tinyarms.models.ray.pool import ActorPool
from tinyarms.models.ray.runtime import RUNTIME
from tinyarms.skills.execution import ModelReply, ModelRequest, SentPicture

_GRACE_S = 30.0
"""Seconds beyond the model's own limit after which an actor that says nothing counts as dead.
Higher: a machine that hangs holds a call up for longer."""
_OPEN_S = 240.0
"""Seconds that Ray may take to start or to be joined. Higher: a machine that is very busy is waited
for, and a cluster that hangs reported later."""
_TRIES = 2
"""Actors that may die in one call before it fails. Higher: a request that kills actors kills
more."""


class RayModel:
    """A `LanguageModel` in a pool of Ray actors. Safe to use from several threads.

    Ray and the actors start with the first request. An actor that dies is replaced, and its call
    made again once, on another one. With fewer actors than wanted, calls wait for a free one; the
    others take part as soon as a machine of the cluster has room for them.

    Parameters
    ----------
    make
        Makes the model of an actor, there. It is pickled.
    fleet
        The actors, what each is given, and the cluster.
    timeout_s
        Seconds that a call of the model may take.
    entry
        The key under `models:`, for messages.
    on_wait
        Gets a sentence when calls wait for the first actor.
    """

    def __init__(
        self,
        make: Callable[[], Model],
        fleet: Fleet,
        *,
        timeout_s: float,
        entry: str,
        on_wait: Callable[[str], None],
    ) -> None:
        self._make = make
        self._fleet = fleet
        self._timeout_s = timeout_s
        self._entry = entry
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._opening: _Opening | None = None
        self._stopped: Future[None] = Future()
        self._is_stopped = threading.Event()
        self._is_closed = False

    @cached_property
    def _like(self) -> Model:
        """The model as an actor has it, for what can be said without a call."""
        return self._make()

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._like.name

    @property
    def slots(self) -> int:
        """How many calls the actors take at once, if all of them run."""
        return self._fleet.actors * self._like.slots

    @property
    def actors(self) -> list[Any]:
        """The handles of the actors that take calls now."""
        opening = self._opening
        return opening.pool.actors if opening is not None and opening.pool is not None else []

    def left_out(self, request: ModelRequest) -> str:
        """What this request would now be sent without, as `ModelReply.left_out` says it."""
        return left_out_by(self._like, request)

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """This request in the words in which it would now be sent."""
        return as_sent_by(self._like, request)

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        stopped, is_stopped = self._stopped, self._is_stopped
        opening = self._open(stopped)
        assert opening.pool is not None
        sent = _with_pictures(request)
        for _ in range(_TRIES):
            actor = opening.pool.take(is_stopped)
            answer = self._asked(opening.pool, actor, sent, stopped)
            if isinstance(answer, ModelReply):
                return answer
            if isinstance(answer, ModelError):
                raise answer
        raise ModelUnavailable(
            f"models.{self._entry}: {_TRIES} actors died on one request.",
            "Is there enough memory where they run? A larger `num_cpus` puts fewer on a machine.",
            concerns="call",
        )

    def stop_calls(self) -> None:
        """End the calls in flight, in any thread: they raise `CallStopped`."""
        stopped, self._stopped = self._stopped, Future()
        is_stopped, self._is_stopped = self._is_stopped, threading.Event()
        is_stopped.set()
        if not stopped.done():
            stopped.set_result(None)
        for actor in self.actors:
            with contextlib.suppress(Exception):
                actor.stop_calls.remote()

    def close(self) -> None:
        """End the actors, and the Ray that was started for them."""
        self.stop_calls()
        with self._lock:
            self._is_closed = True
            opening, self._opening = self._opening, None
        if opening is not None:
            opening.close()
        if "_like" in self.__dict__:
            self._like.close()

    def _open(self, stopped: Future[None]) -> _Opening:
        """The open fleet; starts it once. Raises `TinyArmsError`."""
        with self._lock:
            if self._is_closed:
                raise ModelUnavailable(f"models.{self._entry}: the model has been closed.")
            if self._opening is None:
                self._opening = _Opening(self._fleet.cluster, self._pool_of)
            opening = self._opening
        wait((opening.done, stopped), _OPEN_S, FIRST_COMPLETED)
        if not opening.done.done():
            if stopped.done():
                raise CallStopped(f"models.{self._entry}: the call was stopped.")
            raise ModelUnavailable(
                f"models.{self._entry}: Ray at {self._fleet.cluster or 'this machine'} could not "
                f"be joined within {_OPEN_S:.0f} s.",
                "Do its processes hang? `ray status` says.",
            )
        try:
            opening.done.result()
        except TinyArmsError:
            with self._lock:
                if self._opening is opening:  # the next call tries again
                    self._opening = None
            raise
        return opening

    def _pool_of(self, ray: Any) -> ActorPool:
        each = self._like.slots
        options = {
            "num_cpus": self._fleet.num_cpus,
            "num_gpus": self._fleet.num_gpus,
            "max_concurrency": each + 1,  # one more to end the calls
            "max_restarts": 0,
        }
        kind = ray.remote(ModelActor).options(**options)

        def start() -> tuple[Any, Future[TinyArmsError | None]]:
            actor = kind.remote(self._make)
            return actor, actor.start.remote().future()

        who = f"models.{self._entry}"
        return ActorPool(start, ray.kill, self._fleet.actors, each, who, self._on_wait)

    def _asked(
        self, pool: ActorPool, actor: Any, request: ModelRequest, stopped: Future[None]
    ) -> ModelReply | ModelError | None:
        """What the actor answers; `None` if it died. Raises `CallStopped` and `ModelTimeout`."""
        try:
            answer: Future[ModelReply | ModelError] = actor.complete.remote(request).future()
        except Exception:  # the connection to the cluster is gone, or the actor
            pool.lost(actor)
            return None
        # It is free when the call has ended, also if nobody waits for that any more.
        answer.add_done_callback(lambda done: None if done.exception() else pool.give_back(actor))
        both: tuple[Future[Any], ...] = (answer, stopped)
        wait(both, self._timeout_s + _GRACE_S, FIRST_COMPLETED)
        if not answer.done():
            if stopped.done():
                raise CallStopped(f"models.{self._entry}: the call was stopped.")
            pool.lost(actor)
            raise ModelTimeout(
                f"models.{self._entry}: an actor gave no answer within {self._timeout_s:g} s.",
                f"Raise `timeout_s` of the model that models.{self._entry} runs.",
            )
        if answer.exception() is None:
            return answer.result()
        pool.lost(actor)
        return None


class _Opening:
    """The start of a fleet, in a thread of its own: Ray sets handlers of signals in the main one,
    and takes seconds that Ctrl-C must not wait for."""

    def __init__(self, cluster: str | None, make_pool: Callable[[Any], ActorPool]) -> None:
        self.done: Future[None] = Future()
        self.pool: ActorPool | None = None
        self._cluster = cluster
        self._make_pool = make_pool
        self._lock = threading.Lock()
        self._ray: Any = None
        self._is_closed = False
        threading.Thread(target=self._run, name="tinyarms-fleet", daemon=True).start()

    def close(self) -> None:
        """End the actors and the connection, or the start."""
        with self._lock:
            self._is_closed = True
            pool, ray = self.pool, self._ray
        if ray is None:
            RUNTIME.abort()
        else:
            if pool is not None:
                pool.close()
            RUNTIME.leave()

    def _run(self) -> None:
        try:
            ray = RUNTIME.join(self._cluster)
            with self._lock:
                if self._is_closed:
                    RUNTIME.leave()
                    raise ModelUnavailable("The fleet was stopped while it started.")
                self._ray = ray
                self.pool = self._make_pool(ray)
                self.pool.fill()
        except BaseException as error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


@dataclass(frozen=True)
class _Bytes:
    """The bytes of a picture, which travel with the request."""

    content: bytes

    def __call__(self) -> bytes:
        return self.content


def _with_pictures(request: ModelRequest) -> ModelRequest:
    """The request with the bytes of its pictures in it: no actor has the project's files."""
    if not any(turn.pictures for turn in request.messages):
        return request

    def whole(picture: SentPicture) -> SentPicture:
        return replace(picture, load=_Bytes(picture.load()))

    return replace(
        request,
        messages=tuple(
            replace(turn, pictures=tuple(whole(picture) for picture in turn.pictures))
            for turn in request.messages
        ),
    )
