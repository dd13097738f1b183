"""Guest lists: what people really paste and upload, and every mistake by its row."""

from datetime import date

import pytest

from care.guest_lists import read_file, read_lines
from care.naming_rules import NamedState
from care.occasion_rules import field_of, guest_actions, score
from config.tables import UnreadableFile


@pytest.mark.parametrize(
    ("header", "field"),
    [("Vorname", "given_name"), ("E-Mail", "email"), ("date of birth", "birth_date"), ("Telefon-Nummer", "phone"),
     ("Nachname:", "family_name"), ("Tisch", None), ("", None)],
)  # fmt: skip
def test_columns_are_known_by_many_names(header, field):
    assert field_of(header) == field


def test_a_header_is_what_names_most_columns():
    assert score(("Vorname", "Name", "Tisch")) == 2 and score(("Ole", "Brandt")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Ole;Brandt;0531 470123;ole@example.org;02.01.1990",
        "Vorname,Nachname,Telefon,E-Mail,Geburtsdatum\nOle,Brandt,0531 470123,ole@example.org,1990-01-02",
        "Geburtstag\tName\tVorname\tHandy\tMail\n2.1.1990\tBrandt\tOle\t+49 531 470123\tole@example.org\n\n",
    ],
)
def test_lines_with_and_without_header(text):
    found = read_lines(text)
    assert found.mistakes == ()
    guest = found.guests[0]
    assert (guest.given_name, guest.family_name, guest.phone) == ("Ole", "Brandt", "+49531470123")
    assert (guest.email, guest.birth_date) == ("ole@example.org", date(1990, 1, 2))


def test_every_mistake_is_named_by_its_row():
    found = read_lines("Vorname;Telefon;E-Mail;Geburtsdatum\nOle;12;;\nKim;;kim;\n;;;gestern\nUte;;;1.1.1980\n")
    assert [one.row for one in found.mistakes] == [2, 3, 4]
    assert "phone" in found.mistakes[0].message and "e-mail" in found.mistakes[1].message
    assert [guest.given_name for guest in found.guests] == ["Ute"]


def test_lines_without_a_header_are_counted_as_they_were_typed():
    found = read_lines("Ole;Brandt;12\n\nKim;Brandt;0531 470123\nUte;Brandt;;ute@")
    assert [one.row for one in found.mistakes] == [1, 4]


def test_files_of_offices_and_others():
    latin = "Vorname;Nachname\nJürgen;Groß\n".encode("cp1252")
    assert read_file(latin, 1).guests[0].given_name == "Jürgen"
    for data in (b"%PDF-1.7", b"", b"Tisch;Stuhl\n1;2\n"):
        with pytest.raises(UnreadableFile):
            read_file(data, 1)


def test_attempts_belong_to_contacts_alone():
    assert guest_actions(NamedState.NAMED) == ("enrol", "same_case", "not_contact")
    assert guest_actions(NamedState.NOT_CONTACT) == ("reopen",)
    assert guest_actions(NamedState.ENROLLED) == ()
