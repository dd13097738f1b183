"""Bulk sends without a database: what may follow what, and how files are understood."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from config.errors import InvalidTransition, RuleViolation
from config.exports import write_csv, write_xlsx
from notifications.bulk import CARRIED_OUT, TRANSITIONS, BulkAction, after, possible
from notifications.bulk_files import addressees_from, phone_from_cell, sample
from notifications.bulk_sources import Addressee
from notifications.bulk_templates import BulkTemplate, columns_of, filled_in
from notifications.operation_models import BulkState
from notifications.statuses import Channel

BERLIN = ZoneInfo("Europe/Berlin")
TEMPLATE = BulkTemplate("notifications.plain", "Free text", "", columns=("Place",))


def read(data: bytes, *wanted: str) -> list[Addressee]:
    return list(addressees_from(data, wanted, limit_mb=1, locale="de"))


@pytest.mark.parametrize("state", list(BulkState))
@pytest.mark.parametrize("action", list(BulkAction))
def test_every_pair_leads_on_changes_nothing_or_is_refused(state: BulkState, action: BulkAction) -> None:
    if (state, action) in TRANSITIONS:
        assert after(state, action) is TRANSITIONS[state, action]
    elif state in CARRIED_OUT[action]:
        assert after(state, action) is None
    else:
        with pytest.raises(InvalidTransition):
            after(state, action)


def test_where_an_action_leads_it_is_not_refused() -> None:
    assert all(following in CARRIED_OUT[action] for (_, action), following in TRANSITIONS.items())


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("draft", ["start"]),
        ("running", ["pause", "cancel"]),
        ("paused", ["resume", "cancel"]),
        ("cancelled", []),
        ("done", []),
    ],
)
def test_buttons_follow_the_table(state: str, actions: list[str]) -> None:
    assert possible(state) == actions


def test_what_has_ended_does_not_begin_again() -> None:
    for state in (BulkState.CANCELLED, BulkState.DONE):
        assert after(state, BulkAction.START) is None
        with pytest.raises(InvalidTransition):
            after(state, BulkAction.RESUME)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0157 359 900-01", "+4915735990001"),
        ("+49 (0)157 35990001", "+4915735990001"),
        ("15735990001", "+4915735990001"),  # a spreadsheet dropped the 0
        ("4915735990001", "+4915735990001"),  # a spreadsheet dropped the +
        ("0043 664 1234567", "+436641234567"),
    ],
)
def test_numbers_as_lists_have_them(typed: str, number: str) -> None:
    assert phone_from_cell(typed) == number


@pytest.mark.parametrize("headings", [("Handynummer", "E-Mail-Adresse", "Sprache"), ("Phone", "email", "Language")])
@pytest.mark.parametrize("excel", [False, True])
def test_headings_in_both_languages(headings: Sequence[str], excel: bool) -> None:
    rows = [
        ("0157 35990001", "", ""),
        ("", "mira@example.org", "Türkisch"),
        ("0157 35990002", "emre@example.org", "EN"),
        ("", "", "de"),
        ("", "mira at example", "de"),
    ]
    write = write_xlsx if excel else write_csv
    found = read(write(headings, rows, zone=BERLIN))  # type: ignore[operator]
    assert [(one.channel, one.to, one.locale) for one in found[:3]] == [
        (Channel.SMS, "+4915735990001", "de"),
        (Channel.EMAIL, "mira@example.org", "tr"),
        (Channel.SMS, "+4915735990002", "en"),
    ]
    assert found[2].fallback == (Channel.EMAIL, "emre@example.org")
    assert all(one.problem for one in found[3:])
    assert [one.number for one in found] == [2, 3, 4, 5, 6]


def test_only_what_the_text_needs_is_kept() -> None:
    assert columns_of(TEMPLATE, {"text": "Am (( Termin )) um ((Uhrzeit))"}) == {"place", "termin", "uhrzeit"}
    (one,) = read(b"Telefon;Name;Diagnose;TERMIN\n0157 35990001;Mira;x;3. Mai\n", "termin")
    assert dict(one.cells) == {"termin": "3. Mai"}


def test_placeholders_are_filled_with_texts_not_with_programs() -> None:
    cells = {"termin": "{{ 7*7 }} \\1", "place": "Rathaus"}
    filled = filled_in(TEMPLATE, {"text": "Am ((Termin))."}, cells)
    assert filled == {"text": "Am {{ 7*7 }} \\1.", "Place": "Rathaus"}
    with pytest.raises(RuleViolation) as refused:
        filled_in(TEMPLATE, {"text": "((Uhrzeit))"}, cells)
    assert str(refused.value) == "The column “Uhrzeit” is missing or empty."


@pytest.mark.parametrize("excel", [False, True])
def test_our_own_sample_has_no_faults(excel: bool) -> None:
    found = read(sample(["Termin"], zone=BERLIN, excel=excel), "termin")
    assert [one.problem for one in found] == [None] * 3
    assert found[0].cells == {"termin": "Termin 1"}


def test_a_row_that_cannot_be_read_says_why() -> None:
    (good, broken) = read(b'Telefon;Termin\n0157 35990001;"3. Mai"\n0157 35990002;"4. Mai\n', "termin")
    assert good.problem is None
    assert broken.problem == "A quotation mark is opened but never closed."
