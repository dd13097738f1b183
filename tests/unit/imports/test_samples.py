"""The invented people: reproducible, unreachable by accident, and with enough going wrong to look at."""

import re

import phonenumbers
import pytest

from care.imports import samples
from care.imports.base import ParsedRow
from care.imports.formats import parse_file
from tests.factories.imports import CONTEXT, TODAY

KEPT_FOR_FICTION = re.compile(
    r"\+49(17139200\d\d|176040690\d\d|15228817386|15228895456|15254599371|1729925904|1729968532|172997318[56]|1729980752"
    r"|1749091317|1749464308|3023125\d{3}|6990009\d{3}|4066969\d{3}|2214710\d{3}|8999998\d{3})"
)


def parsed(data: bytes) -> list[ParsedRow]:
    return list(parse_file(data, CONTEXT).rows)


@pytest.mark.parametrize("sample", [samples.sample_contacts, samples.sample_travel_entries])
def test_a_sample_is_reproducible_and_has_its_people(sample: samples.Sample) -> None:
    data = sample(TODAY)
    assert data == sample(TODAY)
    rows = parsed(data)
    assert sum(row.usable for row in rows) == 200
    assert sum(not row.usable for row in rows) >= 3
    assert sum(row.usable for row in parsed(sample(TODAY, 1000))) == 1000


def test_contacts_show_warnings_too() -> None:
    assert sum(row.usable and bool(row.problems) for row in parsed(samples.sample_contacts(TODAY))) == 2


def test_nobody_real_can_be_reached() -> None:
    rows = parsed(samples.sample_contacts(TODAY)) + parsed(samples.sample_travel_entries(TODAY))
    people = [row.values["case"]["person"] for row in rows if row.values]
    phones = [person["phone"] for person in people if person.get("phone")]
    emails = [person["email"] for person in people if person.get("email")]
    assert len(phones) == len(set(phones)) > 200
    assert len(emails) == len(set(emails)) > 350
    assert all(KEPT_FOR_FICTION.fullmatch(phone) for phone in phones)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)
    assert all(email.endswith(("@example.org", "@example.com")) for email in emails)


def test_people_differ_as_in_life() -> None:
    people = [row.values["case"]["person"] for row in parsed(samples.sample_contacts(TODAY)) if row.values]
    names = "".join(person["given_name"] + person["family_name"] for person in people)
    assert set("äöüÄÖÜßçş") & set(names) >= set("äöüß")
    assert sum(person["birth_date"] > "2012-12-01" for person in people) > 10
    assert {person["channel"] for person in people} == {"sms", "email"}
