from __future__ import annotations

from typing import Any

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, WORSE, Place
from tests.loop.steps import create
from tinyarms.core.errors import (
    ConfigError,
    ExperimentError,
    NotEvolvable,
    PromptError,
    UsageError,
)
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.create import create_variants
from tinyarms.skills.prompt import Prompt


@pytest.mark.slow
def test_the_session_says_that_people_wrote_its_prompts(place: Place) -> None:
    context = place.open()
    creation = create(place, context, BETTER)
    with context.store.read() as work:
        session = work.sessions.get(creation.session_id)
        variants = work.experiments.variants(creation.session_id)
    assert (session.author, session.search) == ("people", None)
    assert (session.trigger_reason, session.optimizer, session.base_version) == (
        "manual",
        "manual",
        1,
    )
    assert [v.role for v in variants] == ["incumbent", "challenger"]
    assert variants[1].reasoning == "Written by hand: variant-0.md"


@pytest.mark.slow
def test_equal_prompts_are_refused(place: Place) -> None:
    context = place.open()
    with pytest.raises(UsageError, match="same as the prompt in production"):
        create(place, context, BETTER, V1)
    with pytest.raises(UsageError, match=r"variant-1\.md is the same as .*variant-0\.md"):
        create(place, context, BETTER, BETTER)
    with pytest.raises(UsageError, match="0 variants"):
        create_variants(context, SKILL, [])


def test_unusable_files_are_refused(place: Place) -> None:
    context = place.open()
    with pytest.raises(PromptError, match="not an input of the skill"):
        create(place, context, Prompt("Say {{what}}."))
    with pytest.raises(ConfigError, match="no such file"):
        create_variants(context, SKILL, [place.root / "nowhere.md"])
    with context.store.read() as work:
        assert work.sessions.latest(SKILL) is None


@pytest.mark.slow
def test_a_skill_has_one_session_at_a_time(place: Place) -> None:
    context = place.open()
    create(place, context, BETTER)
    with pytest.raises(ExperimentError, match=r"is open: .* \(testing\)"):
        create(place, context, ALIKE, WORSE)
    with pytest.raises(ExperimentError, match="is open"):
        create(place, context, BETTER)
    assert cancel(context, SKILL).action == "cancelled"
    assert create(place, context, BETTER).gate.started


def test_a_skill_that_is_not_evolvable_is_refused(place: Place) -> None:
    def fix(config: Any) -> None:
        config["skills"][SKILL].update(evolvable=False, reason="rules are rules")

    place.edit_config(fix)
    with pytest.raises(NotEvolvable, match="rules are rules"):
        create(place, place.open(), BETTER)
