"""Cases and exports of SORMAS, Epi-X, SDX and our own format: found by their headers, dates never invented."""

from typing import Any

import pytest

from care.imports.base import Context, ParsedRow
from care.imports.formats import parse_file
from care.imports.obhut import FIELDS
from config.tables import UnreadableFile
from tests.factories.imports import TODAY

CONTEXT = Context(today=TODAY, protocols=frozenset({"covid-19", "ebola"}), protocol="ebola")
SDX = "RecordId,FlightNumber,ArrivalDate,BirthDate,EmailAddress,FirstName,Gender,LastName,PrimaryPhone,AddressCity"


def rows(text: str, code: str, *, context: Context = CONTEXT) -> list[ParsedRow]:
    parsed = parse_file(text.encode(), context)
    assert parsed.format.code == code
    return list(parsed.rows)


def case_of(row: ParsedRow) -> dict[str, Any]:
    assert row.values is not None, row.problems
    found: dict[str, Any] = row.values["case"]
    return found


def test_a_sormas_case_has_onset_positive_sample_and_report_each_as_the_file_says() -> None:
    header = "externalID;disease;caseClassification;outcome;reportDate;symptoms.onsetDate;sampleDateTime;"
    header += "pathogenTestResult;person.firstName;person.lastName\n"
    found = rows(
        header
        + "1;CORONAVIRUS;CONFIRMED;NO_OUTCOME;20/11/2026;18/11/2026;19/11/2026;POSITIVE;Änne;Groß\n"
        + "2;CORONAVIRUS;CONFIRMED;RECOVERED;20/11/2026;;19/11/2026;NEGATIVE;Uwe;Fuß\n"
        + "3;CORONAVIRUS;NO_CASE;;20/11/2026;;;;Ilse;Vöge\n",
        "sormas-cases",
    )
    first, second, third = found
    assert (case_of(first)["symptom_onset_on"], case_of(first)["first_positive_on"]) == ("2026-11-18", "2026-11-19")
    assert "first_positive_on" not in case_of(second)
    assert [case_of(row)["reported_on"] for row in (first, second)] == ["2026-11-20", "2026-11-20"]
    assert second.values is not None
    assert second.values["close_as"] == "other"
    assert [problem.column for problem in second.problems] == ["symptoms.onsetDate"]
    assert not third.usable


@pytest.mark.parametrize(
    "labels",
    [
        "Fall-ID;Krankheit;Falldefinitionskategorie;Meldedatum;Vorname;Nachname",
        "Case ID;Disease;Case classification;Date of report;First name;Last name",
        "uuid;disease;caseClassification;reportDate;firstName;lastName",
    ],
)
def test_detailed_exports_of_cases_have_the_day_of_the_report(labels: str) -> None:
    """A day that lies in the future, or is none, stays out with a warning; nothing takes its place."""
    for cell, read, warnings in (
        ("20.11.2026", "2026-11-20", 1),
        ("", None, 1),
        ("31.02.2026", None, 2),
        ("24.12.2026", None, 2),
    ):
        (found,) = rows(f"{labels}\nRQRGLM-1;COVID-19;Confirmed;{cell};Änne;Groß\n", "sormas-cases")
        assert case_of(found).get("reported_on") == read
        assert len(found.problems) == warnings  # the first: neither an onset nor a positive sample
        assert not {"symptom_onset_on", "first_positive_on"} & case_of(found).keys()


@pytest.mark.parametrize(
    ("labels", "status"),
    [
        (
            ("Kontakt-ID", "Krankheit des Indexfalls", "Kontaktklassifikation", "Datum des letzten Kontakts",
             "Vorname der Kontaktperson", "Nachname der Kontaktperson", "Geschlecht", "Nachverfolgungs-Status"),
            "In Nachverfolgung",
        ),
        (
            ("Contact ID", "Disease of source case", "Contact classification", "Date of last contact",
             "First name of contact person", "Last name of contact person", "Sex", "Follow-up status"),
            "Under follow-up",
        ),
    ],
)  # fmt: skip
def test_detailed_exports_of_contacts_by_names_or_by_labels(labels: tuple[str, ...], status: str) -> None:
    names = "uuid;disease;contactClassification;lastContactDate;firstName;lastName;sex;followUpStatus"
    row = f"RQRGLM-1;COVID-19;Confirmed contact;20.11.2026;Änne;Groß;Female;{status}\n"
    for text in (f"{';'.join(labels)}\n{row}", f"{names}\n{';'.join(labels)}\n{row}"):  # exports may have both
        (found,) = rows(text, "sormas-contacts")
        case = case_of(found)
        assert (case["external_id"], case["last_exposure_on"]) == ("RQRGLM-1", "2026-11-20")
        assert found.problems == ()


def test_dates_with_slashes_in_exports_are_read_as_the_file_shows_or_not_at_all() -> None:
    header = "uuid;disease;contactClassification;lastContactDate;firstName;lastName\n"

    def last_contacts(*days: str) -> list[str | None]:
        text = header + "".join(f"{n};COVID-19;;{day};Änne;Groß\n" for n, day in enumerate(days))
        return [case_of(row).get("last_exposure_on") for row in rows(text, "sormas-contacts")]

    assert last_contacts("11/05/2026") == [None]  # 11 May or 5 November: nobody knows
    assert last_contacts("11/05/2026", "11/20/2026") == ["2026-11-05", "2026-11-20"]
    assert last_contacts("05/11/2026", "20/11/2026") == ["2026-11-05", "2026-11-20"]
    assert last_contacts("05/11/2026", "20/11/2026", "11/20/2026")[0] is None
    assert last_contacts("05.11.2026") == ["2026-11-05"]


def test_sdx_has_the_month_first_in_eight_digits() -> None:
    text = f"{SDX}\n77,500,11142026,05292000,a@example.org,Jane,F,Doe,N/A,Dulles\n78,500,,,,Al,X,Doe,,\n"
    first, second = rows(text, "sdx")
    case = case_of(first)
    assert (case["entered_on"], case["person"]["birth_date"]) == ("2026-11-14", "2000-05-29")
    assert (case["protocol"], case["kind"], case["person"]["channel"]) == ("ebola", "traveller", "email")
    assert not second.usable


def test_epi_x_without_arrival_is_a_contact_without_a_day() -> None:
    header = "RecordLocatorID,Last_Name,First_Name,DOB,Gender,Perm_Home_Telephone,DateArrival,OnsetDate\n"
    (row,) = rows(header + "A1,Lane,Lois,7/31/1961,Unreported,202-555-0143,,\n", "epi-x")
    case = case_of(row)
    assert case["kind"] == "contact"
    assert not {"last_exposure_on", "entered_on", "external_id"} & case.keys()
    assert case["person"]["birth_date"] == "1961-07-31"


def test_our_own_format_in_both_languages_with_everything() -> None:
    cells = {
        "external_id": "A-1", "kind": "Infizierte Person", "protocol": "covid-19", "given_name": "Änne",
        "family_name": "Groß", "birth_date": "23.04.1987", "sex": "w", "phone": "0171 3920001", "channel": "keine",
        "locale": "Leichte Sprache", "contact_window": "18", "timezone": "Europe/Lisbon", "city": "Braunschweig",
        "symptom_onset_on": "18.11.2026", "first_positive_on": "2026-11-19", "reported_on": "20.11.2026",
        "enrolled_at": "20.11.2026 08:30",
        "household": "7", "heads_household": "ja", "order": "mündlich", "order_starts_on": "20.11.2026",
        "order_ends_on": "30.11.2026",
    }  # fmt: skip
    line = ";".join(cells.get(field.name, "") for field in FIELDS)
    for header in ([field.german for field in FIELDS], [field.english for field in FIELDS]):
        (row,) = rows(f"{';'.join(header)}\n{line}\n", "obhut")
        case = case_of(row)
        person = case["person"]
        assert (person["locale"], person["contact_window"], person["channel"]) == ("de-simple", "18", "none")
        assert (case["first_positive_on"], case["reported_on"]) == ("2026-11-19", "2026-11-20")
        assert case["enrolled_at"] == "2026-11-20T08:30:00+01:00"
        assert row.values is not None
        assert row.values["orders"][0]["ends_on"] == "2026-11-30"
        assert (row.values["household"], row.values["heads_household"]) == ("7", True)


@pytest.mark.parametrize(
    ("field", "cell"),
    [("kind", "Hund"), ("birth_date", "31.02.2020"), ("contact_window", "24"), ("last_exposure_on", "3/4"),
     ("enrolled_at", "gestern"), ("locale", "xx"), ("order", "laut"), ("last_exposure_on", "24.12.2026")],
)  # fmt: skip
def test_our_own_format_refuses_what_it_does_not_understand(field: str, cell: str) -> None:
    cells = {"kind": "Kontaktperson", "protocol": "covid-19", "given_name": "Änne", "family_name": "Groß", field: cell}
    header = ";".join(one.german for one in FIELDS)
    (row,) = rows(f"{header}\n{';'.join(cells.get(one.name, '') for one in FIELDS)}\n", "obhut")
    assert not row.usable
    assert [problem.column for problem in row.problems] == [next(f.german for f in FIELDS if f.name == field)]


def test_a_header_that_fits_two_formats_is_asked_about() -> None:
    # Required columns of contacts and of travel entries alike.
    text = "disease;lastContactDate;Einreisedatum;Vorname;Nachname\nCORONAVIRUS;20.11.2026;20.11.2026;Änne;Groß\n"
    with pytest.raises(UnreadableFile) as refused:
        parse_file(text.encode(), CONTEXT)
    assert "Einreisende" in str(refused.value.errors[0].params)
    assert parse_file(text.encode(), CONTEXT, "sormas-travel-entries").format.code == "sormas-travel-entries"
