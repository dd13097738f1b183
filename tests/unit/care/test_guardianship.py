"""Who may act for whom: a parent until the child is of age, to the day."""

from datetime import date

import pytest
from pydantic import ValidationError

from care.guardianship import IssueCode, LinkBasis, RedeemCode, counts, of_age_on


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2008, 5, 17), date(2026, 5, 17)),
        (date(2008, 1, 1), date(2026, 1, 1)),
        (date(2008, 2, 28), date(2026, 2, 28)),
        (date(2008, 2, 29), date(2026, 3, 1)),  # BGB §§ 187 (2), 188 (2), (3)
        (date(2007, 3, 1), date(2025, 3, 1)),
    ],
)
def test_of_age_on_the_eighteenth_birthday(born: date, of_age: date) -> None:
    assert of_age_on(born) == of_age


@pytest.mark.parametrize(
    ("basis", "today", "holds"),
    [
        (LinkBasis.PARENT, date(2026, 5, 16), True),
        (LinkBasis.PARENT, date(2026, 5, 17), False),
        (LinkBasis.SELF, date(2026, 5, 17), True),
        (LinkBasis.GUARDIAN, date(2026, 5, 17), True),
        (LinkBasis.REPRESENTATIVE, date(2040, 1, 1), True),
    ],
)
def test_a_parental_link_ends_that_day_and_no_other_does(basis: LinkBasis, today: date, holds: bool) -> None:
    assert counts(basis, date(2008, 5, 17), today) is holds


def test_without_a_date_of_birth_nobody_is_a_parent() -> None:
    assert not counts(LinkBasis.PARENT, None, date(2026, 1, 1))
    assert counts(LinkBasis.SELF, None, date(2026, 1, 1))


@pytest.mark.parametrize("values", [{"basis": "neighbour", "way": "letter"}, {"basis": "self", "way": "pigeon"}, {}])
def test_only_known_bases_and_ways(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        IssueCode.model_validate(values)


def test_a_code_of_any_length_is_only_a_wrong_one() -> None:
    assert len(RedeemCode(code="A" * 10_000, birth_date=date(1984, 5, 17)).code) == 100
