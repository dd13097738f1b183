"""Who may act for whom, on which legal basis, and until when. Pure.

Sources: parents act for their child until its 18th birthday (BGB §§ 1629, 1626, 2); a legal guardian acts for an adult
in the tasks that a court has given them (BGB §§ 1814, 1823), a guardian for a child without parental care (BGB § 1789);
a representative acts by a power of attorney (BGB §§ 164, 167, 1820). Which of them it is, is checked by staff, who see
the papers; we keep what they found.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from config.errors import N_

FULL_AGE = 18  # BGB § 2


class LinkBasis(StrEnum):
    """As whom a login sees a case and answers for its person."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"


class CodeWay(StrEnum):
    """How a code comes to the person."""

    LETTER = "letter"
    MESSAGE = "message"


BASES: dict[LinkBasis, str] = {
    LinkBasis.SELF: N_("the person themselves"),
    LinkBasis.PARENT: N_("parent of a minor (BGB § 1629)"),
    LinkBasis.GUARDIAN: N_("guardian appointed by a court (BGB §§ 1789, 1814)"),
    LinkBasis.REPRESENTATIVE: N_("representative with a power of attorney (BGB § 1820)"),
}
WAYS: dict[CodeWay, str] = {
    CodeWay.LETTER: N_("by letter (14 days)"),
    CodeWay.MESSAGE: N_("by SMS or e-mail (24 hours)"),
}


def of_age_on(birth_date: date) -> date:
    """The first day on which somebody is of age.

    Born on 29 February, that is 1 March: a year of life ends with the day before (BGB §§ 187 (2), 188 (2), (3)).
    """
    try:
        return birth_date.replace(year=birth_date.year + FULL_AGE)
    except ValueError:
        return date(birth_date.year + FULL_AGE, 3, 1)


def counts(basis: LinkBasis, birth_date: date | None, today: date) -> bool:
    """Whether a link of this basis to a person born then still holds: a parent's ends when the child is of age."""
    if basis is not LinkBasis.PARENT:
        return True
    return birth_date is not None and today < of_age_on(birth_date)


class IssueCode(BaseModel):
    """Give somebody the means to link their login to a case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    basis: LinkBasis
    way: CodeWay


class RedeemCode(BaseModel):
    """Link one's login to a case: the code, and the date of birth of the case's person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, BeforeValidator(lambda text: str(text)[:100])]
    birth_date: date
