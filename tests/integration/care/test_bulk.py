"""Writing to the people of a line list."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from auth.actors import Actor
from care import case_management
from care.commands import CloseCase, SetPreferences
from care.models import Case
from care.recipients import SOURCE, CaseList
from care.vocabulary import CloseReason
from config.database import db, transaction
from notifications import bulk, bulk_queries, bulk_writing
from notifications.bulk import BulkAction, Plan
from tests.factories.care import OFFICER, new_case
from tests.factories.notifications import message, statuses


@pytest.fixture(autouse=True)
def context(care: Flask, time: Any) -> None:
    """At one moment, inside the application."""


def drafted(template: str = "care.notice", **filters: str) -> UUID:
    texts = {"text": "Die Sprechstunde ist morgen geschlossen."}
    people = CaseList().people(OFFICER, CaseList().filters(filters))
    return bulk.draft(Plan(template, "Sprechstunde", str(uuid4()), texts, SOURCE, filters), people, actor=OFFICER)


def start(bulk_id: UUID) -> None:
    with transaction():
        bulk.act(bulk_id, BulkAction.START, actor=OFFICER)


def close(case: Case) -> None:
    with transaction():
        command = CloseCase(reason=CloseReason.OTHER)
        case_management.close(command, case=case_management.locked_case(case.id), actor=OFFICER)


def bulk_statuses() -> dict[str, str]:
    return {key: status for key, status in statuses().items() if key.startswith("bulk:")}


def test_everybody_of_the_list_is_written_to_about_their_case() -> None:
    first, second = new_case(), new_case(person={"locale": "en", "email": "ilka@example.org", "timezone": "Asia/Tokyo"})
    reference, owner = second.reference, f"office:{second.office_id}"
    close(new_case())
    bulk_id = drafted(line_list="asymptomatic")
    start(bulk_id)
    bulk_writing.write_next()
    assert first.reference
    one, other = message(f"bulk:{bulk_id}:1"), message(f"bulk:{bulk_id}:2")
    assert (one.locale, other.locale) == ("de", "en")
    assert (other.about, other.owner, other.zone) == (reference, owner, "Asia/Tokyo")
    assert other.body == f"Gesundheitsamt Nord, case {reference}: Die Sprechstunde ist morgen geschlossen."
    assert [rung["to"] for rung in other.fallbacks or []] == ["ilka@example.org"]
    assert len(bulk_statuses()) == 2


def test_who_wants_no_messages_or_has_no_address_gets_none() -> None:
    with_phone = new_case()
    new_case(person={"channel": "none"})
    bulk_id = drafted()
    shown = bulk_queries.bulk_shown(OFFICER, bulk_id)
    assert (shown.line.total, shown.line.rejected) == (2, 1)
    with transaction():
        wish = SetPreferences(channel="none")  # type: ignore[arg-type]
        case_management.set_preferences(wish, case=case_management.locked_case(with_phone.id), actor=OFFICER)
    start(bulk_id)
    bulk_writing.write_next()
    assert bulk_statuses() == {}
    assert len(bulk_queries.problems(OFFICER, bulk_id)) == 2


def test_a_case_that_is_closed_gets_nothing_more() -> None:
    closed_before, closed_after, stays = new_case(), new_case(), new_case()
    assert stays.is_open
    bulk_id = drafted()
    close(closed_before)
    start(bulk_id)
    bulk_writing.write_next()
    close(closed_after)
    assert bulk_statuses() == {f"bulk:{bulk_id}:2": "cancelled", f"bulk:{bulk_id}:3": "pending"}


def test_closed_cases_can_be_written_to_when_they_are_meant() -> None:
    close(new_case())
    bulk_id = drafted(line_list="closed")
    start(bulk_id)
    bulk_writing.write_next()
    assert list(bulk_statuses().values()) == ["pending"]


def test_of_other_offices_nobody() -> None:
    new_case()
    stranger = Actor.of("user", "someone", frozenset())
    assert list(CaseList().people(stranger, {"status": "open"})) == []


def test_please_call_needs_a_number(database: Flask) -> None:
    case = new_case()
    bulk_id = drafted("care.please_call")
    start(bulk_id)
    bulk_writing.write_next()
    assert "0531 470-0" in (message(f"bulk:{bulk_id}:1").body or "")
    assert db.session.get(Case, case.id) is not None
