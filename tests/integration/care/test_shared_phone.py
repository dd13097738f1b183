"""Several people on one phone: numbered, told so, and never answered for by accident."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from care import case_management, check_ins
from care.commands import CloseCase, SetPreferences
from care.models import Person
from care.representations import page_values
from care.vocabulary import CloseReason
from config.database import db, transaction
from config.ids import new_id
from notifications.inbound import InboundReply
from notifications.models import Notification
from notifications.preferences import address_index, bases_of
from notifications.statuses import Channel
from tests.factories.care import OFFICER, local, new_case, new_phone
from tests.integration.care.test_story import TODAY, again, bodies, link_in, tick


@pytest.fixture
def phone(care):
    return new_phone()


def enrolled(phone, *names):
    return [new_case(person={"phone": phone, "given_name": name}) for name in names]


def reply(phone, body, at):
    with transaction():
        return check_ins.reply_by_sms(InboundReply(new_id(), phone, body, at))


def reports(case):
    return [
        (sorted(key for key, said in row.symptoms.items() if said), row.vitals["temperature_c"])
        for row in again(case).reports
    ]


def close(case):
    with transaction():
        locked = case_management.locked_case(case.id)
        case_management.close(CloseCase(reason=CloseReason.OTHER), case=locked, actor=OFFICER)


def test_each_is_told_the_own_number_and_no_name(time, phone):
    cases = enrolled(phone, "Ilka", "Jonte")
    alone = new_case()
    time.at = local(TODAY, 12)
    tick()
    for number, case in enumerate(cases, 1):
        (text,) = bodies(case, "care.check_in")
        assert f"Ihrer Nummer {number}" in text and f"{number} NEIN" in text
        assert "Ilka" not in text and "Jonte" not in text and "Sommerfeld" not in text
    assert "Nummer" not in bodies(alone, "care.check_in")[0]


@pytest.mark.parametrize(
    ("body", "first", "second"),
    [
        ("2 ja", [], [(["unspecified"], None)]),
        ("2: 38,5", [], [([], 38.5)]),
        ("ja 2", [], [(["unspecified"], None)]),
        ("1 nein 36,8", [([], 36.8)], []),
        ("1 nein, 2 ja Husten", [([], None)], [(["cough"], None)]),
    ],
)
def test_an_answer_counts_for_whom_it_names(time, phone, body, first, second):
    one, two = enrolled(phone, "Ilka", "Jonte")
    time.at = local(TODAY, 12)
    tick()
    assert reply(phone, body, time.at)
    assert (reports(one), reports(two)) == (first, second)
    assert reply(phone, body, time.at)  # said again within minutes: still the same report
    assert (reports(one), reports(two)) == (first, second)


@pytest.mark.parametrize(
    "body", ["ja", "1", "2", "38,5", "3 ja", "2 ja, 3 nein", "1 nein, 2 was?", "1 und 2 nein", "2 1"]
)
def test_an_unclear_answer_counts_for_nobody(time, phone, body):
    cases = enrolled(phone, "Ilka", "Jonte")
    time.at = local(TODAY, 12)
    tick()
    assert not reply(phone, body, time.at)
    assert [reports(case) for case in cases] == [[], []]


def test_whoever_is_left_is_not_answered_for_under_the_number_of_the_other(time, phone):
    one, two = enrolled(phone, "Ilka", "Jonte")
    close(one)
    time.at = local(TODAY, 12)
    tick()
    assert not reply(phone, "1 nein", time.at)
    assert not reply(phone, "1 ja", time.at)
    assert not reply(phone, "1", time.at)
    assert reports(two) == []
    assert reply(phone, "nein", time.at)
    assert reports(two) == [([], None)]
    assert "JA oder NEIN, gern" in bodies(two, "care.check_in")[0]


def test_a_number_is_not_given_away_again(time, phone):
    one, two = enrolled(phone, "Ilka", "Jonte")
    close(one)
    (three,) = enrolled(phone, "Karla")
    assert [again(case).person.phone_number_of for case in (one, two, three)] == [1, 2, 3]


def test_the_same_person_coming_back_alone_needs_no_number(time, phone):
    (first,) = enrolled(phone, "Ilka")
    close(first)
    (second,) = enrolled(phone, "Ilka")
    time.at = local(TODAY, 12)
    tick()
    assert reply(phone, "1 36,8", time.at)
    assert reports(second) == [(["unspecified"], 36.8)]


def test_two_who_got_the_same_number_in_one_instant_are_parted_before_it_is_said(time, phone):
    one, two = enrolled(phone, "Ilka", "Jonte")
    with transaction():
        db.session.get_one(Person, two.person_id).phone_number_of = 1
    assert not reply(phone, "1 ja", time.at)
    time.at = local(TODAY, 12)
    tick()
    assert {again(case).person.phone_number_of for case in (one, two)} == {1, 2}
    assert reply(phone, "1 ja", time.at)


def test_the_persons_page_says_the_number_and_staff_know_it(time, phone, client):
    one, two = enrolled(phone, "Ilka", "Jonte")
    time.at = local(TODAY, 12)
    tick()
    token = link_in(bodies(two, "care.check_in")[0])
    page = BeautifulSoup(client.get(f"/c/{token}").data, "html.parser").get_text(" ", strip=True)
    assert "Sie sind Person 2 an diesem Telefon" in page and "Ilka" not in page
    assert page_values(again(two))["number_on_phone"] == 2
    close(one)
    page = BeautifulSoup(client.get(f"/c/{token}").data, "html.parser").get_text(" ", strip=True)
    assert "an diesem Telefon" not in page


def test_words_are_those_of_the_persons_language(time, phone):
    case = new_case(person={"phone": phone, "locale": "pl"})
    assert not reply(phone, "no", time.at)
    assert reply(phone, "nie", time.at)
    assert len(reports(case)) == 1


def test_why_we_write_is_on_record(time, phone):
    case = new_case(person={"phone": phone, "email": "ilka@example.org"})
    silent = new_case(person={"channel": "none", "email": "jonte@example.org"})
    found = bases_of(Channel.SMS, address_index(Channel.SMS, phone))
    assert [(one.basis, one.source, one.withdrawn_at) for one in found] == [("ifsg_25", f"case:{case.reference}", None)]
    assert len(bases_of(Channel.EMAIL, address_index(Channel.EMAIL, "ilka@example.org"))) == 1
    assert bases_of(Channel.EMAIL, address_index(Channel.EMAIL, "jonte@example.org")) == []
    with transaction():
        case_management.set_preferences(
            SetPreferences(channel="email"), case=case_management.locked_case(silent.id), actor=OFFICER
        )
    assert len(bases_of(Channel.EMAIL, address_index(Channel.EMAIL, "jonte@example.org"))) == 1


def test_the_persons_zone_goes_with_the_message(time, phone):
    case = new_case(person={"phone": phone, "timezone": "Europe/Lisbon"})
    zones = db.session.scalars(select(Notification.zone).where(Notification.about == case.reference))
    assert set(zones) == {"Europe/Lisbon"}
