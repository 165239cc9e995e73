from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import NOW, PROMPT, SKILL
from tinyarms.core.errors import ConflictError
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.database import Store

FIRST = PromptVersion(SKILL, 1, PROMPT, None, "initial", NOW, "skills/file-naming.md")
SECOND = PromptVersion(SKILL, 2, Prompt("Shorter."), 1, "evolution", NOW, "skills/v2.md")
BACK = replace(FIRST, number=10, parent=2, source="rollback")
OTHER = replace(FIRST, skill="audio-actions", number=99)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit_of_work() as uow:
        for version in (SECOND, FIRST, BACK, OTHER):
            uow.versions.add(version)
    return store


def test_versions_come_back_as_they_went_in(filled: Store) -> None:
    with filled.read() as uow:
        assert uow.versions.get(SKILL, 1) == FIRST
        assert uow.versions.find(SKILL, 1) == FIRST
        assert uow.versions.find(SKILL, 3) is None
        with pytest.raises(ConflictError, match=f"{SKILL} has no prompt version 3"):
            uow.versions.get(SKILL, 3)
        assert uow.versions.all(SKILL) == [FIRST, SECOND, BACK]


def test_latest_is_by_number_not_by_text(filled: Store) -> None:
    with filled.read() as uow:
        assert uow.versions.latest(SKILL) == BACK
        assert uow.versions.latest("nobody") is None


def test_a_number_is_given_once(filled: Store) -> None:
    with filled.unit_of_work() as uow:
        uow.versions.add(FIRST)
    with pytest.raises(ConflictError, match="another version 1"), filled.unit_of_work() as uow:
        uow.versions.add(replace(SECOND, number=1))
    with filled.read() as uow:
        assert uow.versions.get(SKILL, 1) == FIRST
