"""Parameters that routes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from urllib.parse import quote

from fastapi import Depends, Path, Query
from starlette.convertors import Convertor

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import LONGEST_ID
from tinyarms.loop.api import TinyArms
from tinyarms.web.answers import MOST_ITEMS
from tinyarms.web.refusal import Refused
from tinyarms.web.security.access import Arms


class AnyText(Convertor[str]):
    """A part of a path that may be any text, with slashes and line ends: ids are the callers' own,
    and a client percent-encodes them. `{name:any}` in a route; the app decodes it before."""

    regex = r"(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


def known_skill(arms: TinyArms, skill: str) -> str:
    """The name, if the project has such a skill. Raises `Refused` (404), with the closest name."""
    if skill not in arms.skills:
        try:
            arms.check_skill(skill)
        except UsageError as error:
            raise Refused(404, "not_found", error.message, error.hint) from error
    return skill


def known_skills(arms: TinyArms, skills: Sequence[str] | None) -> list[str] | None:
    """The names, if the project has all of them; `None`: none are named. Raises `Refused`."""
    return None if skills is None else [known_skill(arms, name) for name in skills]


async def _skill(arms: Arms, skill: Annotated[str, Path(max_length=LONGEST_ID)]) -> str:
    return known_skill(arms, skill)


SkillName: TypeAlias = Annotated[str, Depends(_skill)]
"""The skill in the path; 404 if the project has none of this name. It comes after the caller."""
AnyId: TypeAlias = Annotated[str, Path(min_length=1, max_length=LONGEST_ID)]
Version: TypeAlias = Annotated[int | None, Query(ge=1, le=10**9)]
Cursor: TypeAlias = Annotated[str | None, Query(max_length=100, description="`next` of a page.")]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items of a page.")]
