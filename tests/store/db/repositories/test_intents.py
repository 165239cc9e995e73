from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.rows import NOW, PROMPT, SKILL, at
from tinyarms.core.errors import ConflictError
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.period import Period
from tinyarms.release.plan import plan_release
from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.database import Store
from tinyarms.store.db.records import IntentRecord, VariantRef

FIRST = PromptVersion(SKILL, 1, PROMPT, None, "initial", NOW, "skills/v1.md")
PLAN = plan_release(
    FIRST,
    2,
    replace(PROMPT, text="Grüße!\n{{content}}"),
    "promote",
    history=[Period(version=FIRST, since=NOW, until=None, by_hand=True)],
    previous_accuracy=0.78,
    current_accuracy=None,
    reason="Accuracy drop",
    now=NOW,
    variant_letter="A",
)
INTENT = IntentRecord(
    id="i1",
    skill=SKILL,
    plan=PLAN,
    cause="promotion",
    evidence="Variant A leads by 6.",
    reason="Accuracy drop",
    source="SmolLM2",
    created_at=NOW,
    variant=VariantRef("v1", "A"),
    holdback=HoldbackRule(0.2, 0.04),
)
BY_HAND = replace(INTENT, cause="reset_by_hand", restored=1, variant=None, holdback=None)


def test_an_intent_is_pending_until_it_is_done(store: Store) -> None:
    later = replace(INTENT, id="i0", created_at=at(1), session_id="s1")
    with store.unit_of_work(durable=True) as uow:
        uow.intents.add(later)
        uow.intents.add(INTENT)
        uow.intents.add(replace(INTENT, cause="hand_edit"))
    with store.read() as uow:
        assert uow.intents.pending() == [INTENT, later]
    with store.unit_of_work() as uow:
        uow.intents.done("i1", at(2))
    with store.read() as uow:
        assert uow.intents.pending() == [later]


def test_an_intent_that_is_not_there(store: Store) -> None:
    with pytest.raises(ConflictError, match="intent x"), store.unit_of_work() as uow:
        uow.intents.done("x", NOW)


def test_the_intents_of_one_skill(store: Store) -> None:
    other = replace(BY_HAND, id="i2", skill="audio-actions")
    with store.unit_of_work() as uow:
        uow.intents.add(INTENT)
        uow.intents.add(other)
    with store.read() as uow:
        assert uow.intents.pending(SKILL) == [INTENT]
        assert uow.intents.get("i2") == other
        assert uow.intents.get("i3") is None
