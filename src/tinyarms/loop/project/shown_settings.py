"""The settings as they may be shown."""

from __future__ import annotations

from typing import Any

from tinyarms.core.plain import plain
from tinyarms.core.text import host_only, without_login
from tinyarms.loop.project.config_files import ProjectSettings


def shown_settings(settings: ProjectSettings) -> dict[str, Any]:
    """The settings without logins in URLs, and without the path of the webhook's URL."""
    shown: dict[str, Any] = plain(settings)
    for model in shown["models"].values():
        if model["base_url"] is not None:
            model["base_url"] = without_login(model["base_url"])
        model["urls"] = [without_login(url) for url in model["urls"]]
    notifications = shown["prompt_evolution"]["notifications"]
    if notifications["webhook"] is not None:
        notifications["webhook"] = host_only(notifications["webhook"])
    return shown
