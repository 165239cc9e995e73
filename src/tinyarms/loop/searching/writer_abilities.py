"""What a search's writer can do: remembered from an earlier search, or found out by a probe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import get_args

from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.optimizers.registry import OPTIMIZERS
from tinyarms.evolution.writer_probe import OPERATOR, probe_writer
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.models.embedded.catalog import KNOWN_NAMES
from tinyarms.skills.execution import ModelReply, ModelRequest, masked_request
from tinyarms.store.db.unit_of_work import UnitOfWork

_REMEMBERED = timedelta(days=90)
"""Age from which a probe's replies are asked for again. Higher: a server whose model was replaced
under the same name is noticed later. Lower: more calls for the same answer."""


def known_abilities(
    context: Context, work: UnitOfWork, optimizer: str, writer: str
) -> tuple[Ability, ...] | None:
    """What the writer can do, without a call; `None`: the search probes it.

    Its settings say it, or an earlier search has found it out. The embedded models are tiny, a
    recording has no answers to new questions, and an optimizer with operators of its own needs no
    more than completions.
    """
    if not OPTIMIZERS[optimizer].reflects:
        return COMPLETES
    settings = context.model_settings(writer)
    by_hand = settings.writer_abilities
    if by_hand is not None:
        return tuple(ability for ability in get_args(Ability) if ability in {*by_hand, *COMPLETES})
    if settings.kind == "replay" or settings.model in KNOWN_NAMES:
        return COMPLETES
    source, masks = context.reply_source(writer), context.masks_for(writer)
    since = context.clock() - _REMEMBERED

    def stored(request: ModelRequest) -> str:
        key = masked_request(request, masks).key(source)
        reply = work.calls.newest_reply(OPERATOR, key, since)
        if reply is None:
            raise LookupError(key)
        return reply.text

    try:
        return _answered(stored)
    except LookupError:
        return None


def probed_abilities(caller: Caller) -> tuple[Ability, ...]:
    """Probe the writer, as the next calls of the search. Without an answer it can only complete.

    Raises `ModelError` if no model answers.
    """

    def ask(request: ModelRequest) -> str | None:
        reply = caller.write(OPERATOR, (), request)
        return reply.text if isinstance(reply, ModelReply) else None

    return _answered(ask)


def _answered(ask: Callable[[ModelRequest], str | None]) -> tuple[Ability, ...]:
    """The abilities by these answers."""
    probing = probe_writer()
    request = next(probing)
    while True:
        try:
            request = probing.send(ask(request))
        except StopIteration as done:
            abilities: tuple[Ability, ...] = done.value
            return abilities
