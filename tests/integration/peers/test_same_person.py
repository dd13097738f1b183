"""Who is found to be one person: the peers' cases, by names that sound alike, date of birth, sex and external id.

Where the peers contradict each other, the house's rule is that of `care.duplicate_rules`: Sara Alert wants names to be
spelt the same, SORMAS takes what shares enough letters; here they have to sound alike, in any order.
"""

from collections import Counter
from itertools import count
from typing import Any

import pytest

from tests.fixtures.processes import Obhut
from tests.integration.peers.replay import CASES, at, day

pytestmark = pytest.mark.timeout(1800)

SARA = "SaraAlert/SaraAlert test/models/patient_duplicate_detection_test.rb"
NAMES = "SORMAS-Foundation/SORMAS-Project sormas-api/src/test/java/de/symeda/sormas/api/person/PersonHelperTest.java"
SIMILAR = "SORMAS-Foundation/SORMAS-Project, PersonFacadeEjbTest.java, testGetMatchingNameDtos"
BORN, DAY_BEFORE, ID = "1996-12-31", "1996-12-30", "asdf123"
# Sex and date of birth of those who are known; the first one has an external id, the last two are written otherwise.
KNOWN = [
    ("male", BORN), (None, BORN), ("male", None), (None, None), ("male", None), (None, BORN), (None, BORN),
    (None, None), (None, None), (None, None), (None, DAY_BEFORE), ("female", BORN), ("male", DAY_BEFORE),
    ("female", None), ("male", BORN), ("male", BORN),
]  # fmt: skip
_numbers = count(1)
Found = Counter[frozenset[str]]


class Office:
    """Takes people into care, and says who of them may be one."""

    def __init__(self, town: Obhut, token: dict[str, str]) -> None:
        self._town, self._token, self._days = town, token, count(130)

    def enrol(self, given: str, family: str, sex: str | None, born: str | None, **case: Any) -> str:
        person = {"given_name": given, "family_name": family, "birth_date": born, "sex": sex, "channel": "none"}
        body = {"kind": "contact", "protocol": "covid-19", "person": person, "continuous_exposure": True, **case}
        answer = self._town.http.post(self._town.url + CASES, json=body, headers=self._token, timeout=60)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["reference"])

    def pairs(self) -> dict[frozenset[str], frozenset[str]]:
        """The pairs that are shown, and why; after the next morning's work."""
        self._town.set_clock(at(next(self._days), "09:00").isoformat())
        found, after = {}, None
        while True:
            query = {"limit": 200} | ({"after": after} if after else {})
            url = f"{self._town.url}/api/v1/care/duplicates"
            page = self._town.http.get(url, params=query, headers=self._token, timeout=60).json()
            found |= {frozenset(one["cases"]): frozenset(one["because"]) for one in page["items"]}
            after = page["next"]
            if after is None:
                return found


@pytest.fixture(scope="module")
def health_office(town: Obhut, officer: dict[str, str]) -> Office:
    town.set_clock(at(129, "09:00").isoformat())
    return Office(town, officer)


@pytest.fixture(scope="module")
def known(health_office: Office) -> list[str]:
    """Those of whom Sara Alert's tests know, in their order."""
    names = [*[("Deckard", "Cain")] * 14, ("Deckar", "Cain"), ("Deckard", "Cai")]
    ids = [{"external_id": ID}, *[{}] * 15]
    return [
        health_office.enrol(given, family, sex, born, **case)
        for (given, family), (sex, born), case in zip(names, KNOWN, ids, strict=True)
    ]


@pytest.mark.parametrize(
    ("person", "external_id", "expected"),
    [
        (
            ("Deckard", "Cain", "male", BORN),
            ID,
            {"external_id name birth sex": 1, "name birth_unknown sex": 2, "name birth": 3, "name birth_unknown": 4},
        ),
        (("Deckard", "Cain", None, BORN), None, {"name birth": 5, "name birth_unknown": 7}),
        (("Deckard", "Cain", "male", None), None, {"name birth_unknown sex": 4, "name birth_unknown": 8}),
        (("Deckard", "Cain", None, None), None, {"name birth_unknown": 14}),
        (("Ada", "Sommer", "female", DAY_BEFORE), ID, {"external_id birth_differs sex_differs": 1}),
        (("Ada", "Sommer", "male", BORN), "123abc", {}),
    ],
)
def test_what_speaks_for_it(
    health_office: Office, known: list[str], person: Any, external_id: str | None, expected: dict[str, int]
) -> None:
    """Source: SARA. Of other kinds, since the same external id for the same kind of case is the same case."""
    kind = {"kind": "index", "first_positive_on": day(129)} if person[0] == "Deckard" else {"kind": "traveller"}
    reference = health_office.enrol(*person, external_id=external_id, **kind)
    pairs = health_office.pairs()
    found = Counter(because for pair, because in pairs.items() if reference in pair and pair & set(known))
    assert found == {frozenset(because.split()): number for because, number in expected.items()}, SARA


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        (("Thomas", "Miller"), ("Tomas", "Miller"), True),
        (("Thomas", "Miller"), ("Miller", "Thomas"), True),
        (("Thomas Jake", "Miller"), ("Thomas", "Miller"), True),
        (("Thomas Jake", "Miller"), ("Thomas Jacob", "Miller"), True),
        (("Thomas", "Miller"), ("Tomislav", "Millerton"), False),
        (("Jonathan Lee", "Sterling"), ("John Lee", "Langston"), False),
        (("Gan", "Zan"), ("Don", "Van"), False),
    ],
)
def test_names_that_are_alike(health_office: Office, one: Any, other: Any, similar: bool) -> None:
    born = f"19{next(_numbers):02}-06-15"
    both = {health_office.enrol(*name, "male", born) for name in (one, other)}
    assert (frozenset(both) in health_office.pairs()) is similar, NAMES


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        (("male", "1980-01-01"), ("male", "1980-01-01"), True),
        (("male", "1980-01-01"), ("male", "1979-05-12"), False),
        (("male", "1980-01-01"), ("male", "1980-01-05"), False),
        (("male", "1980-01-01"), ("male", None), True),
        (("female", "1984-12-02"), ("unknown", "1984-12-02"), True),
        (("female", "1984-12-02"), ("male", "1984-12-02"), False),
    ],
)
def test_birth_and_sex_that_agree(health_office: Office, one: Any, other: Any, similar: bool) -> None:
    family = "Schmidt" + "abcdefghij"[next(_numbers) % 10] * 2
    both = {health_office.enrol("Jakob", family, *traits) for traits in (one, other)}
    assert (frozenset(both) in health_office.pairs()) is similar, SIMILAR


def test_another_passport_number_of_another_name(health_office: Office) -> None:
    """Source: SIMILAR: the number alone suffices."""
    one = health_office.enrol("Jakob", "Winter", "male", "1980-01-01", external_id="P-1")
    other = health_office.enrol("Maria", "Garcia", "female", "1970-01-01", external_id="P-1", kind="traveller")
    assert "external_id" in health_office.pairs()[frozenset({one, other})]
