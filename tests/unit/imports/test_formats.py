"""Whole rows of both SORMAS formats: what becomes a case, what a warning, what keeps a row out."""

from pathlib import Path
from typing import Any

import pytest

from care.imports.base import ParsedRow, Severity
from care.imports.formats import parse_file
from care.protocol import current_protocol
from config.tables import UnreadableFile
from tests.factories.imports import CONTEXT

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "sormas"
TRAVEL = (
    *("externalId", "disease", "Einreisedatum", "Nachname"),
    *("Vorname", "Geschlecht", "Geburtsdatum", "Tel. persönlich"),
    *("E-Mail Adresse", "quarantine", "quarantineFrom", "quarantineTo"),
    *("quarantineOrderedVerbally", "quarantineOrderedOfficialDocument"),
)
TRAVELLER = {
    "externalId": "7-7",
    "disease": "CORONAVIRUS",
    "Einreisedatum": "20.11.2026",
    "Nachname": "Weiß",
    "Vorname": "Änne",
    "Geschlecht": "Female",
    "Geburtsdatum": "23.04.1993",
    "Tel. persönlich": "0171 3920000",
    "E-Mail Adresse": "a@example.org",
}
CONTACT = (
    *("externalID", "disease", "multiDayContact", "firstContactDate"),
    *("lastContactDate", "contactClassification", "contactStatus", "followUpStatus"),
    *("followUpUntil", "person.firstName", "person.lastName", "person.sex"),
    *("person.birthdateDD", "person.birthdateMM", "person.birthdateYYYY", "person.presentCondition"),
    *("person.phone", "person.emailAddress", "person.address.postalCode", "person.address.city"),
)
LABELS = (
    *("Externe ID", "Krankheit des Indexfalls", "Mehrtägiger Kontakt", "Datum des ersten Kontakts"),
    *("Datum des letzten Kontakts", "Kontaktklassifikation", "Kontaktstatus", "Nachverfolgungs-Status"),
    *("Nachverfolgung bis", "Vorname", "Nachname", "Geschlecht"),
    *("Tag der Geburt", "Geburtsmonat", "Geburtsjahr", "Aktueller Zustand der Person"),
    *("Primäre Telefonnummer", "Primäre E-Mail-Adresse", "Postleitzahl", "Stadt"),
)
PERSON = {
    "disease": "CORONAVIRUS",
    "firstContactDate": "18/11/2026",
    "lastContactDate": "20/11/2026",
    "person.firstName": "Jörg",
    "person.lastName": "Groß",
    "person.sex": "MALE",
    "person.birthdateDD": "2",
    "person.birthdateMM": "9",
    "person.birthdateYYYY": "1987",
    "person.phone": "0171 3920001",
}


def parsed(columns: tuple[str, ...], cells: dict[str, str], header: tuple[str, ...] | None = None) -> ParsedRow:
    row = ";".join(cells.get(column, "") for column in columns)
    (only,) = parse_file(f"{';'.join(header or columns)}\n{row}\n".encode(), CONTEXT).rows
    return only


def traveller(**changes: str) -> ParsedRow:
    return parsed(TRAVEL, TRAVELLER | changes)


def contact(changes: dict[str, str], header: tuple[str, ...] | None = None) -> ParsedRow:
    return parsed(CONTACT, PERSON | changes, header)


def case(row: ParsedRow) -> dict[str, Any]:
    assert row.values is not None, [str(problem) for problem in row.problems]
    found: dict[str, Any] = row.values["case"]
    return found


def complaints(row: ParsedRow) -> list[tuple[str, Severity]]:
    return [(problem.column, problem.severity) for problem in row.problems]


def test_a_disease_that_sormas_has_no_word_for_is_the_one_named_beside_it() -> None:
    name = current_protocol("covid-19").name
    for told in (name.de, name.en.upper()):
        row = parsed((*CONTACT, "diseaseDetails"), PERSON | {"disease": "OTHER", "diseaseDetails": told})
        assert case(row)["protocol"] == "covid-19"
    for told in ("", "Schlummerfieber"):
        row = parsed((*CONTACT, "diseaseDetails"), PERSON | {"disease": "OTHER", "diseaseDetails": told})
        assert complaints(row) == [("disease", Severity.ERROR)]


def test_a_traveller() -> None:
    row = traveller()
    assert row.problems == ()
    assert row.name == "Weiß, Änne"
    assert row.values == {
        "case": {
            "kind": "traveller",
            "protocol": "covid-19",
            "external_id": "7-7",
            "entered_on": "2026-11-20",
            "person": {
                "given_name": "Änne",
                "family_name": "Weiß",
                "birth_date": "1993-04-23",
                "sex": "female",
                "phone": "+491713920000",
                "email": "a@example.org",
                "channel": "sms",
            },
        }
    }


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"Einreisedatum": ""}, "Einreisedatum", ""),
        ({"Einreisedatum": "31.02.2026"}, "Einreisedatum", "31.02.2026"),
        ({"Einreisedatum": "24.11.2026"}, "Einreisedatum", "24.11.2026"),
        ({"Nachname": ""}, "Nachname", ""),
        ({"Vorname": " "}, "Vorname", ""),
        ({"disease": "GRIPPE"}, "disease", "GRIPPE"),
        ({"disease": ""}, "disease", ""),
        ({"Nachname": "x" * 300}, "Nachname", "x" * 120),
        ({"externalId": "9" * 200}, "externalId", "9" * 120),
    ],
)
def test_what_keeps_a_traveller_out(changes: dict[str, str], column: str, value: str) -> None:
    row = traveller(**changes)
    assert row.values is None
    assert not row.usable
    assert [(p.column, p.severity, p.value) for p in row.problems] == [(column, Severity.ERROR, value)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"Tel. persönlich": "123456789"}, "phone"),
        ({"E-Mail Adresse": "keine"}, "email"),
        ({"Geburtsdatum": "23.04.93"}, "birth_date"),
        ({"Geburtsdatum": "24.11.2026"}, "birth_date"),
        ({"Geschlecht": "sonstwas"}, "sex"),
    ],
)
def test_a_doubtful_field_stays_empty_and_the_person_comes_in(changes: dict[str, str], field: str) -> None:
    row = traveller(**changes)
    assert complaints(row) == [(next(iter(changes)), Severity.WARNING)]
    assert case(row)["person"].get(field) is None


def test_the_channel_follows_from_what_is_usable() -> None:
    assert case(traveller())["person"]["channel"] == "sms"
    assert case(traveller(**{"Tel. persönlich": "030 23125000"}))["person"]["channel"] == "email"
    assert case(traveller(**{"Tel. persönlich": ""}))["person"]["channel"] == "email"
    assert case(traveller(**{"Tel. persönlich": "030 23125000", "E-Mail Adresse": ""}))["person"]["channel"] == "none"


@pytest.mark.parametrize("changes", [{"Tel. persönlich": "123456789"}, {"Tel. persönlich": "", "E-Mail Adresse": ""}])
def test_a_missing_number_stays_a_thing_to_find_out(changes: dict[str, str]) -> None:
    person = case(traveller(**changes))["person"]
    assert person["channel"] == "sms"
    assert "phone" not in person


def test_orders_that_were_given_already() -> None:
    changes = {"quarantineFrom": "20.11.2026", "quarantineTo": "30.11.2026", "quarantineOrderedVerbally": "TRUE"}
    row = traveller(**changes, quarantineOrderedOfficialDocument="Ja")
    assert row.values is not None
    assert [(o["event"], o["starts_on"], o["ends_on"]) for o in row.values["orders"]] == [
        ("issue_verbal", "2026-11-20", "2026-11-30"),
        ("issue_written", "2026-11-20", "2026-11-30"),
    ]


def test_a_quarantine_that_ends_before_it_begins_has_no_days() -> None:
    row = traveller(quarantineFrom="30.11.2026", quarantineTo="20.11.2026", quarantineOrderedVerbally="TRUE")
    assert complaints(row) == [("quarantineTo", Severity.WARNING), ("quarantineOrderedVerbally", Severity.WARNING)]
    assert row.values is not None
    assert "orders" not in row.values


def test_an_order_without_its_days_is_left_to_the_office() -> None:
    row = traveller(quarantineFrom="20.11.2026", quarantineOrderedOfficialDocument="TRUE")
    assert complaints(row) == [("quarantineOrderedOfficialDocument", Severity.WARNING)]
    assert row.values is not None
    assert "orders" not in row.values


@pytest.mark.parametrize("header", [None, LABELS])
def test_a_contact_with_technical_and_with_german_headers(header: tuple[str, ...] | None) -> None:
    row = contact({"person.address.city": "Braunschweig", "externalID": "K-1"}, header)
    assert row.problems == ()
    assert case(row)["kind"] == "contact"
    assert case(row)["last_exposure_on"] == "2026-11-20"
    assert case(row)["external_id"] == "K-1"
    assert case(row)["person"]["birth_date"] == "1987-09-02"
    assert case(row)["person"]["address"] == {"city": "Braunschweig"}


@pytest.mark.parametrize(
    "changes",
    [
        {"lastContactDate": ""},
        {"lastContactDate": "31/02/2026"},
        {"lastContactDate": "25/11/2026"},
        {"firstContactDate": "21/11/2026"},
    ],
)
def test_a_contact_without_a_sure_last_day_is_not_lost(changes: dict[str, str]) -> None:
    row = contact(changes)
    assert complaints(row) == [("lastContactDate", Severity.WARNING)]
    assert "last_exposure_on" not in case(row)


EXPOSED = (*CONTACT, "relationToCase", "contactProximity", "caseIdExternalSystem", "caseOrEventInformation")
DAY_ALONE = {"firstContactDate": ""}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (DAY_ALONE, None),
        ({}, {"from_on": "2026-11-18"}),
        ({"multiDayContact": "YES"}, {"from_on": "2026-11-18"}),
        ({"multiDayContact": "NO"}, None),
        ({"lastContactDate": "", "relationToCase": "SAME_HOUSEHOLD"}, None),
        (DAY_ALONE | {"relationToCase": "SAME_HOUSEHOLD"}, {"setting": "household"}),
        (DAY_ALONE | {"relationToCase": "OTHER", "contactProximity": "MEDICAL_UNSAFE"}, {"setting": "health_care"}),
        (DAY_ALONE | {"contactProximity": "AIRPLANE"}, {"setting": "transport"}),
        (DAY_ALONE | {"relationToCase": "Leben im selben Haushalt"}, {"setting": "household"}),
        (DAY_ALONE | {"relationToCase": "Work in the same environment"}, {"setting": "work"}),
        (DAY_ALONE | {"contactProximity": "Medizinisches Personal mit Kontakt > 2 m"}, {"setting": "health_care"}),
        (DAY_ALONE | {"contactProximity": "Flugzeug, bis zu zwei Reihen davor"}, {"setting": "transport"}),
        (DAY_ALONE | {"relationToCase": "FAMILY_MEMBER_OR_FRIEND", "contactProximity": "SAME_ROOM"}, None),
        (DAY_ALONE | {"caseIdExternalSystem": "F-7"}, {"source": "F-7"}),
        (DAY_ALONE | {"caseOrEventInformation": "Chorprobe"}, {"note": "Chorprobe"}),
    ],
)
def test_what_is_said_of_a_contact_beside_its_day_is_an_exposure(changes: dict[str, str], said: Any) -> None:
    row = parsed(EXPOSED, PERSON | changes)
    assert row.values is not None
    assert row.values.get("exposure") == (said and {"until_on": "2026-11-20", **said})


@pytest.mark.parametrize(
    ("column", "limit", "kept"), [("caseIdExternalSystem", 200, "source"), ("caseOrEventInformation", 4_000, "note")]
)
def test_whoever_has_a_long_remark_beside_the_contact_comes_in_all_the_same(column: str, limit: int, kept: str) -> None:
    row = parsed(EXPOSED, PERSON | {column: "x" * (limit + 1)})
    assert row.values is not None and row.values["exposure"][kept] == "x" * limit
    assert [(problem.column, problem.severity) for problem in row.problems] == [(column, Severity.WARNING)]


def test_a_first_day_that_cannot_be_read_is_complained_of_once() -> None:
    row = parsed(EXPOSED, PERSON | {"firstContactDate": "neulich"})
    assert [problem.column for problem in row.problems] == ["firstContactDate"]


@pytest.mark.parametrize(
    "changes", [{"contactClassification": "NO_CONTACT"}, {"contactStatus": "DROPPED"}, {"contactStatus": "CONVERTED"}]
)
def test_who_is_no_contact_any_more_stays_out(changes: dict[str, str]) -> None:
    row = contact(changes)
    assert complaints(row) == [(next(iter(changes)), Severity.ERROR)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person.presentCondition": "DEAD"}, "deceased"),
        ({"followUpStatus": "CANCELED"}, "other"),
        ({"lastContactDate": "", "followUpUntil": "01/11/2026"}, "enrolled_past_end"),
        ({"lastContactDate": "", "followUpUntil": "01/12/2026"}, None),
        ({}, None),
    ],
)
def test_what_is_over_by_the_files_own_words(changes: dict[str, str], reason: str | None) -> None:
    row = contact(changes)
    assert row.values is not None
    assert row.values.get("close_as") == reason


def test_missing_columns_are_named_together() -> None:
    with pytest.raises(UnreadableFile, match=r"lastContactDate, person\.firstName"):
        parse_file(
            b"disease;person.lastName;person.sex;person.phone;person.emailAddress;firstContactDate\nx;y;;;;\n", CONTEXT
        )


def test_an_unknown_format_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnreadableFile, match="sormas-contacts"):
        parse_file(b"x", CONTEXT, "excel")


def test_a_header_without_rows() -> None:
    with pytest.raises(UnreadableFile, match="no rows"):
        parse_file(";".join(TRAVEL).encode(), CONTEXT)


def test_a_row_with_too_many_cells_does_not_shift_into_place() -> None:
    good = ";".join(TRAVELLER.get(column, "") for column in TRAVEL)
    lines = (";".join(TRAVEL), ";".join(["x"] * len(TRAVEL)) + ";zu viel", f"{good};;")
    first, second = parse_file("\n".join(lines).encode(), CONTEXT).rows
    assert complaints(first)[0] == ("", Severity.ERROR)
    assert second.usable


def test_of_doubled_columns_the_first_counts() -> None:
    row = parsed((*TRAVEL, "Zusatz"), TRAVELLER | {"Zusatz": "Falsch"}, (*TRAVEL, "Nachname"))
    assert case(row)["person"]["family_name"] == "Weiß"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real SORMAS files are not beside the project")
class TestRealFiles:
    def test_travel_entries(self) -> None:
        found = parse_file((SHARED / "travel_entries_de.csv").read_bytes(), CONTEXT)
        (row,) = found.rows
        assert found.format.code == "sormas-travel-entries"
        assert complaints(row) == [("Tel. persönlich", Severity.WARNING)]
        assert case(row)["entered_on"] == "2021-10-02"
        assert case(row)["external_id"] == "1234-1234-123"
        assert case(row)["person"]["channel"] == "sms"
        assert case(row)["person"]["email"] == "email@adresse.de"

    def test_contacts(self) -> None:
        found = parse_file((SHARED / "contact_import_template_de.csv").read_bytes(), CONTEXT)
        (row,) = found.rows
        assert found.format.code == "sormas-contacts"
        assert row.number == 4
        assert complaints(row) == [("person.phone", Severity.WARNING), ("lastContactDate", Severity.WARNING)]
        assert "last_exposure_on" not in case(row)
        assert row.values is not None
        assert row.values["close_as"] == "enrolled_past_end"

    def test_contacts_in_english_with_a_row_of_group_names(self) -> None:
        rows = list(parse_file((SHARED / "contact_import_en.csv").read_bytes(), CONTEXT).rows)
        assert [row.number for row in rows] == [3, 4, 5]
        assert [row.usable for row in rows] == [True, False, True]
