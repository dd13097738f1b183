"""A provider's claims in our words: whatever they contain, no login fails because of them, and nothing odd gets in."""

from datetime import date
from typing import Any

import pytest

from auth.claims import ClaimPaths, at_path, profile_of

LEVELS = {"STORK-QAA-Level-3": "substantial", "STORK-QAA-Level-4": "high"}


def test_a_full_profile() -> None:
    profile = profile_of(
        {
            "given_name": " Ada ",
            "family_name": "Beispiel",
            "email": "ada@example.org",
            "phone_number": "+4953112345",
            "birthdate": "1990-02-28",
            "address": {
                "street_address": "Weg 1",
                "postal_code": "38100",
                "locality": "Braunschweig",
                "formatted": "x",
            },
            "locale": "en-GB",
            "acr": "STORK-QAA-Level-3",
            "roles": ["caseworker:traffic", "nonsense"],
        },
        ClaimPaths(),
        LEVELS,
    )
    assert (profile.given_name, profile.family_name, profile.email) == ("Ada", "Beispiel", "ada@example.org")
    assert profile.birth_date == date(1990, 2, 28)
    assert profile.address == {"street": "Weg 1", "postal_code": "38100", "city": "Braunschweig"}
    assert (profile.locale, profile.assurance, profile.roles) == ("en", "substantial", ("caseworker:traffic",))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("realm_access.roles", ["auditor"]),
        ("https://city.example/roles", ["caseworker"]),
        ("realm_access.missing", None),
        ("realm_access.roles.deeper", None),
        ("", None),
    ],
)
def test_dotted_paths(path: str, expected: Any) -> None:
    claims = {"realm_access": {"roles": ["auditor"]}, "https://city.example/roles": ["caseworker"]}
    assert at_path(claims, path) == expected


@pytest.mark.parametrize(
    "junk", [None, 5, True, [], {}, [1], {"a": {"b": 1}}, "", " ", "\x00", "31.02.1990", "x" * 10_000]
)
def test_junk_is_passed_over(junk: Any) -> None:
    names = (
        "given_name",
        "family_name",
        "name",
        "email",
        "phone_number",
        "birthdate",
        "address",
        "locale",
        "acr",
        "roles",
    )
    profile = profile_of(dict.fromkeys(names, junk), ClaimPaths(), LEVELS)
    assert profile.birth_date is None
    assert profile.email is None
    assert profile.assurance == "basic"
    assert profile.roles == ()
    assert len(profile.given_name or "") <= 300


def test_control_characters_never_come_through() -> None:
    profile = profile_of({"name": "Ada\r\nBcc: all@example.org\u202e", "email": "a@b\r\nX: y"}, ClaimPaths(), LEVELS)
    assert profile.name == "Ada Bcc: all@example.org"
    assert profile.email is not None
    assert "\n" not in profile.email


def test_an_unverified_address_is_not_used() -> None:
    assert profile_of({"email": "a@example.org", "email_verified": False}, ClaimPaths(), LEVELS).email is None


def test_an_address_in_one_text() -> None:
    assert profile_of({"address": {"formatted": "Weg 1\n38100 BS"}}, ClaimPaths(), LEVELS).address == {
        "formatted": "Weg 1 38100 BS"
    }


def test_each_attribute_has_its_level() -> None:
    claims = {
        "acr": "gold", "given_name": "Ada", "email": "a@example.org", "contact": {"mobile": "+49170"},
        "levels": {"given_name": "gold", "mobile": "copper", "family_name": "gold"},
    }  # fmt: skip
    paths = ClaimPaths(phone="contact.mobile", trust="levels")
    found = profile_of(claims, paths, {"gold": "high", "silver": "substantial"})
    assert found.trust == {"given_name": "high", "email": "high", "phone": "basic"}


@pytest.mark.parametrize("stated", [None, "gold", ["gold"], 7, {"email": ["gold"]}])
def test_levels_that_make_no_sense_raise_nobody(stated: object) -> None:
    claims = {"acr": "silver", "email": "a@example.org", "levels": stated}
    found = profile_of(claims, ClaimPaths(trust="levels"), {"gold": "high", "silver": "substantial"})
    assert found.trust["email"] == ("basic" if isinstance(stated, dict) else "substantial")


def test_what_was_not_verified_is_known_least_surely() -> None:
    claims = {"acr": "gold", "phone_number": "+49170", "phone_number_verified": False}
    assert profile_of(claims, ClaimPaths(), {"gold": "high"}).trust == {"phone": "basic"}
