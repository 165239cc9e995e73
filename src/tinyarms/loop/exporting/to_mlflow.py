"""Register the versions that were in production, with their evidence, as prompts of MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyarms.core.clock import iso
from tinyarms.core.errors import StoreError, UsageError
from tinyarms.core.text import one_line, shorten
from tinyarms.exchange.outgoing.chat import chat_turns
from tinyarms.loop.exporting.prompt import prompt_to_export
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.history import HistoryView, history

_VERSION = "tinyarms.version"
"""The tag with the number that a version has here."""
_HASH = "tinyarms.hash"
_LONGEST_TAG = 1000
"""Most characters of a tag. MLflow takes some thousand."""
_IN_PRODUCTION = "production"
"""The alias of the version in production."""


def write(
    context: Context, name: str, to: str, version: int | None, path: Path | None
) -> ExportView:
    """Register each version that MLflow does not have, oldest first, and set the alias.

    The server is the one that MLFLOW_TRACKING_URI names.
    """
    if path is not None:
        raise UsageError("mlflow takes no file.", "Name its server: MLFLOW_TRACKING_URI=…")
    client = _client()
    try:
        there = _registered(client, name)
        n = 0
        for view in history(context, name):
            prompt = prompt_to_export(context, name, view.version)
            key = (str(view.version), prompt.version.prompt.hash)
            if key not in there:
                turns = chat_turns(prompt.messages)
                made = client.register_prompt(
                    name=name,
                    template=turns if len(turns) > 1 else turns[0]["content"],
                    commit_message=_message(view),
                    tags={_VERSION: key[0], _HASH: key[1], **_evidence(view)},
                )
                there[key] = int(made.version)
                n += 1
            if view.active_to is None:
                client.set_prompt_alias(name, _IN_PRODUCTION, there[key])
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("mlflow", "requests", "urllib3"):
            raise
        raise StoreError(
            f"MLflow: {shorten(one_line(str(error)), 200)}", "Look at MLFLOW_TRACKING_URI."
        ) from error
    return ExportView(name, to, None, n, "version")


def _client() -> Any:
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise UsageError("MLflow is not installed.", "Run: pip install mlflow") from error
    return MlflowClient()


def _registered(client: Any, name: str) -> dict[tuple[str, str], int]:
    """(number here, hash) of each version that MLflow has → its number there."""
    if client.get_prompt(name) is None:
        return {}
    found: dict[tuple[str, str], int] = {}
    token = None
    while True:
        page = client.search_prompt_versions(name, page_token=token)
        for each in page:
            tags = each.tags or {}
            found[tags.get(_VERSION, ""), tags.get(_HASH, "")] = int(each.version)
        token = getattr(page, "token", None)
        if not token:
            return found


def _message(view: HistoryView) -> str:
    parts = (f"tinyarms v{view.version}", view.reason, view.evidence)
    return shorten(". ".join(part.rstrip(".") for part in parts if part), _LONGEST_TAG)


def _evidence(view: HistoryView) -> Mapping[str, str]:
    """What is known for and against the version, as tags."""
    held_out, live, spent = view.held_out, view.live, view.spent
    facts: dict[str, Any] = {
        "source": view.source,
        "by": view.by,
        "parent": view.parent,
        "active_from": iso(view.active_from),
        "session": view.session_id,
        "evidence": view.evidence or None,
        "rolled_back_by": view.rolled_back_by,
    }
    if held_out is not None:
        facts |= {
            "held_out.before": held_out.before,
            "held_out.after": held_out.after,
            "held_out.n": held_out.n,
        }
    if live is not None and live.interval is not None:
        facts |= {
            "live.effect": live.effect,
            "live.interval": "{:.4f}..{:.4f}".format(*live.interval),
        }
    if spent is not None:
        facts |= {"calls": spent.calls, "tokens": spent.tokens}
    return {
        f"tinyarms.{key}": shorten(str(value), _LONGEST_TAG)
        for key, value in facts.items()
        if value is not None
    }
