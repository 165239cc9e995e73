"""Tokens for one task or one ballot are signed, end after a day, and end with their maker."""

from __future__ import annotations

import base64
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loop.place import BEGIN, Moment
from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.loop.project.access_tokens import AccessTokens
from tinyarms.loop.project.widget_tokens import VALID, WidgetGrant, WidgetTokens

TASK = WidgetGrant("task", "t1", "bo")


class Made:
    """A project's tokens, and an application's own."""

    def __init__(self, root: Path) -> None:
        self.moment = Moment()
        self.stored = AccessTokens(root, self.moment)
        self.tokens = WidgetTokens(self.stored, self.moment)
        self.by = self.stored.add("application", "shop").id


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


@pytest.mark.parametrize(
    "grant",
    [TASK, WidgetGrant("ballot", "x" * 255, None), WidgetGrant("task", "任务 1", "ü" * 255)],
)
def test_a_token_says_what_it_is_good_for(made: Made, grant: WidgetGrant) -> None:
    token = made.tokens.make(grant, made.by)
    assert token.expires_at == BEGIN + VALID and len(token.token) < 8000
    assert made.tokens.find(token.token) == grant
    # Another process finds it by the same key.
    again = WidgetTokens(AccessTokens(made.stored.root, made.moment), made.moment)
    assert again.find(token.token) == grant


def test_it_ends_after_a_day(made: Made) -> None:
    token = made.tokens.make(TASK, made.by).token
    made.moment.now += VALID - timedelta(seconds=1)
    assert made.tokens.find(token) == TASK
    made.moment.now += timedelta(seconds=1)
    assert made.tokens.find(token) is None


def test_it_ends_with_the_token_of_its_application(made: Made) -> None:
    ends = made.stored.add("application", "till noon", days=0.5).id
    revoked, ended = made.tokens.make(TASK, made.by).token, made.tokens.make(TASK, ends).token
    made.stored.revoke(made.by)
    assert made.tokens.find(revoked) is None and made.tokens.find(ended) == TASK
    made.moment.now += timedelta(hours=13)
    assert made.tokens.find(ended) is None
    for by in (made.by, ends, made.stored.add("release", "ada").id):
        with pytest.raises(UsageError, match="application"):
            made.tokens.make(TASK, by)


def test_nothing_of_it_can_be_changed(made: Made, tmp_path: Path) -> None:
    token = made.tokens.make(TASK, made.by).token
    said, _, signature = token.removeprefix("taw_").partition(".")
    content = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))
    other = base64.urlsafe_b64encode(content.replace(b'"t1"', b'"t2"')).decode().rstrip("=")
    wrong = (f"taw_{other}.{signature}", f"taw_{said}.", f"taw_{said}", f"taw_.{signature}", "taw_")
    for text in (*wrong, f"taw_{said}.!", f"taw_{said}.ü", token + "A", "taw_" + "A" * 10**6):
        assert made.tokens.find(text) is None
    elsewhere = Made(tmp_path / "other")
    assert elsewhere.tokens.find(token) is None


def test_it_is_no_token_of_a_person_and_theirs_are_none_for_a_page(made: Made) -> None:
    assert made.stored.find(made.tokens.make(TASK, made.by).token) is None
    assert made.tokens.find(made.stored.add("release", "ada").token) is None


def test_the_key_is_the_owners_and_whoever_deletes_it_ends_all(made: Made) -> None:
    token = made.tokens.make(TASK, made.by).token
    [key] = made.stored.root.rglob("signing-key")
    assert stat.S_IMODE(key.stat().st_mode) & 0o077 == 0 or (
        stat.S_IMODE(key.parent.stat().st_mode) & 0o077 == 0
    )
    key.write_text("short")
    with pytest.raises(ConfigError, match="signing key is broken"):
        made.tokens.find(token)
    key.unlink()
    assert made.tokens.find(token) is None
    assert made.tokens.find(made.tokens.make(TASK, made.by).token) == TASK
