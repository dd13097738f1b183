"""Contacts that an infected person names: what is asked, and the way of a name."""

from datetime import date

import pytest
from pydantic import ValidationError

from care.commands import EnrolCase
from care.naming_rules import (
    TRANSITIONS,
    ActOnNamed,
    NameContacts,
    NamedAction,
    NamedPerson,
    NamedState,
    enrolment_of,
    possible_actions,
    state_after,
)
from config.errors import InvalidTransition

TABLE = {
    "named": {
        "enrol": "enrolled",
        "same_case": "enrolled",
        "not_reached": "named",
        "give_up": "unreachable",
        "not_contact": "not_contact",
    },
    "unreachable": {
        "enrol": "enrolled",
        "same_case": "enrolled",
        "not_reached": "unreachable",
        "not_contact": "not_contact",
        "reopen": "named",
    },
    "not_contact": {"reopen": "named"},
    "enrolled": {},
}


@pytest.mark.parametrize("state", NamedState)
@pytest.mark.parametrize("action", NamedAction)
def test_every_step_is_in_the_table_or_refused(state, action):
    wanted = TABLE[state].get(action)
    if wanted is None:
        with pytest.raises(InvalidTransition):
            state_after(state, action)
    else:
        assert state_after(state, action) == wanted
    assert (action in possible_actions(state)) is (wanted is not None)
    assert len(TRANSITIONS) == sum(len(steps) for steps in TABLE.values())


@pytest.mark.parametrize(
    "known", [{"given_name": "Ole"}, {"family_name": "Brandt"}, {"phone": "0531 470123"}, {"email": "ole@example.org"}]
)
def test_little_is_enough_to_be_somebody(known):
    assert NamedPerson.model_validate(known)


@pytest.mark.parametrize("known", [{}, {"remark": "der Nachbar"}, {"given_name": " "}, {"phone": "123"}])
def test_nobody_is_nobody(known):
    with pytest.raises(ValidationError):
        NamedPerson.model_validate(known)


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({}, False),
        ({"contacts": []}, False),
        ({"none": True}, False),
        ({"finished": True}, True),
        ({"finished": True, "none": True}, True),
        ({"contacts": [{"given_name": "Ole"}] * 50}, True),
        ({"contacts": [{"given_name": "Ole"}] * 51}, False),
    ],
)
def test_something_has_to_be_said(body, fits):
    if fits:
        assert NameContacts.model_validate(body)
    else:
        with pytest.raises(ValidationError):
            NameContacts.model_validate(body)


@pytest.mark.parametrize(
    ("known", "channel"),
    [
        ({"phone": "0151 12345678", "email": "ole@example.org"}, "sms"),
        ({"email": "ole@example.org"}, "email"),
        ({}, "none"),
    ],
)
def test_they_are_written_to_where_it_is_known(known, channel):
    person = NamedPerson.model_validate({"given_name": "Ole", "last_contact_on": "2026-11-01"} | known)
    made = EnrolCase.model_validate(enrolment_of(person, "covid-19", "tr"))
    assert made.person.channel == channel
    assert (made.kind, made.person.locale, made.last_exposure_on) == ("contact", "tr", date(2026, 11, 1))
    assert (made.person.given_name, made.person.family_name) == ("Ole", "?")


def test_no_day_is_made_up():
    made = EnrolCase.model_validate(enrolment_of(NamedPerson(given_name="Ole"), "covid-19", "de"))
    assert made.last_exposure_on is None and made.person.birth_date is None


def test_a_blank_reference_is_none():
    assert ActOnNamed(action=NamedAction.ENROL, case="").case is None
