"""Clock, ids and errors."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import clock
from config.errors import FieldError, InvalidTransition, RuleViolation
from config.ids import REFERENCE_ALPHABET, new_id, new_reference, new_token

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_domain_clock_can_be_moved_and_the_wall_clock_not() -> None:
    with clock.frozen(datetime(2020, 3, 1, 23, 30, tzinfo=UTC)):
        assert clock.now() == datetime(2020, 3, 1, 23, 30, tzinfo=UTC)
        assert clock.today(BERLIN) == date(2020, 3, 2)
        assert clock.wall().year > 2020
    assert abs(clock.now() - clock.wall()) < timedelta(seconds=5)


def test_times_of_another_zone_come_out_as_utc() -> None:
    with clock.frozen(datetime(2026, 7, 1, 12, tzinfo=BERLIN)):
        assert clock.now().isoformat() == "2026-07-01T10:00:00+00:00"


def test_references_can_be_read_out_on_the_phone() -> None:
    references = {new_reference() for _ in range(2000)}
    assert len(references) == 2000
    assert all(len(reference) == 8 and set(reference) <= set(REFERENCE_ALPHABET) for reference in references)
    assert not set("IOQZ01") & set(REFERENCE_ALPHABET)


def test_ids_sort_by_creation_and_tokens_have_128_bits() -> None:
    ids = [new_id() for _ in range(100)]
    assert [found.version for found in ids] == [7] * 100
    assert ids == sorted(ids)
    assert len(new_token()) == 22


def test_errors_put_their_parameters_into_the_text() -> None:
    violation = RuleViolation("phone", "The number {number} cannot be.", number="123")
    assert str(violation) == "The number 123 cannot be."
    assert violation.errors == (FieldError("phone", "The number {number} cannot be.", {"number": "123"}),)


def test_one_violation_can_name_several_fields() -> None:
    violation = RuleViolation.of([FieldError("a", "A."), FieldError("b", "B.")])
    assert [error.field for error in violation.errors] == ["a", "b"]


def test_a_refused_transition_says_what_and_from_where() -> None:
    refused = InvalidTransition("approve", "withdrawn")
    assert "approve" in str(refused)
    assert "withdrawn" in str(refused)
    with pytest.raises(InvalidTransition):
        raise refused
