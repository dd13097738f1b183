"""What the pages by reference and PIN share: what was typed, where it leads, and how the request is shown."""

from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from config import clock
from config.forms import command_or_errors
from config.localisation import page_locale
from config.settings import current_settings
from services import by_pin, opened, pins, representations
from services.commands import Lookup
from services.forms import MessageForm, StatusForm
from services.models import ServiceRequest


def typed() -> tuple[StatusForm, Lookup | None, ServiceRequest | None]:
    """Reference and PIN as typed, and the request that they fit."""
    form = StatusForm()
    lookup = command_or_errors(form, Lookup)
    return form, lookup, pins.pin_fits(lookup) if lookup else None


def filled_in(found: ServiceRequest) -> StatusForm:
    """Its reference and PIN, which each act on the page sends along once more."""
    return StatusForm(formdata=None, data={"reference": found.reference, "pin": found.pin})


def to_page_of(found: ServiceRequest, endpoint: str = "status.opened") -> ResponseReturnValue:
    """To the page of a request whose PIN has just been shown."""
    return redirect(url_for(endpoint, mark=opened.note(found)), 303)


def enter_anew() -> ResponseReturnValue:
    """Back to the form: it was open long enough, or never in this browser."""
    flash(
        _("Please enter reference and PIN anew: for your protection a page stays open for a short time only."), "info"
    )
    return redirect(url_for("status.show"), 303)


def page(
    form: StatusForm,
    found: ServiceRequest | None,
    message: MessageForm | None = None,
    *,
    not_sent: str = "",
    failed: bool = False,
) -> str:
    """How the request stands, or the form that asks for it. `not_sent`: why what was written has not been taken."""
    return render_template(
        "services/status.html",
        form=form,
        found=representations.row(found, page_locale(), today()) if found else None,
        failed=failed,
        has_receipt=found is not None and found.applicant_id is None,
        talk=by_pin.of(found, page_locale(), today()) if found else None,
        message=message or MessageForm(formdata=None),
        not_sent=not_sent,
        open_minutes=opened.LASTS.seconds // 60,
    )


def today() -> date:
    """The day in the city's zone."""
    return clock.today(current_settings().zone)
