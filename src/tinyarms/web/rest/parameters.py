"""Parameters that routes share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Path, Query

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import LONGEST_ID
from tinyarms.core.text import visible
from tinyarms.web.answers import MOST_ITEMS
from tinyarms.web.problems import Refused
from tinyarms.web.security.access import Arms


def _skill(arms: Arms, skill: Annotated[str, Path(max_length=LONGEST_ID)]) -> str:
    if skill in arms.skills:
        return skill
    try:
        arms.check_skill(skill)
    except UsageError as error:
        raise Refused(404, "not_found", error.message, error.hint) from error
    raise Refused(404, "not_found", f"There is no skill {visible(skill)!r}.")


SkillName: TypeAlias = Annotated[str, Depends(_skill)]
"""The skill in the path; 404 if the project has none of this name."""
Cursor: TypeAlias = Annotated[str | None, Query(max_length=100, description="`next` of a page.")]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items of a page.")]
