"""The letter with the code that links a login to a case. Made once, handed to staff, and not kept: it has a secret."""

from typing import Any

from flask_babel import gettext as _

from care import phones
from care.guardianship import CodeWay, LinkBasis
from care.letter_frame import frame, long_day, made_at
from care.link_codes import LASTS
from care.local_days import local_day
from care.models import Case
from care.own_language import PAPER_LOCALE, in_own_language
from config import clock
from config.localisation import speaking
from config.pdf import render_pdf
from config.settings import current_settings


def letter(case: Case, code: str, basis: LinkBasis, addressee: str = "") -> bytes:
    """The letter as tagged PDF (about 50 ms of CPU: not within a transaction).

    `addressee`: lines for the envelope where it does not go to the person themselves.
    """
    with speaking(PAPER_LOCALE):
        data = _data(case, code, basis, addressee)
    data["translation"] = in_own_language(case.person.locale, lambda: _explained(case, basis))
    return render_pdf("care/templates/pdf/link_letter.typ", data, created=made_at())


def _data(case: Case, code: str, basis: LinkBasis, addressee: str) -> dict[str, Any]:
    last_day = local_day(clock.wall() + LASTS[CodeWay.LETTER], current_settings().zone)
    valid_until = (_("Code valid until"), long_day(last_day))
    return {
        **frame(case, _("Your code for the online account"), [valid_until], addressee),
        "body": _intro(case, basis),
        "code": {"label": _("Your code"), "text": code},
        "steps": {"title": _("How it works"), "items": _steps(basis)},
        "phone": _phone(case),
        "closing": _closing(),
    }


def _explained(case: Case, basis: LinkBasis) -> dict[str, Any]:
    phone = _phone(case)
    return {
        "body": _intro(case, basis),
        "steps": _steps(basis),
        "phone": phone["text"] if phone else None,
        "closing": _closing(),
    }


def _closing() -> str:
    return str(_("Please keep this letter to yourself. Nobody from the health office will ever ask you for this code."))


def _intro(case: Case, basis: LinkBasis) -> str:
    name = f"{case.person.given_name} {case.person.family_name}"
    if basis is LinkBasis.SELF:
        return str(
            _("With this code you can see online how things stand, answer our questions, and fetch your papers.")
        )
    acts = {
        LinkBasis.PARENT: _("as a parent"),
        LinkBasis.GUARDIAN: _("as a guardian"),
        LinkBasis.REPRESENTATIVE: _("as a representative"),
    }
    text = _(
        "With this code you can act online for %(name)s %(as_whom)s: see how things stand, answer our questions, "
        "and fetch papers.",
        name=name,
        as_whom=acts[basis],
    )
    return str(text)


def _steps(basis: LinkBasis) -> list[str]:
    whose = (
        _("Enter the code and your date of birth.")
        if basis is LinkBasis.SELF
        else _("Enter the code and the date of birth of the person for whom you act.")
    )
    return [
        _("Open %(address)s in a browser.", address=current_settings().public_url("/account/link-case")),
        _("Log in so that we know surely who you are, for instance with your ID card and its online function."),
        whose,
    ]


def _phone(case: Case) -> dict[str, Any] | None:
    """Where several people share a phone, each answers by SMS with a number of their own: here it stands on paper."""
    number = phones.shown_number(case.person)
    if number is None:
        return None
    return {
        "title": _("If you answer by SMS"),
        "text": _(
            "Several people use your telephone. So that we know who has written, each of you has a number. Yours is "
            "%(number)s. Please begin every answer with it, for example: %(number)s NO. What comes without a number "
            "we cannot tell apart, and then we have to call you.",
            number=number,
        ),
    }
