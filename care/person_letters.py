"""Letters to people in care that say how things stand: the first one, and that an order has ended. Made when asked for.

The first letter says from where our messages come and what they never ask for, so that nobody takes the first one for
phishing, and no phishing for one of ours.
"""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from auth.models import Office
from care.letter_frame import frame, left_to_right, long_day, made_at
from care.local_days import local_day
from care.models import Case
from care.own_language import PAPER_LOCALE, in_own_language
from care.vocabulary import Channel as Way, OrderState
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from config.localisation import speaking
from config.pdf import render_pdf
from config.settings import current_settings
from notifications.rendering import render
from notifications.statuses import Channel

TEMPLATE = "care/templates/pdf/person_letter.typ"
Letter = Callable[[Case], bytes]


def first_letter(case: Case) -> bytes:
    """Who we are, what comes, and how to know a message of ours; tagged PDF (not within a transaction)."""
    return _letter(case, lambda: _("The health office is looking after you"), lambda: _welcome(case))


def release_letter(case: Case) -> bytes:
    """That the order has ended; tagged PDF (not within a transaction). One that was lifted counts on its last day, too.

    Raises RuleViolation where there never was an order, or where it still runs.
    """
    if case.order_state is None or case.order_ends_on is None:
        raise RuleViolation("", N_("There is no order that could have ended."))
    today = local_day(clock.now(), current_settings().zone)
    if case.order_ends_on >= today:
        raise RuleViolation("", N_("The order still runs until {day}."), day=case.order_ends_on)
    return _letter(case, lambda: _("Your order has ended"), lambda: _release(case))


LETTERS: dict[str, tuple[str, str, Letter]] = {
    "first": (N_("First letter"), "Erstes-Schreiben", first_letter),
    "release": (N_("Release letter"), "Entlassung", release_letter),
}
"""By the name in addresses: what staff call it, how the file is called, and how it is made."""


def _letter(case: Case, subject: Callable[[], str], say: Callable[[], dict[str, Any]]) -> bytes:
    with speaking(PAPER_LOCALE):
        data = {**frame(case, str(subject())), **say()}
    data["translation"] = in_own_language(case.person.locale, say)
    return render_pdf(TEMPLATE, data, created=made_at())


def _welcome(case: Case) -> dict[str, Any]:
    office = _office(case)
    body = [
        _("From now on we ask you regularly how you are. Please answer each time, also when you are well."),
        _("If you get worse, call a doctor or 116 117. In an emergency call 112."),
    ]
    return {
        "body": "\n\n".join(str(each) for each in body),
        "points": {"title": str(_("How to know our messages")), "items": [str(one) for one in _signs(case, office)]},
        "example": _example(case, office),
        "last": _questions(office),
    }


def _signs(case: Case, office: Office | None) -> list[str]:
    senders = [office.sms_sender] if office and office.sms_sender else list(current_settings().twilio_from)
    signs = []
    if case.person.channel is Way.SMS and senders:
        ours = ", ".join(left_to_right(one) for one in senders)
        signs.append(_("Our text messages come from %(sender)s.", sender=ours))
    if case.person.channel is Way.EMAIL:
        signs.append(_("Our e-mails come from %(sender)s.", sender=left_to_right(current_settings().mail_from)))
    signs += [
        _("Every message names your case: %(reference)s.", reference=left_to_right(case.reference)),
        _("Links in them always begin with %(address)s.", address=left_to_right(current_settings().public_url("/"))),
        _("We never ask for money, bank details, passwords or your ID card."),
        _("If you doubt a message, do not open its link. Call us."),
    ]
    return [str(one) for one in signs]


def _example(case: Case, office: Office | None) -> dict[str, str] | None:
    """What a message looks like: the one that asks how they are, in their language, with a link that opens nothing."""
    if case.person.phone is None or case.person.channel is not Way.SMS:
        return None
    variables = {
        "office": office.name if office else current_settings().city_name,
        "office_phone": (office.phone if office else None) or "",
        "reference": case.reference,
        "link": current_settings().public_url("/c/…"),
        "by_reply": True,
        "number": None,
    }
    text = render("care.check_in", Channel.SMS, case.person.locale, variables).body
    return {"label": str(_("Example of a message")), "text": text}


def _release(case: Case) -> dict[str, Any]:
    office, lifted = _office(case), case.order_state is OrderState.LIFTED
    end = long_day(case.order_ends_on)
    first = (
        _("The health office has lifted your order. Its last day was %(end)s.", end=end)
        if lifted
        else _("Your order has ended. Its last day was %(end)s.", end=end)
    )
    body = [
        first,
        _("Since then you may leave your home, meet others and work again, as far as the order had forbidden it."),
        _("If you get complaints again, call a doctor and the health office."),
        _("If you earned less because of the order, you can ask for compensation within two years (§ 56 IfSG)."),
    ]
    return {
        "body": "\n\n".join(str(each) for each in body),
        "points": None,
        "example": None,
        "last": _questions(office),
    }


def _questions(office: Office | None) -> str:
    if office is None or not office.phone:
        return ""
    return str(_("Do you have questions? Call the health office: %(phone)s.", phone=left_to_right(office.phone)))


def _office(case: Case) -> Office | None:
    return db.session.get(Office, case.office_id)
