"""How a request is shown to whom reference and PIN have opened it, and the form that asks for both."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from config.localisation import page_locale, today
from services import by_pin, opened, representations
from services.forms import MessageForm, StatusForm
from services.models import ServiceRequest
from services.payments import queries as payments


def asking(form: StatusForm, *, failed: bool = False, text: str = "") -> str:
    """The form. `failed`: nothing fits what was typed; `text`: what was written on a page that is open no more."""
    not_sent = why_anew() if text else ""
    return render_template("services/status.html", form=form, found=None, failed=failed, not_sent=not_sent, text=text)


def show(found: ServiceRequest, mark: str, message: MessageForm | None = None, *, not_sent: str = "") -> str:
    """How the request stands. `not_sent`: why the `message` has not been taken."""
    return render_template(
        "services/status.html",
        mark=mark,
        found=representations.row(found, page_locale(), today()),
        has_receipt=found.applicant_id is None,
        talk=by_pin.of(found, page_locale(), today()),
        message=message or MessageForm(formdata=None),
        not_sent=not_sent,
        open_minutes=opened.LASTS.seconds // 60,
    )


def withdrawing(found: ServiceRequest, mark: str) -> str:
    """What withdrawing it means, before it is done."""
    talk = by_pin.of(found, page_locale(), today())
    return render_template(
        "services/withdraw_by_pin.html",
        mark=mark,
        row=representations.row(found, page_locale(), today()),
        can_withdraw=talk is not None and talk.can_withdraw,
        paid=[one for one in payments.of_request(found, page_locale()) if one.can_be_refunded],
    )


def to_form() -> ResponseReturnValue:
    """Back to the form: it was open long enough, or never in this browser."""
    flash(why_anew(), "info")
    return redirect(url_for("status.show"), 303)


def why_anew() -> str:
    """Why the form is there again."""
    why: str = _("Please enter reference and PIN anew: for your protection a page stays open for a short time only.")
    return why
