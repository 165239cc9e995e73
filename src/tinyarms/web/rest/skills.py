"""What is known about the skills: one question a route."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response

from tinyarms.core.ids import LONGEST_ID
from tinyarms.web.answers import PAGE, answer, page_of
from tinyarms.web.rest.bodies import Id, Inputs, Search, given
from tinyarms.web.rest.parameters import AnyId, Cursor, Limit, SkillName, Version, known_skills
from tinyarms.web.security.access import Arms, PromptReader, Viewer
from tinyarms.web.strict_json import StrictRoute

router = APIRouter(prefix="/v1", tags=["skills"], route_class=StrictRoute)

ProposalId = Annotated[str | None, Query(min_length=1, max_length=LONGEST_ID)]
SkillIds = Annotated[list[Id] | None, Query(max_length=1000)]


@router.get("/skills")
def skills(caller: Viewer, arms: Arms) -> Response:
    """The skills, and those that cannot be used because of a mistake in `config.yaml`."""
    return answer({"skills": arms.skills, "mistakes": arms.mistakes})


@router.get("/skills/{skill}/stats")
def stats(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """A skill's accuracy, health and next step."""
    return answer(arms.stats(skill))


@router.get("/skills/{skill}/results")
def results(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """The skill's latest evolution session."""
    return answer(arms.results(skill))


@router.get("/skills/{skill}/history")
def history(
    caller: Viewer, arms: Arms, skill: SkillName, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    """The versions that were in production, oldest first, and the release that waits."""
    waiting = arms.waiting_release(skill)
    return page_of(arms.history(skill), cursor, limit, waiting_release=waiting)


@router.get("/skills/{skill}/failures")
def failures(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """The skill's failures of the last seven days, grouped by what they share."""
    return answer(arms.failures(skill))


@router.get("/skills/{skill}/prompt")
def prompt(caller: PromptReader, arms: Arms, skill: SkillName, version: Version = None) -> Response:
    """A prompt version, by default the one in production, and what it remembers."""
    return answer({"version": arms.show(skill, version), "memory": arms.memory(skill, version)})


@router.get("/skills/{skill}/diff")
def diff(
    caller: Viewer, arms: Arms, skill: SkillName, old: Version = None, new: Version = None
) -> Response:
    """The difference of two prompt versions; by default the latest change."""
    return answer(arms.diff(skill, old, new))


@router.post("/skills/{skill}/recall")
def recall(
    caller: Viewer, arms: Arms, skill: SkillName, inputs: Inputs, version: Version = None
) -> Response:
    """What a prompt version would send for these inputs. No model is called."""
    return answer(arms.recall(skill, given(inputs), version=version))


@router.post("/skills/{skill}/estimate")
def estimate(caller: Viewer, arms: Arms, skill: SkillName, body: Search) -> Response:
    """The highest cost of a new search. No model is called and nothing is stored."""
    arms.check_declared(body.writer)
    return answer(arms.estimate(skill, **body.options()))


@router.get("/skills/{skill}/export/{format}", response_class=FileResponse)
def export(
    caller: Viewer, arms: Arms, skill: SkillName, format: AnyId, version: Version = None
) -> Response:
    """A skill's prompt, examples, tasks, votes or ledger as a file of another tool."""
    name, content = arms.exported(skill, format, version=version)
    # The file's name has the skill's name, which is one of a file.
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, "application/octet-stream")


@router.get("/skills/{skill}/patch")
def patch(caller: Viewer, arms: Arms, skill: SkillName, proposal: ProposalId = None) -> Response:
    """A prompt that is proposed, as a patch for a review in Git; left out: the one that waits."""
    return answer(arms.propose(skill, proposal))


@router.get("/drift")
def drift(caller: Viewer, arms: Arms, skill: SkillIds = None) -> Response:
    """Where Git, the project's files and the database disagree, of some skills or of all."""
    found = arms.drift(known_skills(arms, skill) or ())
    return answer({"ok": found.ok, **vars(found)})


@router.get("/settings")
def settings(caller: Viewer, arms: Arms) -> Response:
    """The effective settings, without the secrets in them."""
    return answer(arms.shown_settings())


@router.get("/reviews")
def reviews(caller: Viewer, arms: Arms) -> Response:
    """The winners that wait for a person's decision."""
    return answer({"reviews": arms.review()})


@router.get("/monitor")
def monitor(caller: Viewer, arms: Arms) -> Response:
    """Whether the daemon runs, and the next step of each skill."""
    return answer(arms.status())
