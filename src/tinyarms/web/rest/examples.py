"""The examples of the skills."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from tinyarms.core.errors import UsageError
from tinyarms.web.answers import PAGE, answer, page_of
from tinyarms.web.repeats import CountsOnce
from tinyarms.web.rest.bodies import Binary, ExampleRow, NewRows, Reviewed, Shares, Split
from tinyarms.web.rest.parameters import Cursor, Limit, SkillName
from tinyarms.web.security.access import Arms, Editor, Viewer

router = APIRouter(prefix="/v1", tags=["examples"], route_class=CountsOnce)

Filter = Annotated[str | None, Query(max_length=10_000)]


@router.get("/skills/{skill}/examples")
def show(
    caller: Viewer,
    arms: Arms,
    skill: SkillName,
    split: Split | None = None,
    origin: Literal["gold", "collected"] | None = None,
    expected: Filter = None,
    contains: Filter = None,
    left_out: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
) -> Response:
    """The examples that fit all filters that are given, at most `limit` of them."""
    return answer(
        arms.show_examples(
            skill,
            split=split,
            origin=origin,
            expected=expected,
            contains=contains,
            left_out=left_out,
            most=limit,
        )
    )


@router.post("/skills/{skill}/examples")
def add(caller: Editor, arms: Arms, skill: SkillName, body: NewRows) -> Response:
    """Add examples: all, or none."""
    pictures = arms.picture_inputs(skill)
    rows = [_row(row, pictures) for row in body.rows]
    return answer(arms.add_example_rows(skill, rows, skip=body.skip))


@router.get("/skills/{skill}/examples/check")
def check(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """What is wrong with the examples, with counts and lines."""
    report = arms.check_examples(skill)
    return answer({"ok": report.ok, **vars(report)})


@router.get("/skills/{skill}/examples/splits")
def splits(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """How many examples are in each split, and what has frozen the splits."""
    return answer(arms.example_splits(skill))


@router.put("/skills/{skill}/examples/splits")
def set_splits(caller: Editor, arms: Arms, skill: SkillName, body: Shares) -> Response:
    """Change the splits, before anything has read them."""
    return answer(arms.set_example_splits(skill, body.shares))


@router.get("/skills/{skill}/examples/collected")
def collected(
    caller: Viewer, arms: Arms, skill: SkillName, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    """The collected examples that wait for review, newest first."""
    return page_of(arms.collected_examples(skill), cursor, limit)


@router.post("/skills/{skill}/examples/review")
def review(caller: Editor, arms: Arms, skill: SkillName, body: Reviewed) -> Response:
    """Make collected examples gold, or drop them, by their ids."""
    return answer({"reviewed": arms.review_examples(skill, body.answers)})


def _row(row: ExampleRow, pictures: tuple[str, ...]) -> dict[str, Any]:
    """A row of an examples file. Raises `UsageError` for a picture that is none, such as a path:
    the file may name files of this machine, a caller may not."""
    made: dict[str, Any] = {"inputs": {}}
    for name, value in row.inputs.items():
        if isinstance(value, Binary):
            value = f"data:;base64,{value.base64}"
        if name in pictures and not value.startswith("data:"):
            raise UsageError(f"{name}: is no picture.", "Send a data URL.")
        made["inputs"][name] = value
    return made | row.model_dump(include={"expected", "split"}, exclude_none=True)
