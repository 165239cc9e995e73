"""The user of the shell, and whether that user may release."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from tinyarms.core.errors import ApprovalRequired, ConfigError
from tinyarms.store.project.config import CONFIG


def shell_user() -> str:
    """The name of the user whose process this is; without a name, the number."""
    return _name(os.geteuid())


def check_may_release(root: Path) -> None:
    """Raise `ApprovalRequired` unless the project's `config.yaml` belongs to the user of the shell.

    The administrator may release, too.
    """
    try:
        owner = (root / CONFIG).stat().st_uid
    except OSError as error:
        raise ConfigError(f"{root / CONFIG}: {error.strerror}.", "Put the file back.") from error
    if os.geteuid() not in (0, owner):
        raise ApprovalRequired(
            f"{root / CONFIG} belongs to {_name(owner)}: {shell_user()} may not approve or refuse "
            "its prompts.",
            f"Ask {_name(owner)}.",
        )


def _name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)
