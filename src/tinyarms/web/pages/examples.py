"""The examples of a skill: what is there, adding one, and reviewing those from corrections."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.loop.project.example_review import ExampleAnswer
from tinyarms.skills.example import Origin, Split
from tinyarms.web.pages.show import PageRoute, back, show
from tinyarms.web.rest.parameters import SkillName
from tinyarms.web.security.access import Arms, Editor, Viewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_MOST, _MOST_OF_ALL = 25, 1000
"""Examples on a page at first, and the most that it shows."""
_MOST_REVIEWED = 200
"""Most corrections on a page, the newest."""


async def form_of(request: Request) -> FormData:
    """The fields of a form. It comes after the caller, so nobody else's form is read."""
    return await request.form(max_fields=_MOST_REVIEWED + 50)


Fields = Annotated[FormData, Depends(form_of)]


@router.get("/skills/{skill}/examples")
def examples(
    request: Request,
    caller: Viewer,
    arms: Arms,
    skill: SkillName,
    split: Literal["", "search", "selection", "test"] = "",
    origin: Literal["", "gold", "collected"] = "",
    contains: Annotated[str, Query(max_length=1000)] = "",
    most: Annotated[int, Query(ge=1, le=_MOST_OF_ALL)] = _MOST,
) -> Response:
    """The examples that fit the filters, and those that wait for a review."""
    wanted_split: Split | None = split or None
    wanted_origin: Origin | None = origin or None
    pictures = arms.picture_inputs(skill)  # Refuses a skill that has a mistake.
    problem, rows, splits, collected = "", None, None, []
    try:
        rows = arms.show_examples(
            skill, split=wanted_split, origin=wanted_origin, contains=contains or None, most=most
        )
        splits = arms.example_splits(skill)
        collected = arms.collected_examples(skill)
    except TinyArmsError as error:
        problem = str(error)
    filters = {"split": split, "origin": origin, "contains": contains}
    more = None
    if most < _MOST_OF_ALL:
        wanted = filters | {"most": str(min(4 * most, _MOST_OF_ALL))}
        more = f"?{urlencode({k: v for k, v in wanted.items() if v})}#all"
    settings = arms.settings().skills[skill]
    return show(
        request,
        caller,
        "examples.html",
        f"{skill}: examples",
        skill=skill,
        rows=rows,
        splits=splits,
        collected=collected[:_MOST_REVIEWED],
        collected_n=len(collected),
        problem=problem,
        filters=filters,
        more=more,
        inputs=settings.inputs,
        pictures=pictures,
        labels=tuple(settings.output.get("labels") or ()),
    )


@router.post("/skills/{skill}/examples")
def add(caller: Editor, arms: Arms, skill: SkillName, form: Fields) -> Response:
    """Add one example that a person wrote."""
    pictures = arms.picture_inputs(skill)
    names = [name for name in arms.settings().skills[skill].inputs if name not in pictures]
    inputs = {name: text for name in names if (text := _text(form, f"input.{name}"))}
    row = {"inputs": inputs, "expected": _text(form, "expected")}
    arms.add_example_rows(skill, [row])
    return back(f"/skills/{skill}/examples", "added")


@router.post("/skills/{skill}/examples/review")
def review(caller: Editor, arms: Arms, skill: SkillName, form: Fields) -> Response:
    """Make corrections gold, or drop them; those without an answer go on waiting."""
    answers: dict[str, ExampleAnswer] = {}
    for key, value in form.multi_items():
        if key.startswith("answer."):
            if value == "gold":
                answers[key.removeprefix("answer.")] = "gold"
            elif value == "drop":
                answers[key.removeprefix("answer.")] = "drop"
    if not answers:
        raise UsageError("No answer was chosen.", "Say of at least one whether it is right.")
    arms.review_examples(skill, answers)
    return back(f"/skills/{skill}/examples", "reviewed")


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    # Browsers send the ends of lines as two characters.
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""
